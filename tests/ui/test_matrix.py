"""The matrix of the browser tests against the product and against the tests."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

from rft_app.ui.state.modal import DIALOGS, STEP_MODALS
from rft_app.ui.state.training_page import TABS
from tests.browser import PHONE, WIDE
from tests.ui.matrix import DRIVEN, LIGHT_WHEN_WIDE, light_size

HERE = Path(__file__).parent
IS_ON_A_PHONE = re.compile(r"phone: Page|, PHONE\)")


def source(test: str) -> str:
    """A test as it is written."""
    module, _, name = test.partition("::")
    return inspect.getsource(getattr(import_module(f"tests.ui.{module}"), name))


def test_every_dialog_and_tab_of_the_product_is_driven() -> None:
    wanted = {
        *(f"step={step}" for step in STEP_MODALS),
        *(f"dialog={name}" for name in DIALOGS),
        *(f"tab={name}" for name in TABS),
    }
    assert wanted <= set(DRIVEN)


@pytest.mark.parametrize("screen", DRIVEN)
def test_a_screen_is_driven_at_both_sizes_and_in_both_themes(screen: str) -> None:
    wide, phone = DRIVEN[screen]
    assert light_size(wide.partition("::")[0]) == light_size(phone.partition("::")[0])
    if wide == phone:
        assert "either: Page" in source(wide)
    else:
        assert IS_ON_A_PHONE.search(source(phone))
        assert not IS_ON_A_PHONE.search(source(wide))


def test_either_theme_is_the_wide_one_for_a_good_part_of_the_modules() -> None:
    modules = [path.stem for path in HERE.glob("test_*.py") if "mark.browser" in path.read_text()]
    assert set(modules) >= LIGHT_WHEN_WIDE
    assert len(modules) / 3 <= len(LIGHT_WHEN_WIDE) <= len(modules) * 2 / 3
    assert {light_size(name)["width"] for name in modules} == {WIDE["width"], PHONE["width"]}
