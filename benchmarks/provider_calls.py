"""A dry run whose judge waits half a second for each reply, on both databases.

    python benchmarks/provider_calls.py [--calls 2000] [--in-flight 64] [--wait-ms 500]
        [--budget USD] [--postgres [URL]]

The yardstick is arithmetic: with so many calls in flight, a provider that takes so long needs
calls x wait / in flight seconds, whoever asks.  The run plans, renders prompts, asks through the
client, keeps every reply in the ledger before it is read, stores grades in order and reports.
With a budget, what was spent is looked at before each call.  Postgres is measured where its server
is installed, or by the URL of an empty database; asked for by `--postgres`, its absence is a
failure, else it is only told.  The client's library is imported before, as
it is in a worker that asked before.  Beside it: reading replies of judges and making the report of
them, in one thread without storage, the best of five; once as judges reply most of the time, and
once with replies that each take another way (commas too many, `Score: 4`, `[[4]]`, thoughts,
labels, out of the range).
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from _targets import Targets
from grading import fill_database

if TYPE_CHECKING:
    from collections.abc import Callable

    from rft_app.domain.dry_run import Grade

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

TARGET, TARGET_PER_S = 1.08, 20_000
NUM_READ = 20_000
PROMPT = "Rate the last answer.\n{{item.messages}}\n\n{{sample.output_text}}"

REASON = "The answer names the fee and the day, but not what happens to the old card. " * 2
LABELS = {"excellent": 1.0, "mediocre": 0.5, "wrong": 0.0}
ODD_FORMS = (
    '{"reasoning": "REASON", "score": SCORE,}',
    '```json\n{"reasoning": "REASON", "score": SCORE,}\n```',
    "REASON\n\nScore: SCORE",
    "REASON\n\n**Score:** SCORE/5",
    "REASON\n\nRating: [[SCORE]]",
    "<think>REASON Perhaps 3? {no, Score: 2}</think>\nREASON\nScore: SCORE",
    '{"reasoning": "REASON", "score": "LABEL"}',
    "REASON\n\nScore: LABEL",
    '{"reasoning": "REASON", "score": 9}',
    "REASON By {the rules} the score is SCORE out of 5",
)
"""Commas too many, scores in words, brackets, thoughts, labels, and one out of the range."""
OUT_OF_RANGE = 8


def find_free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_provider(wait_ms: int) -> tuple[subprocess.Popen[bytes], int]:
    """A process that answers after so long, and its port."""
    script = Path(__file__).with_name("_judge_upstream.py")
    port = find_free_port()
    process = subprocess.Popen([sys.executable, str(script), str(port), str(wait_ms)])
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, port
        time.sleep(0.05)
    raise RuntimeError("The provider did not start.")


def run_judge(num_calls: int, budget_usd: float | None) -> tuple[float, float, int]:
    """Seconds of the step, processor seconds of this process, and how many calls were paid."""
    from rft_app.domain.dry_run import DryRunSettings
    from rft_app.domain.grader import JudgeSpec
    from rft_app.jobs.context import JobContext
    from rft_app.llm import client  # noqa: F401  # a second of its own
    from rft_app.pipeline.dry_run import DryRunStep
    from rft_app.pipeline.grader import store_spec
    from rft_app.storage import jobs
    from rft_app.storage.paid_calls import sum_paid_calls
    from rft_app.storage.session import reading, unit_of_work

    with unit_of_work() as session:
        store_spec(session, "ds", JudgeSpec(prompt=PROMPT))
        job = jobs.add_job(session, "dry_run", "ds", {})
        jobs.begin_job(session, job.id, 0, "w")
    context = JobContext(job_id=job.id, dataset_id="ds", args={}, worker_id="w")
    started_at, cpu_at = time.perf_counter(), time.process_time()
    result = DryRunStep().run(
        context, "ds", DryRunSettings(num_records=num_calls, budget_usd=budget_usd)
    )
    taken = time.perf_counter() - started_at, time.process_time() - cpu_at
    assert not result.facts["num_failed"], result.facts
    with reading() as session:
        return *taken, sum_paid_calls(session, job.id).num_calls


def measure(name: str, wanted: argparse.Namespace, targets: Targets) -> None:
    """One database: fill it, run, print."""
    from rft_app.settings import get_settings
    from rft_app.storage.session import get_engine

    get_engine.cache_clear()
    get_settings.cache_clear()
    fill_database(wanted.calls)
    seconds, cpu_s, num_calls = run_judge(wanted.calls, wanted.budget)
    ideal_s = wanted.calls * wanted.wait_ms / 1000 / wanted.in_flight
    verdict = targets.most(round(seconds / ideal_s, 3), TARGET)
    print(
        f"{name:>10}: {num_calls:,} calls in {seconds:.2f} s, {cpu_s:.1f} s of processor; ideal "
        f"{ideal_s:.2f} s; ratio {seconds / ideal_s:.3f} {verdict}"
    )
    get_engine().dispose()


def measure_reading(targets: Targets) -> None:
    """Replies as judges write them most of the time, those of all other ways, and the reports."""
    measure_replies("reading", make_reply, NUM_READ, targets)
    num_readable = sum(number % len(ODD_FORMS) != OUT_OF_RANGE for number in range(NUM_READ))
    measure_replies("odd ones", make_odd_reply, num_readable, targets)


def measure_replies(
    name: str, make: "Callable[[int], str]", num_readable: int, targets: Targets
) -> None:
    """Replies and the report of all; every second one of a judge that gives labels, where odd."""
    from rft_app.domain.dry_run import make_report
    from rft_app.domain.grader import JudgeSpec
    from rft_app.graders.judge import read_reply

    scores = JudgeSpec(prompt=PROMPT, min_score=1, max_score=5)
    labels = JudgeSpec(prompt=PROMPT, label_rewards=LABELS)
    texts = [make(number) for number in range(NUM_READ)]
    asked = [labels if any(label in text for label in LABELS) else scores for text in texts]
    fastest_s = float("inf")
    for _ in range(5):
        started_at = time.perf_counter()
        grades = [
            make_grade(number, read_reply(text, spec))
            for number, (text, spec) in enumerate(zip(texts, asked, strict=True))
        ]
        report = make_report(grades, {1: "Cards", 2: "Loans"})
        fastest_s = min(fastest_s, time.perf_counter() - started_at)
        assert report.num_graded == num_readable, report.num_graded
    per_s = NUM_READ / fastest_s
    print(f"{name:>10}: {per_s:,.0f} rollouts/s {targets.least(per_s, TARGET_PER_S)}")


def make_reply(number: int) -> str:
    """JSON alone, with words around it, or behind a draft in thoughts."""
    plain = orjson.dumps({"reasoning": REASON, "score": 1 + number % 5}).decode()
    draft = f"<think>At first: {plain}</think>\n```json\n{plain}\n```"
    forms = (plain, plain, f"Here is my verdict: {plain}", draft)
    return forms[number % len(forms)]


def make_odd_reply(number: int) -> str:
    """One that takes another way each time; one in ten is out of the range."""
    score, label = 1 + number % 5, list(LABELS)[number % len(LABELS)]
    form = ODD_FORMS[number % len(ODD_FORMS)]
    return form.replace("REASON", REASON).replace("SCORE", str(score)).replace("LABEL", label)


def make_grade(number: int, outcome: object) -> "Grade":
    """The grade of the rollout with that place in the plan; four rollouts a record."""
    from rft_app.domain.dry_run import Grade
    from rft_app.domain.grading import GradingFailure, Verdict

    assert isinstance(outcome, Verdict | GradingFailure)
    failed = outcome if isinstance(outcome, GradingFailure) else None
    return Grade(
        record_seq=number // 4,
        topic_id=1 + number // 4 % 2,
        reward=None if isinstance(outcome, GradingFailure) else outcome.reward,
        failure_kind=failed and failed.failure_kind,
        failure_message=failed and failed.message,
    )


def measure_databases(wanted: argparse.Namespace, targets: Targets) -> None:
    """SQLite always, Postgres where it is installed."""
    from tests.postgres import INSTALLED, running_server

    measure("SQLite", wanted, targets)
    if wanted.postgres:
        os.environ["RFT_DATABASE_URL"] = wanted.postgres
        measure("Postgres", wanted, targets)
        return
    if not INSTALLED:
        print(
            f"{'Postgres':>10}: NOT MEASURED, not installed here (Debian: apt install postgresql)"
        )
        targets.num_missed += wanted.postgres is not None
        return
    with running_server() as server:
        os.environ["RFT_DATABASE_URL"] = server.url(server.new_database())
        measure("Postgres", wanted, targets)


def main() -> int:
    """Print all figures; returns 1 when a target is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--wait-ms", type=int, default=500)
    parser.add_argument("--budget", type=float, help="In USD, more than the calls cost.")
    parser.add_argument(
        "--postgres",
        nargs="?",
        const="",
        default=os.environ.get("RFT_BENCHMARK_POSTGRES"),
        help="Require it, at this URL; also by RFT_BENCHMARK_POSTGRES.",
    )
    wanted = parser.parse_args()
    targets = Targets()
    measure_reading(targets)
    provider, port = start_provider(wanted.wait_ms)
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.environ |= {
                "RFT_DATA_DIR": folder,
                "RFT_EMBEDDED_MODEL": "off",
                "RFT_LLM_BASE_URL": f"http://127.0.0.1:{port}/v1",
                "RFT_LLM_MODELS": "judge=1/10",
                "RFT_LLM_CONCURRENCY": str(wanted.in_flight),
            }
            measure_databases(wanted, targets)
    finally:
        provider.kill()
        provider.wait()
    return targets.exit_status


if __name__ == "__main__":
    sys.exit(main())
