"""The rule table of the dry run, row by row and edge by edge."""

from typing import Any

import pytest

from rft_app.domain.dry_run_rules import (
    RULES,
    DryRunVerdict,
    RowStatus,
    RuleRow,
    advise,
    apply_rules,
    quality_of,
    worst_verdict,
)
from rft_app.domain.grading import REMEDIES, FailureKind
from rft_app.domain.measured import Answers, Measure, Measured
from rft_app.domain.sampling import PassRates


def measured(**changes: Any) -> Measured:
    """Figures that break no rule."""
    values: dict[str, Any] = {
        "failure_rate": 0.0,
        "num_graded": 1000,
        "mean": 0.5,
        "sd": 0.3,
        "learnable_share": 0.5,
        "topic_means": {"Book": 0.5},
    }
    return Measured(**(values | changes))


def row(measure: Measure, **changes: Any) -> RuleRow:
    return next(row for row in apply_rules(measured(**changes)) if row.measure is measure)


@pytest.mark.parametrize(
    ("measure", "field", "value", "status"),
    [
        (Measure.FAILURE_RATE, "failure_rate", 0.02, "ok"),
        (Measure.FAILURE_RATE, "failure_rate", 0.0201, "caution"),
        (Measure.FAILURE_RATE, "failure_rate", 0.10, "caution"),
        (Measure.FAILURE_RATE, "failure_rate", 0.1001, "no_go"),
        (Measure.NUM_GRADED, "num_graded", 50, "ok"),
        (Measure.NUM_GRADED, "num_graded", 49, "caution"),
        (Measure.NUM_GRADED, "num_graded", 20, "caution"),
        (Measure.NUM_GRADED, "num_graded", 19, "no_go"),
        (Measure.MEAN, "mean", 0.049, "no_go"),
        (Measure.MEAN, "mean", 0.05, "caution"),
        (Measure.MEAN, "mean", 0.199, "caution"),
        (Measure.MEAN, "mean", 0.20, "ok"),
        (Measure.MEAN, "mean", 0.80, "ok"),
        (Measure.MEAN, "mean", 0.801, "caution"),
        (Measure.MEAN, "mean", 0.95, "caution"),
        (Measure.MEAN, "mean", 0.951, "no_go"),
        (Measure.SD, "sd", 0.049, "no_go"),
        (Measure.SD, "sd", 0.05, "caution"),
        (Measure.SD, "sd", 0.099, "caution"),
        (Measure.SD, "sd", 0.10, "ok"),
        (Measure.LEARNABLE_SHARE, "learnable_share", 0.149, "no_go"),
        (Measure.LEARNABLE_SHARE, "learnable_share", 0.15, "caution"),
        (Measure.LEARNABLE_SHARE, "learnable_share", 0.299, "caution"),
        (Measure.LEARNABLE_SHARE, "learnable_share", 0.30, "ok"),
        (Measure.LEARNABLE_SHARE, "learnable_share", None, "not_applicable"),
        (Measure.TOPIC_MEAN, "topic_means", {"Book": 0.9, "Pay": 0.049}, "caution"),
        (Measure.TOPIC_MEAN, "topic_means", {"Book": 0.9, "Pay": 0.05}, "ok"),
        (Measure.TOPIC_MEAN, "topic_means", {"Book": 0.9, "Pay": 0.0}, "caution"),
        (Measure.TOPIC_MEAN, "topic_means", {}, "not_applicable"),
    ],
)
def test_a_row_says_what_the_table_says(
    measure: Measure, field: str, value: object, status: str
) -> None:
    assert row(measure, **{field: value}).status == status


def test_a_poor_topic_does_not_stand_out_where_everything_is_poor() -> None:
    poor = row(Measure.TOPIC_MEAN, mean=0.199, topic_means={"Pay": 0.0})
    assert poor.status is RowStatus.NOT_APPLICABLE
    assert row(Measure.TOPIC_MEAN, mean=0.20, topic_means={"Pay": 0.0}).status is RowStatus.CAUTION


def test_the_topic_row_names_the_topic() -> None:
    found = row(Measure.TOPIC_MEAN, topic_means={"Book": 0.9, "Pay": 0.0})
    assert "rollouts of “Pay”" in found.remedy
    assert (found.note, found.value) == ("Pay", 0.0)
    assert found.sentence == "Lowest topic mean in Pay: 0.00 (CAUTION at < 0.05)."


@pytest.mark.parametrize(("sd", "blame"), [(0.049, "grader"), (0.05, "data"), (0.3, "data")])
def test_an_extreme_mean_is_blamed_on_the_grader_only_where_rewards_are_flat(
    sd: float, blame: str
) -> None:
    assert row(Measure.MEAN, mean=0.01, sd=sd).blames == blame


def test_the_blame_of_every_other_row_is_fixed() -> None:
    fixed = {rule.measure: rule.blames for rule in RULES if rule.blames}
    assert fixed == {
        Measure.FAILURE_RATE: "grader",
        Measure.NUM_GRADED: "data",
        Measure.SD: "grader",
        Measure.LEARNABLE_SHARE: "data",
        Measure.TOPIC_MEAN: "data",
    }


def failed(failures: dict[FailureKind, int], **changes: Any) -> RuleRow:
    values: dict[str, Any] = {"failure_rate": 0.5, "failures": failures, **changes}
    return row(Measure.FAILURE_RATE, **values)


@pytest.mark.parametrize(
    ("failures", "whose", "remedy"),
    [
        (
            {FailureKind.NO_COMPLETION: 8, FailureKind.TOO_LATE: 1, FailureKind.EXCEPTION: 1},
            "9 of 10 failures lie with the provider, not in the grader.",
            REMEDIES[FailureKind.NO_COMPLETION],
        ),
        (
            {FailureKind.BAD_REPLY: 3, FailureKind.TOO_LATE: 2},
            "3 of 5 failures lie with the judging model.",
            REMEDIES[FailureKind.BAD_REPLY],
        ),
        (
            {FailureKind.NO_REFERENCE: 1},
            "1 of 1 failures lie in the records.",
            REMEDIES[FailureKind.NO_REFERENCE],
        ),
    ],
)
def test_failures_that_are_not_the_graders_are_told_with_their_own_remedy(
    failures: dict[FailureKind, int], whose: str, remedy: str
) -> None:
    found = failed(failures)
    assert (found.note, found.remedy) == (whose, remedy)
    assert found.sentence == f"Grading failures: 50% (NO_GO at > 10%). {whose}"
    assert found.blames == "grader", "the table decides that"


@pytest.mark.parametrize(
    "failures",
    [
        {FailureKind.EXCEPTION: 3, FailureKind.TOO_LATE: 2},
        {FailureKind.EXCEPTION: 1, FailureKind.TOO_LATE: 1},
    ],
)
def test_else_the_grader_is_to_be_mended(failures: dict[FailureKind, int]) -> None:
    found = failed(failures)
    assert (found.note, "mend the grader" in found.remedy) == ("", True)


def test_too_few_grades_lead_to_what_would_have_been_enough() -> None:
    few = row(Measure.NUM_GRADED, num_graded=10, failures={FailureKind.TOO_LATE: 40})
    assert few.remedy == "40 rollouts failed: mend that first, then there are enough."
    asked = Answers(num_asked=60, num_not_given=49, max_tokens=64)
    missing = row(
        Measure.NUM_GRADED, num_graded=10, failures={FailureKind.EXCEPTION: 1}, answers=asked
    )
    assert missing.remedy.startswith("49 answers were not given and 1 rollout failed: mend")


def test_answers_of_a_model_are_not_asked_to_be_recorded() -> None:
    assert "Add records with answers" in row(Measure.NUM_GRADED, num_graded=10).remedy
    asked = Answers(num_asked=10, max_tokens=64)
    assert row(Measure.NUM_GRADED, num_graded=10, answers=asked).remedy == (
        "Raise the number of records, or how many answers each gets."
    )


def remedies(mean: float, num_cut: int) -> dict[Measure, str]:
    answers = Answers(num_asked=110, num_cut=num_cut, num_not_given=10, max_tokens=64)
    rows = apply_rules(measured(mean=mean, sd=0.01, learnable_share=0.0, answers=answers))
    return {row.measure: row.remedy for row in rows if row.status.is_bad}


def test_answers_cut_off_explain_a_low_mean() -> None:
    some, most = remedies(0.1, 10), remedies(0.1, 50)
    advice = "of the answers were cut off at 64 tokens and graded as they were: raise the longest"
    assert some[Measure.MEAN].startswith(f"10% {advice}")
    assert "choose easier or harder records" in some[Measure.MEAN]
    assert advice not in some[Measure.SD]
    assert most[Measure.MEAN].startswith(f"50% {advice}")
    assert most[Measure.SD] == most[Measure.LEARNABLE_SHARE] == most[Measure.MEAN]


def advised(**changes: Any) -> list[tuple[tuple[Measure, ...], str]]:
    return [(one.measures, one.text) for one in advise(apply_rules(measured(**changes)))]


def test_answers_cut_off_come_first_and_what_assumes_whole_ones_last() -> None:
    cut = Answers(num_asked=100, num_cut=20, max_tokens=64)
    found = advised(mean=0.1, failure_rate=0.05, num_graded=30, answers=cut)
    assert [rows for rows, _ in found] == [
        (Measure.MEAN,),
        (Measure.FAILURE_RATE,),
        (Measure.NUM_GRADED,),
        (Measure.MEAN,),
    ]
    assert found[0][1].startswith("20% of the answers were cut off")
    assert found[0][1].endswith("before anything else.")
    assert found[3][1].startswith("Near 0 or 1")


def test_what_decided_the_verdict_comes_before_rows_of_caution() -> None:
    found = [rows for rows, _ in advised(failure_rate=0.05, num_graded=30, learnable_share=0.1)]
    assert found == [(Measure.LEARNABLE_SHARE,), (Measure.FAILURE_RATE,), (Measure.NUM_GRADED,)]


def test_advice_names_each_row_that_it_is_about() -> None:
    mostly_cut = Answers(num_asked=100, num_cut=90, max_tokens=64)
    (only,) = advise(
        apply_rules(measured(mean=0.01, sd=0.01, learnable_share=0.0, answers=mostly_cut))
    )
    assert only.labels == ("Mean reward", "Spread of rewards (sd)", "Learnable share")
    assert only.sentence.startswith("Mean reward · Spread of rewards (sd) · Learnable share: 90% ")


def passes(pass_at_k: float, *, k: int = 4) -> PassRates:
    return PassRates(threshold=1, k=k, num_groups=30, pass_at_1=0.0, pass_at_k=pass_at_k)


def test_where_no_record_was_ever_solved_the_model_is_asked_about_before_the_grader() -> None:
    flat: dict[str, Any] = {"mean": 0.01, "sd": 0.02, "learnable_share": 0.0}
    ((rows, text),) = advised(**flat, pass_rates=passes(0.0))
    assert rows == (Measure.MEAN, Measure.SD, Measure.LEARNABLE_SHARE)
    assert text.startswith("No record was ever solved (pass@4 0% of 30 records): is the model too")
    assert "partial credit" not in text


def test_recorded_answers_that_are_all_right_lead_to_a_models_own() -> None:
    ((rows, text),) = advised(mean=1.0, sd=0.0, learnable_share=None)
    assert rows == (Measure.MEAN, Measure.SD)
    assert text.startswith("Nearly all recorded answers are right")
    assert "rft run --model" in text
    of_a_model = Answers(num_asked=100, num_cut=0, max_tokens=64)
    for changes in ({"mean": 0.9}, {"mean": 1.0, "answers": of_a_model}):
        texts = [text for _, text in advised(sd=0.0, **changes)]
        assert not any("recorded answers" in text for text in texts)


@pytest.mark.parametrize(
    ("mean", "rates"), [(0.1, passes(0.02)), (0.1, passes(0.0, k=1)), (0.9, passes(0.0))]
)
def test_else_the_model_is_not_called_weak(mean: float, rates: PassRates) -> None:
    texts = [text for _, text in advised(mean=mean, sd=0.01, pass_rates=rates)]
    assert not any("too weak" in text for text in texts)


@pytest.mark.parametrize(("mean", "num_cut"), [(0.1, 9), (0.9, 100)])
def test_few_answers_cut_off_or_a_high_mean_ask_for_no_longer_answers(
    mean: float, num_cut: int
) -> None:
    assert not any("cut off" in remedy for remedy in remedies(mean, num_cut).values())


def test_every_row_is_listed_with_value_and_thresholds_whatever_the_verdict() -> None:
    rows = apply_rules(measured())
    assert [row.measure for row in rows] == list(Measure)
    shown = [(row.shown_value, row.no_go, row.caution) for row in rows]
    assert shown == [
        ("0%", "> 10%", "> 2%"),
        ("1,000", "< 20", "< 50"),
        ("0.50", "< 0.05 or > 0.95", "< 0.20 or > 0.80"),
        ("0.30", "< 0.05", "< 0.10"),
        ("50%", "< 15%", "< 30%"),
        ("0.50", None, "< 0.05"),
    ]


def test_a_row_that_does_not_apply_shows_no_number_and_says_why() -> None:
    found = row(Measure.LEARNABLE_SHARE, learnable_share=None, max_rollouts_per_record=1)
    assert (found.value, found.shown_value) == (None, "–")
    assert found.note == "One rollout per record: no spread within a record."
    few = row(
        Measure.LEARNABLE_SHARE,
        learnable_share=None,
        max_rollouts_per_record=4,
        failures={FailureKind.TIMEOUT: 3},
    )
    assert few.note == "No record has two graded rollouts: 3 rollouts failed."
    poor = row(Measure.TOPIC_MEAN, mean=0.12)
    assert poor.note == "The whole mean is 0.12; topics are compared from 0.20 on."


@pytest.mark.parametrize(
    ("failures", "num_abstained", "why"),
    [
        ({FailureKind.TIMEOUT: 3}, 0, "3 rollouts failed"),
        ({}, 2, "the grader abstained on 2 rollouts"),
        ({FailureKind.TIMEOUT: 1}, 1, "1 rollout failed, the grader abstained on 1 rollout"),
        ({}, 0, "no rollout was planned"),
    ],
)
def test_where_nothing_was_graded_every_row_without_value_says_why(
    failures: dict[FailureKind, int], num_abstained: int, why: str
) -> None:
    changes = {"num_graded": 0, "failures": failures, "num_abstained": num_abstained}
    for measure in (Measure.MEAN, Measure.SD, Measure.LEARNABLE_SHARE):
        nothing = {"mean": None, "sd": None, "learnable_share": None}
        assert row(measure, **changes, **nothing).note == f"Nothing was graded: {why}."


def test_nothing_graded_is_no_go_by_the_rows_that_have_a_value() -> None:
    rows = apply_rules(
        Measured(
            failure_rate=1.0,
            num_graded=0,
            mean=None,
            sd=None,
            learnable_share=None,
            topic_means={},
        )
    )
    assert [row.status.value for row in rows] == ["no_go", "no_go"] + ["not_applicable"] * 4
    assert worst_verdict(rows) is DryRunVerdict.NO_GO


@pytest.mark.parametrize(
    ("changes", "verdict", "data", "grader"),
    [
        ({}, "GO", "good", "good"),
        ({"num_graded": 30}, "CAUTION", "attention", "good"),
        ({"sd": 0.07}, "CAUTION", "good", "attention"),
        ({"num_graded": 30, "failure_rate": 0.2}, "NO_GO", "attention", "problem"),
        ({"mean": 0.01, "sd": 0.02}, "NO_GO", "good", "problem"),
        ({"mean": 0.01}, "NO_GO", "problem", "good"),
        ({"learnable_share": 0.1, "sd": 0.07}, "NO_GO", "problem", "attention"),
    ],
)
def test_the_verdict_is_the_worst_row_and_quality_the_worst_that_blames(
    changes: dict[str, Any], verdict: str, data: str, grader: str
) -> None:
    rows = apply_rules(measured(**changes))
    assert worst_verdict(rows) == verdict
    assert quality_of(rows) == {"dataset_quality": data, "grader_quality": grader}
