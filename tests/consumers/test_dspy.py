"""DSPy reads questions and answers, evaluates on them and takes some as demonstrations."""

from typing import Any

import pytest

from tests.consumers.files import Exported, each, load_consumer

pytestmark = pytest.mark.consumers


@each("dspy", "trips", "school", "airline")
def test_examples_are_loaded_evaluated_and_demonstrated(exported: Exported) -> None:
    dspy = load_consumer("dspy")
    loader = load_consumer("dspy.datasets").DataLoader()
    examples = loader.from_json(str(exported.train), input_keys=("question",))
    assert len(examples) == exported.num_train
    assert all(example.question and example.answer for example in examples)
    assert list(examples[0].inputs().keys()) == ["question"]

    some = examples[:12]
    answers = [{"answer": example.answer} for example in some]
    dummy = load_consumer("dspy.utils").DummyLM(answers)
    program = dspy.Predict("question -> answer")

    def is_same(example: Any, answer: Any, trace: Any = None) -> bool:
        return example.answer.strip() == answer.answer.strip()

    with dspy.context(lm=dummy):
        evaluate = dspy.Evaluate(devset=some, metric=is_same, num_threads=1, display_progress=False)
        assert evaluate(program).score == 100
    taught = dspy.LabeledFewShot(k=3).compile(program, trainset=examples)
    assert len(taught.predictors()[0].demos) == 3
