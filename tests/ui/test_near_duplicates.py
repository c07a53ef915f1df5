"""Near-duplicates in the dialog of step 1, in the browser."""

import random
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import visit
from tests.ui.files import create_dataset, wait_for_records, write_lines

pytestmark = pytest.mark.browser
WORDS = [f"word{number}" for number in range(300)]


def make_rows() -> list[dict[str, Any]]:
    """30 unlike questions; two of them are repeated with one more word."""
    chance = random.Random(5)
    texts = [" ".join(chance.choices(WORDS, k=30)) for _ in range(30)]
    texts += [f"{texts[0]} please", f"{texts[0]} quickly", f"{texts[1]} tomorrow"]
    return [{"prompt": text, "completion": f"Answer {number}"} for number, text in enumerate(texts)]


@pytest.fixture(scope="module")
def dataset_url(app_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = write_lines(tmp_path_factory.mktemp("file") / "near.jsonl", *make_rows())
    found = create_dataset(app_url, path, name="near", objective="Learn")
    wait_for_records(app_url, found)
    return f"{app_url}/optimization/{found}"


@pytest.fixture
def extract(page: Page, dataset_url: str) -> Page:
    visit(page, f"{dataset_url}?step=extract")
    return page


def test_a_group_is_reviewed_archived_and_taken_back(extract: Page) -> None:
    extract.get_by_role("button", name="Find near-duplicates").click()
    expect(extract.get_by_text("2 groups, 2 not decided yet")).to_be_visible()
    group = extract.get_by_role("region", name="Group of near-duplicates")
    expect(group.get_by_text("3 records that ask nearly the same")).to_be_visible()
    expect(group.locator("ins", has_text="quickly")).to_be_visible()
    expect(group.get_by_role("checkbox", name="Keep record 1")).to_be_checked()

    group.get_by_role("checkbox", name="Keep record 2").click()
    group.get_by_role("button", name="Keep 2, archive 1").click()
    expect(group.get_by_text("1 archived")).to_be_visible()
    expect(extract.get_by_text("2 groups, 1 not decided yet")).to_be_visible()
    expect(extract.get_by_text("32 in all")).to_be_visible()

    group.get_by_role("button", name="Take back").click()
    expect(extract.get_by_text("2 groups, 2 not decided yet")).to_be_visible()
    expect(extract.get_by_text("33 in all")).to_be_visible()

    group.get_by_role("button", name="Next group").click()
    expect(group.get_by_text("2 records that ask nearly the same")).to_be_visible()
    group.get_by_role("button", name="Keep all").click()
    expect(group.get_by_text("all kept")).to_be_visible()


def test_all_suggestions_are_followed_after_a_question(extract: Page) -> None:
    expect(extract.get_by_text("1 not decided yet")).to_be_visible()
    extract.get_by_role("button", name="Keep all suggestions, archive 2").click()
    question = extract.get_by_role("dialog", name="Archive 2 near-duplicates?")
    question.get_by_role("button", name="Archive 2").click()
    expect(extract.get_by_text("2 groups, 0 not decided yet")).to_be_visible()
    expect(extract.get_by_text("31 in all")).to_be_visible()


def test_on_a_phone_a_group_that_was_kept_stays_so_in_the_next_search(
    phone: Page, dataset_url: str
) -> None:
    visit(phone, f"{dataset_url}?step=extract")
    phone.get_by_role("button", name="Search again").click()
    group = phone.get_by_role("region", name="Group of near-duplicates")
    expect(phone.get_by_text("1 group, 0 not decided yet")).to_be_visible()
    expect(group.get_by_role("button", name="Take back")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
