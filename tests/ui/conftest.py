"""Fixtures of the interface's tests."""

from tests.browser import app_url, chromium, page, phone

__all__ = ["app_url", "chromium", "page", "phone"]
