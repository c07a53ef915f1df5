"""Server-side time of the records overlay over a million records.

    python benchmarks/overlay.py [--records 1000000]

Records go straight into the tables, without bodies.  Measured is `list_records`, the page and its
total, with any two filters, and with searches for a rare word, a common one, and two.  The
yardstick is a page of the same 50 records by primary key from the same table, in the same run.
"""

import argparse
import gc
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

CLOCK = time.process_time if "--cpu" in sys.argv else time.perf_counter
NUM_TOPICS = 40
BATCH = 20_000
PAGE_TARGET_MS, SEARCH_TARGET_MS = 20, 50
Timings = list[tuple[float, dict[str, object]]]
"""Milliseconds, and the filter."""
TAGS = {"one in a hundred": 100, "one in ten": 10, "one in two": 2}
COMMON = "flight hotel refund change seat bag date train price card".split()  # noqa: SIM905


def make_batch(rng: random.Random, start: int, number: int) -> tuple[list[tuple], list[tuple]]:
    """Rows of `record` without their key, and searchable texts."""
    from rft_app.domain.facet import Facet, reward_bin
    from rft_app.domain.record import SourceType
    from rft_app.domain.validity import Reason
    from rft_app.storage.records import NewRecord

    rows: list[tuple] = []
    texts: list[tuple] = []
    reasons = [None] * 60 + list(Reason)[:7]
    sources = [SourceType.TRACE] * 8 + [SourceType.GENERATED, SourceType.CORRECTION]
    for seq in range(start, start + number):
        reason = rng.choice(reasons)
        reward = rng.choice((None, 0.0, 1.0, rng.random(), rng.random()))
        source = rng.choice(sources)
        facet = Facet(
            reason=reason,
            source_type=source,
            is_duplicate=reason is None and rng.random() < 0.03,
            has_tools=rng.random() < 0.3,
            reward_bin=reward_bin(reward),
        ).pack()
        row = NewRecord(
            dataset_id="ds_bench",
            trace_seq=seq,
            turn=1,
            facet=facet,
            source_type=source.value,
            reason=reason,
            is_archived=False,
            group_key=seq,
            content_hash=rng.getrandbits(62),
            question_hash=seq,
            external_id=None,
            title=f"Please change my flight number {seq} to another day, as cheap as can be",
            num_messages=4,
            num_tokens=300,
            reward=reward,
            created_at=0,
            updated_at=0,
        )
        topic = None if reason else min(int(rng.expovariate(0.1)), NUM_TOPICS - 1) + 1
        rows.append((seq, *row, topic))
        words = [*rng.sample(COMMON, 4), f"rare{rng.randrange(20_000)}", f"mid{seq % 300}"]
        texts.append((seq, " ".join(words)))
    return rows, texts


def fill(number: int) -> None:
    """Create the database."""
    from rft_app.storage.copying import insert_rows
    from rft_app.storage.record_counts import refresh_counts
    from rft_app.storage.records import NewRecord
    from rft_app.storage.search import add_texts
    from rft_app.storage.session import unit_of_work
    from rft_app.storage.tables import TopicRow
    from rft_app.storage.tags import ensure_tags, put_tag
    from tests.builders import make_dataset_row
    from tests.conftest import create_schema

    rng = random.Random(3)
    create_schema()
    with unit_of_work() as session:
        session.add(make_dataset_row("ds_bench"))
        session.flush()
        session.add_all(
            TopicRow(id=id_, dataset_id="ds_bench", key=f"Topic {id_}", position=id_)
            for id_ in range(1, NUM_TOPICS + 1)
        )
    columns = ("seq", *NewRecord._fields, "topic_id")
    for start in range(1, number + 1, BATCH):
        rows, texts = make_batch(rng, start, min(BATCH, number + 1 - start))
        with unit_of_work() as session:
            insert_rows(session, "record", columns, rows)
            add_texts(session, texts)
    with unit_of_work() as session:
        for name, every in TAGS.items():
            tag_id = ensure_tags(session, "ds_bench", [name])[name]
            put_tag(session, tag_id, sorted(rng.sample(range(1, number + 1), number // every)))
        refresh_counts(session, "ds_bench")


def pair_filters(rng: random.Random) -> Iterator[dict[str, object]]:
    """Each pair of two different conditions, ten times with other values."""
    from rft_app.domain.record import SourceType
    from rft_app.domain.validity import Reason

    low = lambda: rng.choice((0.0, 0.15, 0.5, 0.9, 1.0))  # noqa: E731
    choices: dict[str, Callable[[], object]] = {
        "topic": lambda: rng.choice(("", f"Topic {rng.randint(1, NUM_TOPICS)}")),
        "is_valid": lambda: rng.random() < 0.5,
        "reasons": lambda: (rng.choice(list(Reason)[:7]),),
        "source_types": lambda: (rng.choice(list(SourceType)),),
        "is_duplicate": lambda: rng.random() < 0.5,
        "has_tools": lambda: rng.random() < 0.5,
        "min_reward": low,
        "max_reward": low,
        "tags": lambda: (rng.choice(list(TAGS)),),
    }
    for _ in range(10):
        for one, other in combinations(choices, 2):
            yield {one: choices[one](), other: choices[other]()}


def searches(rng: random.Random) -> Iterator[dict[str, object]]:
    """Rare, common and two words; beginnings of words; with and without a filter."""
    for _ in range(20):
        yield {"search": f"rare{rng.randrange(20_000)}"}
        yield {"search": rng.choice(COMMON)}
        yield {"search": " ".join(rng.sample(COMMON, 2))}
        yield {"search": f"{rng.choice(COMMON)} mid{rng.randrange(300)}"}
        yield {"search": rng.choice(COMMON)[:3]}
        yield {"search": rng.choice(COMMON), "topic": f"Topic {rng.randint(1, NUM_TOPICS)}"}
        yield {"search": rng.choice(COMMON), "is_valid": False}
        yield {"search": rng.choice(COMMON), "tags": (rng.choice(list(TAGS)),)}


def time_pages(filters: Iterator[dict[str, object]]) -> Timings:
    """Milliseconds of the first page of each filter, and of the page after it."""
    from rft_app.domain.record import RecordFilter
    from rft_app.services.records import list_records
    from rft_app.storage.session import reading

    taken: Timings = []
    for conditions in filters:
        wanted = RecordFilter.model_validate(conditions)
        cursor = None
        for _ in range(2):
            started = CLOCK()
            with reading() as session:
                page = list_records(session, "ds_bench", wanted, cursor=cursor)
            taken.append((1000 * (CLOCK() - started), conditions))
            cursor = page.next_cursor
            if cursor is None:
                break
    return taken


def time_yardstick(rng: random.Random, number: int) -> float:
    """Median milliseconds of a page by primary key."""
    from rft_app.storage.record_pages import list_summaries
    from rft_app.storage.session import reading

    taken: list[float] = []
    for _ in range(200):
        first = rng.randint(1, number - 50)
        started = CLOCK()
        with reading() as session:
            list(list_summaries(session, "ds_bench", range(first, first + 50)))
        taken.append(1000 * (CLOCK() - started))
    return statistics.median(taken)


def report(name: str, taken: Timings, verdict: Callable[[float], str], unit: float) -> None:
    """Print the percentiles, beside the yardstick, and the slowest filters."""
    times = sorted(time_ for time_, _ in taken)
    median, p95 = statistics.median(times), times[int(0.95 * len(times))]
    print(
        f"{name:22}{len(times):5} pages  median {median:6.1f} ms  "
        f"p95 {p95:6.1f} ms {verdict(p95)}  max {times[-1]:6.1f} ms  "
        f"p95 is {p95 / unit:.1f} x a page by key"
    )
    for slow, conditions in sorted(taken, key=lambda item: -item[0])[:3]:
        print(f"    {slow:6.1f} ms  {conditions}")


def main() -> int:
    """Print the figures; 1 when a target was missed."""
    from _targets import Targets

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--cpu", action="store_true", help="processor time, on a busy machine")
    number = parser.parse_args().records
    rng, targets = random.Random(5), Targets()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RFT_DATA_DIR"] = folder
        started = time.perf_counter()
        fill(number)
        print(f"{number:,} records made in {time.perf_counter() - started:.0f} s")
        gc.freeze()  # as the server does once it has loaded everything
        unit = time_yardstick(rng, number)
        print(f"a page by primary key      median {unit:6.1f} ms")
        for name, filters, limit in (
            ("any two filters", pair_filters(rng), PAGE_TARGET_MS),
            ("full-text search", searches(rng), SEARCH_TARGET_MS),
        ):
            report(name, time_pages(filters), partial(targets.most, limit=limit), unit)
    return targets.exit_status


if __name__ == "__main__":
    sys.exit(main())
