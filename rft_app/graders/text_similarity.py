"""Text similarity: how alike a text of the answer and a reference are.

A spec such as

    {"kind": "text_similarity", "metric": "rouge_l", "field": "output_text",
     "reference": "{{item.reference}}"}

gives a number from 0 to 1, and 0 for an answer without the field.  Names of the metrics are those
of OpenAI's `text_similarity` grader.  RapidFuzz measures edits and common subsequences, SacreBLEU
BLEU; ROUGE is F1 of words in small letters, without stemming.  A word is a run of letters, digits
and `_` of any script, where `rouge-score` takes the letters a to z and digits only: `café` is one
word here and `caf` there, `a_b` one here and two there.
"""

from rft_app.domain.grader import TextSimilaritySpec
from rft_app.domain.grading import FailureKind, GradingFailure, Verdict
from rft_app.domain.rollout import Item, Sample
from rft_app.graders._pure import PureSession, Texts, check_field, check_reference, read_texts
from rft_app.graders.portable.text_similarity import TooLongError, measure


class TextSimilarityGrader:
    """Kind `text_similarity`."""

    name = "text_similarity"
    label = "Text similarity"

    def check(self, spec: TextSimilaritySpec) -> None:
        """Check the field and the places in the reference."""
        check_field(spec.field)
        check_reference(spec.reference)

    def open(self, spec: TextSimilaritySpec) -> PureSession:
        """Make ready; nothing is started."""
        self.check(spec)

        def grade(sample: Sample, item: Item) -> Verdict | GradingFailure:
            texts = read_texts(spec.field, spec.reference, sample, item)
            if not isinstance(texts, Texts):
                return texts
            try:
                return Verdict(reward=measure(spec.metric, *texts))
            except TooLongError as error:
                return GradingFailure(failure_kind=FailureKind.EXCEPTION, message=str(error))

        return PureSession(grade)
