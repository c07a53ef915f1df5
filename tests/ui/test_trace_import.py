"""Logs and exports among the traces, in the browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import new_page, visit
from tests.ui.files import write_lines

pytestmark = pytest.mark.browser
WAIT_MS = 60_000


def test_both_files_of_a_batch_are_imported_and_their_bad_rows_are_told(
    chromium: Browser, app_url: str, tmp_path: Path
) -> None:
    answer = {"choices": [{"message": {"role": "assistant", "content": "By tram."}}]}
    question = {"role": "user", "content": "How do I reach the lakeside pavilion?"}
    row = {"id": "lake-1", "custom_id": "lake", "response": {"status_code": 200, "body": answer}}
    asked = {"custom_id": "lake", "body": {"messages": [question]}}
    files = (
        write_lines(tmp_path / "output.jsonl", row, b"{oops"),
        write_lines(tmp_path / "input.jsonl", asked),
    )

    with new_page(chromium, app_url) as page:
        visit(page, f"{app_url}/traces")
        page.get_by_role("button", name="Import", exact=True).click()
        dialog = page.get_by_role("dialog", name="Import traces")
        chosen = dialog.get_by_role("list", name="Chosen files").get_by_role("listitem")
        dialog.locator("input[type=file]").set_input_files([files[0], files[1]])
        expect(chosen).to_have_count(2)
        chosen.nth(1).get_by_role("button", name="Remove this file").click()
        expect(chosen).to_have_count(1)
        dialog.locator("input[type=file]").set_input_files(4 * [files[1]])
        expect(dialog.get_by_text("These are 5 files; at most 4 are taken")).to_be_visible()
        dialog.locator("input[type=file]").set_input_files(files[1])
        expect(chosen).to_have_count(2)
        dialog.get_by_role("button", name="Import", exact=True).click()
        expect(dialog.get_by_text("1 row imported.")).to_be_visible(timeout=WAIT_MS)
        expect(dialog.get_by_role("list", name="Bad rows").get_by_text("Line 2")).to_be_visible()
        dialog.get_by_role("button", name="Show the traces").click()
        expect(dialog).to_be_hidden()
        expect(page.get_by_text("lakeside pavilion").first).to_be_visible(timeout=WAIT_MS)
