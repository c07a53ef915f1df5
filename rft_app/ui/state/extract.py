"""The dialog of step 1: how records are cut from traces, and what is wrong with the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import reflex as rx

from rft_app.domain.imports import ImportFault, ImportReport
from rft_app.domain.pipeline import StepName
from rft_app.domain.validity import Reason
from rft_app.errors import RftError
from rft_app.services.imports import latest_import, list_import_errors
from rft_app.services.pipeline import StepView
from rft_app.settings import get_settings
from rft_app.ui.state.asking import ask
from rft_app.ui.state.step_modal import StepModal, read_whole
from rft_app.ui.words import ago, count, share, size

FAULTS_PER_PAGE = 20


@dataclass(frozen=True)
class ReasonRow:
    """One reason and how many records it struck."""

    code: str
    text: str
    num_records: str
    share: str


@dataclass(frozen=True)
class FaultRow:
    """One bad line of the imported file."""

    line: str
    code: str
    text: str
    excerpt: str

    @classmethod
    def of(cls, fault: ImportFault) -> "FaultRow":
        """Build the row."""
        return cls(f"{fault.line_number:,}", fault.code, fault.message, fault.excerpt)


@dataclass(frozen=True)
class ImportView:
    """The file behind the records."""

    id: str = ""
    file_name: str = ""
    facts: str = ""
    num_lines: str = ""
    num_parsed: str = ""
    num_bad: str = ""
    has_bad: bool = False
    damage: str = ""
    """Why the file is not whole; empty for a whole one."""
    without_answers: str = ""
    """What it means that rows hold no answer; empty where all hold one."""

    @classmethod
    def of(cls, report: ImportReport) -> "ImportView":
        """Build the view."""
        shape = report.shape or "shape unknown"
        return cls(
            id=report.id,
            file_name=report.file_name,
            facts=f"{size(report.size_bytes)} · {shape} · {ago(report.created_at)}",
            num_lines=f"{report.num_lines:,}",
            num_parsed=f"{report.num_parsed:,}",
            num_bad=f"{report.num_invalid:,}",
            has_bad=report.num_invalid > 0,
            damage=report.damage or "",
            without_answers=report.without_answers,
        )


def reason_rows(reasons: dict[str, int], num_records: int) -> list[ReasonRow]:
    """Reasons with their counts, the most frequent first.

    Example:
        >>> [row.share for row in reason_rows({"too_long": 5, "bad_role": 15}, 100)]
        ['15%', '5%']
    """
    ordered = sorted(reasons.items(), key=lambda pair: -pair[1])
    return [
        ReasonRow(
            code=code,
            text=Reason(code).message if code in set(Reason) else code,
            num_records=f"{number:,}",
            share=share(number / num_records) if num_records else "–",
        )
        for code, number in ordered
        if number
    ]


class ExtractState(StepModal, rx.State):
    """What extraction made of the traces."""

    step: ClassVar[StepName] = StepName.EXTRACT

    mode: str = "last"
    max_tokens: str = ""
    origin: str = ""
    """What the records were made of."""
    num_records: str = ""
    records: str = ""
    """The same with the noun."""
    num_valid: str = ""
    valid_share: str = ""
    num_invalid: str = ""
    invalid_share: str = ""
    num_duplicates: str = ""
    has_duplicates: bool = False
    reasons: list[ReasonRow] = []
    source: ImportView = ImportView()
    faults: list[FaultRow] = []
    has_more_faults: bool = False
    has_earlier_faults: bool = False
    _fault_pages: list[int] = []
    """Line after which each page so far began."""

    @rx.event
    def choose_mode(self, mode: str) -> None:
        """Last turn, or every assistant turn."""
        self.mode = mode

    @rx.event
    def set_max_tokens(self, text: str) -> None:
        """Change the limit above which a record is too long."""
        self.max_tokens = text

    @rx.event
    async def next_faults(self) -> None:
        """Turn the list of bad lines forward."""
        last = int(self.faults[-1].line.replace(",", "")) if self.faults else 0
        await self._turn_faults([*self._fault_pages, last])

    @rx.event
    async def previous_faults(self) -> None:
        """Turn it back."""
        await self._turn_faults(self._fault_pages[:-1] or [0])

    async def _turn_faults(self, pages: list[int]) -> None:
        import_id, after = self.source.id, pages[-1]
        limit = FAULTS_PER_PAGE + 1
        try:
            found = await ask(
                lambda session: list_import_errors(
                    session, import_id, after_line=after, limit=limit
                )
            )
        except RftError as error:
            self.fault = error.message
            return
        self._fault_pages = pages
        self.faults = [FaultRow.of(fault) for fault in found[:FAULTS_PER_PAGE]]
        self.has_more_faults = len(found) > FAULTS_PER_PAGE
        self.has_earlier_faults = len(pages) > 1

    async def _show(self, step: StepView) -> None:
        limit = step.settings.get("max_tokens") or get_settings().max_record_tokens
        self._refill({"mode": step.settings.get("mode", "last"), "max_tokens": str(limit)})
        if step.facts:
            self._show_facts(step.facts)
        dataset_id = self._dataset_id
        report = await ask(lambda session: latest_import(session, dataset_id))
        self.source = ImportView.of(report) if report else ImportView()
        if self.source.has_bad:
            await self._turn_faults([0])
        else:
            self.faults, self.has_more_faults = [], False

    def _show_facts(self, facts: dict[str, Any]) -> None:
        num_records = facts["num_records"]
        self.origin = _describe_origin(facts)
        self.num_records, self.records = f"{num_records:,}", count(num_records, "record")
        self.num_valid, self.num_invalid = f"{facts['num_valid']:,}", f"{facts['num_invalid']:,}"
        self.valid_share = share(facts["num_valid"] / num_records) if num_records else ""
        self.invalid_share = share(facts["num_invalid"] / num_records) if num_records else ""
        self.num_duplicates = f"{facts['num_duplicates']:,}"
        self.has_duplicates = facts["num_duplicates"] > 0
        self.reasons = reason_rows(facts["reasons"], num_records)

    def _settings(self) -> dict[str, Any]:
        return {"mode": self.mode, "max_tokens": read_whole(self.max_tokens, "token limit")}


def _describe_origin(facts: Mapping[str, Any]) -> str:
    """Traces or, where some go on with others, how many conversations they are.

    Example:
        >>> _describe_origin({"num_traces": 571, "num_conversations": 40})
        '571 calls of 40 conversations'
        >>> _describe_origin({"num_traces": 1})
        '1 trace'
    """
    number = facts["num_traces"]
    conversations = facts.get("num_conversations", number)
    if conversations == number:
        return count(number, "trace")
    return f"{count(number, 'call')} of {count(conversations, 'conversation')}"
