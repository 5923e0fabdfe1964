#!/usr/bin/env python3
"""Writes the report of bench/run: report.py NOTES RESULTS

NOTES is a directory with the files
  about       name, tab, value: the machine and the run
  allocators  name, tab, library; in the order of the tables
  programs    name, tab, what it is measured by (processor or wall), tab, what it is
  problems    one a line
  runs        key=value, separated by spaces: program, allocator, round, verdict, processor and wall (microseconds),
              peak, start, held and live (KiB; the latter three of bench's own programs), walls (each process's, with
              commas between)
RESULTS gets results.txt, the tables, which are also printed; results.json, every run and every median; results.html,
charts and tables; results.svg, the charts of time and memory in one picture.
"""
import html
import json
import math
import statistics
import sys
from pathlib import Path
from typing import NamedTuple

OWN = ("fast", "glibc_2_36")  # ptm's, the one first that is compared with the others
KEYS = ("processor", "wall", "peak", "start", "held", "live")
SCALING = "scaling"           # the program with a table of its own: one thread, two, two processes
SMALL = 4096                  # KiB; below, the size of the libraries decides: not in the means of memory


# ---- reading ---------------------------------------------------------------------------------------------------------

def lines_of(path):
    return [line for line in path.read_text().splitlines() if line]


def read_run(line):
    run = dict(pair.split("=", 1) for pair in line.split())
    for key in ("round",) + KEYS:
        if key in run:
            run[key] = int(run[key])
    run["walls"] = [int(wall) for wall in run["walls"].split(",")]
    return run


class Notes:
    def __init__(self, path):
        self.about = dict(line.split("\t") for line in lines_of(path / "about"))
        self.libraries = dict((line + "\t").split("\t")[:2] for line in lines_of(path / "allocators"))
        self.allocators = list(self.libraries)
        self.programs = {name: (by, text) for name, by, text in
                         (line.split("\t") for line in lines_of(path / "programs"))}
        self.problems = lines_of(path / "problems")
        self.runs = [read_run(line) for line in lines_of(path / "runs")]

    def sound(self, program, allocator):
        return [run for run in self.runs
                if (run["program"], run["allocator"], run["verdict"]) == (program, allocator, "same")]

    def values(self, program, allocator, key):
        return [run[key] for run in self.sound(program, allocator) if key in run]

    def median(self, program, allocator, key):
        """None where there is no sound run with such a figure."""
        values = self.values(program, allocator, key)
        return statistics.median(values) if values else None

    def time(self, program, allocator):
        return self.median(program, allocator, self.programs[program][0])

    def compared(self):
        return [program for program in self.programs if program != SCALING]

    def others(self):
        """Every allocator that is not ptm's."""
        return [name for name in self.allocators if name not in OWN]


# ---- arithmetic ------------------------------------------------------------------------------------------------------

def divided(above, below):
    return above / below if above is not None and below else None


def geometric_mean(ratios):
    known = [ratio for ratio in ratios if ratio]
    return math.exp(sum(map(math.log, known)) / len(known)) if known else None


def best_of(figures):
    known = [figure for figure in figures if figure]
    return min(known) if known else None


class Compared:
    """One kind of figure of every program and allocator, and its ratios to the best of its program."""

    def __init__(self, notes, figure, least=0):
        self.allocators = notes.allocators
        self.figures = {p: {a: figure(p, a) for a in notes.allocators} for p in notes.compared()}
        self.best = {p: best_of(row.values()) for p, row in self.figures.items()}
        self.ratios = {p: {a: divided(row[a], self.best[p]) for a in row} for p, row in self.figures.items()}
        self.counted = [p for p in self.figures if self.best[p] and self.best[p] >= least]

    def mean(self, allocator):
        return geometric_mean(self.ratios[p][allocator] for p in self.counted)

    def to_others(self, allocator):
        """The geometric mean of its ratios to the best of the others, below 1 where it is ahead of them."""
        def best_other(row):
            return best_of(figure for name, figure in row.items() if name != allocator)

        rows = [self.figures[p] for p in self.counted]
        return geometric_mean(divided(row[allocator], best_other(row)) for row in rows)

    def worst(self, allocator):
        """The highest ratio and its program."""
        return max(((self.ratios[p][allocator] or 0, p) for p in self.counted), default=(None, ""))

    def against(self, allocator, peer):
        """The geometric mean of its ratios to the peer."""
        return geometric_mean(divided(self.figures[p][allocator], self.figures[p][peer]) for p in self.counted)


# ---- tables ----------------------------------------------------------------------------------------------------------

def number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def mebibytes(kib):
    return number(divided(kib, 1024), 1)


def table(title, rows, notes=""):
    """rows: lists of texts, the head first; the first column goes left, the others right."""
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(len(rows[0]))]
    lines = ["  ".join([row[0].ljust(widths[0])] + [cell.rjust(widths[i]) for i, cell in enumerate(row) if i > 0])
             for row in rows]
    return "\n".join([title, ""] + [line.rstrip() for line in lines] + ([notes] if notes else []) + [""])


def ratio_rows(compared, head, cells):
    """cells: what stands before the ratios in a program's line."""
    names = compared.allocators
    rows = [head + names]
    for program, ratios in compared.ratios.items():
        rows.append(cells(program) + [number(ratios[name]) for name in names])
    blank = [""] * (len(head) - 1)
    rows.append(["geometric mean"] + blank + [number(compared.mean(name)) for name in names])
    rows.append(["to best other"] + blank + [number(compared.to_others(name)) for name in names])
    rows.append(["worst"] + blank + [number(compared.worst(name)[0]) for name in names])
    return rows


def time_table(notes, times):
    def cells(program):
        return [program, notes.programs[program][0], number(divided(times.best[program], 1e6), 3)]

    return table("Time: ratio to the best of the program (median of the runs).",
                 ratio_rows(times, ["program", "by", "best s"], cells),
                 "by: processor time (user and system), or the wall clock where threads or a server are at work")


def peak_table(peaks):
    def cells(program):
        small = "" if program in peaks.counted else " *"
        return [program + small, mebibytes(peaks.best[program])]

    small = f"* below {SMALL // 1024} MiB the library itself is weighed: not in the mean, not the worst"
    return table("Peak memory: resident set of the largest process, ratio to the best of the program.",
                 ratio_rows(peaks, ["program", "best MiB"], cells),
                 small if len(peaks.counted) < len(peaks.figures) else "")


def against_table(notes, times, peaks):
    rows = [["", "figure"] + notes.others()]
    for own in (name for name in OWN if name in notes.allocators):
        for kind, compared in (("time", times), ("peak memory", peaks)):
            rows.append([own, kind] + [number(compared.against(own, peer)) for peer in notes.others()])
    return table("ptm against each: geometric means of the ratios, below 1: ptm needs less.", rows)


def held_table(notes):
    rows = [["program"] + notes.allocators]
    for program in notes.compared():
        held = [notes.median(program, name, "held") for name in notes.allocators]
        if any(figure is not None for figure in held):
            rows.append([program] + [mebibytes(figure) for figure in held])
    after = "a tenth of a second" if notes.about.get("size") == "quick" else "a second"
    return table(f"Held: MiB more than at the start, {after} after all was freed, without a call since.", rows)


def live_table(notes):
    rows = [["program", "live MiB"] + notes.allocators]
    for program in notes.compared():
        live = max(notes.median(program, name, "live") or 0 for name in notes.allocators)
        if live:
            ratios = [number(overhead(notes, program, name)) for name in notes.allocators]
            rows.append([program, mebibytes(live)] + ratios)
    return table("Growth of memory up to the peak, to the bytes in use at most, where the program counts them.", rows)


def overhead(notes, program, allocator):
    runs = [run for run in notes.sound(program, allocator) if run.get("live")]
    grown = [(run["peak"] - run["start"]) / run["live"] for run in runs]
    return statistics.median(grown) if grown else None


def best_walls(notes, allocator):
    """Of one thread, of two, and of two processes of one thread each; None: nothing is known. Walls come in fours:
    one, two, and both of the processes, which run at the same time."""
    runs = notes.values(SCALING, allocator, "walls")
    one, two, first, second = ([wall for walls in runs for wall in walls[k::4]] for k in range(4))
    return (min(one), min(two), min(map(max, first, second))) if second else None


def scaling(notes, allocator):
    """How often the work of one thread is done by two in the same time, each at its best; 2 is ideal."""
    walls = best_walls(notes, allocator)
    return 2 * walls[0] / walls[1] if walls else None


def sharing(notes, allocator):
    """The same of two processes, each with an allocator of its own; 1: to share one costs nothing. What a processor
    does while the other one sleeps, and runs it faster for that, is not in it."""
    walls = best_walls(notes, allocator)
    return walls[2] / walls[1] if walls else None


def scaling_table(notes):
    rows = [["scaling"] + notes.allocators,
            ["throughput of two threads to that of one"] + [number(scaling(notes, name)) for name in notes.allocators],
            ["to that of two processes"] + [number(sharing(notes, name)) for name in notes.allocators]]
    return table("Scaling: allocating and freeing private blocks, wall clock, best runs.", rows)


def tables_of(notes, times, peaks):
    tables = []
    if notes.compared():
        tables += [time_table(notes, times), peak_table(peaks)]
        if notes.others():
            tables.append(against_table(notes, times, peaks))
        tables += [held_table(notes), live_table(notes)]
    if SCALING in notes.programs:
        tables.append(scaling_table(notes))
    return "\n".join(text for text in tables if text.count("\n") > 3)


# ---- json ------------------------------------------------------------------------------------------------------------

def summary(notes, times, peaks, name):
    worst_time, worst_peak = times.worst(name), peaks.worst(name)
    return {"time_to_best": times.mean(name), "peak_to_best": peaks.mean(name),
            "time_to_best_other": times.to_others(name), "peak_to_best_other": peaks.to_others(name),
            "worst_time_to_best": worst_time[0], "worst_time_program": worst_time[1],
            "worst_peak_to_best": worst_peak[0], "worst_peak_program": worst_peak[1],
            "scaling": scaling(notes, name), "sharing": sharing(notes, name),
            "time_against": {peer: times.against(name, peer) for peer in notes.allocators if peer != name},
            "peak_against": {peer: peaks.against(name, peer) for peer in notes.allocators if peer != name}}


def medians(notes, program):
    by, text = notes.programs[program]
    return {"what": text, "by": by, "medians": {
        name: {key: notes.median(program, name, key) for key in KEYS}
        for name in notes.allocators}}


def all_figures(notes, times, peaks):
    return {"about": notes.about, "units": {key: "us" if key in ("processor", "wall") else "KiB" for key in KEYS},
            "allocators": {name: {"library": notes.libraries[name], **summary(notes, times, peaks, name)}
                           for name in notes.allocators},
            "programs": {program: medians(notes, program) for program in notes.programs},
            "problems": notes.problems, "runs": notes.runs}


# ---- charts ----------------------------------------------------------------------------------------------------------

COLOURS = ("#777777", "#f2a33a", "#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#17becf", "#8c564b", "#e377c2", "#bcbd22")
LEFT, WIDTH, STEP = 190, 620, 20  # pixels: of the names, of the plot, of a line


def colour(notes, allocator):
    return COLOURS[notes.allocators.index(allocator) % len(COLOURS)]


class Chart(NamedTuple):
    title: str
    height: int
    body: list


ACROSS = LEFT + WIDTH + 80


def figure(chart):
    caption = f"<figcaption>{html.escape(chart.title)}</figcaption>" if chart.title else ""
    return (f'<figure>{caption}<svg xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="0 0 {ACROSS} {chart.height}" width="{ACROSS}" height="{chart.height}">'
            + "".join(chart.body) + "</svg></figure>")


def text(x, y, words, anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(words)}</text>'


def bars(notes, title, values, digits=2):
    """values: allocator -> number or None."""
    most = max((value for value in values.values() if value), default=1)
    body = []
    for i, (name, value) in enumerate(values.items()):
        y, long = STEP * (i + 1), WIDTH * max(value or 0, 0) / most
        body.append(text(LEFT - 8, y, name, "end") + text(LEFT + long + 6, y, number(value, digits)))
        body.append(f'<rect x="{LEFT}" y="{y - 12}" width="{long:.1f}" height="14" fill="{colour(notes, name)}"/>')
    return Chart(title, STEP * (len(values) + 1), body)


def scale(ratio, most):
    """Where a ratio stands on a logarithmic axis from 1 to `most`."""
    return LEFT + WIDTH * math.log(min(max(ratio, 1), most)) / math.log(most)


def axis(most, height):
    marks = [mark for mark in (1, 1.25, 1.5, 2, 3, 4, 6, 8) if mark <= most]
    return [f'<line x1="{scale(m, most):.1f}" x2="{scale(m, most):.1f}" y1="8" y2="{height - 20}" class="grid"/>'
            + text(scale(m, most), height - 6, f"{m:g}", "middle") for m in marks]


def dots(notes, title, compared, most=8):
    """A line for each program, a dot for each allocator; what is beyond the axis stands at its end."""
    height = STEP * (len(compared.ratios) + 2)
    body = axis(most, height)
    for i, (program, ratios) in enumerate(compared.ratios.items()):
        y = STEP * (i + 1)
        body.append(text(LEFT - 12, y + 4, program, "end"))
        for name, ratio in ((name, ratio) for name, ratio in ratios.items() if ratio):
            body.append(f'<circle cx="{scale(ratio, most):.1f}" cy="{y}" r="{6 if name in OWN else 4}" '
                        f'fill="{colour(notes, name)}"><title>{program}, {name}: {ratio:.2f}</title></circle>')
    return Chart(title, height, body)


def legend(notes):
    body = []
    for i, name in enumerate(notes.allocators):
        x = 20 + i * (ACROSS - 20) / len(notes.allocators)
        body.append(f'<circle cx="{x:.1f}" cy="12" r="5" fill="{colour(notes, name)}"/>' + text(x + 10, 16, name))
    return Chart("", STEP, body)


def comparisons(notes, times, peaks):
    """The charts of all programs together, and those of each."""
    mean_times, mean_peaks = ({a: kind.mean(a) for a in notes.allocators} for kind in (times, peaks))
    return ([bars(notes, "Time, geometric mean of the ratios to the best", mean_times),
             bars(notes, "Peak memory, likewise", mean_peaks)],
            [dots(notes, "Time of each program, ratio to its best (logarithmic)", times),
             dots(notes, "Peak memory of each program, ratio to its best (logarithmic)", peaks)])


def charts(notes, times, peaks):
    parts = []
    if notes.compared():
        together, each = comparisons(notes, times, peaks)
        parts += map(figure, together)
        for chart in each:
            parts += [figure(legend(notes)), figure(chart)]
    if "burst" in notes.programs:
        held = {a: divided(notes.median("burst", a, "held"), 1024) for a in notes.allocators}
        parts.append(figure(bars(notes, "MiB still held after the burst, nothing in use", held, 0)))
    if SCALING in notes.programs:
        parts.append(figure(bars(notes, "Throughput of two threads to that of one",
                                 {a: scaling(notes, a) for a in notes.allocators})))
    return parts


def picture(notes, times, peaks):
    """A file of its own for the charts that compare."""
    together, each = comparisons(notes, times, peaks) if notes.compared() else ([], [])
    y, parts = STEP, []
    for chart in together + [legend(notes)] + each:
        if chart.title:
            parts.append(f'<text x="20" y="{y}" class="title">{html.escape(chart.title)}</text>')
        parts.append(f'<g transform="translate(0,{y + 8})">' + "".join(chart.body) + "</g>")
        y += chart.height + 2 * STEP
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {ACROSS} {y}" width="{ACROSS}" '
                      f'height="{y}"><style>{PICTURE_STYLE}</style><rect width="{ACROSS}" height="{y}" fill="#fff"/>'] +
                     parts + ["</svg>", ""])


PICTURE_STYLE = "text { font: 12px sans-serif } .title { font-weight: bold } .grid { stroke: #ddd }"
STYLE = """body { font: 14px sans-serif; margin: 2em; max-width: 70em } figure { margin: 1.5em 0 }
figcaption { font-weight: bold; margin-bottom: .5em } svg text { font: 12px sans-serif } .grid { stroke: #ddd }
pre { overflow-x: auto }"""


def page(notes, times, peaks, tables):
    about = ", ".join(f"{key}: {value}" for key, value in notes.about.items())
    problems = "".join(f"<li>{html.escape(problem)}</li>" for problem in notes.problems)
    return "\n".join(["<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8"><title>ptm: bench/run</title>',
                      f"<style>{STYLE}</style></head><body><h1>Allocators side by side</h1>",
                      f"<p>{html.escape(about)}</p>"] + charts(notes, times, peaks) +
                     [f"<h2>Problems</h2><ul>{problems}</ul>" if problems else "",
                      f"<h2>Tables</h2><pre>{html.escape(tables)}</pre></body></html>", ""])


def main(notes_path, results):
    notes = Notes(Path(notes_path))
    times = Compared(notes, notes.time)
    peaks = Compared(notes, lambda program, allocator: notes.median(program, allocator, "peak"), SMALL)
    tables = tables_of(notes, times, peaks)
    Path(results, "results.txt").write_text(tables)
    Path(results, "results.json").write_text(json.dumps(all_figures(notes, times, peaks), indent=1) + "\n")
    Path(results, "results.html").write_text(page(notes, times, peaks, tables))
    Path(results, "results.svg").write_text(picture(notes, times, peaks))
    print(tables)
    print("\n".join(f"{what + ':':8} {Path(results, name)}" for what, name in
                    (("tables", "results.txt"), ("figures", "results.json"), ("charts", "results.html"))))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
