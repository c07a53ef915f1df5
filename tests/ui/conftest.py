"""Fixtures of the interface's tests."""

import pytest

from tests.browser import LIGHT_AT, app_url, chromium, either, own_url, page, phone
from tests.ui.matrix import light_size

__all__ = ["app_url", "chromium", "either", "own_url", "page", "phone"]


@pytest.fixture(scope="module", autouse=True)
def light_at(request: pytest.FixtureRequest) -> None:
    """Visitors see the themes that the matrix says for the module."""
    LIGHT_AT.set(light_size(request.module.__name__))
