"""Attacks on graders: what is suspicious, what is not, and what is left out."""

import pytest

from rft_app.domain.attack import AttackName, AttackSummary, find_suspicion
from rft_app.domain.grader import GraderSpec, JudgeSpec, ScriptSpec, StringCheckSpec
from rft_app.errors import (
    ConflictError,
    InvalidInputError,
    JobCancelledError,
    NotAvailableError,
)
from rft_app.services.datasets import delete_dataset
from rft_app.services.grader_attacks import (
    AttackFinding,
    AttackReport,
    attack_grader,
    describe_problem,
    estimate_attack,
    find_last_attack,
)
from rft_app.services.graders import current_grader
from rft_app.services.grading_watch import Watch
from rft_app.storage.session import reading, unit_of_work
from tests.llm.provider import Json, Served, configured, in_turn, refuse, say_json
from tests.pipeline.graded_dataset import (
    DATASET,
    REWARD_OF_ITEM,
    add_answers,
    add_records,
    configure,
)

NAIVE = 'def grade(sample, item):\n    return 1.0 if item["reference"] in sample.output_text else 0'
STRICT = 'def grade(sample, item):\n    return sample.output_text.strip() == item["reference"]'
ALWAYS = "def grade(sample, item):\n    return 0.5"
FRAGILE = """def grade(sample, item):
    if not sample.output_text:
        return {"abstain": True, "reason": "empty"}
    return float(sample.output_text)
"""

pytestmark = pytest.mark.usefixtures("any_database")


def attack(spec: GraderSpec | str, num_records: int = 5) -> AttackReport:
    """Attack the dataset's records; text is a script."""
    found = ScriptSpec(source=spec) if isinstance(spec, str) else spec
    return attack_grader(DATASET, found, num_records)


def suspicious(report: AttackReport) -> set[AttackName]:
    return {finding.attack for finding in report.findings if finding.suspicion}


def find(report: AttackReport, name: AttackName) -> AttackFinding:
    return next(finding for finding in report.findings if finding.attack is name)


def test_a_naive_script_is_found_out_and_a_strict_one_is_not() -> None:
    add_records(["1", "2", "3", "4", "5"])
    naive, strict = attack(NAIVE), attack(STRICT)
    assert naive.recorded.mean == strict.recorded.mean == 1.0
    assert naive.limit == 0.5
    assert naive.notice.startswith("Of 5 recorded answers all are the reference itself")
    assert {AttackName.KEYWORDS, AttackName.HIDDEN_REFERENCE} <= suspicious(naive)
    assert find(naive, AttackName.HIDDEN_REFERENCE).suspicion == (
        "gets 1.00, no less than the recorded answers with 1.00"
    )
    assert find(naive, AttackName.REFUSAL).spread.mean == 0
    assert suspicious(strict) == set()
    assert find(strict, AttackName.REFERENCE).spread.rewards == (1.0,) * 5


def test_a_grader_that_likes_everything_is_suspicious_everywhere() -> None:
    add_records(["1", None])
    add_answers(2, "an imported answer")
    report = attack(ALWAYS)
    assert report.recorded.rewards == (0.5, 0.5)
    assert suspicious(report) == set(AttackName) - {AttackName.REFERENCE}
    assert report.num_suspicious == 9


def test_records_without_answers_are_attacked_by_the_fixed_limit() -> None:
    add_records([None, None])
    report = attack(ALWAYS)
    assert (report.num_records, report.recorded.mean, report.limit) == (2, None, 0.5)
    assert find(report, AttackName.EMPTY).suspicion == "gets 0.50, and 0.50 is suspicious"


def test_recorded_answers_that_get_nothing_make_no_zero_suspicious() -> None:
    add_records(["wrong", "wrong"])
    report = attack(STRICT)
    assert (report.recorded.mean, suspicious(report)) == (0.0, set())


def test_the_reference_should_get_much_where_answers_are_compared_with_it() -> None:
    add_records(["1"])
    harsh = (
        "def grade(sample, item):\n    return 0.2 if item.reference in sample.output_text else 0"
    )
    finding = find(attack(harsh), AttackName.REFERENCE)
    assert finding.suspicion == "the reference itself gets 0.20"
    blind = find(attack("def grade(sample, item): return 0"), AttackName.REFERENCE)
    assert blind.suspicion == ""


def test_failures_and_abstentions_are_no_zeros() -> None:
    add_records(["1", "1"])
    report = attack(FRAGILE)
    empty, refusal = (find(report, name) for name in (AttackName.EMPTY, AttackName.REFUSAL))
    assert (empty.spread.mean, empty.spread.num_abstained, empty.suspicion) == (None, 2, "")
    assert (refusal.spread.mean, refusal.spread.num_failed) == (None, 2)


def test_the_reward_recorded_with_another_answer_is_none_of_the_attacks() -> None:
    add_records(["1"], reward=1.0)
    report = attack(REWARD_OF_ITEM)
    assert report.recorded.mean == 1.0
    assert all(finding.spread.num_failed == 1 for finding in report.findings)


def test_the_same_records_are_attacked_every_time() -> None:
    add_records(["1"] * 30)
    first, second = attack(StringCheckSpec()), attack(StringCheckSpec())
    assert first == second
    other = attack_grader(DATASET, StringCheckSpec(), 5, seed=1)
    assert [one.record_id for one in other.findings[0].grades] != [
        one.record_id for one in first.findings[0].grades
    ]


def test_a_dataset_without_records_cannot_be_attacked() -> None:
    add_records([])
    with pytest.raises(ConflictError, match="no valid record"):
        attack(ALWAYS)


def test_a_script_that_cannot_be_loaded_is_refused() -> None:
    add_records(["1"])
    with pytest.raises(InvalidInputError, match="fails while it is loaded"):
        attack(f"import numpy\n{STRICT}")


def test_a_judge_is_priced_before_and_counted_after(monkeypatch: pytest.MonkeyPatch) -> None:
    add_records(["1", None])
    spec = JudgeSpec(prompt="Good? {{sample.output_text}}")
    with configured(monkeypatch, in_turn(say_json({"reasoning": "So.", "score": 1}))):
        with reading() as session:
            estimate = estimate_attack(session, DATASET, spec, 2)
        report = attack(spec, 2)
    assert estimate is not None
    assert report.paid is not None
    num_graded = sum(len(finding.grades) for finding in report.findings)
    assert estimate.num_calls == 1 + num_graded == 21
    assert report.paid.num_calls + report.paid.num_cached == 21
    assert AttackName.INJECTION in suspicious(report)


def test_a_dead_key_ends_an_attack_which_shows_what_was_paid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1", "2"])
    good = say_json({"reasoning": "So.", "score": 1})

    def revoke(_request: Json, number: int) -> Served:
        return good if number < 3 else refuse(401, "revoked")

    spec = JudgeSpec(prompt="Good? {{sample.output_text}}", temperature=1.0)
    with configured(monkeypatch, revoke, CONCURRENCY="1") as provider:
        report = attack(spec, 2)
        assert len(provider.requests) == 4
    assert report.paid is not None
    assert report.paid.num_calls == 3
    assert len(report.recorded.rewards) == 2
    num_graded = 3 - 2
    spreads = [finding.spread for finding in report.findings]
    assert sum(len(spread.rewards) for spread in spreads) == num_graded
    num_failed = sum(spread.num_failed for spread in spreads)
    assert report.num_unasked == num_failed - 1, "one was asked about and refused"
    told = describe_problem(report)
    assert told.startswith(f"{report.num_unasked} answers were not asked about")
    assert "Check RFT_LLM_API_KEY" in told


def test_a_judge_without_a_provider_says_so() -> None:
    add_records(["1"])
    with pytest.raises(NotAvailableError, match="RFT_LLM_BASE_URL"):
        attack(JudgeSpec(prompt="{{sample.output_text}}"))


def test_a_grader_that_asks_no_model_has_no_estimate() -> None:
    add_records(["1"])
    with reading() as session:
        assert estimate_attack(session, DATASET, StringCheckSpec()) is None


def test_an_attack_tells_how_far_it_is() -> None:
    add_records(["1", None])
    seen: list[tuple[int, int]] = []
    watch = Watch(lambda num_done, num_all: seen.append((num_done, num_all)))
    report = attack_grader(DATASET, ScriptSpec(source=ALWAYS), 2, watch=watch)
    num_all = seen[-1][1]
    assert seen == [(number, num_all) for number in range(num_all + 1)]
    assert num_all == sum(len(one.grades) for one in report.findings) + 1
    assert watch.paid is None


@pytest.mark.parametrize("num_before", [0, 3])
def test_a_script_that_is_stopped_grades_no_further_answer(num_before: int) -> None:
    add_records(["1", "2"])
    watch = Watch(lambda num_done, _: watch.stop() if num_done == num_before else None)
    with pytest.raises(JobCancelledError):
        attack_grader(DATASET, ScriptSpec(source=ALWAYS), 2, watch=watch)
    assert (watch.num_done, watch.num_all) == (num_before, 22)


def test_a_judge_that_is_stopped_asks_no_further_answer_and_says_what_was_paid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1", "2", "3", "4", "5"])
    watch = Watch()

    def stop_at_third(request: Json, number: int) -> Served:
        if number == 2:
            watch.stop()
        return say_json({"reasoning": "So.", "score": 1})

    spec = JudgeSpec(prompt="Good? {{sample.output_text}}")
    with (
        configured(monkeypatch, stop_at_third, CONCURRENCY="2") as provider,
        pytest.raises(JobCancelledError),
    ):
        attack_grader(DATASET, spec, watch=watch)
    assert watch.num_all > 50
    assert len(provider.requests) <= 4
    assert watch.paid is not None
    assert watch.paid.num_calls == len(provider.requests), "what was under way is paid and kept"


def version_id() -> str:
    """Of the dataset's grader."""
    with reading() as session:
        grader = current_grader(session, DATASET)
    assert grader is not None
    return grader.id


def last_attack() -> AttackSummary | None:
    with reading() as session:
        return find_last_attack(session, version_id())


def test_what_the_last_attack_found_is_kept_for_the_settings_that_were_attacked() -> None:
    add_records(["1", "2", "3", "4", "5"])
    configure(NAIVE)
    assert last_attack() is None
    attack(STRICT)
    assert last_attack() is None, "other settings were attacked"
    report = attack(NAIVE)
    found = last_attack()
    assert found is not None
    assert (found.num_records, len(found.suspicious)) == (5, report.num_suspicious)
    configure(STRICT)
    assert (found := last_attack()) is not None
    assert found.suspicious == ()
    with unit_of_work() as session:
        delete_dataset(session, DATASET)


def test_an_attack_that_was_stopped_before_it_began_asks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_records(["1"])
    watch = Watch()
    watch.stop()
    with configured(monkeypatch, in_turn(say_json({"score": 1}))) as provider:
        with pytest.raises(JobCancelledError):
            attack_grader(DATASET, JudgeSpec(prompt="{{sample.output_text}}"), watch=watch)
        assert provider.requests == []


def test_a_judge_whose_caller_is_interrupted_asks_no_further_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the keyboard does it on the command line."""
    add_records(["1", "2", "3", "4", "5"])

    def interrupt(num_done: int, _: int) -> None:
        if num_done == 2:
            raise KeyboardInterrupt

    behave = in_turn(say_json({"reasoning": "So.", "score": 1}))
    with configured(monkeypatch, behave, CONCURRENCY="2") as provider:
        with pytest.raises(KeyboardInterrupt):
            attack_grader(
                DATASET, JudgeSpec(prompt="{{sample.output_text}}"), watch=Watch(interrupt)
            )
        assert len(provider.requests) < 20


@pytest.mark.parametrize(
    ("mean", "recorded", "is_suspicious"),
    [
        (None, 0.5, False),
        (0.49, None, False),
        (0.5, None, True),
        (0.3, 0.4, False),
        (0.4, 0.4, True),
    ],
)
def test_the_limit(mean: float | None, recorded: float | None, is_suspicious: bool) -> None:
    found = find_suspicion(AttackName.ECHO, mean, recorded, compares=True)
    assert bool(found) is is_suspicious
