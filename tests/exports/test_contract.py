"""What every export format keeps, tested once over all of them."""

import os
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from rft_app.domain.example import Labelled, Origin, Pair, Unit
from rft_app.domain.export import ExportOptions, Lack, Need
from rft_app.domain.record import RecordBytes
from rft_app.errors import InvalidInputError
from rft_app.exports import EXPORTERS, Exporter, FileContext
from tests.exports.builders import CALL, QUESTION, make_record, make_variety

GOLDEN = Path(__file__).parent / "golden"
WORSE = (orjson.dumps({"role": "assistant", "content": "No idea."}),)
CALLING = (orjson.dumps(CALL),)
CONTEXT = FileContext(
    dataset_name="trips", created_at="2026-11-22T12:00:00+00:00", score_of={2: 0.25}.get
)
every_format = pytest.mark.parametrize("exporter", tuple(EXPORTERS), ids=lambda e: e.name)
line_formats = pytest.mark.parametrize(
    "exporter", [e for e in EXPORTERS if e.name != "csv"], ids=lambda e: e.name
)


def make_examples(unit: Unit) -> list[RecordBytes] | list[Pair] | list[Labelled]:
    """The variety as a format of this unit gets it."""
    records = make_variety()
    if unit is Unit.RECORD:
        return records
    answered = [record for record in records if record.output]
    if unit is Unit.PAIR:
        sides = [
            (record.output, CALLING if n % 4 == 3 else WORSE) for n, record in enumerate(answered)
        ]
        return [
            Pair(record, *side, Origin.FEEDBACK)
            for record, side in zip(answered, sides, strict=True)
        ]
    return [
        Labelled(record, record.output, is_good=n % 2 == 0, origin=Origin.REWARD)
        for n, record in enumerate(answered)
    ]


def encode_all(exporter: Exporter) -> list[bytes | Lack]:
    """The variety in a format."""
    encode = exporter.encoder(CONTEXT)
    return [encode(example) for example in make_examples(exporter.unit)]


def write_all(exporter: Exporter) -> bytes:
    """All lines; one naming the lack stands for a record left out."""
    return b"".join(
        orjson.dumps({"left out": line}) + b"\n" if isinstance(line, Lack) else line
        for line in encode_all(exporter)
    )


def rows_of(exporter: Exporter) -> Iterator[bytes]:
    """The lines that were written."""
    return (line for line in encode_all(exporter) if isinstance(line, bytes))


@every_format
def test_the_file_is_the_golden_one(exporter: Exporter) -> None:
    golden = GOLDEN / f"{exporter.name}.jsonl"
    written = write_all(exporter)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_bytes(written)
    assert written == golden.read_bytes()


@line_formats
def test_a_row_is_one_line_of_json(exporter: Exporter) -> None:
    rows = list(rows_of(exporter))
    assert rows
    for line in rows:
        assert line.count(b"\n") == 1
        assert line.endswith(b"}\n")
        assert isinstance(orjson.loads(line), dict)


@every_format
def test_a_record_gives_the_same_bytes_twice(exporter: Exporter) -> None:
    assert write_all(exporter) == write_all(exporter)


@line_formats
def test_no_key_occurs_twice_in_a_row(exporter: Exporter) -> None:
    for line in rows_of(exporter):
        assert orjson.dumps(orjson.loads(line)) + b"\n" == line


@pytest.mark.parametrize(
    "exporter",
    [e for e in EXPORTERS if e.unit is Unit.RECORD and e.name != "custom"],
    ids=lambda e: e.name,
)
def test_what_is_needed_and_absent_is_named(exporter: Exporter) -> None:
    encode = exporter.encoder(CONTEXT)
    found = {
        Need.OUTPUT: encode(make_record(answer=None, reference="1")),
        Need.REFERENCE: encode(make_record(reference=None)),
        Need.ANSWER: encode(make_record(answer=None, reference=None)),
        Need.QUESTION: encode(
            make_record([QUESTION, QUESTION | {"role": "assistant"}], reference="1")
        ),
    }
    expected = {
        Need.OUTPUT: Lack.NO_OUTPUT,
        Need.REFERENCE: Lack.NO_REFERENCE,
        Need.ANSWER: Lack.NO_ANSWER,
        Need.QUESTION: Lack.NO_QUESTION,
    }
    for need, line in found.items():
        assert (line is expected[need]) is (need in exporter.needs)


@every_format
def test_a_format_says_what_it_is(exporter: Exporter) -> None:
    suffix = exporter.layout(ExportOptions()).suffix
    assert f"train{suffix}" in exporter.snippet or "dataset_dir" in exporter.snippet
    compile(exporter.snippet, exporter.name, "exec")
    assert exporter.description.endswith(".")


@pytest.mark.parametrize("exporter", [e for e in EXPORTERS if e.max_tokens], ids=lambda e: e.name)
def test_a_consumers_limit_is_raised_to_hold_the_longest_row(exporter: Exporter) -> None:
    assert exporter.max_tokens == 1024
    assert exporter.raise_limit(1024) == ""
    assert exporter.snippet_for(1024) == exporter.snippet
    assert "3072" in exporter.raise_limit(3_000)
    longer = exporter.snippet_for(3_000)
    assert longer.startswith(exporter.snippet)
    assert exporter.raise_limit(3_000) in longer
    compile(longer, exporter.name, "exec")


def test_an_unknown_format_lists_the_known_ones() -> None:
    with pytest.raises(InvalidInputError, match=r"openai_sft, openai_dpo, openai_rft, trl_sft"):
        EXPORTERS.get("xml")
