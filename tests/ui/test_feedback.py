"""The Feedback tab: a queue on the keyboard, by mouse and on a phone; and the Datasets tab."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import new_page, visit
from tests.ui.files import chat, create_dataset, wait_for_records, write_lines

pytestmark = pytest.mark.browser
WAIT_MS = 60_000
FEEDBACK = "/api/training/feedback"


class Reviewed:
    """A fresh dataset."""

    def __init__(self, url: str, folder: Path, number: int) -> None:
        self.url = url
        rows = [chat(n) | ({"feedback": {"rating": 0.4}} if n == 2 else {}) for n in range(number)]
        path = write_lines(folder / "orders.jsonl", *rows)
        self.dataset_id = create_dataset(url, path, name=folder.name, objective="Say where it is")
        wait_for_records(url, self.dataset_id)
        listed = self.get(f"/api/optimization/datasets/{self.dataset_id}/records")
        self.records = [record["id"] for record in reversed(listed)]

    @property
    def address(self) -> str:
        return f"{self.url}/training?tab=feedback&dataset={self.dataset_id}"

    def get(self, path: str) -> Any:
        return httpx2.get(self.url + path, timeout=30).json()

    def said(self, reviewer: str = "Ann") -> dict[str, dict[str, Any]]:
        """Feedback of one person by record."""
        found = self.get(f"{FEEDBACK}?datasetId={self.dataset_id}&reviewer={reviewer}")
        return {one["recordId"]: one for one in found}

    def say(self, record: str, reviewer: str, **said: Any) -> None:
        body = {"datasetId": self.dataset_id, "recordId": record, "reviewer": reviewer, **said}
        assert httpx2.post(self.url + FEEDBACK, json=body, timeout=30).status_code == 200

    def add_answers(self, *texts: str) -> None:
        """Import rollouts of the first record."""
        lines = "\n".join(
            f'{{"record_id": "{self.records[0]}", "output": "{text}", "model": "m-{n}"}}'
            for n, text in enumerate(texts, 1)
        )
        answer = httpx2.post(
            f"{self.url}/api/optimization/datasets/{self.dataset_id}/rollouts/import?wait=60",
            files={"file": ("rollouts.jsonl", lines.encode())},
            timeout=90,
        )
        assert answer.status_code == 200, answer.text


@pytest.fixture
def reviewed(app_url: str, tmp_path: Path) -> Reviewed:
    return Reviewed(app_url, tmp_path, 6)


@pytest.fixture
def visitor(chromium: Browser, reviewed: Reviewed) -> Iterator[Page]:
    with new_page(chromium, reviewed.url) as page:
        visit(page, reviewed.address)
        yield page


def introduce(page: Page, name: str = "Ann") -> None:
    page.get_by_label("Name").fill(name)
    page.keyboard.press("Enter")


def record(page: Page, number: int) -> Locator:
    """The card, once it shows the question of this number."""
    return page.get_by_role("article", name="The record").filter(
        has_text=f"Where is order {number}?"
    )


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_person_reviews_by_the_keyboard_alone(visitor: Page, reviewed: Reviewed) -> None:
    ids = reviewed.records
    expect(visitor.get_by_label("Name")).to_be_focused()
    introduce(visitor)
    expect(record(visitor, 0)).to_be_visible()
    expect(visitor.get_by_text("0 of 6 done by you")).to_be_visible()

    press(visitor, "u")
    expect(record(visitor, 1)).to_be_visible()
    expect(visitor.get_by_text("1 of 6 done by you")).to_be_visible()
    press(visitor, "4")
    expect(record(visitor, 2)).to_be_visible()
    press(visitor, "-")
    expect(record(visitor, 3)).to_be_visible()
    expect(visitor.get_by_role("status").filter(has_text=f"Thumb down · {ids[2]}")).to_be_visible()

    said = reviewed.said()
    assert [said[one]["thumb"] for one in ids[:3]] == ["up", None, "down"]
    assert said[ids[1]]["rating"] == 4
    press(visitor, "z")
    expect(record(visitor, 2)).to_be_visible()
    expect(visitor.get_by_text("2 of 6 done by you")).to_be_visible()
    assert ids[2] not in reviewed.said()


def test_an_answer_is_corrected_by_keys_and_taken_back(visitor: Page, reviewed: Reviewed) -> None:
    introduce(visitor)
    expect(record(visitor, 0)).to_be_visible()
    press(visitor, "e")
    editor = visitor.get_by_label("The right answer")
    expect(editor).to_be_focused()
    expect(editor).to_have_value("Order 0 is on its way.")
    press(visitor, "Control+a")
    visitor.keyboard.type("Order 0 is u4 at the depot.")
    press(visitor, "Control+Enter")
    expect(record(visitor, 1)).to_be_visible()

    [said] = reviewed.said().values()
    path = f"/api/optimization/datasets/{reviewed.dataset_id}/records/{said['correction']}"
    made = reviewed.get(path)
    assert made["data"]["output"]["messages"][0]["content"] == "Order 0 is u4 at the depot."
    assert made["parentId"] == reviewed.records[0]

    press(visitor, "z")
    expect(record(visitor, 0)).to_be_visible()
    expect(visitor.get_by_text("0 of 6 done by you")).to_be_visible()
    assert reviewed.said() == {}
    assert reviewed.get(path)["isArchived"] is True


def test_notes_and_tags_are_written_without_the_mouse(visitor: Page, reviewed: Reviewed) -> None:
    introduce(visitor)
    expect(record(visitor, 0)).to_be_visible()
    press(visitor, "n")
    expect(visitor.get_by_role("textbox", name="Note")).to_be_focused()
    visitor.keyboard.type("Polite, but slow")
    press(visitor, "Control+Enter")
    expect(visitor.get_by_role("listitem").filter(has_text="Polite, but slow")).to_be_visible()
    assert reviewed.said()[reviewed.records[0]]["note"] == "Polite, but slow"

    press(visitor, "t")
    tag = visitor.get_by_role("textbox", name="New tag")
    expect(tag).to_be_focused()
    visitor.keyboard.type("to check")
    press(visitor, "Enter")
    expect(visitor.get_by_role("button", name="Take the tag to check away")).to_be_visible()
    tagged = f"/api/optimization/datasets/{reviewed.dataset_id}/records?tag=to%20check"
    assert [one["id"] for one in reviewed.get(tagged)] == reviewed.records[:1]
    press(visitor, "Escape")
    expect(tag).to_be_hidden()
    press(visitor, "z")
    expect(visitor.get_by_role("listitem").filter(has_text="to check")).to_be_hidden()
    assert reviewed.get(tagged) == []


def test_one_can_skip_go_back_and_return_to_what_was_skipped(visitor: Page) -> None:
    introduce(visitor)
    expect(record(visitor, 0)).to_be_visible()
    press(visitor, "s")
    expect(record(visitor, 1)).to_be_visible()
    press(visitor, "k")
    expect(record(visitor, 0)).to_be_visible()
    press(visitor, "u")
    for number in range(1, 6):
        expect(record(visitor, number)).to_be_visible()
        press(visitor, "j")
    expect(visitor.get_by_text("5 that you skipped still wait.")).to_be_visible()
    visitor.get_by_role("button", name="Show the skipped ones").click()
    expect(record(visitor, 1)).to_be_visible()


def test_a_verdict_can_be_changed_and_taken_away(visitor: Page, reviewed: Reviewed) -> None:
    introduce(visitor)
    expect(record(visitor, 0)).to_be_visible()
    goes_on = visitor.get_by_label("Go on after a verdict")
    goes_on.click()
    expect(goes_on).not_to_be_checked()
    verdict = visitor.get_by_role("region", name="Your verdict")
    good = verdict.get_by_role("button", name="Good")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "true")
    verdict.get_by_role("button", name="Rate 5 of 5").click()
    expect(verdict.get_by_role("button", name="Rate 5 of 5")).to_have_attribute(
        "aria-pressed", "true"
    )
    good.click()
    expect(good).to_have_attribute("aria-pressed", "false")
    [said] = reviewed.said().values()
    assert (said["thumb"], said["rating"]) == (None, 5)


def test_of_two_answers_one_is_chosen(chromium: Browser, reviewed: Reviewed) -> None:
    reviewed.add_answers("Ask the carrier.", "It arrives today.")
    with new_page(chromium, reviewed.url) as page:
        visit(page, reviewed.address)
        introduce(page)
        expect(record(page, 0)).to_be_visible()
        press(page, "p")
        answers = page.get_by_role("region", name="Two answers")
        expect(answers.get_by_text("Ask the carrier.")).to_be_visible()
        answers.get_by_label("Answer 2", exact=True).select_option("m-2")
        expect(answers.get_by_text("It arrives today.")).to_be_visible()
        press(page, "2")
        expect(record(page, 1)).to_be_visible()
        [said] = reviewed.said().values()
        assert (said["rejected"], said["chosen"].startswith("roll_")) == ("recorded", True)
        press(page, "p")
        expect(answers).to_be_hidden()
        expect(page.get_by_text("Needs two answers; this record has fewer")).to_be_visible()
        press(page, "k")
        expect(page.get_by_text("m-2 over Recorded answer")).to_be_visible()


def test_only_what_the_filter_shows_is_asked(visitor: Page, reviewed: Reviewed) -> None:
    introduce(visitor)
    expect(record(visitor, 0)).to_be_visible()
    visitor.get_by_label("Recorded reward").select_option("With a recorded reward")
    expect(record(visitor, 2)).to_be_visible()
    expect(visitor.get_by_text("came with")).to_have_text(
        f'{reviewed.records[2]} · upload · came with reward 0.40 · feedback {{"rating":0.4}}'
    )
    expect(visitor.get_by_text("0 of 1 done by you")).to_be_visible()
    press(visitor, "d")
    expect(visitor.get_by_text("Nothing left that matches")).to_be_visible()
    visitor.get_by_role("button", name="Show all records").click()
    expect(record(visitor, 0)).to_be_visible()
    press(visitor, "/")
    visitor.keyboard.type("order 4")
    expect(record(visitor, 4)).to_be_visible()
    expect(visitor.get_by_text("0 of 1 done by you")).to_be_visible()


def test_a_record_that_somebody_corrected_meanwhile_is_told(
    visitor: Page, reviewed: Reviewed
) -> None:
    introduce(visitor)
    expect(record(visitor, 0)).to_be_visible()
    reviewed.say(reviewed.records[0], "Bob", output="On Monday.")
    press(visitor, "u")
    expect(visitor.get_by_role("alert")).to_contain_text("was corrected or deleted meanwhile")
    expect(record(visitor, 0)).to_be_visible()
    assert reviewed.said() == {}
    press(visitor, "j")
    expect(record(visitor, 1)).to_be_visible()
    expect(visitor.get_by_role("alert")).to_be_hidden()


def test_what_is_no_correction_stays_in_the_editor(visitor: Page, reviewed: Reviewed) -> None:
    introduce(visitor)
    expect(record(visitor, 0)).to_be_visible()
    press(visitor, "e")
    editor = visitor.get_by_label("The right answer")
    editor.fill(" ")
    press(visitor, "Control+Enter")
    expect(visitor.get_by_role("alert")).to_have_text("The corrected answer is empty; write one.")
    editor.fill("Order 0 is on its way.")
    visitor.get_by_role("button", name="Save the correction").click()
    expect(visitor.get_by_role("alert")).to_contain_text("Nothing is different")
    expect(editor).to_have_value("Order 0 is on its way.")
    press(visitor, "Escape")
    expect(editor).to_be_hidden()
    assert reviewed.said() == {}


def test_a_file_of_feedback_is_imported_and_people_are_compared(
    visitor: Page, reviewed: Reviewed, tmp_path: Path
) -> None:
    introduce(visitor)
    for number, key in enumerate("uud"):
        expect(record(visitor, number)).to_be_visible()
        press(visitor, key)
    expect(record(visitor, 3)).to_be_visible()
    path = tmp_path / "said.csv"
    rows = zip(reviewed.records, ("up", "down", "down", "sideways"), strict=False)
    path.write_text("record_id,reviewer,thumb\n" + "".join(f"{id_},Bob,{t}\n" for id_, t in rows))
    visitor.get_by_role("button", name="Import feedback").click()
    dialog = visitor.get_by_role("dialog", name="Import feedback")
    dialog.locator("input[type=file]").set_input_files(path)
    expect(dialog.get_by_text("said.csv")).to_be_visible()
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(dialog.get_by_text("3 rows imported.")).to_be_visible(timeout=WAIT_MS)
    expect(dialog.get_by_text("`thumb` is 'sideways'. Write up or down.")).to_be_visible()
    dialog.get_by_role("button", name="Go on reviewing").click()
    agreement = visitor.get_by_role("region", name="Agreement")
    expect(agreement.get_by_text("Ann and Bob")).to_be_visible()
    expect(agreement.get_by_text("κ 0.40")).to_be_visible()
    expect(agreement.get_by_text("the same on 67% of 3 records")).to_be_visible()
    expect(record(visitor, 3)).to_be_visible()


def test_on_a_phone_thumbs_stay_in_reach(phone: Page, reviewed: Reviewed) -> None:
    visit(phone, reviewed.address)
    introduce(phone)
    expect(record(phone, 0)).to_be_visible()
    phone.get_by_role("button", name="Good").click()
    expect(record(phone, 1)).to_be_visible()
    phone.get_by_role("button", name="Skip").click()
    expect(record(phone, 2)).to_be_visible()
    phone.get_by_role("button", name="Undo").click()
    expect(record(phone, 0)).to_be_visible()
    assert reviewed.said() == {}
    assert phone.evaluate("document.documentElement.scrollWidth") == 390


def test_the_name_is_asked_once_and_can_be_changed(visitor: Page, reviewed: Reviewed) -> None:
    introduce(visitor)
    expect(record(visitor, 0)).to_be_visible()
    visit(visitor, reviewed.address)
    expect(record(visitor, 0)).to_be_visible()
    visitor.get_by_role("button", name="Change", exact=True).click()
    introduce(visitor, "Bob")
    expect(record(visitor, 0)).to_be_visible()
    press(visitor, "u")
    expect(record(visitor, 1)).to_be_visible()
    assert list(reviewed.said("Bob")) == reviewed.records[:1]


def test_the_tab_is_in_the_address_and_unknown_ones_open_the_first(
    visitor: Page, reviewed: Reviewed
) -> None:
    tabs = visitor.get_by_role("tablist", name="Training")
    tabs.get_by_role("tab", name="Datasets").click()
    expect(visitor).to_have_url(f"{reviewed.url}/training?tab=datasets")
    expect(tabs.get_by_role("tab", name="Datasets")).to_have_attribute("aria-selected", "true")
    visitor.go_back()
    expect(tabs.get_by_role("tab", name="Feedback")).to_have_attribute("aria-selected", "true")
    visit(visitor, f"{reviewed.url}/training?tab=nonsense")
    expect(tabs.get_by_role("tab", name="Feedback")).to_have_attribute("aria-selected", "true")
    visitor.get_by_role("navigation", name="Main").get_by_role("link", name="Training").click()
    expect(visitor).to_have_url(f"{reviewed.url}/training")


def test_on_a_phone_datasets_show_what_they_are_made_of_and_can_give(
    phone: Page, reviewed: Reviewed, tmp_path: Path
) -> None:
    reviewed.say(reviewed.records[0], "Bob", output="On Monday.")
    visit(phone, f"{reviewed.url}/training?tab=datasets")
    row = phone.get_by_role("listitem").filter(has_text=tmp_path.name)
    expect(row.get_by_text("6 records")).to_be_visible()
    expect(row.get_by_text("83% uploads · 17% corrections · 1 feedback")).to_be_visible()
    expect(row.get_by_text("Hugging Face TRL SFT")).to_be_visible()
    expect(row.get_by_role("link", name="Export this dataset")).to_have_attribute(
        "href", f"/training?tab=export&dataset={reviewed.dataset_id}"
    )
    figures = phone.get_by_label("How much there is")
    expect(figures.get_by_text("feedback")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
