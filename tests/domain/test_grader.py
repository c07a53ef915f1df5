import pytest

from rft_app.domain.grader import (
    GraderSpec,
    JudgeSpec,
    MultiSpec,
    ScriptSpec,
    StringCheckSpec,
    ToolCallsSpec,
    parse_spec,
    reads_reference,
    spec_hash,
)
from rft_app.errors import InvalidInputError


def test_a_spec_is_read_by_its_kind() -> None:
    assert parse_spec({"kind": "script", "source": "x"}) == ScriptSpec(source="x")
    assert parse_spec({"kind": "string_check"}) == StringCheckSpec()


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ({"kind": "script"}, "source"),
        ({"kind": "script", "source": "x", "timeout_s": 0}, "timeout_s"),
        ({"kind": "script", "source": "x", "colour": 1}, "colour"),
        ({"kind": "string_check", "operation": "near"}, "operation"),
        ({"kind": "oracle"}, "oracle"),
        ([], "kind"),
    ],
)
def test_a_fault_is_named(raw: object, named: str) -> None:
    with pytest.raises(InvalidInputError, match=named):
        parse_spec(raw)


def test_equal_specs_share_a_hash_and_any_change_makes_another() -> None:
    spec = ScriptSpec(source="def grade(sample, item): return 1")
    assert spec_hash(spec) == spec_hash(parse_spec(spec.model_dump()))
    assert spec_hash(spec) != spec_hash(spec.model_copy(update={"timeout_s": 1.0}))
    assert spec_hash(spec) != spec_hash(spec.model_copy(update={"source": spec.source + "\n"}))


def script(expression: str) -> ScriptSpec:
    return ScriptSpec(source=f"def grade(sample, item):\n    return {expression}\n")


@pytest.mark.parametrize(
    "spec",
    [
        script("item['reference'] == sample.output_text"),
        script("item.get('reference_answer', '') == sample.output_text"),
        script("item.reference_answer == sample.output_text"),
        ScriptSpec(source="this is no Python: item['reference']"),
        StringCheckSpec(),
        ToolCallsSpec(),
        JudgeSpec(prompt="Is {{ item.reference }} as good as {{sample.output_text}}?"),
        MultiSpec(graders={"short": script("0.5"), "right": StringCheckSpec()}),
    ],
)
def test_a_grader_that_compares_with_a_reference_is_known(spec: GraderSpec) -> None:
    assert reads_reference(spec)


@pytest.mark.parametrize(
    "spec",
    [
        script("len(sample.output_text) / 100  # needs no reference"),
        script("item['references_of_the_paper'] != 'reference'"),
        StringCheckSpec(reference="{{item.reference_1}}"),
        StringCheckSpec(reference="reference"),
        JudgeSpec(prompt="Without a reference: how good is {{sample.output_text}}?"),
        MultiSpec(graders={"short": script("0.5")}),
    ],
)
def test_a_grader_that_only_names_the_word_needs_no_reference(spec: GraderSpec) -> None:
    assert not reads_reference(spec)
