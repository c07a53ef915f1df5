from pathlib import Path

import pytest

from rft_app.storage.bodies import split_body
from rft_app.traces import SHAPES
from rft_app.traces.guide import GUIDE, ShapeGuide
from rft_app.traces.reading import read_row
from rft_app.traces.rows import SourceRow

DOCS = Path(__file__).resolve().parents[2] / "docs" / "import.md"


def test_every_shape_is_in_the_guide() -> None:
    assert sorted(guide.shape for guide in GUIDE) == sorted(shape.name for shape in SHAPES)


def test_the_documentation_has_the_same_table() -> None:
    rows = [f"| `{g.shape}` | {g.fields} | {g.answer} |" for g in GUIDE]
    assert "\n".join(rows) in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("guide", GUIDE, ids=[guide.shape for guide in GUIDE])
def test_an_example_is_read_as_its_shape_without_a_fault(guide: ShapeGuide) -> None:
    size = len(guide.example)
    row = SourceRow(number=1, end=size, data=guide.example, size_bytes=size)
    found = read_row(row, None, 1000)
    assert isinstance(found, tuple), found
    trace, shape = found
    assert (shape, trace.reason) == (guide.shape, None)
    assert (trace.num_turns == 0) == guide.answer.startswith("none")
    assert len(split_body(trace.body).messages) == trace.num_messages
