"""How a generated record stands beside its source."""

import pytest

from rft_app.domain.candidate import (
    Candidate,
    CandidateChecks,
    CandidateReview,
    CandidateState,
    GeneratedDraft,
    candidate_id,
)
from rft_app.domain.generation import StrategyName
from rft_app.domain.message import FunctionCall, Message, ToolCall
from rft_app.domain.record import Record, record_id
from rft_app.domain.validity import Reason
from rft_app.errors import InvalidInputError
from rft_app.text.difference import Change
from rft_app.ui.state.review_form import read_fields, write_fields
from rft_app.ui.state.review_view import CandidateRow, view_candidate

SYSTEM = Message(role="system", content="Help travellers. " * 40)


def ask(text: str) -> Message:
    return Message(role="user", content=text)


def call(arguments: str, name: str = "find_trip") -> Message:
    function = FunctionCall(name=name, arguments=arguments)
    return Message(role="assistant", tool_calls=(ToolCall(id="c1", function=function),))


def make_review(
    *messages: Message, source: tuple[Message, ...] | None, checks: CandidateChecks | None = None
) -> CandidateReview:
    draft = GeneratedDraft(input=messages[:-1], output=messages[-1:], reference="May 5")
    candidate = Candidate(
        id=candidate_id(1),
        run_id="run_1",
        state=CandidateState.PENDING,
        strategy=StrategyName.MESSAGE_VARIATION,
        model="good",
        topic="Flights/Change a flight",
        source_id=record_id(7) if source else None,
        draft=draft,
        title="Move my flight",
        num_tokens=12,
        checks=checks or CandidateChecks(is_topic_kept=True),
        created_at=0,
    )
    record = None
    if source is not None:
        record = Record(id=record_id(7), input=source[:-1], output=source[-1:], reference="May 5")
    return CandidateReview(candidate=candidate, source=record)


def test_turns_stand_beside_those_they_were_made_from() -> None:
    view = view_candidate(
        make_review(
            SYSTEM,
            ask("Move my flight to May 5"),
            call('{"day":"May 5"}'),
            source=(SYSTEM, ask("Move my trip to May 5"), call('{"day":"May 6"}')),
        )
    )
    assert [(part.label, part.state) for part in view.parts] == [
        ("System", "same"),
        ("User", "changed"),
        ("Assistant", "changed"),
        ("Reference", "same"),
    ]
    assert view.parts[0].folded == "680 characters"
    said, arguments = view.parts[1], view.parts[2]
    assert [p.text for p in said.old if p.change is Change.REMOVED] == ["trip"]
    assert [p.text for p in said.new if p.change is Change.ADDED] == ["flight"]
    assert arguments.is_code
    assert [p.text for p in arguments.new if p.change is Change.ADDED] == ["5"]


def test_turns_without_a_partner_say_where_they_are() -> None:
    view = view_candidate(
        make_review(
            ask("Hello"),
            call("{}"),
            ask("And my bag?"),
            Message(role="assistant", content="It is here."),
            source=(ask("Hello"), Message(role="assistant", content="Hi.")),
        )
    )
    assert {"added"} <= {part.state for part in view.parts}
    assert all(part.words for part in view.parts if part.state == "added")


def test_a_text_that_shares_little_has_no_words_marked() -> None:
    view = view_candidate(
        make_review(
            ask("My suitcase never came out of the belt!"),
            call("{}"),
            source=(ask("Book two seats to Oslo, please."), call("{}")),
        )
    )
    part = view.parts[0]
    assert part.state == "rewritten"
    assert {piece.change for piece in (*part.old, *part.new)} == {Change.SAME}


def test_a_record_made_from_a_topic_stands_alone_and_says_so() -> None:
    view = view_candidate(make_review(ask("Where is my bag?"), call("{}"), source=None))
    assert view.source_id == ""
    assert view.no_source == "Written from the topic, not from one record."
    assert all(part.words == "" for part in view.parts)


@pytest.mark.parametrize(
    ("checks", "words", "sentence"),
    [
        (CandidateChecks(reason=Reason.TOO_LONG), "invalid", Reason.TOO_LONG.message),
        (
            CandidateChecks(near_record=record_id(9), similarity=0.93),
            "near-duplicate",
            "93% the same as rec_9, which is gone",
        ),
        (
            CandidateChecks(is_topic_kept=False, nearest_topic="Bags/Lost bag"),
            "other topic",
            "Nearer to Lost bag",
        ),
        (CandidateChecks(), "passes", "Not compared: too few records"),
    ],
)
def test_what_speaks_against_a_record_is_named(
    checks: CandidateChecks, words: str, sentence: str
) -> None:
    review = make_review(ask("Hello"), call("{}"), source=None, checks=checks)
    assert CandidateRow.of(review.candidate).words == words
    assert sentence in [check.words for check in view_candidate(review).checks]


@pytest.mark.parametrize(
    ("checks", "near"),
    [
        (CandidateChecks(near_record=record_id(9), similarity=0.93), ("rec_9", True)),
        (CandidateChecks(near_candidate=candidate_id(2), similarity=0.93), ("cand_2", False)),
    ],
)
def test_what_it_resembles_can_be_opened(checks: CandidateChecks, near: tuple[str, bool]) -> None:
    alone = make_review(ask("Hello"), call("{}"), source=None, checks=checks)
    view = view_candidate(alone.model_copy(update={"near_text": "Hello you"})).checks[1]
    assert (view.words, view.near_text) == ("93% the same as", "Hello you")
    assert (view.near_id, view.is_near_record) == near


def test_edited_texts_change_only_what_was_edited() -> None:
    draft = make_review(SYSTEM, ask("Hello"), call('{"a": 1}'), source=None).candidate.draft
    fields = read_fields(draft)
    assert [field.key for field in fields] == ["0", "1", "2.0", "reference"]
    edited = write_fields(
        draft,
        [type(one)(one.key, one.label, "Hi" if one.key == "1" else one.text) for one in fields],
    )
    assert edited.input == (SYSTEM, ask("Hi"))
    assert edited.output == draft.output
    assert edited.reference == "May 5"


def test_arguments_that_are_no_object_are_refused_by_name() -> None:
    draft = make_review(ask("Hello"), call("{}"), source=None).candidate.draft
    broken = [
        type(one)(one.key, one.label, "[1]" if one.is_code else one.text, one.is_code)
        for one in read_fields(draft)
    ]
    with pytest.raises(InvalidInputError, match="Assistant calls find_trip"):
        write_fields(draft, broken)
