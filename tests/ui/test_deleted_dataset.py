"""A dataset that somebody deletes while another tab is in the middle of something."""

import re
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from rft_app.ui.state.modal import DIALOGS, STEP_MODALS
from tests.browser import PHONE, WIDE, new_page, visit
from tests.ui.files import chat, create_dataset, wait_for_records, write_lines

pytestmark = pytest.mark.browser

QUERIES = (
    "",
    "records=all",
    *(f"step={step}" for step in STEP_MODALS),
    *(f"dialog={name}" for name in DIALOGS),
)


def make_dataset(app_url: str, folder: Path) -> str:
    lines = write_lines(folder / "orders.jsonl", *map(chat, range(6)))
    found = create_dataset(app_url, lines, name="orders", objective="Answer")
    wait_for_records(app_url, found)
    return found


def delete(app_url: str, dataset_id: str) -> None:
    answer = httpx2.delete(f"{app_url}/api/optimization/datasets/{dataset_id}")
    assert answer.status_code == 204, answer.text


def expect_the_way_back(page: Page) -> None:
    """The page says what happened and leads to the list, which can be used."""
    expect(page.get_by_text("This dataset is not there")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("main").get_by_role("link", name="All datasets").click()
    page.wait_for_url(re.compile(r"/optimization/?$"))
    page.get_by_role("link", name=re.compile("New dataset|Create")).first.click(trial=True)


@pytest.mark.parametrize("query", QUERIES)
def test_a_tab_with_it_open_says_so_and_leads_back(
    chromium: Browser, app_url: str, tmp_path: Path, query: str
) -> None:
    dataset_id = make_dataset(app_url, tmp_path)
    with new_page(chromium, app_url, PHONE if query == "records=all" else WIDE) as page:
        visit(page, f"{app_url}/optimization/{dataset_id}?{query}")
        if query:
            expect(page.get_by_role("dialog").first).to_be_visible()
        delete(app_url, dataset_id)
        expect_the_way_back(page)


def test_what_was_being_typed_is_not_asked_about_any_more(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    dataset_id = make_dataset(app_url, tmp_path)
    visit(page, f"{app_url}/optimization/{dataset_id}/settings")
    page.get_by_label("Objective").fill("Never saved")
    delete(app_url, dataset_id)
    expect_the_way_back(page)


def test_its_old_address_says_so_at_once(page: Page, app_url: str) -> None:
    for query in QUERIES:
        visit(page, f"{app_url}/optimization/ds_0000000000000000?{query}")
        expect_the_way_back(page)
