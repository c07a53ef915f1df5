"""Which stored traces a selection is about: ratings, tags, copies, samples; on both databases."""

from pathlib import Path
from typing import Any

import pytest

from rft_app.domain.trace import Rating, parse_trace_id, trace_id
from rft_app.domain.trace_page import SampleKind, TraceFilter, TraceSample, TraceSelection
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.services.datasets import delete_dataset
from rft_app.services.duplication import start_duplicate
from rft_app.services.imports import latest_import
from rft_app.services.trace_sampling import draw_sample
from rft_app.services.traces import (
    count_selection,
    count_traces,
    create_from_traces,
    find_among,
    list_models,
    list_tags,
    list_traces,
)
from rft_app.storage import trace_pages
from rft_app.storage.session import reading, unit_of_work
from tests.services.stored_dataset import make_dataset, work

WISHES = ("cancel my flight", "translate this letter", "fix a bug in Python", "find a recipe")


def talk(number: int) -> dict[str, Any]:
    """Every tenth is long; half are of a large model, a third are rated, every fourth tagged."""
    messages = [
        {"role": "user", "content": f"Please {WISHES[number % 4]}, number {number}."},
        {"role": "assistant", "content": "Done."},
    ]
    row: dict[str, Any] = {
        "messages": messages * (4 if number % 10 == 0 else 1),
        "model": "large" if number % 2 else "small",
        "timestamp": 1_760_000_000 + number,
    }
    if number % 3 == 0:
        row["feedback"] = {"score": 1.0 if number % 2 else 0.2}
    if number % 4 == 0:
        row["tags"] = ["beta", "checkout"] if number % 8 == 0 else ["beta"]
    return row


@pytest.fixture
def dataset_id(any_database: str, tmp_path: Path) -> str:
    return make_dataset(tmp_path, *map(talk, range(40)))


def find(**conditions: Any) -> list[int]:
    """Numbers in the titles of what is listed, which counts agree with."""
    wanted = TraceFilter(**conditions)
    with reading() as session:
        page = list_traces(session, wanted)
        assert count_traces(session, wanted) == len(page.rows)
    return sorted(int(row.title.rstrip(".").split()[-1]) for row in page.rows)


def test_traces_are_found_by_what_was_thought_of_them(dataset_id: str) -> None:
    assert find(rating=Rating.GOOD) == [3, 9, 15, 21, 27, 33, 39]
    assert find(rating=Rating.BAD) == [0, 6, 12, 18, 24, 30, 36]
    assert len(find(rating=Rating.NONE)) == 40 - 14


@pytest.mark.parametrize("many", [1, 5_000])
def test_traces_are_found_by_all_of_some_tags(
    dataset_id: str, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_pages, "_MANY", many)
    assert find(tags=("beta",)) == list(range(0, 40, 4))
    assert find(tags=("beta", "checkout"), model="small", search="number") == list(range(0, 40, 8))
    assert find(tags=("beta",), model="large") == find(tags=("none",)) == []
    with reading() as session:
        assert list_tags(session) == ["beta", "checkout"]


def draw(kind: SampleKind, size: int, seed: int = 0, **conditions: Any) -> TraceSelection:
    sample = TraceSample(kind=kind, size=size, seed=seed)
    with reading() as session:
        return draw_sample(session, TraceSelection(filter=TraceFilter(**conditions), sample=sample))


@pytest.mark.parametrize("kind", SampleKind)
def test_a_sample_is_the_same_for_the_same_seed(dataset_id: str, kind: SampleKind) -> None:
    drawn = draw(kind, 12, 1)
    assert drawn == draw(kind, 12, 1)
    assert len(set(drawn.only or ())) == 12
    assert drawn.sample is not None
    assert drawn.sample.num_from == 40
    assert (draw(kind, 12, 2).only == drawn.only) is (kind is SampleKind.NEWEST)
    assert len(draw(kind, 12, model="large", rating=Rating.BAD).only or ()) == 0
    assert len(draw(kind, 500, model="large").only or ()) == 20


def test_those_of_named_traces_that_match_are_found(dataset_id: str) -> None:
    with reading() as session:
        named = [row.id for row in list_traces(session, TraceFilter(), limit=4).rows]
        assert set(find_among(session, TraceFilter(), named)) == set(named)
        large = find_among(session, TraceFilter(model="large", search="number"), named)
        assert set(large) == {named[0], named[2]}
        assert find_among(session, TraceFilter(last_key=0), named) == []


def looked_up(drawn: TraceSelection) -> list[Any]:
    keys = {parse_trace_id(id_) for id_ in drawn.only or ()}
    with reading() as session:
        rows = list_traces(session, TraceFilter()).rows
    return [row for row in rows if parse_trace_id(row.id) in keys]


def test_samples_are_what_they_say(dataset_id: str) -> None:
    newest = looked_up(draw(SampleKind.NEWEST, 5))
    assert [row.title.split()[-1] for row in newest] == ["39.", "38.", "37.", "36.", "35."]
    stratified = looked_up(draw(SampleKind.STRATIFIED, 20))
    assert sum(row.model == "large" for row in stratified) == 10
    assert sum(row.num_messages == 8 for row in stratified) == 2
    spread = looked_up(draw(SampleKind.REPRESENTATIVE, 4))
    assert {row.title.split()[1] for row in spread} == {wish.split()[0] for wish in WISHES}
    with pytest.raises(InvalidInputError, match="at most 2,000"):
        draw(SampleKind.REPRESENTATIVE, 2_001)


def test_a_dataset_says_that_it_was_made_of_a_sample(dataset_id: str) -> None:
    drawn = draw(SampleKind.RANDOM, 7, 3, model="small")
    with reading() as session:
        assert count_selection(session, drawn).num_traces == 7
    with unit_of_work() as session:
        made, _ = create_from_traces(session, name="A", objective="B", selection=drawn, extract={})
    work()
    with reading() as session:
        report = latest_import(session, made.id)
    assert report is not None
    assert report.file_name == "7 stored traces, random sample from 20, seed 3"
    assert report.num_parsed == 7


def test_of_traces_that_were_chosen_and_deleted_meanwhile_the_others_are_taken(
    dataset_id: str,
) -> None:
    drawn = draw(SampleKind.NEWEST, 3)
    gone = tuple(map(trace_id, (900, 901)))
    chosen = drawn.model_copy(update={"only": (*(drawn.only or ()), *gone)})
    with unit_of_work() as session:
        made, _ = create_from_traces(session, name="A", objective="B", selection=chosen, extract={})
    work()
    with reading() as session:
        report = latest_import(session, made.id)
    assert report is not None
    assert report.num_parsed == 3
    assert report.file_name.endswith("; 2 more were chosen and are gone")

    with unit_of_work() as session, pytest.raises(NotFoundError, match="may have been deleted"):
        nothing = TraceSelection(only=gone)
        create_from_traces(session, name="A", objective="B", selection=nothing, extract={})


def test_copies_are_listed_once_what_they_were_made_of_is_gone(dataset_id: str) -> None:
    chosen = TraceSelection(filter=TraceFilter(tags=("checkout",)))
    with unit_of_work() as session:
        create_from_traces(session, name="A", objective="B", selection=chosen, extract={})
        create_from_traces(session, name="C", objective="D", selection=chosen, extract={})
        start_duplicate(session, dataset_id)
    work()
    assert find() == list(range(40))
    with unit_of_work() as session:
        delete_dataset(session, dataset_id)
    assert find() == list(range(40)), "the duplicate has them all"
    assert find(tags=("checkout",)) == list(range(0, 40, 8))
    with reading() as session:
        assert list_models(session) == [("large", 20), ("small", 20)]
