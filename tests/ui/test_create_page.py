"""From a file to a dataset on its canvas, in the browser."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import visit
from tests.ui.files import chat, write_lines

pytestmark = pytest.mark.browser


def upload(page: Page, app_url: str, path: Path) -> None:
    visit(page, f"{app_url}/optimization/new?source=upload")
    page.set_input_files("input[type=file]", path)


def create_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Create Dataset & Start →")


def wait_for_records(page: Page) -> None:
    """Until the dataset that was created has imported its file and extracted itself."""
    page.wait_for_url(re.compile(r"/optimization/ds_"))
    extract = page.locator('[data-step="extract"]')
    expect(extract).to_have_attribute("data-status", "complete", timeout=60_000)


def test_a_file_with_bad_rows_becomes_a_dataset_that_extracts_itself(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    silent = {"role": "assistant", "content": ""}
    empty_answer = {"messages": [{"role": "user", "content": "?"}, silent]}
    rows = [chat(number) for number in range(20)]
    upload(page, app_url, write_lines(tmp_path / "Shop Chats.jsonl", *rows, empty_answer, b"{oops"))

    expect(page.get_by_text("21 parsed")).to_be_visible()
    expect(page.get_by_text("2 invalid")).to_be_visible()
    expect(page.get_by_text("Where is order 0?")).to_be_visible()
    page.get_by_role("button", name="View errors").click()
    expect(page.get_by_text("Line 22")).to_be_visible()

    expect(page.get_by_label("Name")).to_have_value("shop-chats")
    expect(
        page.get_by_text("20 of 21 share it").or_(page.get_by_text("in 21 rows"))
    ).to_be_visible()
    page.get_by_label("Objective").fill("")
    expect(create_button(page)).to_be_disabled()
    expect(page.get_by_text("Say what the model should get better at.")).to_be_visible()
    page.get_by_label("Objective").fill("Answer shipping questions")
    create_button(page).click()

    wait_for_records(page)
    expect(page.locator('[data-step="topics"]')).to_have_attribute("data-status", "ready")
    expect(page.get_by_text("20 valid records")).to_be_visible()
    expect(page.get_by_text("1 empty content")).to_be_visible()
    expect(page.get_by_text("1 row of Shop Chats.jsonl is not JSON")).to_be_visible()


def test_rows_of_unknown_shape_are_mapped_by_hand(page: Page, app_url: str, tmp_path: Path) -> None:
    rows = [{"frage": f"What is {n} + 1?", "loesung": str(n + 1)} for n in range(12)]
    upload(page, app_url, write_lines(tmp_path / "sums.jsonl", *rows))

    expect(page.get_by_text("Map the columns")).to_be_visible()
    expect(page.get_by_text("No row can be read yet. Map its columns.")).to_be_visible()
    page.get_by_label("Question").select_option("frage")
    expect(page.get_by_text("What is 0 + 1?").last).to_be_visible()
    page.get_by_label("Reference").select_option("loesung")
    page.get_by_label("Objective").fill("Add one")
    create_button(page).click()

    wait_for_records(page)
    expect(page.get_by_text("12 valid records")).to_be_visible()


def test_on_a_phone_every_answer_gives_one_record_per_assistant_turn(
    phone: Page, app_url: str, tmp_path: Path
) -> None:
    turns = [*chat(1)["messages"], *chat(2)["messages"]]
    upload(phone, app_url, write_lines(tmp_path / "two.jsonl", {"messages": turns}))
    phone.get_by_role("radio", name="Every answer").click()
    phone.get_by_label("Objective").fill("Answer both")
    create_button(phone).click()

    phone.wait_for_url(re.compile(r"/optimization/ds_"))
    steps = phone.get_by_role("list", name="The seven steps").get_by_role("listitem")
    expect(steps).to_have_count(7)
    expect(steps.first).to_contain_text("2 records · 0% invalid", timeout=60_000)
    expect(steps.first).to_contain_text("Complete")
    expect(steps.nth(1)).to_contain_text("Next")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (bytes(range(256)) * 40, "text"), (b"nothing here\nis JSON\n", "JSON")],
    ids=["empty", "binary", "not JSON"],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(
    page: Page, app_url: str, tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_bytes(content)
    upload(page, app_url, path)

    expect(page.get_by_text(re.compile(reason)).first).to_be_visible()
    expect(create_button(page)).to_be_disabled()


def test_an_upload_that_is_cancelled_on_its_way_leaves_nothing(
    page: Page, app_url: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}
    stored = tmp_path_factory.getbasetemp()
    others = set(stored.rglob("upl_*"))
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    upload(page, app_url, write_lines(tmp_path / "small.jsonl", *map(chat, range(3))))
    expect(page.get_by_text("3 parsed")).to_be_visible()
    page.get_by_role("button", name="Remove").click()

    network.send("Network.emulateNetworkConditions", slow)
    long = [{**chat(number), "note": "x" * 4000} for number in range(2_000)]
    page.set_input_files("input[type=file]", write_lines(tmp_path / "long.jsonl", *long))
    expect(page.get_by_role("progressbar", name="Upload")).to_be_visible()
    page.get_by_role("status").get_by_role("button", name="Cancel").click()
    end = time.monotonic() + 20
    expect(page.get_by_role("progressbar", name="Upload")).to_be_hidden()
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})

    page.set_input_files("input[type=file]", tmp_path / "small.jsonl")
    expect(page.get_by_text("3 parsed")).to_be_visible()
    expect(page.get_by_text("long.jsonl")).to_have_count(0)
    while unwanted := [
        file for file in set(stored.rglob("upl_*")) - others if file.stat().st_size > 20_000
    ]:
        page.wait_for_timeout(200)
        assert time.monotonic() < end, unwanted


def test_a_begun_dataset_is_asked_about_before_the_page_is_left(page: Page, app_url: str) -> None:
    visit(page, f"{app_url}/optimization/new?source=upload")
    page.get_by_label("Objective").fill("Answer parcel questions")
    expect(page.get_by_text("Choose a file first.")).to_be_visible()
    page.get_by_role("link", name="Datasets").first.click()
    question = page.get_by_role("dialog", name="Leave without saving?")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    expect(page.get_by_label("Objective")).to_have_value("Answer parcel questions")
    page.get_by_role("link", name="Datasets").first.click()
    question.get_by_role("button", name="Leave without saving").click()
    page.wait_for_url(re.compile(r"/optimization/?$"))
