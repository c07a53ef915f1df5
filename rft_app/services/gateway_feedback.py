"""Join feedback with the traces of the answers that it is about."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlmodel import Session

from rft_app.domain.hashing import content_hash
from rft_app.domain.intake import Outcome
from rft_app.services.scrubbing import find_scrubber
from rft_app.storage import deployment_calls, gateway_responses, intake
from rft_app.text.scrubbing import Placeholders, Scrubber
from rft_app.traces.draft import read_reward
from rft_app.traces.otlp.genai import EVALUATION, read_evaluation
from rft_app.traces.otlp.span import Log, encode
from rft_app.traces.recorded_call import Feedback
from rft_app.traces.scrubbed import scrub_log

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def add_feedback(session: Session, given: Sequence[Feedback], now_ms: int) -> Mapping[Outcome, int]:
    """Keep feedback with the traces it is about; returns what became of it."""
    counts: Counter[Outcome] = Counter()
    scrubber = find_scrubber(session) if given else None
    for each in given:
        seq = gateway_responses.find_trace(session, each.response_id)
        if seq is None:
            counts[Outcome.NO_RESPONSE] += 1
        else:
            _add(session, seq, each, scrubber, now_ms)
            counts[Outcome.FEEDBACK] += 1
    return counts


def _add(
    session: Session, seq: int, feedback: Feedback, scrubber: Scrubber | None, now_ms: int
) -> None:
    body = _decode(gateway_responses.read_body(session, seq))
    known: dict[str, Any] = body.setdefault("metadata", {})
    log = _to_log(feedback, known)
    if scrubber is not None:
        scrub_log(log, scrubber, Placeholders())
    known["feedback"] = {**known.get("feedback", {}), **read_evaluation(log.attributes)}
    reward = read_reward(msgspec.Raw(encode(known["feedback"])))
    gateway_responses.replace_feedback(session, seq, encode(body), reward)
    deployment_calls.note_feedback(session, seq, reward)
    kept = encode(log)  # in case the trace is made again, when its session becomes known
    intake.add_logs(session, [(log.key, content_hash([kept]), kept)], now_ms)


def _to_log(feedback: Feedback, known: Mapping[str, Any]) -> Log:
    """The same as the conventions of OpenTelemetry have it."""
    told = {
        "gen_ai.evaluation.name": feedback.name,
        "gen_ai.evaluation.score.value": feedback.value,
        "gen_ai.evaluation.explanation": feedback.comment,
    }
    return Log(
        trace_id=known["trace_id"],
        span_id=known["span_id"],
        name=EVALUATION,
        time_ns=feedback.given_ns,
        body=None,
        attributes={name: value for name, value in told.items() if value is not None},
    )
