"""DSPy examples, as a JSON array.

One element:

    {"question":"2+2?","answer":"4","topic":"Sums","trace_id":"t1"}

`question` is what was asked, a conversation of several turns as text; `answer` is the accepted
answer, else the recorded one.  DSPy takes every key that is not named in `input_keys` for a label,
so ids stand last.

Source: https://dspy.ai/api/utils/DataLoader/ ; read by DSPy 3.4 with `datasets` installed.
"""

from dataclasses import dataclass

import orjson

from rft_app.domain.export import ExportOptions, Lack, Need
from rft_app.domain.record import RecordBytes
from rft_app.exports._base import Exporter
from rft_app.exports._context import ARRAY, Encode, FileContext, Layout
from rft_app.exports._messages import ends_with_question
from rft_app.exports._texts import is_only_text, plain_text, transcript


@dataclass(frozen=True, kw_only=True)
class Dspy(Exporter):
    """Question and answer as text."""

    name: str = "dspy"
    family: str = "dspy"
    label: str = "DSPy"
    description: str = "Question and answer as text, for DSPy's optimisers."
    consumer: str = "DSPy 3.4"
    needs: tuple[Need, ...] = (Need.QUESTION, Need.ANSWER)
    snippet: str = (
        "from dspy.datasets import DataLoader\n\n"
        'train = DataLoader().from_json("train.json", input_keys=("question",))'
    )

    def layout(self, options: ExportOptions) -> Layout:
        """One array."""
        return ARRAY

    def encoder(self, context: FileContext) -> Encode:
        """Texts, then where they come from."""
        return _encode


def _encode(record: RecordBytes) -> bytes | Lack:
    given, output = record.input, record.output
    if not ends_with_question(given):
        return Lack.NO_QUESTION
    if not is_only_text(given):
        return Lack.UNSUPPORTED_CONTENT
    answer = record.reference or (plain_text(output[0]) if output else "")
    if not answer:
        return Lack.NO_ANSWER
    row = {"question": transcript(given), "answer": answer}
    more = {"topic": record.topic, "trace_id": record.trace_id}
    kept = {name: value for name, value in more.items() if value is not None}
    return orjson.dumps({**row, **kept}, option=orjson.OPT_APPEND_NEWLINE)
