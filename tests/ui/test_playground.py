"""The playground in the browser: one prompt to two models, side by side as they write."""

import re
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

import httpx2
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.bank_questions import GRADER, list_rows, write_answer
from tests.browser import PHONE, new_page, serve, visit
from tests.gateway.upstream import PATIENCE_S, Asked, Upstream, chunk
from tests.ui.files import create_dataset, wait_for_records, write_lines

pytestmark = pytest.mark.browser

USAGE = {"prompt_tokens": 70, "completion_tokens": 9, "total_tokens": 79}


class Place(NamedTuple):
    """The server that these tests share."""

    url: str
    dataset_id: str
    base: Upstream
    tuned: Upstream


def say(*pieces: str, goes_on: threading.Event | None = None) -> Callable[[Asked], None]:
    """Behave as a model that says this; its last piece waits until it may go on."""

    def behave(asked: Asked) -> None:
        asked.begin_stream()
        for piece in pieces[:-1]:
            asked.send_event(chunk({"content": piece}))
        if goes_on is not None:
            goes_on.wait(PATIENCE_S)
        asked.send_event(chunk({"content": pieces[-1]}))
        asked.send_event(chunk({}, "stop"))
        asked.send_event({**chunk(None), "usage": USAGE})
        asked.end()

    return behave


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("playground")
    with (
        Upstream().running() as base,
        Upstream().running() as tuned,
        serve(folder / "data") as url,
    ):
        for name, at, model in (("here", base.url, "small"), ("there", tuned.url, "small-tuned")):
            body = {"name": name, "baseUrl": at, "models": [{"name": model}], "apiKey": "sk-x"}
            assert httpx2.post(f"{url}/api/providers", json=body).status_code == 201
        path = write_lines(folder / "bank.jsonl", *list_rows()[:8])
        found = create_dataset(url, path, name="bank", objective="Label questions")
        wait_for_records(url, found)
        script = {"type": "script", "script": GRADER}
        saved = httpx2.put(f"{url}/api/optimization/datasets/{found}/grader", json=script)
        assert saved.status_code == 200, saved.text
        yield Place(url, found, base, tuned)


@pytest.fixture
def visitor(chromium: Browser, place: Place) -> Iterator[Page]:
    with new_page(chromium, place.url) as page:
        yield page


def open_playground(page: Page, place: Place) -> None:
    names = "first=small&second=there/small-tuned"
    visit(page, f"{place.url}/optimization/{place.dataset_id}/playground?{names}")
    expect(page.get_by_role("combobox", name="Second model")).to_have_value("small-tuned")


def side(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def take(page: Page) -> str:
    """A record's prompt; returns the accepted answer."""
    page.get_by_role("button", name="Take a record").click()
    reference = page.get_by_role("form", name="Prompt").locator("dd").last
    expect(reference).to_have_text(re.compile("^(delivery|lost|exchange|cancel)$"))
    return reference.inner_text()


def test_both_answers_grow_and_are_graded(visitor: Page, place: Place) -> None:
    open_playground(visitor, place)
    label = take(visitor)
    goes_on = threading.Event()
    place.base.behave = say("No", " idea.", goes_on=goes_on)
    place.tuned.behave = say(write_answer(label))
    visitor.get_by_label("User", exact=True).press("Control+Enter")
    base, tuned = side(visitor, "First model"), side(visitor, "Second model")
    expect(tuned).to_contain_text(write_answer(label))
    expect(tuned).to_contain_text("1.00")
    expect(base).to_contain_text("No")
    expect(base).to_contain_text("Answers")
    goes_on.set()
    expect(base).to_contain_text("No idea.")
    expect(base).to_contain_text("0.00")
    for each in (base, tuned):
        expect(each.locator("dd")).to_have_count(5)
        expect(each.locator("dd").nth(3)).to_have_text("9")
    expect(visitor.get_by_role("button", name="Ask both")).to_be_visible()
    assert place.base.asked[-1].json["messages"] == place.tuned.asked[-1].json["messages"]


def test_a_prompt_of_ones_own_is_not_graded_by_a_reference_it_lacks(
    visitor: Page, place: Place
) -> None:
    open_playground(visitor, place)
    take(visitor)
    place.base.behave = place.tuned.behave = say("Hello")
    visitor.get_by_label("User", exact=True).fill("Hello there")
    visitor.get_by_role("button", name="Ask both").click()
    expect(side(visitor, "First model")).to_contain_text("this prompt has none")
    expect(side(visitor, "First model")).not_to_contain_text("0.00")
    expect(visitor.get_by_text("Reference", exact=True)).to_have_count(0)
    assert place.base.asked[-1].json["messages"][-1]["content"] == "Hello there"


def test_who_stops_keeps_what_came_and_each_side_fails_for_itself(
    visitor: Page, place: Place
) -> None:
    open_playground(visitor, place)

    def go_on(asked: Asked) -> None:
        asked.begin_stream()
        while not asked.is_lost.wait(0.02):
            asked.send_event(chunk({"content": "on and "}))

    place.base.behave = go_on
    place.tuned.behave = lambda asked: asked.answer_json({"error": {"message": "No credit"}}, 402)
    visitor.get_by_label("User", exact=True).fill("Hello")
    visitor.get_by_role("button", name="Ask both").click()
    base, tuned = side(visitor, "First model"), side(visitor, "Second model")
    expect(tuned.get_by_role("alert")).to_contain_text("No credit")
    expect(base).to_contain_text("on and on and")
    visitor.get_by_role("button", name="Stop", exact=True).click()
    expect(base).to_contain_text("Stopped")
    expect(visitor.get_by_role("button", name="Ask both")).to_be_visible()


def test_an_empty_prompt_is_refused_on_a_phone(chromium: Browser, place: Place) -> None:
    with new_page(chromium, place.url, PHONE) as phone:
        open_playground(phone, place)
        phone.get_by_role("button", name="Ask both").click()
        expect(phone.get_by_role("alert")).to_contain_text("Write what the user asks")
        assert phone.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
