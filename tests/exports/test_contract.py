"""What every export format keeps, tested once over all of them."""

import os
from pathlib import Path

import orjson
import pytest

from rft_app.domain.export import Lack, Need
from rft_app.errors import InvalidInputError
from rft_app.exports import EXPORTERS, Exporter
from tests.exports.builders import QUESTION, make_record, make_variety

GOLDEN = Path(__file__).parent / "golden"
every_format = pytest.mark.parametrize("exporter", tuple(EXPORTERS), ids=lambda e: e.name)


def write_all(exporter: Exporter) -> bytes:
    """The variety in a format; a line naming the lack stands for a record left out."""
    lines = [exporter.encode(record) for record in make_variety()]
    return b"".join(
        orjson.dumps({"left out": line}) + b"\n" if isinstance(line, Lack) else line
        for line in lines
    )


@every_format
def test_the_file_is_the_golden_one(exporter: Exporter) -> None:
    golden = GOLDEN / f"{exporter.name}.jsonl"
    written = write_all(exporter)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_bytes(written)
    assert written == golden.read_bytes()


@every_format
def test_a_row_is_one_line_of_json(exporter: Exporter) -> None:
    for record in make_variety():
        line = exporter.encode(record)
        if isinstance(line, bytes):
            assert line.count(b"\n") == 1
            assert line.endswith(b"}\n")
            assert isinstance(orjson.loads(line), dict)


@every_format
def test_a_record_gives_the_same_bytes_twice(exporter: Exporter) -> None:
    assert write_all(exporter) == write_all(exporter)


@every_format
def test_no_key_occurs_twice_in_a_row(exporter: Exporter) -> None:
    for record in make_variety():
        line = exporter.encode(record)
        if isinstance(line, bytes):
            assert orjson.dumps(orjson.loads(line)) + b"\n" == line


@every_format
def test_what_is_needed_and_absent_is_named(exporter: Exporter) -> None:
    found = {
        Need.OUTPUT: exporter.encode(make_record(answer=None, reference="1")),
        Need.REFERENCE: exporter.encode(make_record(reference=None)),
        Need.QUESTION: exporter.encode(
            make_record([QUESTION, QUESTION | {"role": "assistant"}], reference="1")
        ),
    }
    expected = {
        Need.OUTPUT: Lack.NO_OUTPUT,
        Need.REFERENCE: Lack.NO_REFERENCE,
        Need.QUESTION: Lack.NO_QUESTION,
    }
    for need, line in found.items():
        assert (line is expected[need]) is (need in exporter.needs)


@every_format
def test_a_format_says_what_it_is(exporter: Exporter) -> None:
    assert exporter.suffix == ".jsonl"
    assert "train.jsonl" in exporter.snippet
    compile(exporter.snippet, exporter.name, "exec")


def test_an_unknown_format_lists_the_known_ones() -> None:
    with pytest.raises(InvalidInputError, match=r"openai_sft, openai_rft, trl_sft, trl_grpo"):
        EXPORTERS.get("csv")
