"""Import of a JSONL file, beside a loader written for this one file and nothing else.

    python benchmarks/importing.py [--records 200000] [--rounds 3]

The yardstick reads the same lines in this process with msgspec, makes the same checks and the same
columns and inserts them with the standard library's sqlite3 in batches of 5,000.  It knows one row
shape, cannot resume, report bad lines or count.  Ours is the import's child process, start-up and
progress messages included.  Rounds alternate; the best of each counts.
"""

import argparse
import hashlib
import resource
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from _records import write_records

BATCH = 5_000
ROLES = {"system", "developer", "user", "assistant", "tool"}


class Function(msgspec.Struct):
    """Name and arguments."""

    name: str
    arguments: str


class Call(msgspec.Struct):
    """One tool call."""

    id: str
    function: Function
    type: str = "function"


class Message(msgspec.Struct):
    """What the checks read."""

    role: str
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[Call] | None = None
    tool_call_id: str | None = None
    name: str | None = None


FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
MESSAGES = msgspec.json.Decoder(list[Message])


def find_fault(messages: list[Message]) -> str | None:  # noqa: C901, PLR0911  # a yardstick: one loop
    """The same checks in one loop."""
    if not messages:
        return "no_messages"
    has_user, length, known = False, 0, set()
    for message in messages:
        if message.role not in ROLES:
            return "bad_role"
        has_user = has_user or message.role == "user"
        content = message.content
        if content is None or not content.strip():
            if not message.tool_calls:
                return "empty_content"
        else:
            length += len(content)
        for call in message.tool_calls or ():
            if not isinstance(msgspec.json.decode(call.function.arguments), dict):
                return "bad_tool_arguments"
            known.add(call.id)
            length += len(call.function.arguments) + len(call.function.name)
        if message.role == "tool" and message.tool_call_id not in known:
            return "tool_result_without_call"
    if not has_user:
        return "no_user_turn"
    return "too_long" if length // 4 > 128_000 else None


def make_rows(line: bytes, number: int, now: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The columns and the body of one line."""
    line.decode()
    fields = FIELDS.decode(line)
    raw = fields.pop("messages")
    messages = MESSAGES.decode(raw)
    external_id = msgspec.json.decode(fields.pop("id"), type=str)
    model = msgspec.json.decode(fields.pop("model"), type=str)
    title = next((m.content for m in messages if m.role == "user"), "") or ""
    parts = [b'{"messages":', bytes(raw)]
    for name in ("usage", "tools"):
        if name in fields:
            parts += (b',"', name.encode(), b'":', bytes(fields.pop(name)))
    metadata = msgspec.json.decode(fields.pop("metadata"), type=dict[str, msgspec.Raw])
    inner = (b'"%b":%b' % (k.encode(), bytes(v)) for k, v in (metadata | fields).items())
    parts += (b',"metadata":{', b",".join(inner), b"}}")
    digest = hashlib.blake2b(external_id.encode(), digest_size=8).digest()
    columns = (
        *(number, "ds_a", "imp_a", number, external_id, int.from_bytes(digest, signed=True)),
        *(model, " ".join(str(title)[:560].split())[:140], len(messages)),
        *(sum(m.role == "assistant" for m in messages), None, find_fault(messages), now),
    )
    return columns, (number, b"".join(parts))


def load_raw(source: Path, database: Path) -> float:
    """Seconds of the yardstick."""
    started = time.perf_counter()
    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    marks = ",".join("?" * 13)
    with source.open("rb") as file:
        traces, bodies = [], []
        now = time.time_ns() // 1_000_000
        for number, line in enumerate(file, 1):
            trace, body = make_rows(line.rstrip(b"\n"), number, now)
            traces.append(trace)
            bodies.append(body)
            if len(traces) == BATCH:
                _insert(connection, marks, traces, bodies)
                traces, bodies = [], []
        _insert(connection, marks, traces, bodies)
    connection.close()
    return time.perf_counter() - started


def _insert(connection: sqlite3.Connection, marks: str, traces: list, bodies: list) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(f"INSERT INTO trace VALUES ({marks})", traces)
    connection.executemany("INSERT INTO trace_body VALUES (?,?)", bodies)
    connection.execute("COMMIT")


def prepare_database(folder: Path, source: Path) -> tuple[Path, str]:
    """An empty database with one dataset and one import; returns its file and the import."""
    import os

    os.environ["RFT_DATA_DIR"] = str(folder)
    from sqlmodel import SQLModel

    from rft_app.settings import get_settings
    from rft_app.storage import imports, search, tables  # noqa: F401  # fills the metadata
    from rft_app.storage.datasets import add_dataset
    from rft_app.storage.session import get_engine, unit_of_work

    get_settings.cache_clear()
    get_engine.cache_clear()
    with get_engine().begin() as connection:
        SQLModel.metadata.create_all(connection)
        search.create_index(connection)
    with unit_of_work() as session:
        dataset_id = add_dataset(session, name="Bench", objective="Bench", source="upload")
        import_id = imports.add_import(
            session,
            dataset_id,
            "traces",
            path=str(source),
            file_name=source.name,
            size_bytes=source.stat().st_size,
        )
    get_engine().dispose()
    return folder / "rft.db", import_id


def load_ours(import_id: str) -> float:
    """Seconds of the import's child process."""
    from rft_app.children import run_child

    started = time.perf_counter()
    run_child(
        "rft_app.processes.importing",
        {"import_id": import_id, "shape": None},
        on_message=lambda message: None,
        is_cancelled=lambda: False,
    )
    return time.perf_counter() - started


def load_datasets(source: Path, cache: Path) -> float | None:
    """Seconds of `datasets.load_dataset`; `None` where it is not installed."""
    try:
        from datasets import load_dataset
    except ImportError:
        return None
    started = time.perf_counter()
    load_dataset("json", data_files=str(source), cache_dir=str(cache))
    return time.perf_counter() - started


def main() -> None:
    """Run the rounds and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    raw_s: list[float] = []
    ours_s: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        source = root / "records.jsonl"
        write_records(source, options.records)
        print(f"{options.records:,} records, {source.stat().st_size / options.records:,.0f} B each")
        for number in range(options.rounds):
            database, _ = prepare_database(root / f"raw{number}", source)
            raw_s.append(load_raw(source, database))
            _, import_id = prepare_database(root / f"ours{number}", source)
            ours_s.append(load_ours(import_id))
            print(f"round {number + 1}: raw {raw_s[-1]:.1f} s, import {ours_s[-1]:.1f} s")
        _report(options.records, min(raw_s), min(ours_s), load_datasets(source, root / "cache"))


def _report(count: int, raw_s: float, ours_s: float, datasets_s: float | None) -> None:
    rss = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"raw sqlite3 loader  {count / raw_s:10,.0f} rows/s")
    print(
        f"import              {count / ours_s:10,.0f} rows/s   peak RSS {rss:,.0f} MB (limit 200)"
    )
    print(f"ratio to raw        {raw_s / ours_s:10.2f}          (at least 0.85)")
    if datasets_s is None:
        print("datasets.load_dataset is not installed here")
    else:
        print(f"ratio to datasets   {datasets_s / ours_s:10.2f}          (at least 3)")


if __name__ == "__main__":
    main()
