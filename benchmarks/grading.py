"""Speed of a dry run with a script grader over recorded answers, storage included.

    python benchmarks/grading.py [--rollouts 40000]

The yardstick calls the same Python function in this process on the same answers, already parsed:
no isolation, no storage, nothing that a product needs.  The dry run freezes a snapshot, plans,
reads and renders records of about 1.5 kB, hands them to the confined process, checks what comes
back, stores each grade with its key, and reports.  Times are of the whole step.  Both are kept on
two cores, where the system can do that.
"""

import argparse
import os
import random
import resource
import sys
import tempfile
import time
from typing import Any

import orjson

from rft_app.storage.records import NewRecord, insert_records

TARGET_PER_S = 10_000
NUM_CORES = 2
"""As many as the target is for."""
WORDS = (
    *("flight", "hotel", "refund", "change", "name", "seat", "bag", "date", "airport", "gate"),
    *("meal", "train", "city", "price", "card", "voucher", "please", "check", "book", "cancel"),
)
SCRIPT = """
import re

NUMBER = re.compile(r"-?\\d+")

def grade(sample, item):
    found = NUMBER.findall(sample["output_text"])
    if not found:
        return 0.0
    return 1.0 if found[-1] == item["reference"] else 0.1 * ("seat" in sample["output_text"])
"""


def pin_cores() -> str:
    """Keep this process and its children on `NUM_CORES` cores; returns how many they have."""
    if not hasattr(os, "sched_setaffinity"):
        return f"all {os.cpu_count()} (this system cannot pin)"
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, allowed[:NUM_CORES])
    return f"{len(os.sched_getaffinity(0))} of {os.cpu_count()}"


def make_body(number: int, rng: random.Random) -> dict[str, Any]:
    """A conversation of about 1.5 kB whose answer ends in a number that is right half the time."""

    def say(count: int) -> str:
        return " ".join(rng.choices(WORDS, k=count))

    turns = [{"role": "system", "content": say(30)}]
    for _ in range(3):
        turns.append({"role": "user", "content": say(25)})
        turns.append({"role": "assistant", "content": say(35)})
    turns[-1]["content"] += f" {number % 97 if rng.random() < 0.5 else -1}"
    return {
        "messages": turns,
        "reference": str(number % 97),
        "metadata": {"user": f"u{number % 500}", "source": "api"},
    }


def make_record(number: int, facet: int) -> NewRecord:
    """The cut at the last turn of trace `number`."""
    values: dict[str, Any] = dict.fromkeys(NewRecord._fields, 0)
    values |= {"dataset_id": "ds", "trace_seq": number, "turn": 6, "facet": facet}
    values |= {"source_type": "upload", "reason": None, "is_archived": False, "title": ""}
    values |= {"group_key": number, "content_hash": number, "external_id": None, "reward": None}
    return NewRecord(**values)


def fill_database(num_records: int) -> None:
    """One record per trace, as an import and Extract would leave them."""
    from datetime import UTC, datetime

    from sqlmodel import SQLModel

    from rft_app.domain.facet import Facet
    from rft_app.storage.copying import insert_rows
    from rft_app.storage.record_counts import refresh_counts
    from rft_app.storage.search import create_index
    from rft_app.storage.session import get_engine, unit_of_work
    from rft_app.storage.tables import DatasetRow

    with get_engine().begin() as connection:
        SQLModel.metadata.create_all(connection)
        create_index(connection)
    rng = random.Random(1)
    bodies = [(n, orjson.dumps(make_body(n, rng))) for n in range(1, num_records + 1)]
    columns = ("seq", "dataset_id", "import_id", "line_number", "group_key", "title")
    more = ("num_messages", "num_turns", "created_at")
    now = datetime.now(UTC)
    with unit_of_work() as session:
        session.add(
            DatasetRow(
                id="ds", name="b", objective="", source="upload", created_at=now, updated_at=now
            )
        )
        session.flush()
        traces = [(n, "ds", "imp", n, n, "", 7, 1, 0) for n, _ in bodies]
        insert_rows(session, "trace", columns + more, traces)
        insert_rows(session, "trace_body", ("seq", "body"), bodies)
        insert_records(session, [make_record(number, Facet().pack()) for number, _ in bodies])
        refresh_counts(session, "ds")


def run_yardstick(num_records: int) -> float:
    """Seconds for the bare function on parsed answers."""
    namespace: dict[str, Any] = {}
    exec(SCRIPT, namespace)
    rng = random.Random(1)
    pairs = [
        (
            {"output_text": body["messages"][-1]["content"]},
            {"reference": body["reference"], **body["metadata"]},
        )
        for body in (make_body(number, rng) for number in range(1, num_records + 1))
    ]
    started_at = time.perf_counter()
    for sample, item in pairs:
        float(namespace["grade"](sample, item))
    return time.perf_counter() - started_at


def used_cpu_s() -> float:
    """Processor time of this process and its ended children."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def run_dry_run(num_records: int) -> tuple[float, float, Any]:
    """Seconds for the step, processor seconds of both processes, and its facts."""
    from rft_app.domain.dry_run import DryRunSettings
    from rft_app.domain.grader import ScriptSpec
    from rft_app.jobs.context import JobContext
    from rft_app.pipeline.dry_run import DryRunStep
    from rft_app.pipeline.grader import store_spec
    from rft_app.storage import jobs
    from rft_app.storage.session import unit_of_work

    with unit_of_work() as session:
        store_spec(session, "ds", ScriptSpec(source=SCRIPT))
        job = jobs.add_job(session, "dry_run", "ds", {})
        jobs.begin_job(session, job.id, 0, "w")
    context = JobContext(job_id=job.id, dataset_id="ds", args={}, worker_id="w")
    started_at, cpu_at = time.perf_counter(), used_cpu_s()
    result = DryRunStep().run(context, "ds", DryRunSettings(num_records=num_records))
    return time.perf_counter() - started_at, used_cpu_s() - cpu_at, result.facts


def time_sandbox_start() -> float:
    """Median seconds from nothing to a confined process with a script in it."""
    from rft_app.graders.sandbox import Limits, Worker

    times: list[float] = []
    for _ in range(9):
        started_at = time.perf_counter()
        worker = Worker(SCRIPT, Limits(2.0, 512), allow_unisolated=True)
        times.append(time.perf_counter() - started_at)
        worker.close()
    return sorted(times)[4]


def main() -> int:
    """Run both and print the figures; returns 1 when the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rollouts", type=int, default=40_000)
    count = parser.parse_args().rollouts
    cores = pin_cores()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RFT_DATA_DIR"] = folder
        fill_database(count)
        start_s = time_sandbox_start()
        bare_s = run_yardstick(count)
        step_s, cpu_s, facts = run_dry_run(count)
    per_s, bare_per_s = count / step_s, count / bare_s
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"cores                   {cores:>9}")
    print(f"sandbox start           {1000 * start_s:9.0f} ms")
    print(f"same function, bare     {bare_per_s:9,.0f} grades/s")
    print(f"dry run, whole step     {per_s:9,.0f} grades/s  ({step_s:.1f} s, RSS {rss_mb} MB)")
    print(f"  per processor second  {count / cpu_s:9,.0f} grades (tells how busy the machine is)")
    print(f"ratio                   {per_s / bare_per_s:9.3f}")
    print(f"mean reward             {facts['mean']:9.3f}, failures {facts['num_failed']}")
    print(f"target {TARGET_PER_S:,}/s: {'met' if per_s >= TARGET_PER_S else 'MISSED'}")
    return 0 if per_s >= TARGET_PER_S and not facts["num_failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
