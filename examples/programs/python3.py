"""Work for an interpreter: each task returns text that depends only on the round, never on addresses or time."""

import ast
import bz2
import collections
import csv
import decimal
import difflib
import fractions
import hashlib
import heapq
import io
import json
import random
import re
import string
import sys
import textwrap
import xml.etree.ElementTree
import zlib


def words(chance, count):
    return ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 11))) for _ in range(count)]


def json_task(chance):
    records = [{"id": i, "name": " ".join(words(chance, 3)), "tags": words(chance, 5), "weight": chance.random(),
                "nested": {"a": [i, i + 1, None, True], "b": {"c": str(i) * 7}}} for i in range(6000)]
    text = json.dumps(records, sort_keys=True, indent=1)
    again = json.loads(text)
    return text if again == records else "changed on the way"


def regular_expression_task(chance):
    text = " ".join(words(chance, 40000))
    longest = sorted(set(re.findall(r"\b[a-f]\w*[m-z]\b", text)), key=lambda word: (-len(word), word))
    replaced = re.sub(r"(\w+) (\w+)", r"\2-\1", text)
    return replaced[:100000] + " ".join(longest[:1000]) + str(len(re.split(r"[aeiou]+", text)))


def sorting_task(chance):
    rows = [(word[::-1], len(word), chance.random()) for word in words(chance, 40000)]
    rows.sort()
    rows.sort(key=lambda row: row[1])
    smallest = heapq.nsmallest(500, rows, key=lambda row: row[2])
    return repr(rows[::50]) + repr(smallest)


def dictionary_task(chance):
    index = collections.defaultdict(list)
    for place, word in enumerate(words(chance, 60000)):
        index[word[:3]].append(place)
    counted = collections.Counter({key: len(places) for key, places in index.items()})
    for key in list(index)[::3]:
        del index[key]
    return repr(sorted(counted.items())) + str(sum(map(sum, index.values())))


def number_task(chance):
    decimal.getcontext().prec = 120
    total = decimal.Decimal(0)
    for i in range(1, 4000):
        total += decimal.Decimal(i).sqrt() / decimal.Decimal(chance.randint(1, 10**9))
    exact = sum((fractions.Fraction(1, n) for n in range(1, 400)), fractions.Fraction(0))
    return f"{total} {exact} {3 ** 20000 % 10 ** 500}"


def compression_task(chance):
    text = " ".join(words(chance, 30000)).encode()
    small = zlib.compress(text, 6)
    smaller = bz2.compress(text, 5)
    whole = zlib.decompress(small) == text == bz2.decompress(smaller)
    return f"{whole} {hashlib.sha256(small).hexdigest()} {hashlib.md5(smaller).hexdigest()}"


def document_task(chance):
    root = xml.etree.ElementTree.Element("root")
    for word in words(chance, 6000):
        child = xml.etree.ElementTree.SubElement(root, word, {"length": str(len(word))})
        child.text = word.upper()
    text = xml.etree.ElementTree.tostring(root, encoding="unicode")
    parsed = xml.etree.ElementTree.fromstring(text)
    return text + str(sum(int(child.get("length")) for child in parsed))


def table_task(chance):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([i, *words(chance, 6), chance.random()] for i in range(5000))
    columns = list(zip(*csv.reader(io.StringIO(out.getvalue()))))
    return textwrap.fill(" ".join(columns[3]), 100) + "".join(columns[7][::9])


def source_task(chance):
    lines = [f"def {a}_{i}({b}, {c}=[{i}, {{'{a}': {i}}}]):\n    return {b} + {c}[{i} % 2] * ({i} - 1)"
             for i, (a, b, c) in enumerate(zip(*(iter(["q" + word for word in words(chance, 3600)]),) * 3))]
    tree = ast.parse("\n".join(lines))
    code = compile(tree, "generated", "exec")
    return ast.unparse(tree) + str(len(code.co_consts))


def difference_task(chance):
    before = words(chance, 1500)
    after = [word for word in before if chance.random() < 0.9] + words(chance, 20)
    return "\n".join(difflib.unified_diff(before, after, lineterm=""))


TASKS = [json_task, regular_expression_task, sorting_task, dictionary_task, number_task, compression_task,
         document_task, table_task, source_task, difference_task]


def main():
    for round_number in range(int(sys.argv[1])):
        for task in TASKS:
            text = task(random.Random(round_number * 1000 + len(task.__name__)))
            print(round_number, task.__name__, len(text), hashlib.sha256(text.encode()).hexdigest())
            if round_number == 0:
                print(text)


main()
