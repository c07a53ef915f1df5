"""What a person or a program says of an answer: `POST /gateway/v1/feedback`.

{"response_id": "chatcmpl-…", "value": 1, "name": "rating", "comment": "It booked the flight."}
"""

import asyncio
import time
from typing import Annotated, Final

import msgspec
from sqlalchemy.exc import DBAPIError

from rft_app.domain.intake import Outcome
from rft_app.gateway.asgi import Receive, Send, answer_json, read_body, refuse
from rft_app.gateway.recorder import Recorder
from rft_app.services.gateway import may_have_response
from rft_app.storage.gateway_responses import MAX_ID
from rft_app.storage.session import reading
from rft_app.traces.recorded_call import Feedback

_MAX_BYTES: Final = 131_072
"""The longest comment, each of its characters escaped, with a short value is a little less."""
_STORABLE: Final = r"\A[^\0]*\Z"
"""PostgreSQL's texts hold no NUL."""
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID, pattern=_STORABLE)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=_STORABLE)]
_Text = Annotated[str, msgspec.Meta(max_length=10_000, pattern=_STORABLE)]


class _Given(msgspec.Struct, forbid_unknown_fields=True):
    response_id: _Id
    value: float | bool | _Text | None = None
    name: _Name = "rating"
    comment: _Text | None = None


_decode = msgspec.json.Decoder(_Given).decode


async def take_feedback(recorder: Recorder, receive: Receive, send: Send) -> None:
    """Keep feedback; it joins its trace as soon as a worker has made that."""
    body = await read_body(receive, _MAX_BYTES)
    if body is None:
        recorder.count(Outcome.TOO_LARGE)
        await refuse(send, 413, "too_large", f"Feedback holds at most {_MAX_BYTES:,} bytes.")
        return
    try:
        given = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        await refuse(send, 400, "invalid_feedback", f"This is no feedback: {error}.")
        return
    if given.value is None and not given.comment:
        await refuse(send, 400, "invalid_feedback", "Give a `value`, a `comment`, or both.")
        return
    is_known = recorder.num_waiting > 0 or await asyncio.to_thread(_may_be_known, given.response_id)
    if not is_known:
        told = f"No recorded call has the answer {given.response_id!r}. Send the `id` it came with."
        await refuse(send, 404, "unknown_response", told)
        return
    is_taken = recorder.add_feedback(
        Feedback(given.response_id, given.name, given.value, given.comment, time.time_ns())
    )
    if is_taken:
        await answer_json(send, {"status": "accepted"}, 202)
    else:
        told = "Too much waits to be recorded. Send it again."
        await refuse(send, 503, "busy", told, [(b"retry-after", b"5")])


def _may_be_known(response_id: str) -> bool:
    try:
        with reading() as session:
            return may_have_response(session, response_id)
    except DBAPIError:  # it is kept until the database can tell
        return True
