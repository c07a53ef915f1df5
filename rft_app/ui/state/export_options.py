"""The options of the Export tab, and what the browser remembers of them."""

from typing import Any

import msgspec
import reflex as rx

from rft_app.domain.export import ExportOptions, ToolArguments
from rft_app.errors import InvalidInputError
from rft_app.exports import EXPORTERS, Exporter
from rft_app.exports.custom import DEFAULT_TEMPLATE

SWITCHES = ("include_test", "include_metadata", "shuffle", "balance", "as_completion", "is_array")
TEXTS = {
    "margin": "0.1",
    "threshold": "0.5",
    "min_grade": "",
    "tool_arguments": ToolArguments.DEFAULT.value,
    "template": DEFAULT_TEMPLATE,
}
"""The others, as they are at first."""


class Remembered(msgspec.Struct):
    """What the browser keeps between visits."""

    format: str = ""
    switches: dict[str, bool] = {}
    texts: dict[str, str] = {}
    """Those that are not as they were at first."""

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
    tool_arguments: str = TEXTS["tool_arguments"]
    template: str = TEXTS["template"]
    margin: str = TEXTS["margin"]
    threshold: str = TEXTS["threshold"]
    min_grade: str = TEXTS["min_grade"]
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
        """Remember what was chosen and show what it leads to; the tab fills it in."""
        raise NotImplementedError

    def _take_remembered(self, kept: Remembered) -> None:
        for name, is_on in kept.switches.items():
            if name in SWITCHES:
                setattr(self, name, is_on)
        for name, text in kept.texts.items():
            if name in TEXTS:
                setattr(self, name, text)

    def _to_remember(self, format: str) -> str:
        texts: dict[str, str] = {name: getattr(self, name) for name in TEXTS}
        kept = Remembered(
            format=format,
            switches={name: getattr(self, name) for name in SWITCHES},
            texts={name: text for name, text in texts.items() if text != TEXTS[name]},
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
            margin=self._number("margin", 0.01),
            threshold=self._number("threshold", 0.0),
            template=self.template if exporter.name == "custom" else "",
            snapshot_id=snapshot_id,
        )

    def _number(self, name: str, low: float) -> float:
        """A number up to 1; the one of the beginning where nothing was typed.

        Raises:
            InvalidInputError: It is none, or out of its range.
        """
        text: str = getattr(self, name).strip() or TEXTS[name]
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            value = -1.0
        if not low <= value <= 1.0:
            self.faulty = name
            self.number_fault = f"A number from {low:g} to 1; {text!r} is none."
            raise InvalidInputError(self.number_fault, field=name)
        return value
