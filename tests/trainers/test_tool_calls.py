import pytest

from rft_app.trainers.grading import make_answer
from rft_app.trainers.tool_calls import read_answer

PAY = '{"name": "pay", "arguments": {"eur": 5}}'
FIND = '{"name": "find", "arguments": {}}'


@pytest.mark.parametrize(
    ("text", "names", "said"),
    [
        (f"<tool_call>\n{PAY}\n</tool_call>", ["pay"], ""),
        (f"I pay.\n<tool_call>{PAY}</tool_call><tool_call>{FIND}</tool_call>",
         ["pay", "find"], "I pay."),
        (f"<tool_call>{PAY}", ["pay"], ""),
        (PAY, ["pay"], ""),
        ('{"name": "pay", "parameters": {"eur": 5}}', ["pay"], ""),
        (f"[{PAY}, {FIND}]", ["pay", "find"], ""),
        ("I would pay.", [], "I would pay."),
        ('{"label": "lost"}', [], '{"label": "lost"}'),
        ("[]", [], "[]"),
        ('<tool_call>{"name": "pay", "argu', [], '<tool_call>{"name": "pay", "argu'),
        (f"<tool_call>{PAY}</tool_call><tool_call>no</tool_call>", [],
         f"<tool_call>{PAY}</tool_call><tool_call>no</tool_call>"),
    ],
)  # fmt: skip
def test_calls_are_read_from_text(text: str, names: list[str], said: str) -> None:
    message = read_answer(text)
    assert [call["function"]["name"] for call in message.get("tool_calls", [])] == names
    assert message["content"] == said


def test_a_grader_sees_calls_only_where_the_model_was_shown_tools() -> None:
    shown = make_answer(f"<tool_call>{PAY}</tool_call>", has_tools=True)
    assert shown["output_tools"][0]["function"] == {"name": "pay", "arguments": '{"eur":5}'}
    assert (shown["output_text"], shown["output_json"]) == ("", None)
    plain = make_answer(PAY, has_tools=False)
    assert plain["output_tools"] == []
    assert plain["output_json"] == {"name": "pay", "arguments": {"eur": 5}}


def test_numbers_beyond_64_bits_are_read_as_in_a_dry_run() -> None:
    assert make_answer('{"n": 123456789012345678901234567890}', has_tools=False)["output_json"]
