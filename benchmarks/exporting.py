"""Speed and memory of exports, beside only reading the same rows and beside other tools.

    python benchmarks/exporting.py [--records 200000] [--rounds 3] [--only openai_sft ...]
        [--peers-python PATH]

Ours is all that the child process does after its start: freeze the snapshot with hashes and split,
read, cut, check, encode, hash and write one JSONL file, sync it, store its figures.  Bodies are as
an import stores them, each with a reference, so that every format writes every record.

The yardsticks read every record's columns and body, in the order of the export, with nothing but
`sqlite3`, in a process of their own, and keep none.  For the statement as one writes it SQLite
sorts all rows, bodies included; told to use no index it walks them in their order, which nothing
that reads row by row can beat.  All take turns, and the median of the rounds' ratios counts.

Peers write the rows of our `openai_sft` file, from their own memory, in a process of their own:
`Dataset.to_json` and DuckDB's `COPY`.  They take part in each round where `--peers-python` names a
Python that has both:

    python -m venv peers && peers/bin/pip install datasets duckdb

Memory is that of the process that writes and of those that encode for it, pages that several share
counted once, in a run of its own that is not timed.

A preview is timed as a click on a card asks for it, on a dataset that was looked at before.
"""

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import orjson
from _memory import Peak, watch_children
from _records import write_records
from _targets import Targets

if TYPE_CHECKING:
    from rft_app.storage.records import NewRecord

ROOT = Path(__file__).resolve().parents[1]
MAX_MB = 150
MAX_PREVIEW_MS = 150
BATCH = 5000
EXPORTS: dict[str, tuple[str, dict[str, bool], float]] = {
    **{name: (name, {}, 0.5) for name in ("openai_sft", "openai_rft", "trl_sft", "trl_grpo")},
    "shuffled": ("openai_sft", {"shuffle": True}, 0.5),
    "zip": ("openai_sft", {"include_metadata": True}, 0.28),
}
"""Format, options, and the least ratio to reading the rows sorted."""
Figures = dict[str, list[float]]
PEERS = {
    "Dataset.to_json": (
        5.0,
        """
import sys, time
from datasets import load_dataset
rows = load_dataset("json", data_files=sys.argv[1], split="train", cache_dir=sys.argv[2])
begun = time.perf_counter()
rows.to_json(sys.argv[2] + "/rows.jsonl")
print(len(rows), time.perf_counter() - begun)
""",
    ),
    "DuckDB COPY": (
        0.7,
        """
import sys, time
import duckdb
duckdb.sql("SET enable_progress_bar = false")
rows = duckdb.read_json(sys.argv[1])
duckdb.sql("CREATE TABLE kept AS SELECT * FROM rows")
begun = time.perf_counter()
duckdb.sql(f"COPY kept TO '{sys.argv[2]}/rows.jsonl' (FORMAT json)")
seconds = time.perf_counter() - begun
print(duckdb.sql("SELECT count(*) FROM kept").fetchall()[0][0], seconds)
""",
    ),
}
"""The least ratio of our speed to theirs, and what they do."""
READ = (
    "SELECT r.seq, r.turn, r.trace_seq, COALESCE(rb.body, tb.body), r.source_type, r.reward, "
    "r.topic_id, r.external_id FROM record r{} LEFT JOIN trace_body tb ON tb.seq = r.trace_seq "
    "LEFT JOIN record_body rb ON rb.seq = r.seq WHERE r.dataset_id = 'ds_a' ORDER BY r.seq"
)
YARDSTICKS = {"sorted": READ.format(""), "in_order": READ.format(" NOT INDEXED")}


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
        while batch := list(map(make_body, islice(file, BATCH))):
            with unit_of_work() as session:
                keys = range(seq + 1, seq + 1 + len(batch))
                insert_rows(
                    session, "trace_body", ("seq", "body"), list(zip(keys, batch, strict=True))
                )
                insert_records(session, list(map(make_record, keys, batch)))
            seq += len(batch)
    with unit_of_work() as session:
        refresh_counts(session, "ds_a")


def make_body(line: bytes) -> bytes:
    """The canonical JSON of a row: messages first, what has no place of its own as metadata."""
    row = orjson.loads(line)
    body = {"messages": row.pop("messages")}
    if "tools" in row:
        body["tools"] = row.pop("tools")
    return orjson.dumps(body | {"reference": row["id"], "metadata": row})


def make_record(seq: int, body: bytes) -> "NewRecord":
    """The row of a record whose answer is the trace's last message."""
    from rft_app.exports.message_kinds import classify, kinds_of
    from rft_app.storage.bodies import split_body
    from rft_app.storage.records import NewRecord

    messages = split_body(body).messages
    turn = len(messages) - 1
    columns: dict[str, Any] = dict.fromkeys(NewRecord._fields, 0)
    return NewRecord(
        **columns
        | {
            "dataset_id": "ds_a",
            "trace_seq": seq,
            "turn": turn,
            "source_type": "trace",
            "reason": None,
            "is_archived": False,
            "group_key": seq * 7919,
            "content_hash": seq,
            "external_id": None,
            "title": "",
            "num_messages": len(messages),
            "message_kinds": kinds_of(classify(messages), turn),
            "reward": None,
        }
    )


def read_only(yardstick: str) -> None:
    """Read all rows in this process; print their number and the seconds it took."""
    connection = sqlite3.connect(Path(os.environ["RFT_DATA_DIR"], "rft.db"))
    begun = time.perf_counter()
    number = sum(1 for _ in connection.execute(YARDSTICKS[yardstick]))
    print(number, time.perf_counter() - begun)
    connection.close()


def start(name: str) -> str:
    """Ask for one of `EXPORTS` and take it out of the queue; returns its id."""
    from rft_app.domain.export import ExportOptions
    from rft_app.services.exports import check_export, start_export
    from rft_app.storage import jobs
    from rft_app.storage.session import reading, unit_of_work

    format_name, more, _ = EXPORTS[name]
    plain = {"include_test": False, "include_metadata": False, "train_ratio": 1.0}
    options = ExportOptions.model_validate(plain | more)
    with reading() as session:
        order = check_export(session, dataset_id="ds_a", format=format_name, options=options)
    with unit_of_work() as session:
        job = start_export(session, order)
        jobs.request_cancel(session, job.id)
        jobs.settle_job(session, job.id, None, jobs.JobStatus.CANCELLED)
    return job.args["export_id"]


def export(export_id: str) -> None:
    """Do the child's work in this process; print rows, seconds and bytes."""
    from rft_app.processes import exporting
    from rft_app.storage.exports import get_export
    from rft_app.storage.session import reading

    begun = time.perf_counter()
    exporting.work({"export_id": export_id}, lambda _: None)
    seconds = time.perf_counter() - begun
    with reading() as session:
        done = get_export(session, export_id)
    print(done.num_train, seconds, done.size_bytes)


def run_child(*arguments: str, python: str = sys.executable) -> list[float]:
    """The figures that a Python process prints, one of this script's parts unless told."""
    command = [python, *arguments] if arguments[0] == "-c" else [python, __file__, *arguments]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [float(figure) for figure in output.split()]


def run_round(names: Sequence[str], peers: Callable[[], Figures]) -> Figures:
    """One turn of everything: its rows, seconds and, for exports, bytes."""
    figures = {name: run_child("--read", name) for name in YARDSTICKS}
    return figures | {name: time_export(name) for name in names} | peers()


def time_export(name: str) -> list[float]:
    """The figures of one export; its file is removed, so that no run writes to a fuller disk."""
    export_id = start(name)
    figures = run_child("--export", export_id)
    shutil.rmtree(Path(os.environ["RFT_DATA_DIR"], "exports", export_id))
    return figures


def measure_memory(name: str) -> float | None:
    """Most memory of one export in MB; `None` where the system does not say."""
    peak = Peak()
    with watch_children(peak):
        time_export(name)
    return peak.mb


def ratio_of(rounds: Sequence[Figures], name: str, other: str) -> float:
    """How many times as fast one is as another, the median of the rounds."""
    return median(figures[other][1] / figures[name][1] for figures in rounds)


def report(rounds: Sequence[Figures], names: Sequence[str], targets: Targets) -> None:
    """Print speeds, ratios to both yardsticks and to peers, and sizes."""
    for name in YARDSTICKS:
        print(f"only reading, {name:<11} {rate_of(rounds, name):>9,.0f} records/s")
    for name in names:
        number, _, size = rounds[0][name]
        to_sorted, to_ordered = (ratio_of(rounds, name, other) for other in YARDSTICKS)
        print(
            f"export {name:<18} {rate_of(rounds, name):>9,.0f} records/s  "
            f"{to_sorted:.2f} of reading sorted {targets.least(to_sorted, EXPORTS[name][2])}, "
            f"{to_ordered:.2f} of in order  {number:,.0f} rows, {size / 1e6:,.0f} MB"
        )
    for name in filter(rounds[0].__contains__, PEERS):
        ratio = ratio_of(rounds, names[0], name)
        print(
            f"{name:<25} {rate_of(rounds, name):>9,.0f} records/s  {names[0]} is {ratio:.2f} x "
            f"that {targets.least(ratio, PEERS[name][0])}"
        )


def report_memory(names: Sequence[str], targets: Targets) -> None:
    """Print the most memory of each export."""
    for name in names:
        peak_mb = measure_memory(name)
        if peak_mb is None:
            print(f"memory {name:<18}   unknown on this system")
        else:
            verdict = targets.most(peak_mb, MAX_MB)
            print(f"memory {name:<18} {peak_mb:>9,.0f} MB in all processes {verdict}")


def rate_of(rounds: Sequence[Figures], name: str) -> float:
    """Records a second, the median of the rounds."""
    return median(figures[name][0] / figures[name][1] for figures in rounds)


def prepare_peers(python: str | None, folder: str) -> Callable[[], Figures]:
    """What lets other tools write our `openai_sft` rows."""
    from rft_app.storage.exports import get_export, locate_export
    from rft_app.storage.session import reading

    if python is None:
        print("datasets and DuckDB do not take part; see --peers-python")
        return dict
    export_id = start("openai_sft")
    run_child("--export", export_id)
    with reading() as session:
        path = str(locate_export(get_export(session, export_id)))
    return lambda: {
        name: run_child("-c", code, path, folder, python=python)
        for name, (_, code) in PEERS.items()
    }


def time_previews(names: Sequence[str], targets: Targets) -> None:
    """Print how long the preview of each format takes, each for the first time."""
    from rft_app.domain.export import ExportOptions
    from rft_app.domain.record import Selection
    from rft_app.services.export_preview import describe_preview
    from rft_app.storage.session import reading

    def preview(name: str) -> float:
        begun = time.perf_counter()
        with reading() as session:
            describe_preview(
                session,
                dataset_id="ds_a",
                format=name,
                options=ExportOptions(),
                selection=Selection(),
                limit=3,
            )
        return 1000 * (time.perf_counter() - begun)

    print(f"first look at the dataset {preview(names[0]):>9.0f} ms")
    slowest = max(map(preview, names))
    print(f"slowest preview           {slowest:>9.0f} ms {targets.most(slowest, MAX_PREVIEW_MS)}")


def main() -> int:
    """Print the figures; 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--only", nargs="+", default=tuple(EXPORTS), choices=tuple(EXPORTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers-python")
    parser.add_argument("--export", help=argparse.SUPPRESS)
    parser.add_argument("--read", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if arguments.export:
        export(arguments.export)
        return 0
    if arguments.read:
        read_only(arguments.read)
        return 0
    return compare(arguments)


def compare(arguments: argparse.Namespace) -> int:
    """Store the records, then let all take turns."""
    targets = Targets()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RFT_DATA_DIR"] = folder
        lines = Path(folder, "records.jsonl")
        write_records(lines, arguments.records)
        store_records(lines)
        time_previews(sorted({EXPORTS[name][0] for name in EXPORTS}), targets)
        peers = prepare_peers(arguments.peers_python, folder)
        rounds = [run_round(arguments.only, peers) for _ in range(arguments.rounds)]
        report(rounds, arguments.only, targets)
        report_memory(arguments.only, targets)
    return targets.exit_status


if __name__ == "__main__":
    sys.exit(main())
