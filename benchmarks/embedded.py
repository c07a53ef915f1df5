"""Dry runs whose answers the embedded model gives, beside what its engine gives by itself.

    python benchmarks/embedded.py [--records 300] [--rollouts 4] [--tokens 32]

The yardstick sends such requests to the same server in the same run, as bare HTTP with as many in
flight as the engine works on together: its own batching, without plan, client, ledger, retries,
grading or report.  Dry runs of 30 records and the yardstick take turns, so that other work on the
machine falls on both.
"""

import argparse
import http.client
import os
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
from _targets import Targets

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

TARGET = 0.85
PORTION = 30
"""Records of one dry run."""
MODEL = "smollm2-135m"
TEMPERATURE = 0.8
GRADER = "def grade(sample, item):\n    return min(len(sample.output_text), 200) / 200\n"
WORDS = ("card", "transfer", "fee", "refund", "exchange", "limit", "password", "statement")


def make_question(number: int) -> str:
    """Another one for each number."""
    word, other = WORDS[number % len(WORDS)], WORDS[number // len(WORDS) % len(WORDS)]
    return f"Customer {number} asks about a {word} and a {other}. Explain in detail what to do."


class Bare:
    """The server, asked with nothing between; a connection for each thread."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._own = threading.local()

    def ask(self, number: int, num_tokens: int) -> int:
        """Tokens of the reply."""
        request = {
            "model": MODEL,
            "messages": [{"role": "user", "content": make_question(number)}],
            "temperature": TEMPERATURE,
            "max_tokens": num_tokens,
        }
        if not hasattr(self._own, "line"):
            self._own.line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)
        try:
            body = orjson.dumps(request)
            self._own.line.request("POST", "/v1/chat/completions", body, self._headers)
            answer = orjson.loads(self._own.line.getresponse().read())
        except (ConnectionError, http.client.HTTPException):  # idle for longer than it is kept
            del self._own.line
            return self.ask(number, num_tokens)
        return answer["usage"]["completion_tokens"]


def fill_database(num_records: int) -> None:
    """Questions without answers, and a grader that takes no time."""
    from rft_app.storage.migrations import migrate
    from rft_app.storage.record_counts import refresh_counts
    from rft_app.storage.session import unit_of_work
    from tests.builders import make_dataset_row, make_record_row, make_trace_rows
    from tests.pipeline.graded_dataset import DATASET, configure

    migrate()
    with unit_of_work() as session:
        session.add(make_dataset_row(DATASET))
        session.flush()
        for seq in range(1, num_records + 1):
            body = {"messages": [{"role": "user", "content": make_question(seq)}]}
            session.add_all(make_trace_rows(seq, body))
            session.add(make_record_row(seq))
        session.flush()
        refresh_counts(session, DATASET)
    configure(GRADER)


def run_dry_run(wanted: argparse.Namespace, num_records: int, seed: int) -> list[float]:
    """Tokens and seconds of a dry run, from its plan to its report."""
    from rft_app.domain.sampling import Sampling
    from rft_app.pipeline._scopes import sampling_scope
    from rft_app.storage.paid_calls import sum_paid_calls
    from rft_app.storage.session import reading
    from tests.pipeline.graded_dataset import begin_job, run_dry

    sampling = Sampling(model=MODEL, temperature=TEMPERATURE, max_tokens=wanted.tokens)
    context = begin_job()
    started_at = time.perf_counter()
    result = run_dry(
        context,
        sampling=sampling,
        num_records=num_records,
        num_rollouts=wanted.rollouts,
        seed=seed,
    )
    seconds = time.perf_counter() - started_at
    assert not result.facts["num_failed"], result.facts
    with reading() as session:
        paid = sum_paid_calls(session, sampling_scope(context.job_id))
    assert paid.num_calls == num_records * wanted.rollouts, paid
    return [paid.num_completion_tokens or 0, seconds]


def run_bare(
    bare: Bare, pool: ThreadPoolExecutor, wanted: argparse.Namespace, first: int, num_records: int
) -> list[float]:
    """Tokens and seconds of as many requests."""
    numbers = [
        number for number in range(first, first + num_records) for _ in range(wanted.rollouts)
    ]
    started_at = time.perf_counter()
    num_tokens = sum(pool.map(bare.ask, numbers, [wanted.tokens] * len(numbers)))
    return [num_tokens, time.perf_counter() - started_at]


def compare(wanted: argparse.Namespace) -> int:
    """Run both, in turn."""
    from rft_app.llm.embedded import NUM_AT_ONCE, EmbeddedModel
    from rft_app.settings import get_settings

    fill_database(wanted.records)
    model = EmbeddedModel(get_settings().folder("embedded"))
    served = model.find_or_start(600)
    bare = Bare(served.port, served.token)
    ours, theirs = [0.0, 0.0], [0.0, 0.0]
    with ThreadPoolExecutor(NUM_AT_ONCE) as pool:
        run_dry_run(wanted, 2, 0)
        run_bare(bare, pool, wanted, 0, 2)
        for turn, first in enumerate(range(0, wanted.records, PORTION), 1):
            num_records = min(PORTION, wanted.records - first)
            for is_ours in (True, False) if turn % 2 else (False, True):
                total = ours if is_ours else theirs
                found = (
                    run_dry_run(wanted, num_records, turn)
                    if is_ours
                    else run_bare(bare, pool, wanted, first, num_records)
                )
                total[:] = [total[0] + found[0], total[1] + found[1]]
    model.stop()
    return report(wanted.records * wanted.rollouts, ours, theirs)


def report(num_calls: int, ours: Sequence[float], theirs: Sequence[float]) -> int:
    """Both rates, and the verdict."""
    targets = Targets()
    rates = []
    for name, (num_tokens, seconds) in (("dry runs", ours), ("the engine alone", theirs)):
        rates.append(num_tokens / seconds)
        print(
            f"{name:>20}: {num_calls:,} rollouts, {num_tokens:,.0f} tokens in {seconds:,.1f} s, "
            f"{rates[-1]:,.1f} tokens/s"
        )
    ratio = rates[0] / rates[1]
    print(f"{'ratio':>20}: {ratio:.3f} {targets.least(ratio, TARGET)}")
    return targets.exit_status


def main() -> int:
    """Print both figures and their ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=300)
    parser.add_argument("--rollouts", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=32)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RFT_DATA_DIR"] = folder
        return compare(wanted)


if __name__ == "__main__":
    sys.exit(main())
