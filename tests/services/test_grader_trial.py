"""Trying a grader: which records, what comes of each, how long it took, and what it cost."""

import pytest
from sqlmodel import select

from rft_app.domain.grader import JudgeSpec, ScriptSpec, StringCheckSpec
from rft_app.domain.grading import NO_ANSWER, GradingFailure, Verdict
from rft_app.domain.record import record_id
from rft_app.domain.sampling import Sampling
from rft_app.errors import ConflictError, InvalidInputError, NotAvailableError, NotFoundError
from rft_app.services.grader_trial import Trial, TrialChoice, read_records, sum_up, try_grader
from rft_app.services.grader_versions import list_grader_versions
from rft_app.services.graders import configure_grader
from rft_app.services.sampled_answers import SampledRun, list_sampled_runs
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import RecordRow
from tests.llm.provider import configured, in_turn, say, say_json
from tests.pipeline.graded_dataset import (
    DATASET,
    NUMBER_OF_TEXT,
    add_answers,
    add_records,
    configure,
    run_dry,
)

pytestmark = pytest.mark.usefixtures("any_database")


def versions() -> list[int]:
    with reading() as session:
        return [version.version for version in list_grader_versions(session, DATASET)]


def ids(trial: Trial) -> list[str]:
    return [grade.record_id for grade in trial.grades]


def test_trying_shows_outputs_beside_grades_and_stores_nothing() -> None:
    add_records(["1", "words", None], topic_id=1)
    add_answers(3, "0.5")
    tried = sorted(
        try_grader(DATASET, ScriptSpec(source=NUMBER_OF_TEXT)).grades, key=lambda t: t.record_id
    )
    assert [(t.record_id, t.output_text, t.reference) for t in tried] == [
        ("rec_1", "1", "1"),
        ("rec_2", "words", "2"),
        ("rec_3", "0.5", "3"),
    ]
    assert tried[0].outcome == Verdict(reward=1.0)
    assert isinstance(tried[1].outcome, GradingFailure)
    assert tried[2].outcome == Verdict(reward=0.5)
    assert (tried[0].question, tried[0].topic) == ("Question 1", "Book")
    assert versions() == []


def test_trying_takes_the_same_few_records_every_time() -> None:
    add_records([None, "1"] * 30)
    first, second = (ids(try_grader(DATASET, StringCheckSpec())) for _ in range(2))
    assert first == second
    assert len(set(first)) == 5
    other = ids(try_grader(DATASET, StringCheckSpec(), TrialChoice(seed=1)))
    assert other != first
    assert ids(try_grader(DATASET, StringCheckSpec(), TrialChoice(seed=1))) == other


def test_trying_needs_answers() -> None:
    add_records([None])
    with pytest.raises(ConflictError, match="nothing to grade"):
        try_grader(DATASET, StringCheckSpec())


def test_a_trial_is_summed_up_and_failures_are_counted_apart() -> None:
    add_records(["1", "words", "0.5"])
    tried = try_grader(DATASET, ScriptSpec(source=NUMBER_OF_TEXT)).grades
    found = sum_up([each.outcome for each in tried])
    assert found is not None
    assert (found.n, found.mean, found.low, found.high) == (2, 0.75, 0.5, 1.0)
    assert (found.sd, found.num_failed) == (0.25, 1)


def test_a_trial_without_a_grade_has_no_figures() -> None:
    add_records(["words"])
    tried = try_grader(DATASET, ScriptSpec(source=NUMBER_OF_TEXT)).grades
    assert sum_up([each.outcome for each in tried]) is None


def test_a_judge_is_tried_with_its_reasons_and_what_that_cost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1", "0.5"])
    spec = JudgeSpec(prompt="{{sample.output_text}}")
    reply = say_json({"reasoning": "Half right.", "score": 0.5})
    with configured(monkeypatch, in_turn(reply)):
        trials = [try_grader(DATASET, spec) for _ in range(2)]
    half = Verdict(reward=0.5, reason="Half right.")
    for trial in trials:
        assert [grade.outcome for grade in trial.grades] == [half, half]
        assert trial.paid is not None
        assert trial.paid.num_calls == 2, "each trial counts its own calls"


def test_a_judge_without_a_provider_can_be_saved_and_not_tried() -> None:
    add_records(["1"])
    spec = JudgeSpec(prompt="{{sample.output_text}}", model="any")
    configure_grader(DATASET, spec)
    with pytest.raises(NotAvailableError, match="RFT_LLM_BASE_URL"):
        try_grader(DATASET, spec)


def choose(*seqs: int, num_drawn: int = 0) -> TrialChoice:
    return TrialChoice(num_drawn=num_drawn, records=tuple(map(record_id, seqs)))


def test_chosen_records_come_first_and_drawn_ones_are_others() -> None:
    add_records(["1"] * 12)
    assert ids(try_grader(DATASET, StringCheckSpec(), choose(9, 2))) == ["rec_9", "rec_2"]
    drawn = ids(try_grader(DATASET, StringCheckSpec(), choose(num_drawn=3)))
    seqs = [int(one.removeprefix("rec_"), 16) for one in drawn]
    both = ids(try_grader(DATASET, StringCheckSpec(), choose(*seqs, num_drawn=3)))
    assert both[:3] == drawn
    assert len(set(both)) == 6


def test_a_chosen_record_without_an_answer_is_no_zero() -> None:
    add_records([None, "1", None])
    add_answers(3, "0.5")
    tried = try_grader(DATASET, ScriptSpec(source=NUMBER_OF_TEXT), choose(1, 2, 3))
    none, own, imported = tried.grades
    assert (none.outcome, none.latency_ms) == (NO_ANSWER, None)
    assert [own.outcome, imported.outcome] == [Verdict(reward=1.0), Verdict(reward=0.5)]
    latencies = [own.latency_ms, imported.latency_ms]
    assert all(one is not None and one > 0 for one in latencies)
    assert tried.latency is not None
    assert tried.latency.n == 2
    assert 0 < tried.latency.p50_ms <= tried.latency.p95_ms


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (choose(2, 99), "There is no record rec_63 in this dataset. Take them out"),
        (choose(3), r"Cannot be graded: rec_3 \(no_messages\)"),
        (TrialChoice(num_drawn=0), "1 to 20 records, drawn and chosen together; this asks for 0"),
        (choose(1, num_drawn=20), "this asks for 21"),
    ],
)
def test_records_that_cannot_be_tried_are_named(chosen: TrialChoice, words: str) -> None:
    add_records(["1", "1", "1"])
    with unit_of_work() as session:
        row = session.exec(select(RecordRow).where(RecordRow.seq == 3)).one()
        row.reason = "no_messages"
    with pytest.raises(InvalidInputError, match=words):
        try_grader(DATASET, StringCheckSpec(), chosen)


def test_what_is_no_record_id_is_named() -> None:
    assert read_records("  ") == ()
    with pytest.raises(InvalidInputError, match="'rec_x' is no record id"):
        read_records("rec_1, rec_x")


def test_each_answer_has_its_calls_and_their_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1", "0.5"])
    spec = JudgeSpec(prompt="{{sample.output_text}}", num_votes=3)
    reply = say_json({"reasoning": "Half right.", "score": 0.5})
    with configured(monkeypatch, in_turn(reply)):
        trial = try_grader(DATASET, spec)
    paid = [grade.paid for grade in trial.grades]
    assert all(one is not None and one.num_calls == 3 for one in paid)
    assert trial.paid is not None
    assert trial.paid.num_calls == 6
    costs = [one.cost_usd for one in paid if one is not None and one.cost_usd is not None]
    assert sum(costs) == pytest.approx(trial.paid.cost_usd)
    assert all(grade.latency_ms for grade in trial.grades)


def test_an_unknown_price_is_no_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1"])
    spec = JudgeSpec(prompt="{{sample.output_text}}", model="local")
    with configured(monkeypatch, in_turn(say_json({"score": 0.5}))):
        trial = try_grader(DATASET, spec)
    assert trial.paid is not None
    assert (trial.paid.num_calls, trial.paid.cost_usd) == (1, None)
    assert trial.grades[0].paid == trial.paid


def sample_answers(patch: pytest.MonkeyPatch, text: str, num_records: int = 300) -> None:
    """A dry run by a model that always says the same."""
    configure(NUMBER_OF_TEXT)
    with configured(patch, in_turn(say(text))):
        run_dry(
            sampling=Sampling(model="good", max_tokens=40), num_rollouts=2, num_records=num_records
        )


def test_answers_of_a_dry_run_are_tried_instead_of_recorded_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1", None, "1", "0"])
    sample_answers(monkeypatch, "0.25")
    spec = ScriptSpec(source=NUMBER_OF_TEXT)
    wanted = TrialChoice(num_drawn=2, records=(record_id(2),), answers_of="1")
    first, again = try_grader(DATASET, spec, wanted), try_grader(DATASET, spec, wanted)
    assert first.grades[0].record_id == "rec_2"
    assert len(set(ids(first))) == 3
    assert [grade.outcome for grade in first.grades] == [Verdict(reward=0.25)] * 3
    assert {grade.model for grade in first.grades} == {"good"}
    assert ids(first) == ids(again)
    with reading() as session:
        assert list_sampled_runs(session, DATASET) == [SampledRun(1, "good")]


def test_a_record_that_a_dry_run_did_not_ask_about_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1", "1"])
    sample_answers(monkeypatch, "1", num_records=1)
    (asked,) = ids(try_grader(DATASET, StringCheckSpec(), TrialChoice(answers_of="1")))
    other = record_id(2 if asked == "rec_1" else 1)
    wanted = TrialChoice(num_drawn=0, records=(other,), answers_of="1")
    with pytest.raises(InvalidInputError, match=f"Dry run 1 has no answer of {other}"):
        try_grader(DATASET, StringCheckSpec(), wanted)


def test_only_answers_of_a_model_can_be_chosen() -> None:
    add_records(["1", "1"])
    configure(NUMBER_OF_TEXT)
    run_dry()
    with reading() as session:
        assert list_sampled_runs(session, DATASET) == []
    with pytest.raises(ConflictError, match="graded recorded answers"):
        try_grader(DATASET, StringCheckSpec(), TrialChoice(answers_of="1"))
    with pytest.raises(NotFoundError, match="no dry run 7"):
        try_grader(DATASET, StringCheckSpec(), TrialChoice(answers_of="7"))


def test_recorded_answers_that_are_the_reference_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1", "2", "x"])
    found = try_grader(DATASET, StringCheckSpec()).notice
    assert found.startswith("Of 3 recorded answers 2 are the reference itself")
    assert try_grader(DATASET, ScriptSpec(source=NUMBER_OF_TEXT)).notice == "", "compares nothing"
    sample_answers(monkeypatch, "1")
    sampled = TrialChoice(answers_of="1")
    assert try_grader(DATASET, StringCheckSpec(), sampled).notice == "", "a model's own answers"
