"""The page of a training in the browser: what is there without one, and how the dialog leads on."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import visit
from tests.ui.files import create_dataset, wait_for_records, write_lines

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def dataset_url(app_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    rows = [{"prompt": f"Question {number}?", "completion": "Yes"} for number in range(40)]
    path = write_lines(tmp_path_factory.mktemp("file") / "few.jsonl", *rows)
    found = create_dataset(app_url, path, name="few", objective="Learn")
    wait_for_records(app_url, found)
    return f"{app_url}/optimization/{found}"


def test_an_address_without_a_training_says_so(page: Page, dataset_url: str) -> None:
    visit(page, f"{dataset_url}/training/train_none")
    expect(page.get_by_role("heading", name="This training is not there")).to_be_visible()
    page.get_by_role("link", name="All datasets").last.click()
    expect(page.get_by_role("heading", name="Datasets", exact=True)).to_be_visible()


def test_what_keeps_a_training_from_starting_is_said(page: Page, dataset_url: str) -> None:
    visit(page, f"{dataset_url}?step=train")
    dialog = page.get_by_role("dialog")
    start = dialog.get_by_role("button", name="Start training")
    expect(start).to_be_disabled()
    expect(start).to_have_attribute("title", "Something keeps it from starting: see the checks")
    expect(dialog.get_by_text("no grader", exact=False).first).to_be_visible()

    dialog.get_by_text("Advanced").click()
    steps = dialog.get_by_label("Number of steps")
    steps.fill("none")
    steps.press("Tab")
    expect(dialog.get_by_role("alert")).to_contain_text("num_steps")
    steps.fill("7")
    steps.press("Tab")
    expect(dialog.get_by_text("7 training steps")).to_be_visible()
    expect(dialog.get_by_text("1 set by hand")).to_be_visible()
