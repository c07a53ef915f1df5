"""Keys in answers: nothing of a reply holds the key that was sent."""

import orjson
import pytest

from rft_app.llm._secrets import Secrets
from rft_app.llm.chat import ChatMessage, ChatReply, ChatRequest
from rft_app.llm.failures import CallFailure
from tests.llm.conftest import Start
from tests.llm.provider import Served, in_turn, say

REQUEST = ChatRequest(
    model="good", messages=(ChatMessage(role="user", content="Hello"),), max_tokens=50
)
SENT = "sk-secret"
CALL = {
    "id": "1",
    "type": "function",
    "function": {"name": SENT, "arguments": f'{{"k": "{SENT}"}}'},
}


@pytest.mark.parametrize(
    "served",
    [
        say(f"Bearer {SENT}"),
        say(None, refusal=f"Not with {SENT}."),
        say(None, tool_calls=[CALL], finish_reason=SENT),
        say([{"type": "text", "text": SENT}]),  # type: ignore[arg-type]  # as some servers send it
        Served(say(f"Bearer\n{SENT}").body.replace(b"sk-", b"sk\\u002d")),
        Served(b'{"choices": [], "error": "your key: sk-secret"}'),
        Served(b"<html>sk-secret</html>"),
        Served(b"\xff\xfe sk-secret"),
    ],
)
def test_no_part_of_a_reply_holds_the_key(start: Start, served: Served) -> None:
    _, client = start(in_turn(served))
    found = client.chat(REQUEST)
    assert isinstance(found, ChatReply | CallFailure)
    assert SENT not in repr(found)
    assert "•••" in repr(found)


def test_what_holds_no_key_stays_as_it_is_byte_for_byte() -> None:
    body = orjson.dumps({"text": 'A "quoted" line\n of sk-other', "n": 10**18, "x": 1.50})
    assert Secrets([SENT]).hide_in_body(body) is not None
    assert Secrets([SENT]).hide_in_body(body) == body
    deep = b"[" * 5000 + b'"\\u0073"' + b"]" * 5000
    assert Secrets([SENT]).hide_in_body(deep) == deep


def test_words_that_are_sent_as_a_key_stay_words() -> None:
    assert Secrets(["none", ""]).hide("There is none.") == "There is none."
