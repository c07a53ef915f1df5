"""What scripts may return, and how faults are named."""

from typing import Any

import pytest

from rft_app.domain.grader import ScriptSpec
from rft_app.domain.grading import FailureKind, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import make_sample
from rft_app.errors import InvalidInputError, NotAvailableError
from rft_app.graders import check_grader, load_grader, open_grader, sandbox
from rft_app.settings import get_settings

pytestmark = pytest.mark.usefixtures("data_dir")

GRADE = "def grade(sample, item):\n    "


def run(source: str, *items: dict[str, Any], text: str = "It is 18.", **limits: Any) -> list[Any]:
    """Outcomes of a script for one answer to each record."""
    answer = make_sample([{"role": "assistant", "content": text}], None)
    spec = ScriptSpec(source=source, **({"timeout_s": 1.0, "memory_mb": 256} | limits))
    with open_grader(spec) as grading:
        return grading.grade([(answer, item) for item in items or ({},)])


def run_one(source: str, **options: Any) -> Outcome:
    return run(source, **options)[0]


def failure(source: str, **options: Any) -> GradingFailure:
    outcome = run_one(source, **options)
    assert isinstance(outcome, GradingFailure), outcome
    return outcome


@pytest.mark.parametrize(
    ("expression", "reward"),
    [("1", 1.0), ("0.25", 0.25), ("True", 1.0), ("False", 0.0), ("-0.0", 0.0)],
)
def test_a_number_from_0_to_1_is_a_reward(expression: str, reward: float) -> None:
    outcome = run_one(f"{GRADE}return {expression}")
    assert isinstance(outcome, Verdict)
    assert outcome.reward == reward


@pytest.mark.parametrize(
    ("expression", "kind", "shown"),
    [
        ("float('nan')", FailureKind.NOT_FINITE, "returned nan"),
        ("float('inf')", FailureKind.NOT_FINITE, "returned inf"),
        ("7", FailureKind.OUT_OF_RANGE, "returned 7,"),
        ("-0.1", FailureKind.OUT_OF_RANGE, "returned -0.1,"),
        ("1.0000001", FailureKind.OUT_OF_RANGE, "outside 0 to 1"),
        ("10 ** 400", FailureKind.OUT_OF_RANGE, "outside 0 to 1"),
        ("'good'", FailureKind.NOT_A_NUMBER, "returned str 'good'"),
        ("None", FailureKind.NOT_A_NUMBER, "returned None"),
        ("[1.0]", FailureKind.NOT_A_NUMBER, "returned list"),
        ("1j", FailureKind.NOT_A_NUMBER, "returned complex"),
    ],
)
def test_anything_else_is_a_failure_that_says_what_was_returned(
    expression: str, kind: FailureKind, shown: str
) -> None:
    found = failure(f"{GRADE}return {expression}")
    assert found.failure_kind is kind
    assert shown in found.message


def test_a_reward_just_above_one_is_not_rounded_down_in_the_message() -> None:
    assert "returned 1.0000001," in failure(f"{GRADE}return 1.0000001").message


def test_an_exception_is_named_with_its_message_and_the_script_line() -> None:
    found = failure("def grade(sample, item):\n    x = 1\n    return item['reward']\n")
    assert found.failure_kind is FailureKind.EXCEPTION
    assert found.message == "KeyError: 'reward' (line 3)"


def test_one_failure_leaves_the_others_alone() -> None:
    outcomes = run(f"{GRADE}return 1 / item.n", {"n": 1}, {"n": 0}, {"n": 2})
    assert [outcome.kind for outcome in outcomes] == ["verdict", "failure", "verdict"]


def test_fields_are_keys_and_attributes() -> None:
    source = f"{GRADE}return sample.output_text == sample['output_text'] and item.a == item['a']"
    assert run(source, {"a": 1}) == [Verdict(reward=1.0)]


def test_the_standard_library_can_be_imported_inside_the_call() -> None:
    source = f"{GRADE}import decimal, json, csv\n    return json.loads('0.5')"
    assert run_one(source) == Verdict(reward=0.5)


def test_an_empty_batch_has_no_outcomes() -> None:
    with open_grader(ScriptSpec(source=f"{GRADE}return 1")) as grading:
        assert grading.grade([]) == []


def test_large_answers_and_long_batches_arrive_whole_and_in_order() -> None:
    source = f"{GRADE}return item.n / 1000 if len(sample.output_text) == 9000 else None"
    outcomes = run(source, *({"n": n} for n in range(1000)), text="€" * 9000)
    assert [outcome.reward for outcome in outcomes] == [n / 1000 for n in range(1000)]


@pytest.mark.parametrize(
    ("source", "named", "line"),
    [
        ("def grade(sample, item)\n    return 1", "expected ':'", 1),
        ("x = 1\ndef grade(s, i):\n  return (", "was never closed", 3),
        ("def grade(s, i):\nreturn 1", "expected an indented block", 2),
        ("return 1", "outside function", 1),
        ("x = 1", "no function `grade", None),
        ("def score(sample, item): return 1", "no function `grade", None),
        ("async def grade(s, i): return 1", "not async", 1),
        ("x = 1\n\ndef grade(sample): return 1", "two arguments", 3),
        ("def grade(a, b, c): return 1", "two arguments", 1),
        ("def grade(s, i): return 1\0", "null bytes", None),
        ("(" * 5000, "", None),
    ],
)
def test_a_script_that_cannot_work_is_refused_with_its_place(
    source: str, named: str, line: int | None
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_grader(ScriptSpec(source=source))
    assert named in caught.value.message
    if line is not None:
        assert caught.value.details["line"] == line
        assert isinstance(caught.value.details["column"], int)


@pytest.mark.parametrize(
    "source",
    [
        "grade = lambda sample, item: 1.0",
        "def grade(*anything): return 1.0",
        "def grade(s, i, strict=False): return 1.0",
        "if True:\n    def other(): pass\n    grade = lambda s, i: 1.0",
        "class Grader:\n    def __call__(self, s, i): return 1.0\ngrade = Grader()",
    ],
)
def test_any_way_to_define_grade_will_do(source: str) -> None:
    assert run_one(source) == Verdict(reward=1.0)


@pytest.mark.parametrize(
    ("prefix", "named"),
    [
        ("import numpy", "(line 1). Scripts can import the standard library only."),
        ("x = 1 / 0", "ZeroDivisionError"),
        ("while True: pass", "longer than 0.3 s"),
        ("import os; os._exit(3)", "code 3"),
        ("open('/etc/passwd')", "PermissionError"),
    ],
)
def test_a_script_that_fails_while_it_is_loaded_is_refused(prefix: str, named: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        run_one(f"{prefix}\n{GRADE}return 1", timeout_s=0.3)
    assert named in caught.value.message


def test_the_installation_limits_what_a_spec_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RFT_SCRIPT_TIMEOUT_S", "0.2")
    get_settings.cache_clear()
    found = failure(f"{GRADE}\n    while True: pass", timeout_s=60)
    assert "longer than 0.2 s" in found.message


@pytest.fixture
def without_seccomp(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system whose report lacks a layer."""
    real = sandbox._Channel._await_start

    def await_start(channel: Any) -> sandbox.Isolation:
        found = real(channel)
        return sandbox.Isolation(layers=tuple(x for x in found.layers if x != "seccomp"))

    monkeypatch.setattr(sandbox._Channel, "_await_start", await_start)


def test_loading_names_the_line_that_failed() -> None:
    with pytest.raises(InvalidInputError) as caught:
        load_grader(ScriptSpec(source=f"\nx = 1 / 0\n{GRADE}return 1"))
    assert caught.value.details["line"] == 2


@pytest.mark.usefixtures("without_seccomp")
def test_what_a_system_cannot_isolate_is_not_loaded_to_be_saved() -> None:
    load_grader(ScriptSpec(source=f"import numpy\n{GRADE}return 1"))
    with pytest.raises(InvalidInputError):
        load_grader(ScriptSpec(source="def grade(sample): return 1"))


@pytest.mark.usefixtures("without_seccomp")
def test_a_system_that_cannot_isolate_refuses_and_names_the_missing_layer() -> None:
    with pytest.raises(NotAvailableError) as caught:
        run_one(f"{GRADE}return 1")
    assert "seccomp" in caught.value.message
    assert "RFT_ALLOW_UNISOLATED_SCRIPTS" in caught.value.message


@pytest.mark.usefixtures("without_seccomp")
def test_a_setting_allows_scripts_without_isolation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RFT_ALLOW_UNISOLATED_SCRIPTS", "true")
    get_settings.cache_clear()
    assert run_one(f"{GRADE}return 1") == Verdict(reward=1.0)
