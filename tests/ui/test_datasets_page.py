"""The list of datasets, in the browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import new_page, visit
from tests.ui.files import chat, create_dataset, write_lines

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app_url(own_url: str) -> str:
    """A server of its own: the list has what these tests put there."""
    return own_url


@pytest.fixture(scope="module")
def filled_url(app_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The server with two datasets."""
    path = write_lines(tmp_path_factory.mktemp("file") / "x.jsonl", *map(chat, range(8)))
    create_dataset(app_url, path, name="parcel-support", objective="Answer shipping questions")
    create_dataset(app_url, path, name="fare-rules", objective="Quote the policy")
    return app_url


def test_search_narrows_the_list_and_can_be_cleared(page: Page, filled_url: str) -> None:
    visit(page, f"{filled_url}/optimization")
    expect(page.get_by_role("article")).to_have_count(2)

    page.keyboard.press("/")
    page.keyboard.type("policy")
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article", name="fare-rules")).to_be_visible()

    page.keyboard.press("Control+a")
    page.keyboard.type("nowhere")
    page.get_by_role("button", name="Show all datasets").click()
    expect(page.get_by_role("article")).to_have_count(2)
    expect(page.get_by_label("Search datasets")).to_have_value("")


def test_a_card_leads_to_its_canvas_by_keyboard(page: Page, filled_url: str) -> None:
    visit(page, f"{filled_url}/optimization")
    expect(page.get_by_role("article")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/optimization/ds_"))


def test_the_palette_goes_to_a_dataset(page: Page, filled_url: str) -> None:
    visit(page, f"{filled_url}/optimization")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option", name="parcel-support")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or run a command").fill("parcel")
    page.keyboard.press("Enter")
    expect(page.get_by_role("banner").get_by_text("parcel-support")).to_be_visible()


def test_the_chosen_theme_is_remembered(page: Page, filled_url: str) -> None:
    visit(page, f"{filled_url}/optimization")
    page.get_by_role("button", name="Use the light theme").click()
    expect(page.locator("html")).to_have_class(re.compile("light"))
    page.reload()
    expect(page.locator("html")).to_have_class(re.compile("light"))
    expect(page.get_by_role("button", name="Use the dark theme")).to_be_visible()


def test_deleting_asks_for_the_name_and_tells_other_tabs(
    page: Page, chromium: Browser, app_url: str, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "x.jsonl", chat(1))
    dataset_id = create_dataset(app_url, path, name="short-lived", objective="Go away")
    with new_page(chromium, app_url) as other:
        visit(other, f"{app_url}/optimization/{dataset_id}")
        expect(other.locator('[data-step="extract"]')).to_have_attribute("data-status", "complete")
        visit(page, f"{app_url}/optimization")
        page.get_by_role("button", name="More actions for short-lived").click()
        page.get_by_role("menuitem", name="Delete…").click()
        confirm = page.get_by_role("button", name="Delete dataset")
        expect(confirm).to_be_disabled()
        page.get_by_label("Type the dataset's name to confirm").fill("short-lived")
        confirm.click()

        expect(page.get_by_text("Deleted short-lived")).to_be_visible()
        expect(page.get_by_role("article", name="short-lived")).to_have_count(0)
        expect(other.get_by_text("This dataset is not there")).to_be_visible()


def test_a_phone_shows_cards_and_steps_without_sideways_scrolling(
    phone: Page, filled_url: str
) -> None:
    for address in ("/optimization", "/optimization/new"):
        visit(phone, f"{filled_url}{address}")
        assert _overflow(phone) == 0
    visit(phone, f"{filled_url}/optimization")
    phone.get_by_role("link", name="parcel-support").click()
    expect(phone.get_by_role("list", name="The seven steps").get_by_role("listitem")).to_have_count(
        7
    )
    assert _overflow(phone) == 0


def _overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_an_unknown_address_says_so(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/nowhere")
    expect(page.get_by_text("There is no page here")).to_be_visible()
