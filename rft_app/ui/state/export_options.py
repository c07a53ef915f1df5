"""The options of the Export tab, and what the browser remembers of them."""

from typing import Any

import msgspec
import reflex as rx

from rft_app.domain.export import ExportOptions, ToolArguments
from rft_app.errors import InvalidInputError
from rft_app.exports import EXPORTERS, Exporter
from rft_app.exports.custom import DEFAULT_TEMPLATE

SWITCHES = ("include_test", "include_metadata", "shuffle", "balance", "as_completion", "is_array")
TEXTS = ("margin", "threshold", "min_grade", "tool_arguments", "template")


class Remembered(msgspec.Struct):
    """What the browser keeps between visits."""

    format: str = ""
    switches: dict[str, bool] = {}
    template: str = ""

    @classmethod
    def read(cls, text: str) -> "Remembered":
        """What the browser kept; nothing where it is not ours.

        Example:
            >>> Remembered.read('{"format": "dspy"}').format, Remembered.read("[]").format
            ('dspy', '')
        """
        try:
            kept = msgspec.json.decode(text, type=cls)
        except msgspec.DecodeError:
            return cls()
        return kept if kept.format in {"", *EXPORTERS.names()} else cls()


class ExportOptionsForm(rx.State, mixin=True):
    """What is chosen beside dataset and format; `_changed` shows what it leads to."""

    include_test: bool = True
    include_metadata: bool = True
    shuffle: bool = False
    balance: bool = False
    as_completion: bool = False
    is_array: bool = False
    tool_arguments: str = ToolArguments.DEFAULT.value
    template: str = DEFAULT_TEMPLATE
    margin: str = "0.1"
    threshold: str = "0.5"
    min_grade: str = ""
    number_fault: str = ""
    faulty: str = ""
    """Name of the number that has the fault."""

    @rx.event
    async def switch(self, name: str, is_on: bool) -> None:
        """Turn one of `SWITCHES` on or off."""
        if name in SWITCHES:
            setattr(self, name, is_on)
            await self._changed()

    @rx.event
    async def set_text(self, name: str, text: str) -> None:
        """Set one of `TEXTS`."""
        if name in TEXTS:
            setattr(self, name, text)
            await self._changed()

    async def _changed(self) -> None:
        raise NotImplementedError

    def _take_remembered(self, kept: Remembered) -> None:
        for name, is_on in kept.switches.items():
            if name in SWITCHES:
                setattr(self, name, is_on)
        self.template = kept.template or DEFAULT_TEMPLATE

    def _to_remember(self, format: str) -> str:
        kept = Remembered(
            format=format,
            switches={name: getattr(self, name) for name in SWITCHES},
            template="" if self.template == DEFAULT_TEMPLATE else self.template,
        )
        return msgspec.json.encode(kept).decode()

    def _options(self, exporter: Exporter, snapshot_id: str | None) -> ExportOptions:
        """The options as chosen, as far as format and snapshot have them.

        Raises:
            InvalidInputError: A number is none, or out of its range.
        """
        switches: dict[str, Any] = {name: getattr(self, name) for name in SWITCHES}
        switches["balance"] = self.balance and snapshot_id is None
        arguments = self.tool_arguments if exporter.has_argument_choice else "default"
        return ExportOptions(
            **switches,
            tool_arguments=ToolArguments(arguments),
            margin=self._number("margin", 0.01) or 0.1,
            threshold=self._number("threshold", 0.0) or 0.0,
            template=self.template if exporter.name == "custom" else "",
            snapshot_id=snapshot_id,
        )

    def _number(self, name: str, low: float) -> float | None:
        """A number up to 1; `None` where nothing was typed.

        Raises:
            InvalidInputError: It is none, or out of its range.
        """
        text: str = getattr(self, name).strip()
        if not text:
            return None
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            value = -1.0
        if not low <= value <= 1.0:
            self.faulty = name
            self.number_fault = f"A number from {low:g} to 1; {text!r} is none."
            raise InvalidInputError(self.number_fault, field=name)
        return value
