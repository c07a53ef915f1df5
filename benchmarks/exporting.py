"""Speed and memory of an export, beside only reading the same rows.

    python benchmarks/exporting.py [--records 200000] [--format openai_sft] [--rounds 3]

The yardstick reads every record's columns and body with nothing but `sqlite3` and keeps none.
Ours is all that the child process does after its start: freeze the snapshot with hashes and split,
read, cut, encode, hash and write one JSONL file, sync it, store its figures.  The best of several
rounds counts on both sides, taken in turn.
"""

import argparse
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from _records import write_records

if TYPE_CHECKING:
    from rft_app.storage.records import NewRecord

ROOT = Path(__file__).resolve().parents[1]
TARGET = 0.5
MAX_MB = 150
BATCH = 5000
READ = (
    "SELECT r.seq, r.turn, r.trace_seq, COALESCE(rb.body, tb.body), r.source_type, r.reward, "
    "r.topic_id, r.external_id FROM record r LEFT JOIN trace_body tb ON tb.seq = r.trace_seq "
    "LEFT JOIN record_body rb ON rb.seq = r.seq WHERE r.dataset_id = 'ds_a' ORDER BY r.seq"
)


def store_records(lines: Path) -> None:
    """Fill the product's tables with traces and a record of each."""
    from rft_app.storage.copying import insert_rows
    from rft_app.storage.record_counts import refresh_counts
    from rft_app.storage.records import insert_records
    from rft_app.storage.session import unit_of_work
    from tests.builders import make_dataset_row
    from tests.conftest import create_schema

    create_schema()
    with unit_of_work() as session:
        session.add(make_dataset_row("ds_a"))
    with lines.open("rb") as file:
        seq = 0
        while batch := [line.rstrip(b"\n") for line in islice(file, BATCH)]:
            with unit_of_work() as session:
                keys = range(seq + 1, seq + 1 + len(batch))
                insert_rows(
                    session, "trace_body", ("seq", "body"), list(zip(keys, batch, strict=True))
                )
                insert_records(session, list(map(make_record, keys, batch)))
            seq += len(batch)
    with unit_of_work() as session:
        refresh_counts(session, "ds_a")


def make_record(seq: int, body: bytes) -> "NewRecord":
    """The row of a record whose answer is the trace's last message."""
    from rft_app.storage.records import NewRecord

    num_messages = len(orjson.loads(body)["messages"])
    columns = dict.fromkeys(NewRecord._fields, 0)
    return NewRecord(
        **columns
        | {
            "dataset_id": "ds_a",
            "trace_seq": seq,
            "turn": num_messages - 1,
            "source_type": "trace",
            "reason": None,
            "is_archived": False,
            "group_key": seq * 7919,
            "content_hash": seq,
            "external_id": None,
            "title": "",
            "num_messages": num_messages,
            "reward": None,
        }
    )


def read_only(database: Path) -> float:
    """Rows a second."""
    connection = sqlite3.connect(database)
    begun = time.perf_counter()
    count = sum(1 for _ in connection.execute(READ))
    rate = count / (time.perf_counter() - begun)
    connection.close()
    return rate


def start(format_name: str) -> str:
    """Ask for an export and take it out of the queue; returns its id."""
    from rft_app.domain.export import ExportOptions
    from rft_app.services.exports import start_export
    from rft_app.storage import jobs
    from rft_app.storage.session import unit_of_work

    options = ExportOptions(include_test=False, include_metadata=False)
    with unit_of_work() as session:
        job = start_export(session, dataset_id="ds_a", format=format_name, options=options)
        jobs.request_cancel(session, job.id)
        jobs.settle_job(session, job.id, None, jobs.JobStatus.CANCELLED)
    return job.args["export_id"]


def export(export_id: str) -> None:
    """Do the child's work in this process; print rows, seconds, peak memory and bytes."""
    from rft_app.processes import exporting
    from rft_app.storage.exports import get_export
    from rft_app.storage.session import reading

    begun = time.perf_counter()
    exporting.work({"export_id": export_id}, lambda _: None)
    seconds = time.perf_counter() - begun
    with reading() as session:
        done = get_export(session, export_id)
    print(done.num_train, seconds, peak_memory_mb(), done.size_bytes)


def peak_memory_mb() -> float:
    """Of this process since its start; `ru_maxrss` would count the parent's memory, too."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(row for row in status.read_text().split("\n") if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--format", default="openai_sft")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--export", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if arguments.export:
        export(arguments.export)
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RFT_DATA_DIR"] = folder
        lines = Path(folder, "records.jsonl")
        write_records(lines, arguments.records)
        store_records(lines)
        reads, exports, peaks = [], [], []
        for _ in range(arguments.rounds):
            reads.append(read_only(Path(folder, "rft.db")))
            command = [sys.executable, __file__, "--export", start(arguments.format)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            number, seconds, peak_mb, size_bytes = map(float, output.split())
            exports.append(number / seconds)
            peaks.append(peak_mb)
    rate, raw = max(exports), max(reads)
    print(f"only reading     {raw:>10,.0f} records/s")
    print(f"export           {rate:>10,.0f} records/s  {rate / raw:.2f} of reading (≥ {TARGET})")
    print(f"peak memory      {max(peaks):>10,.0f} MB (≤ {MAX_MB})")
    print(f"rows written     {number:>10,.0f}, {size_bytes / 1e6:,.0f} MB, {arguments.format}")


if __name__ == "__main__":
    main()
