"""Import of a JSONL file, beside a loader written for this one file and nothing else.

    python benchmarks/importing.py [--records 200000] [--rounds 3] [--peers-python PATH]

The yardstick reads the same lines in this process with msgspec, makes the same checks and the same
columns and inserts them with the standard library's sqlite3 in batches of 5,000.  It knows one row
shape, cannot resume, report bad lines or count.  Ours is the import's child process with those it
forks, start-up and progress messages included.  A round runs one after the other; the median of the
ratios counts.  Memory is that of all processes together, in a run that is not timed: looking at it
takes a tenth of a processor.  The nursery of child processes is warm, as it is
where a worker runs.

`datasets.load_dataset` runs in each round in a process of its own, its start-up included, where
`--peers-python` names a Python that has it:

    python -m venv peers && peers/bin/pip install datasets
"""

import argparse
import hashlib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from _memory import Peak, watch_children
from _records import write_records
from _targets import Targets

from rft_app.children import warm_up

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


RAWS = msgspec.json.Decoder(list[msgspec.Raw])
FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
MESSAGES = msgspec.json.Decoder(list[Message])
TEXT = msgspec.json.Decoder(str)
FOLDED = bytes.maketrans(b"123456789E+{", b"000000000e0[")
LONG_NUMBER = b"0" * 99
LOAD_DATASET = """
import sys
from datasets import load_dataset
load_dataset("json", data_files=sys.argv[1], cache_dir=sys.argv[2])
"""


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


def is_extreme(line: bytes) -> bool:
    """Whether a number may be beyond floating point, or values nested too deeply."""
    folded = line.translate(FOLDED)
    return b"0e000" in folded or LONG_NUMBER in folded or folded.count(b"[") > 100


def make_rows(line: bytes, number: int, now: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The columns and the body of one line."""
    line.decode()
    fields = FIELDS.decode(line)
    raw = fields.pop("messages")
    messages = MESSAGES.decode(raw)
    external_id = TEXT.decode(fields["id"])
    model = TEXT.decode(fields["model"])
    title = next((m.content for m in messages if m.role == "user"), "") or ""
    system = next((m.content for m in messages if m.role == "system"), "") or ""
    num_tools = len(RAWS.decode(fields["tools"])) if "tools" in fields else 0
    body: dict[str, Any] = {"messages": raw}
    for name in ("usage", "tools"):
        if name in fields:
            body[name] = fields.pop(name)
    body["metadata"] = FIELDS.decode(fields.pop("metadata")) | fields
    digest = hashlib.blake2b(external_id.encode(), digest_size=8).digest()
    fault = "wrong_shape" if is_extreme(line) else find_fault(messages)
    columns = (
        *(number, "ds_a", "imp_a", number, external_id, int.from_bytes(digest, signed=True)),
        *(model, " ".join(str(title)[:560].split())[:140]),
        " ".join(str(system)[:560].split())[:140],
        *(len(messages), sum(m.role == "assistant" for m in messages)),
        *(sum(m.role == "user" for m in messages), num_tools, None, fault, now, now, None),
        *(0, None, None, 0, "file", "ok", None, None, None),
    )
    return columns, (number, msgspec.json.encode(body))


def load_raw(source: Path, database: Path) -> float:
    """Seconds of the yardstick."""
    started = time.perf_counter()
    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    marks = ",".join("?" * 27)
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


def load_datasets(python: str, source: Path, cache: Path) -> float | None:
    """Seconds of a process that calls `datasets.load_dataset`; `None` where it is not installed."""
    probe = subprocess.run([python, "-c", "import datasets"], capture_output=True, check=False)
    if probe.returncode:
        return None
    command = [python, "-c", LOAD_DATASET, str(source), str(cache)]
    started = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    seconds = time.perf_counter() - started
    shutil.rmtree(cache)  # the next call would only find what this one made
    return seconds


def main() -> int:
    """Run the rounds and print the figures; 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers-python", default=sys.executable)
    options = parser.parse_args()
    targets = Targets()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        source = root / "records.jsonl"
        write_records(source, options.records)
        print(f"{options.records:,} records, {source.stat().st_size / options.records:,.0f} B each")
        warm_up()
        peak, rounds = Peak(), []
        with watch_children(peak):
            _run_ours(root, source)
        for number in range(1, options.rounds + 1):
            raw_s, ours_s = _run_round(root, source)
            datasets_s = load_datasets(options.peers_python, source, root / "cache")
            beside = "" if datasets_s is None else f", datasets {datasets_s:.1f} s"
            print(f"round {number}: raw {raw_s:.1f} s, import {ours_s:.1f} s{beside}")
            rounds.append((raw_s, ours_s, datasets_s))
        _report(options.records, [(raw, ours) for raw, ours, _ in rounds], peak.mb, targets)
    ratios = [datasets / ours for _, ours, datasets in rounds if datasets is not None]
    if ratios:
        ratio = statistics.median(ratios)
        print(f"ratio to datasets   {ratio:10.2f}          {targets.least(ratio, 3)}")
    else:
        print("datasets.load_dataset is not installed here; see --peers-python")
    return targets.exit_status


def _run_round(root: Path, source: Path) -> tuple[float, float]:
    """Seconds of the yardstick and of ours."""
    database, _ = prepare_database(root / "raw", source)
    raw_s = load_raw(source, database)
    shutil.rmtree(root / "raw")
    return raw_s, _run_ours(root, source)


def _run_ours(root: Path, source: Path) -> float:
    """Seconds of ours."""
    _, import_id = prepare_database(root / "ours", source)
    ours_s = load_ours(import_id)
    shutil.rmtree(root / "ours")
    return ours_s


def _report(
    count: int, rounds: list[tuple[float, float]], peak_mb: float | None, targets: Targets
) -> None:
    raw_s, ours_s = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(raw / ours for raw, ours in rounds)
    print(f"raw sqlite3 loader  {count / raw_s:10,.0f} rows/s")
    print(f"import              {count / ours_s:10,.0f} rows/s")
    if peak_mb is not None:
        print(f"peak memory         {peak_mb:10,.0f} MB       {targets.most(peak_mb, 200)}")
    print(f"ratio to raw        {ratio:10.2f}          {targets.least(ratio, 0.85)}")


if __name__ == "__main__":
    sys.exit(main())
