import pytest

from rft_app.domain.grader import ScriptSpec, StringCheckSpec, parse_spec, spec_hash
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
