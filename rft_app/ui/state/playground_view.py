"""What the playground shows of one model's answer."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from rft_app.services.answering import Answering, AnswerState
from rft_app.ui.state.figure import Figure
from rft_app.ui.state.rollout_view import OutputCall, describe_outcome, view_calls
from rft_app.ui.words import count, dollars, latency

CUT_OFF = "length"
_STATES = {
    AnswerState.WAITING: "Waits for the other model",
    AnswerState.ANSWERING: "Answers",
    AnswerState.GRADING: "Is graded",
    AnswerState.DONE: "",
    AnswerState.FAILED: "",
    AnswerState.STOPPED: "Stopped",
}


def playground_address(dataset_id: str, first: str, second: str) -> str:
    """Where two models are asked the same.

    Example:
        >>> playground_address("ds_1", "small", "embedded/small:run-1")
        '/optimization/ds_1/playground?first=small&second=embedded%2Fsmall%3Arun-1'
    """
    names = urlencode({"first": first, "second": second})
    return f"/optimization/{dataset_id}/playground?{names}"


@dataclass(frozen=True)
class SideView:
    """One answer, ready to show; without a `state` nothing was asked."""

    state: str = ""
    words: str = ""
    """What is going on; empty where all is said."""
    is_settled: bool = False
    text: str = ""
    note: str = ""
    """What is not as it should be, e.g. that it was cut off."""
    calls: list[OutputCall] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    failure: str = ""
    """Why there is no whole answer, and what to do."""
    has_grade: bool = False
    is_graded: bool = True
    reward: str = ""
    tone: str = "neutral"
    percent: float = 0.0
    grading_failure: str = ""
    reason: str = ""

    @classmethod
    def of(cls, side: Answering) -> "SideView":
        """Build the view."""
        reply = side.reply
        return cls(
            state=side.state.value,
            words=_STATES[side.state],
            is_settled=side.state.is_settled,
            text=reply.text or reply.refusal,
            note=_describe_end(side),
            calls=view_calls(reply.tool_calls),
            figures=_list_figures(side),
            failure="" if reply.failure is None else reply.failure.explanation,
            **_describe_grade(side),
        )


def _describe_end(side: Answering) -> str:
    reply = side.reply
    if side.state is not AnswerState.DONE:
        return ""
    if reply.finish_reason == CUT_OFF:
        return f"Cut off at {count(side.question.request.max_tokens, 'token')}."
    if reply.refusal and not reply.text:
        return "The model declined."
    return "" if reply.text or reply.tool_calls else "The model said nothing."


def _list_figures(side: Answering) -> list[Figure]:
    reply = side.reply
    if reply.first_s is None and not side.state.is_settled:
        return []
    is_whole = side.state in {AnswerState.DONE, AnswerState.GRADING}
    total = _time(reply.total_s) if is_whole else "–"
    figures = [
        Figure("First token", "–" if reply.first_s is None else _time(reply.first_s)),
        Figure("Total", total),
        Figure("Tokens in", _number(reply.num_prompt_tokens)),
        Figure("Tokens out", _number(reply.num_completion_tokens)),
    ]
    if not side.question.is_own:
        figures.append(Figure("Cost", dollars(reply.cost_usd) if is_whole else "–"))
    return figures


def _describe_grade(side: Answering) -> dict[str, Any]:
    if side.grading_fault:
        told = {"grading_failure": "the grader did not run", "reason": side.grading_fault}
        return {"has_grade": True, "is_graded": False, **told}
    if side.outcome is None:
        return {}
    told = describe_outcome(side.outcome)
    failure = "it abstained" if told.get("is_abstained") else told.get("failure", "")
    wanted = ("is_graded", "reward", "tone", "percent", "reason")
    kept = {name: told[name] for name in wanted if name in told}
    return {"has_grade": True, "grading_failure": failure, **kept}


def _time(seconds: float) -> str:
    return latency(1000 * seconds)


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"
