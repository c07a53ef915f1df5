"""What no page may do in any browser test."""

import pytest
from playwright.sync_api import Browser

from tests.browser import new_page

pytestmark = pytest.mark.browser

COMPLAIN = """async () => {
  console.error("a word of ours");
  await fetch("/api/nothing");
  await fetch("http://127.0.0.1:9/").catch(() => {});
  setTimeout(() => { throw new Error("a fault of ours") });
  await new Promise((done) => setTimeout(done, 100));
}"""


def test_errors_in_the_console_and_requests_to_elsewhere_fail_a_test(
    chromium: Browser, app_url: str
) -> None:
    with pytest.raises(AssertionError) as caught, new_page(chromium, app_url) as page:
        page.goto(f"{app_url}/nowhere")
        page.evaluate(COMPLAIN)
    said = str(caught.value)
    for words in (
        "console: a word of ours",
        "404 (Not Found) at /api/nothing",
        "request to http://127.0.0.1:9/",
        "script: a fault of ours",
    ):
        assert words in said
    assert "/nowhere" not in said
