"""Which messages are copied, and that it makes no difference who found that out."""

from typing import Any

import orjson
import pytest

from rft_app.domain.example import Unit
from rft_app.domain.export import ToolArguments
from rft_app.domain.message_kind import MessageKind as Kind
from rft_app.domain.record import RecordBytes
from rft_app.exports import EXPORTERS, Exporter, FileContext
from rft_app.exports._messages import MessageStyle
from rft_app.exports._openai_messages import openai_style
from rft_app.exports._trl_messages import trl_style
from rft_app.exports.message_kinds import classify, kinds_of
from tests.exports.builders import (
    ANSWER,
    CALL,
    QUESTION,
    RESULT,
    SYSTEM,
    make_record,
    make_variety,
)

DEVELOPER = {"role": "developer", "content": "Short."}
MORE = [
    make_record([QUESTION, SYSTEM, QUESTION], seq=20, reference="1"),
    make_record([DEVELOPER, QUESTION, CALL, RESULT, DEVELOPER], seq=21, reference="1"),
    make_record([QUESTION], {**ANSWER, "tool_calls": []}, seq=22, reference="1"),
    make_record([SYSTEM, QUESTION, ANSWER, QUESTION], seq=23, reference="1")._replace(turn=2),
    make_record(answer=None, seq=24, reference="1")._replace(messages=b"[]", turn=0),
]


def find(record: RecordBytes) -> int:
    return kinds_of(classify(record.split(record.messages)), record.turn)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (SYSTEM, Kind.SYSTEM),
        (DEVELOPER, Kind.DEVELOPER),
        (QUESTION, Kind.USER),
        (ANSWER, Kind.ANSWER),
        (CALL, Kind.CALLS),
        ({**ANSWER, "tool_calls": []}, Kind.CALLS),
        (RESULT, Kind.NAMED_RESULT),
        ({"role": "tool", "content": "7", "tool_call_id": "c"}, Kind.RESULT),
    ],
)
def test_a_message_has_the_kind_of_its_role_and_fields(message: dict[str, Any], kind: Kind) -> None:
    assert list(classify([orjson.dumps(message)])) == [kind]


@pytest.mark.parametrize(
    "message",
    [
        {**QUESTION, "name": "Kim"},
        {**QUESTION, "content": None},
        {**QUESTION, "content": [{"type": "text", "text": "Hi"}]},
        {**ANSWER, "tool_calls": None},
        {**ANSWER, "refusal": None},
        {**ANSWER, "content": None},
        {"role": "assistant", "tool_calls": CALL["tool_calls"]},
        {"role": "critic", "content": "Hm."},
    ],
)
def test_one_message_of_no_kind_leaves_the_record_unknown(message: dict[str, Any]) -> None:
    assert find(make_record([SYSTEM, message, QUESTION])) == 0


def test_a_record_knows_where_it_ends_and_whether_it_asks() -> None:
    asked = Kind.USER | Kind.QUESTION
    answered = asked | Kind.ANSWER | Kind.ANSWERED
    assert find(make_record()) == answered | Kind.WHOLE
    assert find(make_record(answer=None)) == asked | Kind.WHOLE
    assert find(make_record([QUESTION, ANSWER, QUESTION])._replace(turn=1)) == answered
    assert not find(make_record([QUESTION, ANSWER])) & Kind.QUESTION
    assert find(make_record([QUESTION, SYSTEM])) & Kind.LATE_INSTRUCTIONS


def test_a_record_knows_whether_a_call_before_its_answer_has_no_result() -> None:
    ends = make_record([QUESTION, CALL, QUESTION, ANSWER, SYSTEM], ANSWER)
    opened = [bool(find(ends._replace(turn=turn)) & Kind.LEFT_OPEN) for turn in range(6)]
    assert opened == [False, False, True, True, True, True]
    assert find(ends) & Kind.LATE_INSTRUCTIONS
    assert not find(make_record([QUESTION, CALL, RESULT])) & Kind.LEFT_OPEN


def raw_record(*messages: bytes) -> RecordBytes:
    """A record of messages written like this, the last one the answer."""
    stored = b"[" + b",".join(messages) + b"]"
    record = make_record()._replace(messages=stored, turn=len(messages) - 1)
    assert find(record)
    return record._replace(message_kinds=find(record))


HI = b'{"role":"user","content":"Hi"}'
TURNED = b'{"content":null,"role":"assistant","tool_calls":%b}' % orjson.dumps(CALL["tool_calls"])
SILENT = orjson.dumps({**CALL, "content": ""})
GIVEN = b'{"role":"tool","content":"7","tool_call_id":"call_1"}'
BYE = b'{"role":"assistant","content":"Bye"}'


@pytest.mark.parametrize(
    "messages",
    [
        (HI, orjson.dumps(CALL), GIVEN, HI, orjson.dumps(CALL), GIVEN, BYE),
        (HI, TURNED, GIVEN, BYE),
        (HI, SILENT, GIVEN, BYE),
        (
            HI,
            SILENT.replace(b'":', b'": '),
            b'{"role":"tool","content":"","tool_call_id":"c"}',
            BYE,
        ),
        (HI, orjson.dumps(CALL), b'{"content":"7","tool_call_id":"c","role":"tool"}', BYE),
        (orjson.dumps(DEVELOPER), HI, orjson.dumps(CALL), GIVEN, BYE),
        (HI, b'{"role":"assistant","content":"role"}'),
        (HI, b'{"content":"Bye","role":"assistant"}'),
        (HI, BYE, HI, b'{"content":"Bye","role":"assistant"}'),
        (b'{"role":"system","content":"a\\n\\"b\\\\u"}', HI, BYE),
        (b'{"role":"system","content":"caf\\u00e9"}', HI, BYE),
        (b'{"role":"developer","content":"a\\/b"}', HI, BYE),
        (b'{"role": "system", "content": ""}', HI, BYE),
        (b'{"role":"system","content":"a"}', HI, b'{"role":"system","content":"b"}', HI, BYE),
    ],
)
@pytest.mark.parametrize(
    "style",
    [openai_style("system"), openai_style("developer"), trl_style(ToolArguments.DEFAULT)],
    ids=["system", "developer", "trl"],
)
def test_copying_gives_what_writing_message_by_message_gives(
    style: MessageStyle, messages: tuple[bytes, ...]
) -> None:
    record = raw_record(*messages)
    assert style.conversation(record) == style.convert(messages)
    assert style.question(record) == style.convert(messages[:-1])


@pytest.mark.parametrize("exporter", tuple(EXPORTERS), ids=lambda e: e.name)
def test_a_row_is_the_same_whether_the_kinds_were_stored_or_not(exporter: Exporter) -> None:
    if exporter.unit is not Unit.RECORD:
        pytest.skip("its rows are written of the record's messages one by one")
    unknown = [*make_variety(), *MORE]
    known = [record._replace(message_kinds=find(record)) for record in unknown]
    assert sum(record.message_kinds > 0 for record in known) > len(known) / 2
    rows = [list(map(exporter.encoder(FileContext()), some)) for some in (known, unknown)]
    assert rows[0] == rows[1]
