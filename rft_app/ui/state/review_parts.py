"""A generated record and its source, turn by turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

import msgspec

from rft_app.domain.message import Message
from rft_app.text.difference import Change, Piece, compare_texts

LINE_LENGTH = 60
"""JSON that is longer stands in several lines."""
FOLD_ABOVE = 300
"""Longer texts that did not change are folded."""
SAME, CHANGED, REWRITTEN, ADDED, GONE = "same", "changed", "rewritten", "added", "gone"
_STATE_WORDS = {
    SAME: "unchanged",
    CHANGED: "",
    REWRITTEN: "written anew",
    ADDED: "only in the new record",
    GONE: "only in the source",
}


@dataclass(frozen=True)
class PartView:
    """A turn's text or one of its tool calls, old and new."""

    role: str
    label: str
    """Who speaks; empty on the further parts of a turn."""
    name: str
    """The function, on a tool call."""
    is_code: bool
    state: str
    """`same`, `changed`, `rewritten`, `added` or `gone`."""
    words: str
    old: list[Piece] = field(default_factory=list[Piece])
    new: list[Piece] = field(default_factory=list[Piece])
    folded: str = ""
    """The words of what unfolds a long text that did not change; empty where none is."""


@dataclass(frozen=True)
class Part:
    """A turn's text, or one of its tool calls."""

    role: str
    label: str
    name: str
    text: str
    is_code: bool = False

    @property
    def kind(self) -> tuple[str, str]:
        """What it is paired by."""
        return self.role, self.name


def list_parts(messages: Sequence[Message]) -> list[Part]:
    """The texts and tool calls of a conversation in their order."""
    found: list[Part] = []
    for message in messages:
        label = message.role.capitalize()
        calls = message.tool_calls or ()
        if message.text or not calls:
            is_code = message.role == "tool" and message.text[:1] in {"{", "["}
            text = _indent(message.text) if is_code else message.text
            found.append(Part(message.role, label, "", text, is_code))
            label = ""
        for call in calls:
            arguments = _indent(call.function.arguments)
            found.append(Part(message.role, label, call.function.name, arguments, True))
            label = ""
    return found


def _indent(text: str) -> str:
    """JSON in one line where it fits, else in several; what is none as it is."""
    try:
        line = msgspec.json.format(text, indent=0)
        return line if len(line) <= LINE_LENGTH else msgspec.json.format(text, indent=2)
    except msgspec.DecodeError:
        return text


def view_alone(parts: list[Part]) -> list[PartView]:
    """A record that has no source to compare with."""
    return [replace(_view(part, part), words="") for part in parts]


def compare_parts(old: list[Part], new: list[Part]) -> list[PartView]:
    """Pair the parts of the same speaker or function in their order."""
    matcher = SequenceMatcher(
        None, [part.kind for part in old], [part.kind for part in new], autojunk=False
    )
    views: list[PartView] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            views += [_view(*pair) for pair in zip(old[a:b], new[c:d], strict=True)]
        else:
            views += [_view(part, None) for part in old[a:b]]
            views += [_view(None, part) for part in new[c:d]]
    return views


def _view(old: Part | None, new: Part | None) -> PartView:
    """One part; words are marked only where both sides are one text with changes."""
    part = new or old
    assert part is not None
    before, after = (side.text if side else "" for side in (old, new))
    found = compare_texts(before, after)
    state = _find_state(old, new, is_rewritten=found.is_rewritten)
    is_marked = state == CHANGED
    is_folded = state == SAME and len(part.text) > FOLD_ABOVE
    return PartView(
        role=part.role,
        label=part.label,
        name=part.name,
        is_code=part.is_code,
        state=state,
        words=_STATE_WORDS[state],
        old=found.old if is_marked else [Piece(Change.SAME, before)],
        new=found.new if is_marked else [Piece(Change.SAME, after)],
        folded=f"{len(part.text):,} characters" if is_folded else "",
    )


def _find_state(old: Part | None, new: Part | None, *, is_rewritten: bool) -> str:
    if old is None:
        return ADDED
    if new is None:
        return GONE
    if old.text == new.text:
        return SAME
    return REWRITTEN if is_rewritten else CHANGED
