#!/usr/bin/env python3
"""Tests of report.py: two programs on three allocators, with a run that failed and one figure that is missing."""
import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

import report

NOTES = {
    "about": "size\tfull\nrounds\t2\n",
    "allocators": "system\t\nfast\t/a/libptm_fast.so\nother\t/b/lib<other>.so\n",
    "programs": "churn\tprocessor\tReplaces.\nserver\twall\tServes.\nscaling\twall\tOne, two.\n",
    "problems": "server: on other: FAILED\n",
}
OWN_FIGURES = "start=1024 held=2048 live=4096"


def run(program, allocator, number, processor, wall, peak, more="", verdict="same", walls=None):
    return (f"program={program} allocator={allocator} round={number} verdict={verdict} walls={walls or wall} "
            f"processor={processor} wall={wall} peak={peak} {more}\n")


RUNS = "".join([
    run("churn", "system", 0, 3000, 9, 10240, OWN_FIGURES), run("churn", "system", 1, 5000, 9, 10240, OWN_FIGURES),
    run("churn", "fast", 0, 2000, 9, 5120, OWN_FIGURES), run("churn", "fast", 1, 2000, 9, 5120, OWN_FIGURES),
    run("churn", "other", 0, 1000, 9, 20480, OWN_FIGURES), run("churn", "other", 1, 1000, 9, 20480, OWN_FIGURES),
    run("server", "system", 0, 1, 8000, 2048), run("server", "fast", 0, 1, 4000, 1024),
    run("server", "other", 0, 1, 10, 10, verdict="FAILED"),
    run("scaling", "fast", 0, 1, 1, 1, walls="100,110,120,130,90,120,125,121"),
])


class Report(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        path = Path(self.place.name)
        for name, text in {**NOTES, "runs": RUNS}.items():
            (path / name).write_text(text)
        with contextlib.redirect_stdout(io.StringIO()):
            report.main(path, path)
        self.lines = [line.split() for line in (path / "results.txt").read_text().splitlines()]
        self.figures = json.loads((path / "results.json").read_text())
        self.page = (path / "results.html").read_text()
        self.picture = ElementTree.parse(path / "results.svg").getroot()

    def test_times_are_medians_and_ratios_to_the_best(self):
        self.assertIn("churn processor 0.001 4.00 2.00 1.00".split(), self.lines)

    def test_a_server_is_timed_by_the_clock_and_a_failed_run_is_no_figure(self):
        self.assertIn("server wall 0.004 2.00 1.00 -".split(), self.lines)

    def test_means_and_worst(self):
        self.assertIn("geometric mean 2.83 1.41 1.00".split(), self.lines)
        self.assertIn("worst 4.00 2.00 1.00".split(), self.lines)

    def test_the_best_of_the_others_is_what_an_allocator_is_ahead_of(self):
        self.assertIn("to best other 2.83 1.00 0.50".split(), self.lines)
        self.assertEqual(self.figures["allocators"]["other"]["time_to_best_other"], 0.5)

    def test_small_processes_are_shown_but_do_not_count(self):
        self.assertIn("churn 5.0 2.00 1.00 4.00".split(), self.lines)
        self.assertIn("server * 1.0 2.00 1.00 -".split(), self.lines)
        self.assertEqual(self.figures["allocators"]["system"]["peak_to_best"], 2)

    def test_ptm_against_each_over_the_programs_both_have(self):
        self.assertIn("fast time 0.50 2.00".split(), self.lines)
        self.assertIn("fast peak memory 0.50 0.25".split(), self.lines)

    def test_held_and_live(self):
        self.assertIn("churn 2.0 2.0 2.0".split(), self.lines)
        self.assertIn("churn 4.0 2.25 1.00 4.75".split(), self.lines)

    def test_scaling_takes_the_best_of_each(self):
        fast, system = (self.figures["allocators"][name] for name in ("fast", "system"))
        self.assertAlmostEqual(fast["scaling"], 2 * 90 / 110)
        self.assertAlmostEqual(fast["sharing"], 125 / 110)
        self.assertIsNone(system["scaling"])
        self.assertIsNone(system["sharing"])

    def test_every_run_and_problem_is_kept(self):
        self.assertEqual(len(self.figures["runs"]), RUNS.count("\n"))
        self.assertIn("server: on other: FAILED", self.page)
        self.assertEqual(self.page.count("<svg"), self.page.count("</svg>"))

    def test_the_picture_has_a_dot_for_each_program_and_allocator_that_was_measured(self):
        space = "{http://www.w3.org/2000/svg}"
        dots = [title.text for title in self.picture.iter(space + "title")]
        self.assertIn("churn, fast: 2.00", dots)
        self.assertEqual(len(dots), 2 * 5)  # time and memory; one of six runs failed
        named = [words.text for words in self.picture.iter(space + "text")]
        self.assertEqual(named.count("lib<other>.so"), 0)
        self.assertEqual(named.count("other"), 2 + 1)  # beside two bars, and in the key


if __name__ == "__main__":
    unittest.main()
