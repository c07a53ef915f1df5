"""The values of the form of step 6 as a person reads them."""

import pytest

from rft_app.domain.training_run import TrainingSettings
from rft_app.ui.state.training_parameters import Parameter, is_usual

USED = {one.name: one for one in Parameter.list_of(TrainingSettings(), {"precision": "float32"})}


def test_each_setting_says_what_it_means_without_names_of_the_code() -> None:
    for parameter in USED.values():
        assert parameter.hint, parameter.name
        assert "`" not in parameter.hint + parameter.label
    assert "“Entropy floor”" in USED["entropy_bonus"].hint


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("precision", ["auto", "float32", "bfloat16"]),
        ("generation", ["auto", "plain", "vllm"]),
        ("num_steps", []),
    ],
)
def test_a_setting_of_few_words_is_chosen(name: str, options: list[str]) -> None:
    assert [one.value for one in USED[name].options] == options


def test_choosing_what_every_preset_has_is_no_change() -> None:
    assert USED["precision"].value == "float32"
    assert is_usual("precision", "auto")
    assert not is_usual("precision", "float32")
    assert not is_usual("num_steps", "100")
    assert not is_usual("suffix", "mine")
