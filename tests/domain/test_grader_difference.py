from hypothesis import given
from hypothesis import strategies as st

from rft_app.domain.grader import JudgeSpec, ScriptSpec, StringCheckSpec, StringOperation
from rft_app.domain.grader_difference import LineKind, compare_graders, compare_lines

texts = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=12)


@given(texts, texts)
def test_either_text_can_be_read_off_the_lines(first: list[str], second: list[str]) -> None:
    lines = list(compare_lines(first, second))
    if first == second:
        assert lines == []
        return
    assert [line.text for line in lines if line.kind is not LineKind.ADDED] == first
    assert [line.text for line in lines if line.kind is not LineKind.REMOVED] == second
    for line in lines:
        if line.first_number is not None:
            assert first[line.first_number - 1] == line.text
        if line.second_number is not None:
            assert second[line.second_number - 1] == line.text


def test_equal_graders_have_no_difference() -> None:
    assert compare_graders(ScriptSpec(source="a"), ScriptSpec(source="a")).is_equal


def test_a_changed_limit_is_a_setting_and_no_line() -> None:
    found = compare_graders(ScriptSpec(source="a"), ScriptSpec(source="a", timeout_s=0.5))
    assert [(one.name, one.first, one.second) for one in found.settings] == [
        ("timeout_s", "2", "0.5")
    ]
    assert found.lines == ()


def test_string_checks_are_compared_by_setting() -> None:
    found = compare_graders(StringCheckSpec(), StringCheckSpec(operation=StringOperation.LIKE))
    assert [(one.name, one.first, one.second) for one in found.settings] == [
        ("operation", "eq", "like")
    ]


def test_another_kind_lacks_the_settings_of_the_first() -> None:
    found = compare_graders(ScriptSpec(source="a\nb"), StringCheckSpec())
    settings = {one.name: (one.first, one.second) for one in found.settings}
    assert settings["kind"] == ("script", "string_check")
    assert settings["memory_mb"] == ("512", None)
    assert settings["operation"] == (None, "eq")
    assert found.num_removed == 2


def test_judges_are_compared_line_by_line_and_by_setting() -> None:
    first = JudgeSpec(prompt="Rate\n{{sample.output_text}}")
    second = JudgeSpec(prompt="Rate well\n{{sample.output_text}}", model="good", max_tokens=64)
    found = compare_graders(first, second)
    assert {one.name: (one.first, one.second) for one in found.settings} == {
        "model": (None, "good"),
        "max_tokens": ("512", "64"),
    }
    assert (found.num_added, found.num_removed) == (1, 1)
