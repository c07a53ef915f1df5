"""Speed and memory of the extract step, beside the raw loader that the import is measured with.

    python benchmarks/extracting.py [--records 200000] [--rounds 2]

The yardstick (`importing.load_raw`) reads a JSONL file, checks it and inserts traces.  Extract
reads the stored traces and makes records of them: decode, hashes, columns, duplicates, counts.
Filling the search index is a job of its own and not part of either.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = 0.7

EXTRACT = """
import resource, sys, time
from sqlmodel import select
from rft_app.pipeline.extract import ExtractSettings, ExtractStep
from rft_app.storage.session import reading
from rft_app.storage.tables import DatasetRow

class Silent:
    def progress(self, done, total=None, label=""):
        pass

with reading() as session:
    dataset_id = session.exec(select(DatasetRow.id)).one()
started = time.perf_counter()
facts = ExtractStep().run(Silent(), dataset_id, ExtractSettings()).facts
seconds = time.perf_counter() - started
print(facts["num_records"], seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def extract() -> tuple[float, float, float]:
    """Run the step in a process of its own: records, seconds, peak memory in MB."""
    command = [sys.executable, "-c", EXTRACT]
    output = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    number, seconds, peak_mb = map(float, output.split())
    return number, seconds, peak_mb


def main() -> int:
    """Print the figures, of several rounds the best of each; 1 when a target was missed."""
    from _records import write_records
    from _targets import Targets
    from importing import load_ours, load_raw, prepare_database

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    raw_s: list[float] = []
    ours: list[tuple[float, float, float]] = []
    for number in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as name:
            source = Path(name, "records.jsonl")
            write_records(source, arguments.records)
            database, _ = prepare_database(Path(name, "raw"), source)
            raw_s.append(load_raw(source, database))
            _, import_id = prepare_database(Path(name, "ours"), source)
            load_ours(import_id)
            ours.append(extract())
            print(f"round {number + 1}: raw {raw_s[-1]:.1f} s, extract {ours[-1][1]:.1f} s")
    count, seconds, peak_mb = min(ours, key=lambda run: run[1])
    raw = arguments.records / min(raw_s)
    rate = count / seconds
    ratio = rate / raw
    print(f"raw sqlite3 loader  {raw:>10,.0f} rows/s")
    targets = Targets()
    print(f"extract             {rate:>10,.0f} records/s")
    print(f"peak RSS            {peak_mb:>10,.0f} MB          {targets.most(peak_mb, 200)}")
    print(f"ratio to raw        {ratio:>10.2f}             {targets.least(ratio, TARGET)}")
    return targets.exit_status


if __name__ == "__main__":
    sys.exit(main())
