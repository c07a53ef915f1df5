"""Grade a sample of the answers that deployments give, beside everything else.

Answers wait in the database.  A worker claims a few for some minutes, grades them outside of any
transaction and stores what came of them; where it dies, another one takes them when the claim ends.
Replies of a judge are in the ledger under the answer's own key, so that none is paid twice.
"""

import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import msgspec
from sqlmodel import Session

from rft_app.domain.deployment import Deployment
from rft_app.domain.grader import GraderVersion, list_asking, reads_reference
from rft_app.domain.grading import NO_ANSWER, Abstention, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import Rollout, RolloutKey, make_item, make_sample
from rft_app.domain.trace import trace_id
from rft_app.errors import NotAvailableError, RftError
from rft_app.graders import open_asking, open_grader
from rft_app.graders._asked import Asked, Hope
from rft_app.graders._asking import AskingSession
from rft_app.services.graders import current_grader
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.deployment_calls import (
    GradedCall,
    WaitingCall,
    claim_waiting,
    count_graded_since,
    keep_grades,
)
from rft_app.storage.deployments import find_deployment
from rft_app.storage.paid_calls import StoredPaidCalls
from rft_app.storage.rollouts import parse_output
from rft_app.storage.session import reading, unit_of_work

logger = logging.getLogger("rft.deployments")

AT_ONCE: Final = 16
CLAIM_MS: Final = 300_000
DAY_MS: Final = 86_400_000
_NOTE: Final = 500
_GONE: Final = "The trace of this answer is gone."
_NO_GRADER: Final = "The dataset has no grader."
NO_REFERENCE: Final = "The grader compares with a reference, which live requests have not."


def tell_live_grading(session: Session, dataset_id: str) -> str:
    """Why live answers would not be graded, and what to do; empty where they are."""
    grader = current_grader(session, dataset_id)
    if grader is None:
        return "The dataset has no grader. Save one in step 4."
    if reads_reference(grader.spec):
        return (
            "The grader compares with a reference, and live requests have none. For live figures, "
            "save a grader that judges an answer by itself."
        )
    return ""


def grade_waiting() -> int:
    """Grade the oldest answers that wait; returns how many were claimed."""
    now_ms = _now_ms()
    with unit_of_work() as session:
        claimed = claim_waiting(session, now_ms, now_ms + CLAIM_MS, AT_ONCE)
    by_deployment: dict[str, list[WaitingCall]] = {}
    for call in claimed:
        by_deployment.setdefault(call.deployment_id, []).append(call)
    for deployment_id, calls in by_deployment.items():
        _grade(deployment_id, calls)
    return len(claimed)


def _grade(deployment_id: str, calls: Sequence[WaitingCall]) -> None:
    with reading() as session:
        deployment = find_deployment(session, deployment_id)
        if deployment is None:
            return
        grader = current_grader(session, deployment.dataset_id)
        left = len(calls) if grader is None else _find_left(session, deployment, grader)
    if grader is None:
        _keep([_skip(call, _NO_GRADER) for call in calls])
        return
    calls = _leave_out_unfounded(grader, calls)
    spent = f"More than {deployment.max_graded_per_day:,} answers in a day; the judge is spared."
    _keep([_skip(call, spent) for call in calls[left:]])
    chosen = calls[:left]
    try:
        outcomes = _ask(deployment, grader, chosen)
    except NotAvailableError as error:  # of this machine or of now: others may, or later
        logger.warning("answers of %s wait to be graded: %s", deployment.alias, error.message)
        return
    except RftError as error:
        _keep([_fail(call, grader, error.message) for call in chosen])
        return
    _keep([_to_graded(*pair, grader) for pair in zip(chosen, outcomes, strict=True)])


def _leave_out_unfounded(
    grader: GraderVersion, calls: Sequence[WaitingCall]
) -> Sequence[WaitingCall]:
    """Skip answers that the grader would compare with nothing; those that are left."""
    if not reads_reference(grader.spec):
        return calls
    bare = {call.seq for call in calls if call.body is not None and not _has_reference(call)}
    _keep([_skip(call, NO_REFERENCE) for call in calls if call.seq in bare])
    return [call for call in calls if call.seq not in bare]


def _has_reference(call: WaitingCall) -> bool:
    return bool(_to_rollout(call).item.get("reference"))


def _find_left(session: Session, deployment: Deployment, grader: GraderVersion) -> int:
    """How many more answers may be graded today."""
    if not list_asking(grader.spec):
        return AT_ONCE
    used = count_graded_since(session, deployment.id, _now_ms() - DAY_MS)
    return max(deployment.max_graded_per_day - used, 0)


def _ask(
    deployment: Deployment, grader: GraderVersion, calls: Sequence[WaitingCall]
) -> list[Outcome]:
    """One outcome for each answer.

    Raises:
        RftError: The grader cannot run.
    """
    rollouts = [_to_rollout(call) for call in calls]
    found: list[Outcome] = [NO_ANSWER] * len(calls)
    usable = [number for number, rollout in enumerate(rollouts) if rollout.has_output]
    if not usable:
        return found
    if list_asking(grader.spec):
        scope = f"{deployment.id} v{grader.version}"
        ledger = StoredPaidCalls(scope, deployment.dataset_id)
        with reading() as session:
            catalogue = read_catalogue(session)
        with open_asking(grader.spec, ledger, catalogue) as judge:
            hope = Hope()
            for number in usable:
                found[number] = hope.ask(partial(_judge, judge, calls[number], rollouts[number]))
        return found
    pairs = [(rollouts[number].sample, rollouts[number].item) for number in usable]
    with open_grader(grader.spec) as grading:
        for number, outcome in zip(usable, grading.grade(pairs), strict=True):
            found[number] = outcome
    return found


def _judge(judge: AskingSession, call: WaitingCall, rollout: Rollout) -> Asked:
    return judge.ask(str(call.seq), rollout.sample, rollout.item)


def _to_rollout(call: WaitingCall) -> Rollout:
    """An answer with what was asked, as a grader sees those of records."""
    body: dict[str, Any] = {} if call.body is None else msgspec.json.decode(call.body)
    messages: list[dict[str, Any]] = body.get("messages") or []
    given = body.get("num_prompt_messages") or 0
    answers = [turn for turn in messages[given:] if turn.get("role") == "assistant"][:1]
    sample = make_sample(answers, None)
    sample["output_json"] = parse_output(sample["output_text"])
    fields = {
        "id": trace_id(call.trace_seq),
        "messages": messages[:given],
        "tools": body.get("tools") or [],
        "topic": None,
        "reference": body.get("reference"),
    }
    item = make_item(body.get("metadata") or {}, fields, None)
    return Rollout(RolloutKey(0, None, None), sample, item)


def _to_graded(call: WaitingCall, outcome: Outcome, grader: GraderVersion) -> GradedCall:
    match outcome:
        case Verdict():
            note = (outcome.reason or "")[:_NOTE]
            return GradedCall(call.seq, "graded", outcome.reward, note, grader.version)
        case Abstention():
            note = (outcome.reason or "")[:_NOTE]
            return GradedCall(call.seq, "abstained", None, note, grader.version)
        case GradingFailure():
            told = _GONE if call.body is None else outcome.message
            return _fail(call, grader, told)


def _fail(call: WaitingCall, grader: GraderVersion, message: str) -> GradedCall:
    return GradedCall(call.seq, "failed", None, message[:_NOTE], grader.version)


def _skip(call: WaitingCall, note: str) -> GradedCall:
    return GradedCall(call.seq, "skipped", None, note, None)


def _keep(graded: Sequence[GradedCall]) -> None:
    if graded:
        with unit_of_work() as session:
            keep_grades(session, graded, _now_ms())


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
