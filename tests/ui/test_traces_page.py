"""The page of all traces, in the browser: they arrive, are filtered, one is read in full."""

import re
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import PHONE, new_page, visit
from tests.captured import list_posts
from tests.llm.provider import FakeProvider, Json, Served, refuse, say

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

        page.get_by_role("button", name="Filters").click()
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


def test_traces_between_two_days_are_listed(chromium: Browser, stored_url: str) -> None:
    traces = httpx2.get(f"{stored_url}/api/traces").json()["traces"]
    day = min(each["timestamp"] for each in traces)[:10]
    with new_page(chromium, stored_url) as page:
        visit(page, f"{stored_url}/traces")
        clear = page.get_by_role("button", name="Clear filters")
        expect(page.get_by_role("table", name="Traces")).to_be_visible()
        page.get_by_label("Time").select_option("between days")
        page.get_by_label("Last day").fill("2001-01-01")
        expect(page.get_by_text("Matching: 0 of")).to_be_visible()
        page.get_by_label("First day").fill(day)
        expect(page.get_by_text("The last day is before the first.")).to_be_visible()
        page.get_by_label("Last day").fill(day)
        expect(page.get_by_role("alert")).to_be_hidden()
        expect(page.get_by_role("table", name="Traces").get_by_role("button").first).to_be_visible()
        page.get_by_label("Time").select_option("all time")
        expect(page.get_by_label("First day")).to_be_hidden()
        expect(clear).to_be_hidden()


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


def answer(request: Json, _number: int) -> Served:
    """Ask for a tool, answer after its result, refuse what says boom."""
    last = request["messages"][-1]
    if last["content"] == "boom":
        return refuse(429, "slow down")
    if last["role"] == "tool":
        return say("Take a coat.")
    call = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
    return say(None, tool_calls=[{"id": "call_1", "type": "function", "function": call}])


def run_agent(endpoint: str) -> None:
    """Run an instrumented agent to its end."""
    script = str(Path(__file__).parents[1] / "instrumented.py")
    with FakeProvider(answer).running() as provider:
        command = [sys.executable, script, "otel_genai", provider.url, endpoint]
        subprocess.run(command, check=True, timeout=120)


def test_what_an_agent_sends_becomes_a_dataset(chromium: Browser, stored_url: str) -> None:
    with new_page(chromium, stored_url) as page:
        visit(page, f"{stored_url}/traces?intake=1")
        panel = page.get_by_role("dialog", name="Intake")
        expect(panel.get_by_text(f"{stored_url}/gateway/v1")).to_be_visible()
        panel.get_by_role("tab", name="OpenTelemetry").click()
        endpoint = f"{stored_url}/otlp"
        expect(panel.get_by_text(f"OTEL_EXPORTER_OTLP_ENDPOINT={endpoint}")).to_be_visible()
        run_agent(endpoint)
        sources = panel.get_by_role("list", name="Sources")
        expect(sources.get_by_text("otel_genai")).to_be_visible()
        panel.get_by_role("button", name="Close").click()
        expect(page.get_by_role("button", name="Weather in Paris?").first).to_be_visible()

        page.get_by_role("link", name="Make a dataset").click()
        expect(page.get_by_role("heading", name="New dataset")).to_be_visible()
        page.get_by_label("Model").select_option("small")
        page.get_by_role("checkbox", name="Select all 1", exact=True).click()
        expect(page.get_by_text("then extracts 1 record.")).to_be_visible()
        page.get_by_label("Name").fill("coats")
        page.get_by_label("Objective").fill("Say what to wear")
        page.get_by_role("button", name="Create Dataset & Start →").click()
        page.wait_for_url(re.compile(r"/optimization/ds_"))
        expect(page.get_by_text("1 valid record")).to_be_visible()
        visit(page, f"{page.url.split('?')[0]}?records=all")
        expect(page.get_by_role("table").get_by_text("Weather in Paris?")).to_be_visible()
