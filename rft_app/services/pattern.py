"""Find what traces have in common, from their bodies."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import msgspec
from sqlmodel import Session

from rft_app.domain.message import text_of
from rft_app.domain.pattern import Pattern, ToolUse
from rft_app.domain.trace_page import TraceSelection
from rft_app.errors import InvalidInputError
from rft_app.storage import trace_pages
from rft_app.storage.turns import Turn
from rft_app.text import pattern as words

NUM_READ: Final = 400
_BEGINNING: Final = 160
_LONG_PROMPT: Final = 1_500
_MANY: Final = 0.5
_SOME: Final = 0.05
_CONFIRMS: Final = ("confirm", "permission", "explicit consent", "ask before")


class _Function(msgspec.Struct):
    name: str = ""


class _Tool(msgspec.Struct):
    function: _Function | None = None
    name: str = ""


class _Body(msgspec.Struct):
    messages: list[Turn] = []
    tools: list[_Tool] = []
    reference: str | None = None


@dataclass(frozen=True)
class _Seen:
    """One trace, as far as the pattern needs it."""

    prompt: str
    questions: str
    answer: str
    num_turns: int
    calls: tuple[str, ...]
    defined: frozenset[str]
    has_reference: bool


_decode = msgspec.json.Decoder(_Body).decode


def analyze_traces(session: Session, selection: TraceSelection) -> Pattern:
    """What the selected traces have in common; reads a few hundred of them.

    Raises:
        InvalidInputError: No trace is selected.
    """
    where = trace_pages.select_where(session, selection)
    number = trace_pages.count_where(session, where)
    if not number:
        raise InvalidInputError("No trace is selected. Select some first.")
    return find_pattern(trace_pages.read_sample(session, where, NUM_READ), number)


def find_pattern(bodies: Iterable[bytes], num_selected: int) -> Pattern:
    """What traces with these bodies have in common; there is at least one."""
    seen = [found for body in bodies if (found := _look_at(body)) is not None]
    prompt, num_sharing = _find_prompt(seen)
    questions = [one.questions for one in seen]
    title = words.find_title(prompt, questions)
    tools = _count_tools(seen)
    return Pattern(
        title=title,
        system_prompt=prompt,
        num_sharing=num_sharing,
        num_read=len(seen),
        num_selected=num_selected,
        capabilities=tuple(_describe(seen, prompt)),
        tools=tools,
        suggested_name="" if title == words.UNTITLED else words.slug(title),
        suggested_objective=words.find_objective(prompt, title, questions),
    )


def _look_at(body: bytes) -> _Seen | None:
    try:
        found = _decode(body)
    except msgspec.ValidationError:
        return None
    turns = found.messages
    has_prompt = bool(turns) and turns[0].role in {"system", "developer"}
    answers = [turn.text for turn in turns if turn.role == "assistant"]
    calls = [call.function.name for turn in turns for call in turn.tool_calls or ()]
    defined = (tool.function.name if tool.function else tool.name for tool in found.tools)
    said = [text_of(turn.content) for turn in turns if turn.role == "user"]
    return _Seen(
        prompt=turns[0].text.strip() if has_prompt else "",
        questions="\n".join(said),
        answer=answers[-1] if answers else "",
        num_turns=len(said),
        calls=tuple(calls),
        defined=frozenset(filter(None, defined)),
        has_reference=found.reference is not None,
    )


def _find_prompt(seen: Sequence[_Seen]) -> tuple[str, int]:
    """The commonest prompt among those that begin like most, and how many begin so."""
    beginnings = Counter(one.prompt[:_BEGINNING] for one in seen if one.prompt)
    if not beginnings:
        return "", 0
    beginning, number = min(beginnings.items(), key=lambda pair: (-pair[1], pair[0]))
    whole = Counter(one.prompt for one in seen if one.prompt[:_BEGINNING] == beginning)
    return min(whole.items(), key=lambda pair: (-pair[1], pair[0]))[0], number


def _count_tools(seen: Sequence[_Seen]) -> tuple[ToolUse, ...]:
    num_calls = Counter(name for one in seen for name in one.calls)
    num_traces = Counter(name for one in seen for name in set(one.calls))
    names = {name for one in seen for name in one.defined} | num_calls.keys()
    ordered = sorted(names, key=lambda name: (-num_traces[name], -num_calls[name], name))
    return tuple(
        ToolUse(
            name=name,
            num_traces=num_traces[name],
            num_calls=num_calls[name],
            share=num_traces[name] / len(seen),
        )
        for name in ordered
    )


def _describe(seen: Sequence[_Seen], prompt: str) -> Iterable[str]:
    if not seen:
        return
    turns = median(one.num_turns for one in seen)
    yield "Single turn" if turns <= 1 else f"Multi-turn, median {turns:g}"
    yield from _describe_prompt(prompt)
    yield from _describe_answers(seen)
    languages = words.find_languages(one.questions for one in seen)
    if not languages:
        yield "Language unknown"
    for name, share in languages[:2]:
        if share >= _SOME:
            yield f"{name} {share:.0%}"


def _describe_prompt(prompt: str) -> Iterable[str]:
    if any(word in prompt.lower() for word in _CONFIRMS):
        yield "Asks before acting"
    if len(prompt) >= _LONG_PROMPT:
        yield "Policy in the prompt"


def _describe_answers(seen: Sequence[_Seen]) -> Iterable[str]:
    answers = [one.answer for one in seen if one.answer]
    if not answers:
        yield "No recorded answers"
    elif _share(map(_is_json, answers)) >= _MANY:
        yield "Answers in JSON"
    elif _share("```" in answer for answer in answers) >= _MANY:
        yield "Answers with code"
    if (share := _share(one.has_reference for one in seen)) >= _SOME:
        yield f"References {share:.0%}"


def _share(flags: Iterable[bool]) -> float:
    found = list(flags)
    return sum(found) / len(found)


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        decoded: Any = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return isinstance(decoded, dict | list)
