"""Server-side time of the trace selector over a million traces.

    python benchmarks/selector.py [--traces 1000000] [--rounds 5] [--cpu]

Traces go straight into the tables, without bodies.  Measured are `count_traces` and `list_traces`,
the first page and one from the middle, with each filter, with pairs of them, and with searches for
a rare word and a common one, as the list of the create page asks for them.  The yardstick is a
count of the same table in the same run that reads every row.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from _targets import Targets

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

CLOCK = time.process_time if "--cpu" in sys.argv else time.perf_counter
COUNT_TARGET_MS, PAGE_TARGET_MS = 200, 50
START_MS, STEP_MS = 1_760_000_000_000, 1_500
TAGS = {"one in a thousand": 1000, "one in ten": 10}


def draw(salt: int, number: int | str, key: str = "n") -> str:
    """SQL for a whole number below `number` that looks random, the same for the same trace."""
    return f"({key} * {1_103_515_245 + 2 * salt} % 2147483647 % 100003 % {number})"


FILL = f"""
WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :number)
INSERT INTO trace (seq, import_id, line_number, group_key, model, title, system_prompt,
    num_messages, num_turns, num_user_turns, num_tools, reward, created_at, recorded_at,
    continued_by, source, status, input_tokens, output_tokens, latency_ms)
SELECT n, '', 0, n * 7919,
    'provider/model-of-some-size-' || CAST(SQRT({draw(1, 100)}) AS INTEGER),
    'Please change my flight number ' || n || ' to another day, as cheap as it can be',
    'You are an airline agent. You can help travellers book, change or cancel their flights.',
    2 + {draw(2, 9)}, {draw(3, 20)} > 0, 1 + {draw(4, 5)}, {draw(5, 4)},
    CASE {draw(6, 10)} WHEN 0 THEN {draw(7, 11)} / 10.0 END, 0, :start + n * :step,
    CASE {draw(8, 25)} WHEN 0 THEN n + 1 END,
    CASE {draw(9, 40)} WHEN 0 THEN 'langfuse' WHEN 1 THEN 'traceloop' ELSE 'genai' END,
    CASE {draw(10, 50)} WHEN 0 THEN 'error' ELSE 'ok' END, 900, 80, 1200.5
FROM number
"""
TAG = f"""
INSERT INTO trace_tag (tag, seq)
SELECT :tag, seq FROM trace WHERE {draw(11, ":every", "seq")} = 0
"""
SEARCHABLE = """
INSERT INTO trace_fts (rowid, body) SELECT seq,
    'rare' || (seq % 20000) ||
    CASE (seq / 20000 + seq) % 20 WHEN 0 THEN ' refund' ELSE ' change' END FROM trace
"""


def fill(number: int) -> None:
    """Create the database."""
    from sqlalchemy import text

    from rft_app.storage.session import unit_of_work
    from rft_app.storage.trace_search import count_behind
    from tests.conftest import create_schema

    create_schema()
    with unit_of_work() as session:
        run = session.connection().execute
        run(text(FILL), {"number": number, "start": START_MS, "step": STEP_MS})
        for tag, every in TAGS.items():
            run(text(TAG), {"tag": tag, "every": every})
        run(text(SEARCHABLE))
        behind = "INSERT INTO sequence (name, next) VALUES ('trace_search', :next)"
        run(text(behind), {"next": number + 1})
        assert count_behind(session) == 0


def make_filters(number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """No filter, each one, pairs of different ones, searches; `has_response` is the page's own."""
    from rft_app.domain.trace import Rating, TraceStatus

    choices: dict[str, dict[str, Any]] = {
        "last quarter of the time": {"since": START_MS + STEP_MS * number * 3 // 4},
        "second quarter of the time": {
            "since": START_MS + STEP_MS * number // 4,
            "until": START_MS + STEP_MS * number // 2,
        },
        "commonest model": {"model": "provider/model-of-some-size-9"},
        "rarest model": {"model": "provider/model-of-some-size-0"},
        "unknown model": {"model": "none"},
        "3 turns or more": {"min_turns": 3},
        "an answer": {"has_response": True},
        "rare source": {"source": "langfuse"},
        "common source": {"source": "genai"},
        "failed": {"status": TraceStatus.ERROR},
        "rated well": {"rating": Rating.GOOD},
        "not rated": {"rating": Rating.NONE},
        **{f"tag of {name}": {"tags": (name,)} for name in TAGS},
        "rare word": {"search": "rare77"},
        "common word": {"search": "refund"},
    }
    yield "nothing", {}
    yield from choices.items()
    for (one, first), (other, second) in combinations(choices.items(), 2):
        if not first.keys() & second.keys():
            yield f"{one} and {other}", first | second


def measure(action: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    start = CLOCK()
    action()
    return 1000 * (CLOCK() - start)


def report(name: str, timings: dict[str, float], unit: float) -> float:
    """Print median, 95th percentile and the slowest; returns the 95th."""
    times = sorted(timings.values())
    p95 = times[min(int(0.95 * len(times)), len(times) - 1)]
    slowest = max(timings, key=lambda filter_: timings[filter_])
    print(
        f"{name:16}{len(times):4} filters  median {statistics.median(times):7.1f} ms  "
        f"p95 {p95:7.1f} ms ({p95 / unit:.2f} x a full scan)  "
        f"slowest {times[-1]:7.1f} ms: {slowest}"
    )
    return p95


def run(number: int, rounds: int, targets: Targets) -> None:
    """Fill and measure; each filter's figure is the median of its rounds."""
    from sqlalchemy import text

    from rft_app.domain.trace_page import TraceFilter
    from rft_app.services import traces
    from rft_app.storage.session import reading

    took = measure(lambda: fill(number))
    print(f"{number:,} traces stored in {took / 1000:.1f} s")
    middle = f"{START_MS + STEP_MS * number // 2}.{number // 2}"
    counts: dict[str, float] = {}
    pages: dict[str, float] = {}
    with reading() as session:
        scan = text("SELECT COUNT(*) FROM trace t NOT INDEXED WHERE t.num_turns > 0")
        unit = statistics.median(
            measure(lambda: session.connection().execute(scan).scalar()) for _ in range(rounds)
        )
        print(f"yardstick: a count that reads every row takes {unit:.1f} ms")
        for name, conditions in make_filters(number):
            wanted = TraceFilter(**conditions, last_key=number)
            count = lambda: traces.count_traces(session, wanted)  # noqa: B023, E731
            counts[name] = statistics.median(measure(count) for _ in range(rounds))
            for place, cursor in (("first", None), ("middle", middle)):
                page = lambda: traces.list_traces(session, wanted, cursor=cursor)  # noqa: B023, E731
                took = statistics.median(measure(page) for _ in range(rounds))
                pages[f"{name}, {place} page"] = took
        menus = (traces.list_models, traces.list_sources, traces.list_tags)
        for menu in menus:
            print(f"  {menu.__name__:14} {measure(lambda: menu(session)):7.1f} ms")  # noqa: B023
    slow = report("filter and count", counts, unit)
    print(f"  p95 {slow:.0f} ms {targets.most(slow, COUNT_TARGET_MS)}")
    slow = report("page", pages, unit)
    print(f"  p95 {slow:.0f} ms {targets.most(slow, PAGE_TARGET_MS)}")


def main() -> int:
    """Print the figures; 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cpu", action="store_true", help="processor time, on a busy machine")
    options = parser.parse_args()
    targets = Targets()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RFT_DATA_DIR"] = folder
        run(options.traces, options.rounds, targets)
    return targets.exit_status


if __name__ == "__main__":
    sys.exit(main())
