"""Speed and memory of the extract step, beside a raw `sqlite3` loader of the same records.

    python benchmarks/extracting.py [--records 200000]

The yardstick reads the same records as JSON lines with nothing but `orjson` and `sqlite3`: it
decodes, checks roles, contents and tool arguments, and inserts the trace.  Extract reads the stored
traces and makes records of them: decode, hashes, columns, duplicates, counts.  The search index is a job of its own.
"""

import argparse
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson

ROOT = Path(__file__).resolve().parents[1]
ROLES = {"system", "developer", "user", "assistant", "tool"}
WORDS = (  # noqa: SIM905
    "flight hotel refund change name seat bag date airport gate meal train city price card voucher "
    "please could you check book cancel move the my for next week before after cheaper earlier "
    "cannot find confirm thanks café Zürich 東京 window aisle upgrade status delay missed baggage"
).split()
TARGET = 0.7
BATCH = 5000


def make_body(number: int, rng: random.Random) -> dict[str, object]:
    """About 1.5 kB of conversation; every fourth calls a tool, every fiftieth repeats another."""

    def say(low: int, high: int) -> str:
        return " ".join(rng.choices(WORDS, k=rng.randint(low, high)))

    messages: list[dict[str, object]] = [{"role": "system", "content": say(14, 16)}]
    for turn in range(rng.randint(3, 5)):
        messages.append({"role": "user", "content": f"{say(8, 20)} {number // 50 * 50}"})
        if number % 4 == 0 and turn == 0:
            call = {"name": "search", "arguments": f'{{"city":"{say(1, 1)}","n":{turn}}}'}
            messages.append(
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
                }
            )
            messages.append({"role": "tool", "tool_call_id": "call_1", "content": say(10, 14)})
        messages.append({"role": "assistant", "content": say(20, 40)})
    return {"messages": messages, "metadata": {"user": f"u{number % 5000}", "source": "api"}}


def write_lines(path: Path, number: int) -> None:
    """Write the records; every fiftieth is a copy of the one before."""
    rng = random.Random(1)
    with path.open("wb") as file:
        line = b""
        for index in range(number):
            if index % 50 != 49:
                line = orjson.dumps(make_body(index, rng))
            file.write(line + b"\n")


def find_fault(messages: list[dict[str, object]]) -> str | None:
    """The yardstick's checks."""
    if not any(message.get("role") == "user" for message in messages):
        return "no_user_turn"
    for message in messages:
        if message.get("role") not in ROLES:
            return "bad_role"
        calls = message.get("tool_calls")
        if not message.get("content") and not calls:
            return "empty_content"
        for call in calls or ():
            if not isinstance(orjson.loads(call["function"]["arguments"]), dict):
                return "bad_tool_arguments"
    return None


def load_raw(lines: Path, database: Path) -> float:
    """Rows a second of the yardstick."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(
        "CREATE TABLE trace (seq INTEGER PRIMARY KEY, dataset_id TEXT, line INTEGER, title TEXT, "
        "num_messages INTEGER, num_turns INTEGER, reason TEXT, created_at INTEGER)"
    )
    connection.execute("CREATE INDEX ix ON trace (dataset_id)")
    connection.execute("CREATE TABLE trace_body (seq INTEGER PRIMARY KEY, body BLOB)")
    started = time.perf_counter()
    rows: list[tuple[object, ...]] = []
    bodies: list[tuple[int, bytes]] = []
    seq = 0

    def flush() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO trace VALUES (?,?,?,?,?,?,?,?)", rows)
        connection.executemany("INSERT INTO trace_body VALUES (?,?)", bodies)
        connection.execute("COMMIT")
        rows.clear()
        bodies.clear()

    with lines.open("rb") as file:
        for seq, line in enumerate(file, 1):
            body = orjson.loads(line)
            messages = body["messages"]
            title = next((str(m["content"]) for m in messages if m["role"] == "user"), "")[:140]
            turns = sum(m["role"] == "assistant" for m in messages)
            reason = find_fault(messages)
            rows.append((seq, "ds_bench", seq, title, len(messages), turns, reason, 0))
            bodies.append((seq, orjson.dumps(body)))
            if len(rows) == BATCH:
                flush()
    flush()
    connection.close()
    return seq / (time.perf_counter() - started)


def store_traces(lines: Path) -> None:
    """Put the same records into the product's tables as traces."""
    from rft_app.storage.copying import insert_rows
    from rft_app.storage.session import unit_of_work
    from rft_app.storage.tables import ImportRow
    from tests.builders import SOME_DAY, make_dataset_row
    from tests.conftest import create_schema

    create_schema()
    with unit_of_work() as session:
        session.add(make_dataset_row("ds_bench"))
        session.flush()
        session.add(
            ImportRow(
                id="imp_bench",
                dataset_id="ds_bench",
                kind="traces",
                file_name="bench.jsonl",
                path="bench.jsonl",
                size_bytes=0,
                shape="messages",
                created_at=SOME_DAY,
            )
        )
        session.flush()
        columns = [
            "seq",
            "dataset_id",
            "import_id",
            "line_number",
            "group_key",
            "title",
            "num_messages",
            "num_turns",
            "created_at",
        ]
        with lines.open("rb") as file:
            for seq, line in enumerate(file, 1):
                row = (seq, "ds_bench", "imp_bench", seq, seq, "a title", 7, 3, 0)
                insert_rows(session, "trace", columns, [row])
                insert_rows(session, "trace_body", ("seq", "body"), [(seq, line.rstrip(b"\n"))])


class Silent:
    """Stands for the job's context."""

    def progress(self, done: int, total: int | None = None, label: str = "") -> None:
        """Called by the step after each batch."""


def extract() -> None:
    """Run the step in this process; print records, seconds, peak memory and duplicates."""
    from rft_app.pipeline.extract import ExtractSettings, ExtractStep

    started = time.perf_counter()
    found = ExtractStep().run(Silent(), "ds_bench", ExtractSettings())
    seconds = time.perf_counter() - started
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(found.facts["num_records"], seconds, peak_mb, found.facts["num_duplicates"])


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--extract", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if arguments.extract:
        extract()
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RFT_DATA_DIR"] = folder
        lines = Path(folder, "records.jsonl")
        write_lines(lines, arguments.records)
        raw = load_raw(lines, Path(folder, "raw.db"))
        store_traces(lines)
        command = [sys.executable, __file__, "--extract"]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    number, seconds, peak_mb, num_duplicates = map(float, output.split())
    rate = number / seconds
    print(f"raw sqlite3 loader      {raw:>10,.0f} records/s")
    print(f"extract                 {rate:>10,.0f} records/s  {rate / raw:.2f} of raw (≥ {TARGET})")
    print(f"peak memory of extract  {peak_mb:>10,.0f} MB (≤ 200)")
    print(f"duplicates found        {num_duplicates:>10,.0f}")


if __name__ == "__main__":
    main()
