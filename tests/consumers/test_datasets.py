"""Hugging Face `datasets` loads every file of rows, and both sides of an unzipped archive."""

from typing import Any

import pytest

from tests.consumers.files import Exported, each, load_consumer

pytestmark = pytest.mark.consumers
JSON_FORMATS = (
    *("openai_sft", "openai_dpo", "openai_rft", "trl_sft", "trl_sft_completion", "trl_dpo"),
    *("trl_kto", "trl_grpo", "agent_lightning", "custom", "custom_array", "dspy", "sharegpt"),
)


@pytest.mark.parametrize("exported", [f"trips/{name}" for name in JSON_FORMATS], indirect=True)
def test_every_row_comes_back_as_it_was_written(exported: Exported) -> None:
    rows = load_consumer("datasets").load_dataset(
        "json", data_files=str(exported.train), split="train"
    )
    assert [_without_nulls(row) for row in rows] == [_without_nulls(row) for row in exported.rows()]


def _without_nulls(value: Any) -> Any:
    """A reader of columns fills what a row does not have with null."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


@each("trl_grpo", "trips", "school", "airline")
def test_an_unzipped_archive_gives_both_sides_and_no_metadata(exported: Exported) -> None:
    sides = load_consumer("datasets").load_dataset("json", data_dir=str(exported.folder))
    assert {name: len(rows) for name, rows in sides.items()} == {
        "train": exported.num_train,
        "test": exported.num_test,
    }


@each("verl", "trips", "school")
def test_parquet_sides(exported: Exported) -> None:
    sides = load_consumer("datasets").load_dataset("parquet", data_dir=str(exported.folder))
    assert {name: len(rows) for name, rows in sides.items()} == {
        "train": exported.num_train,
        "test": exported.num_test,
    }
