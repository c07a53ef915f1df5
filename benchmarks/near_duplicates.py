"""Speed, memory and recall of the search for near-duplicates among stored records.

    python benchmarks/near_duplicates.py [--records 100000]

Every tenth record repeats an earlier one with one word changed.  Two yardsticks of the same run:
reading and splitting the same texts, which nothing can avoid, and comparing every pair exactly,
measured on a part and scaled up.  Exact comparison of the planted pairs says which must be found.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMIT_S, LIMIT_MB, LEAST_RECALL = 60.0, 400.0, 0.99
NUM_COMPARED = 600

SEARCH = """
import resource, sys, time
from sqlmodel import select
from rft_app.services.near_duplicate_jobs import FindNearDuplicates
from rft_app.storage.session import reading
from rft_app.storage.tables import DatasetRow

class Context:
    args = {"threshold": 0.8}
    def __init__(self, dataset_id):
        self.required_dataset_id = dataset_id
    def progress(self, done, total=None, label=""):
        pass

with reading() as session:
    dataset_id = session.exec(select(DatasetRow.id)).one()
started, cpu_before = time.perf_counter(), time.process_time()
facts = FindNearDuplicates().run(Context(dataset_id))
seconds = time.perf_counter() - started
cpu_s = time.process_time() - cpu_before
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(facts["num_compared"], facts["num_near"], seconds, cpu_s, peak_mb)
"""


def make_texts(count: int) -> tuple[list[str], list[tuple[int, int]]]:
    """Questions, and the pairs of which the second repeats the first but for a word."""
    from _records import VOCABULARY

    chance = random.Random(7)
    texts: list[str] = []
    pairs: list[tuple[int, int]] = []
    for number in range(count):
        if number % 10 == 9:
            original = 10 * chance.randrange(number // 10 + 1) + chance.randrange(9)
            words = texts[original].split()
            words[chance.randrange(len(words))] = f"item{number}"
            pairs.append((original, number))
            texts.append(" ".join(words))
        else:
            words = chance.choices(VOCABULARY, k=chance.randint(20, 60))
            texts.append(" ".join((*words, f"case{number}")))
    return texts, pairs


def store(texts: list[str]) -> None:
    """Put the questions into a fresh database and extract them."""
    import orjson

    from rft_app.pipeline.extract import ExtractSettings, ExtractStep
    from rft_app.services.datasets import create_dataset
    from rft_app.storage.imports import add_import
    from rft_app.storage.migrations import migrate
    from rft_app.storage.session import unit_of_work
    from rft_app.storage.traces import add_traces, to_storable
    from rft_app.traces.reading import read_row
    from rft_app.traces.rows import SourceRow

    class Silent:
        def progress(self, done: int, total: int | None = None, label: str = "") -> None:
            pass

    migrate()
    with unit_of_work() as session:
        dataset_id = create_dataset(session, name="Near", objective="Measure").id
        import_id = add_import(session, dataset_id, "traces", path="", file_name="x", size_bytes=0)
    for start in range(0, len(texts), 5000):
        traces = []
        for number, text in enumerate(texts[start : start + 5000], start + 1):
            data = orjson.dumps({"prompt": text, "completion": "An answer of some length."})
            row = SourceRow(number=number, end=0, data=data, size_bytes=len(data))
            found = read_row(row, None, 10_000)
            traces.append((number, to_storable(found[0], 0)))
        with unit_of_work() as session:
            add_traces(session, dataset_id, import_id, traces, 0)
    ExtractStep().run(Silent(), dataset_id, ExtractSettings())


def count_found(pairs: list[tuple[int, int]], texts: list[str]) -> tuple[int, int]:
    """Planted pairs that are near by exact comparison, and how many of those share a group."""
    from sqlmodel import select

    from rft_app.storage.session import reading
    from rft_app.storage.tables import NearGroupRow
    from rft_app.text.similarity import read_shingles, similarity

    with reading() as session:
        rows = session.exec(select(NearGroupRow)).all()
    group_of = {int(seq): row.position for row in rows for seq, _ in row.members}
    near = [
        (a, b)
        for a, b in pairs
        if similarity(read_shingles(texts[a]), read_shingles(texts[b])) >= 0.8
    ]
    found = sum(b + 1 in group_of for _, b in near)
    return len(near), found


def main() -> int:
    """Print the figures; 0 when every limit is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    count = parser.parse_args().records
    sys.path.insert(0, str(ROOT))
    texts, pairs = make_texts(count)
    with tempfile.TemporaryDirectory() as name:
        os.environ["RFT_DATA_DIR"] = name
        store(texts)
        command = [sys.executable, "-c", SEARCH]
        output = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
        compared, num_near, seconds, cpu_s, peak_mb = map(float, output.stdout.split())
        num_wanted, num_found = count_found(pairs, texts)
    read_s, read_cpu_s, pairs_s = measure_yardsticks(texts)
    recall = num_found / num_wanted
    print(f"records compared          {compared:>12,.0f}   near {num_near:,.0f}")
    print(f"search                    {seconds:>12.1f} s (at most {LIMIT_S:.0f} s for 100,000)")
    print(f"  of that on the CPU      {cpu_s:>12.1f} s")
    print(f"splitting the texts alone {read_s:>12.1f} s; {read_cpu_s:.1f} s CPU")
    print(f"comparing every pair      {pairs_s:>12,.0f} s (scaled up)")
    print(
        f"planted pairs found       {recall:>12.2%} of {num_wanted:,} (at least {LEAST_RECALL:.0%})"
    )
    print(f"peak RSS                  {peak_mb:>12,.0f} MB (at most {LIMIT_MB:.0f} MB)")
    limit_s = LIMIT_S * max(1.0, count / 100_000)
    return int(seconds > limit_s or recall < LEAST_RECALL or peak_mb > LIMIT_MB)


def measure_yardsticks(texts: list[str]) -> tuple[float, float, float]:
    """Seconds, also on the CPU, to split all texts; seconds to compare every pair exactly."""
    from rft_app.text.similarity import read_shingles, similarity

    started, cpu_before = time.perf_counter(), time.process_time()
    for text in texts:
        read_shingles(text)
    read_s, read_cpu_s = time.perf_counter() - started, time.process_time() - cpu_before
    part = [read_shingles(text) for text in texts[:NUM_COMPARED]]
    started = time.perf_counter()
    num_pairs = sum(similarity(a, b) >= 0 for a, b in combinations(part, 2))
    pair_s = (time.perf_counter() - started) / num_pairs
    return read_s, read_cpu_s, pair_s * len(texts) * (len(texts) - 1) / 2


if __name__ == "__main__":
    sys.exit(main())
