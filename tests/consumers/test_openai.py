"""Rows of fine-tuning services pass OpenAI's own schema and its documented rules."""

import importlib.util
from typing import Any

import pytest

from tests.consumers.files import SHARED, Exported, each, load_consumer, skip_without_data

pytestmark = pytest.mark.consumers
SCRIPT = SHARED / "validators" / "validate_openai.py"


@pytest.fixture(scope="module")
def validator() -> Any:
    """The script that checks a file by the schema."""
    load_consumer("jsonschema")
    spec = importlib.util.spec_from_file_location("validate_openai", SCRIPT)
    if not SCRIPT.is_file() or spec is None or spec.loader is None:
        skip_without_data("OpenAI's schema")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check(validator: Any, kind: str, exported: Exported) -> None:
    for path, number in ((exported.train, exported.num_train), (exported.test, exported.num_test)):
        assert validator.validate(kind, str(path)) == (number, [])


@each("openai_sft", "trips", "airline")
def test_supervised(validator: Any, exported: Exported) -> None:
    check(validator, "sft", exported)


@each("openai_dpo", "trips", "school")
def test_preferences(validator: Any, exported: Exported) -> None:
    check(validator, "dpo", exported)


@each("openai_rft", "trips", "school")
def test_reinforcement(validator: Any, exported: Exported) -> None:
    check(validator, "rft", exported)
