"""The page of all traces, in the browser: they arrive, are filtered, one is read in full."""

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import PHONE, new_page, visit
from tests.captured import list_posts

pytestmark = pytest.mark.browser

QUESTION = "How do I cancel?"


@pytest.fixture(scope="module")
def stored_url(own_url: str) -> str:
    """A server to which an instrumented application sent twelve calls."""
    send(own_url, "openinference")
    return own_url


def send(url: str, folder: str) -> None:
    for post in list_posts(folder):
        httpx2.post(f"{url}{post.path}", content=post.body, headers=post.headers).raise_for_status()


def open_row(page: Page, title: str) -> None:
    page.get_by_role("table", name="Traces").get_by_role("button", name=title).first.click()


def test_traces_arrive_are_filtered_and_read_in_full(chromium: Browser, stored_url: str) -> None:
    with new_page(chromium, stored_url) as page:
        visit(page, f"{stored_url}/traces")
        expect(page.get_by_text("Matching: 10 of 10")).to_be_visible()
        send(stored_url, "genai_openai_span")
        expect(page.get_by_text("Matching: 20 of 20")).to_be_visible()

        page.get_by_label("Source").select_option("openinference")
        expect(page.get_by_text("Matching: 10 of 20")).to_be_visible()
        page.get_by_label("Status").select_option("error")
        expect(page.get_by_text("Matching: 2 of 20")).to_be_visible()
        open_row(page, "boom")
        dialog = page.get_by_role("dialog", name="Trace")
        expect(dialog.get_by_text("This call failed.")).to_be_visible()
        dialog.get_by_role("tab", name="Spans").click()
        failed = dialog.get_by_role("button", expanded=False).filter(has_text="this trace")
        failed.click()
        expect(dialog.get_by_text("openinference.span.kind")).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(page).to_have_url(f"{stored_url}/traces")

        page.get_by_role("button", name="Clear filters").click()
        expect(page.get_by_text("Matching: 20 of 20")).to_be_visible()
        open_row(page, QUESTION)
        expect(dialog.get_by_text(QUESTION, exact=True)).to_be_visible()
        page.go_back()
        expect(dialog).to_be_hidden()


def test_on_a_phone_a_trace_is_opened_by_its_address(chromium: Browser, stored_url: str) -> None:
    traces = httpx2.get(f"{stored_url}/api/traces").json()["traces"]
    with new_page(chromium, stored_url, PHONE) as page:
        visit(page, f"{stored_url}/traces?trace={traces[0]['id']}")
        dialog = page.get_by_role("dialog", name="Trace")
        expect(dialog.get_by_role("tab", name="Conversation")).to_be_visible()
        dialog.get_by_role("tab", name="Data").click()
        expect(dialog.get_by_text('"usage"', exact=True)).to_be_visible()
        dialog.get_by_role("button", name="Close").click()
        expect(page.get_by_role("table", name="Traces")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        visit(page, f"{stored_url}/traces?trace=trc_ffffff")
        expect(dialog.get_by_text("There is no trace 'trc_ffffff'.")).to_be_visible()
