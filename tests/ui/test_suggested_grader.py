"""A suggested grader in the browser: it fills the form, says why, and is saved by the person."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import new_page, visit
from tests.ui.files import create_dataset, wait_for_records, write_lines
from tests.ui.test_accessibility import scan

pytestmark = pytest.mark.browser

WAIT_MS = 60_000


@pytest.fixture(scope="module")
def dataset(app_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a dataset of sums, each with its number as reference."""
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"What is {n} and {n}?"},
                {"role": "assistant", "content": f"It is {2 * n}."},
            ],
            "reference": str(2 * n),
        }
        for n in range(1, 25)
    ]
    path = write_lines(tmp_path_factory.mktemp("file") / "sums.jsonl", *rows)
    found = create_dataset(app_url, path, name="sums", objective="Add numbers")
    wait_for_records(app_url, found)
    return f"{app_url}/optimization/{found}"


@pytest.fixture
def visitor(chromium: Browser, app_url: str) -> Iterator[Page]:
    """Somebody at 1440×900."""
    with new_page(chromium, app_url) as page:
        yield page


def test_a_suggestion_fills_the_form_and_an_edit_takes_its_reason_away(
    visitor: Page, dataset: str
) -> None:
    visit(visitor, f"{dataset}/grader")
    main = visitor.get_by_role("main")
    main.get_by_role("button", name="Suggest", exact=True).click()
    expect(main).to_contain_text("Every reference looked at is a number", timeout=WAIT_MS)
    expect(main).to_contain_text("It was not checked")
    editor = main.get_by_role("textbox", name="Grader script")
    expect(editor).to_contain_text("last_number")
    assert not scan(visitor)

    main.get_by_role("button", name="Suggest", exact=True).click()
    expect(main.get_by_role("alert")).to_contain_text(
        "Save or discard your changes before a grader is suggested."
    )
    main.get_by_role("radio", name="String check").click()
    expect(main).not_to_contain_text("Every reference looked at is a number")
    main.get_by_role("radio", name="Script").click()
    expect(main).to_contain_text("Every reference looked at is a number")
    save = main.get_by_role("button", name="Save as v1")
    expect(save).to_be_enabled(timeout=WAIT_MS)
    save.click()
    expect(main).to_contain_text("No unsaved changes.", timeout=WAIT_MS)
