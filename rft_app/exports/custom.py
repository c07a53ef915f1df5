r"""Rows by a template of your own, as JSONL or as one JSON array.

With the template `{"instruction": "{{input}}", "response": {{output}}, "by": "{{agent_name}}"}` one
line is

    {"instruction":"2+2?","response":"4","by":"calculator"}

`{{chosen}}` and `{{rejected}}` make it a format of pairs; `{{output}}` leaves out records without
an answer.  All other variables are null where nothing is known.
"""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import orjson

from rft_app.domain.example import Pair, Unit
from rft_app.domain.export import ExportOptions, Lack
from rft_app.domain.record import RecordBytes
from rft_app.errors import InvalidInputError
from rft_app.exports._base import Exporter
from rft_app.exports._context import ARRAY, LINES, Encode, FileContext, Layout
from rft_app.exports._rows import array
from rft_app.exports._template import Template, parse_template
from rft_app.exports._texts import last_question, plain_text
from rft_app.exports.agents import find_agent, split_object

DEFAULT_TEMPLATE: Final = (
    "{\n"
    '  "instruction": "{{input}}",\n'
    '  "response": "{{output}}",\n'
    '  "source": "{{source_type}}",\n'
    '  "agent": "{{agent_name}}"\n'
    "}"
)
_NULL: Final = b"null"
_METADATA: Final = "metadata."


@dataclass(frozen=True, slots=True)
class _Source:
    """What variables read."""

    record: RecordBytes
    context: FileContext
    chosen: tuple[bytes, ...] = ()
    rejected: tuple[bytes, ...] = ()

    def field(self, name: str) -> bytes | None:
        """A field of the source row, as JSON."""
        metadata = self.record.metadata
        found = None if metadata is None else split_object(metadata).get(name)
        return None if found is None else bytes(found)

    def agent(self) -> bytes:
        """The trace's agent, else the dataset's name."""
        return find_agent(self.record) or orjson.dumps(self.context.dataset_name)

    def score(self) -> bytes:
        """Mean of the latest dry run, else the recorded reward."""
        score = self.context.score_of(self.record.seq)
        return orjson.dumps(self.record.reward if score is None else score)

    def messages(self) -> bytes:
        """The conversation with its answer; of a pair, up to the answer."""
        record = self.record
        return array(record.input if self.chosen else (*record.input, *record.output))


def _text(messages: tuple[bytes, ...]) -> bytes:
    return orjson.dumps("\n".join(map(plain_text, messages))) if messages else _NULL


_VALUES: Final[dict[str, Callable[[_Source], bytes]]] = {
    "input": lambda source: orjson.dumps(last_question(source.record.input)),
    "output": lambda source: _text(source.record.output),
    "chosen": lambda source: _text(source.chosen),
    "rejected": lambda source: _text(source.rejected),
    "source_type": lambda source: orjson.dumps(source.record.source_type.value),
    "agent_name": _Source.agent,
    "score": _Source.score,
    "trace_id": lambda source: orjson.dumps(source.record.trace_id),
    "created_at": lambda source: orjson.dumps(source.context.created_at),
    "messages": _Source.messages,
    "tools": lambda source: source.record.tools or _NULL,
    "reference": lambda source: orjson.dumps(source.record.reference),
    "topic": lambda source: orjson.dumps(source.record.topic),
}
VARIABLES: Final = (*_VALUES, "metadata.x")
"""What a template may name; `x` is any field of the source row."""


def read_template(text: str) -> Template:
    """Parse a template and check its variables.

    Raises:
        InvalidInputError: It is no template, or it names a variable that there is not.
    """
    template = parse_template(text)
    for name in template.names:
        if name not in _VALUES and not name.startswith(_METADATA):
            words = f"{_quote(name)} is not a recognized variable. {_hint(name)}"
            raise InvalidInputError(words, name=name)
    return template


def _hint(name: str) -> str:
    if near := get_close_matches(name, _VALUES, 1):
        return f"Did you mean {_quote(near[0])}?"
    return f"There are {', '.join(map(_quote, VARIABLES))}."


def _quote(name: str) -> str:
    return f"{{{{{name}}}}}"


@dataclass(frozen=True, kw_only=True)
class Custom(Exporter):
    """Rows by a template."""

    name: str = "custom"
    family: str = "custom"
    label: str = "Custom JSON"
    description: str = "Your own template, with live preview."
    consumer: str = "yours"
    has_ids: bool = False
    snippet: str = (
        "from datasets import load_dataset\n\n"
        'train = load_dataset("json", data_files="train.jsonl", split="train")'
    )

    def layout(self, options: ExportOptions) -> Layout:
        """Lines or an array, as asked for."""
        return ARRAY if options.is_array else LINES

    def unit_for(self, options: ExportOptions) -> Unit:
        """Pairs, where the template names a chosen or a rejected answer.

        Raises:
            InvalidInputError: The template has a fault.
        """
        return Unit.PAIR if {"chosen", "rejected"} & set(_names(options)) else Unit.RECORD

    def has_time(self, options: ExportOptions) -> bool:
        """Where the template says `created_at`."""
        return "created_at" in _names(options)

    def encoder(self, context: FileContext) -> Encode:
        """The template, ready to be filled.

        Raises:
            InvalidInputError: The template has a fault.
        """
        template = read_template(context.options.template or DEFAULT_TEMPLATE)
        needs_output = "output" in template.names

        def encode(example: RecordBytes | Pair) -> bytes | Lack:
            source = _to_source(example, context)
            if needs_output and not source.record.output:
                return Lack.NO_OUTPUT
            return template.render(lambda name: _read(source, name)) + b"\n"

        return encode


def _names(options: ExportOptions) -> tuple[str, ...]:
    return read_template(options.template or DEFAULT_TEMPLATE).names


def _to_source(example: RecordBytes | Pair, context: FileContext) -> _Source:
    if isinstance(example, Pair):
        return _Source(example.record, context, example.chosen, example.rejected)
    return _Source(example, context)


def _read(source: _Source, name: str) -> bytes:
    if name.startswith(_METADATA):
        return source.field(name.removeprefix(_METADATA)) or _NULL
    return _VALUES[name](source)
