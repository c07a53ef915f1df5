"""Choose what is taken out of traces, and see what that would do."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Final

import reflex as rx
from sqlmodel import Session

from rft_app.domain.scrubbing import NOTHING, ScrubKind, ScrubPattern, ScrubPreview, ScrubRules
from rft_app.errors import InvalidInputError, RftError
from rft_app.services.scrubbing import read_pattern, read_region
from rft_app.ui import words
from rft_app.ui.state.asking import ask
from rft_app.ui.state.scrub_view import PreviewView

Look = Callable[[Session], ScrubPreview]
_ids: Final = count(1)


@dataclass(frozen=True)
class PatternLine:
    """A pattern as it is typed."""

    id: int
    name: str = ""
    pattern: str = ""
    fault: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed."""
        return not self.name.strip() and not self.pattern


class ScrubForm(rx.State, mixin=True):
    """One visitor's choice; what becomes of it is the business of who mixes this in."""

    scrub_kinds: list[str] = []
    scrub_region: str = NOTHING.region
    region_fault: str = ""
    scrub_patterns: list[PatternLine] = []
    scrub_preview: PreviewView = PreviewView()
    preview_fault: str = ""
    is_previewing: bool = False
    _num_scrub_edits: int = 0
    """A preview of what was chosen before is dropped."""

    @rx.var
    def num_scrubbed(self) -> int:
        """Kinds and patterns that are chosen."""
        return len(self.scrub_kinds) + sum(not line.is_blank for line in self.scrub_patterns)

    @rx.var
    def scrub_words(self) -> str:
        """What becomes of personal values."""
        number = self.num_scrubbed
        return f"{words.count(number, 'kind')} replaced" if number else "kept as they are"

    @rx.event
    def toggle_kind(self, kind: str) -> None:
        """Choose a kind, or leave it out."""
        self.scrub_kinds = [
            each.value
            for each in ScrubKind
            if (each.value in self.scrub_kinds) != (each.value == kind)
        ]
        self._scrub_edited()

    @rx.event
    def set_region(self, text: str) -> None:
        """Type the country of phone numbers without a code."""
        self.scrub_region, self.region_fault = text, ""
        self._scrub_edited()

    @rx.event
    def add_pattern(self) -> None:
        """A line for something of one's own."""
        self.scrub_patterns = [*self.scrub_patterns, PatternLine(next(_ids))]

    @rx.event
    def remove_pattern(self, line_id: int) -> None:
        """Take a line away."""
        self.scrub_patterns = [line for line in self.scrub_patterns if line.id != line_id]
        self._scrub_edited()

    @rx.event
    def name_pattern(self, line_id: int, text: str) -> None:
        """Type what the placeholder says."""
        self._change_pattern(line_id, name=text)

    @rx.event
    def write_pattern(self, line_id: int, text: str) -> None:
        """Type the expression."""
        self._change_pattern(line_id, pattern=text)

    @rx.event
    def check_pattern(self, line_id: int) -> None:
        """Say what is wrong with a line once both of its fields are filled."""
        self.scrub_patterns = [
            _check(line)[0] if line.id == line_id and line.name and line.pattern else line
            for line in self.scrub_patterns
        ]

    @rx.event(background=True)
    async def preview_scrubbing(self) -> None:
        """Show what would be replaced; nothing is changed."""
        async with self:
            rules = self._read_scrub()
            look = None if rules is None else self._look_at(rules)
            if look is None or self.is_previewing:
                return
            self._forget_preview()
            self.is_previewing = True
            number, unit = self._num_scrub_edits, self._scrub_unit()
        shown, fault = PreviewView(), ""
        try:
            shown = PreviewView.of(await ask(look), unit)
        except RftError as error:
            fault = error.message
        async with self:
            self.is_previewing = False
            if number == self._num_scrub_edits:
                self.scrub_preview, self.preview_fault = shown, fault

    def _look_at(self, rules: ScrubRules) -> Look | None:
        """How rules are tried; `None` where there is nothing to try them on."""
        raise NotImplementedError

    def _scrub_unit(self) -> str:
        """What a preview counts."""
        return "trace"

    def _change_pattern(self, line_id: int, **typed: str) -> None:
        self.scrub_patterns = [
            replace(line, fault="", **typed) if line.id == line_id else line
            for line in self.scrub_patterns
        ]
        self._scrub_edited()

    def _scrub_edited(self) -> None:
        """Something else is chosen."""
        self._forget_preview()

    def _forget_preview(self) -> None:
        """What was previewed is another thing now."""
        self._num_scrub_edits += 1
        self.scrub_preview, self.preview_fault = PreviewView(), ""

    def _read_scrub(self) -> ScrubRules | None:
        """What is chosen; `None` where a part of it cannot be used, which shows beside it."""
        checked = [_check(line) for line in self.scrub_patterns]
        self.scrub_patterns = [line for line, _ in checked]
        try:
            region = read_region(self.scrub_region)
        except InvalidInputError as error:
            self.region_fault = error.message
            return None
        if self._scrub_fault():
            return None
        patterns = tuple(pattern for _, pattern in checked if pattern is not None)
        return ScrubRules(
            kinds=tuple(map(ScrubKind, self.scrub_kinds)), patterns=patterns, region=region
        )

    def _scrub_fault(self) -> str:
        """The first thing that cannot be used; empty where all can."""
        faults = (line.fault for line in self.scrub_patterns)
        return self.region_fault or next(filter(None, faults), "")

    def _show_rules(self, rules: ScrubRules) -> None:
        self.scrub_kinds = [kind.value for kind in ScrubKind if kind in rules.kinds]
        self.scrub_region, self.region_fault = rules.region, ""
        self.scrub_patterns = [
            PatternLine(next(_ids), each.name, each.pattern) for each in rules.patterns
        ]


def _check(line: PatternLine) -> tuple[PatternLine, ScrubPattern | None]:
    """A line with what is wrong with it, or its pattern."""
    if line.is_blank:
        return replace(line, fault=""), None
    try:
        return replace(line, fault=""), read_pattern(line.name, line.pattern)
    except InvalidInputError as error:
        return replace(line, fault=error.message), None
