"""The topics in the browser: a file taken, the tree edited by mouse and keys, unsure records."""

import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from tests.browser import new_page, settle, visit
from tests.ui.files import create_dataset, wait_for_records, write_lines

pytestmark = pytest.mark.browser

WAIT_MS = 60_000
SUBJECTS = ("refund my parcel", "change the delivery address", "track the lost package")
STRANGE = ("改签机票", "Ich möchte umbuchen", "12345", "zzz qqq")
TREE = {
    "version": "1",
    "topics": {
        "Money": {"subtopics": ["Money/Refund"]},
        "Money/Refund": {"keywords": ["refund", "refund my parcel"], "targetPercentage": 50},
        "Address": {"keywords": ["delivery address", "change the delivery address"]},
        "Lost": {"keywords": ["lost package", "track the lost package"]},
    },
}


def row(text: str) -> dict[str, Any]:
    """A question with an answer."""
    return {
        "messages": [
            {"role": "user", "content": text},
            {"role": "assistant", "content": f"Done: {text}"},
        ]
    }


@pytest.fixture(scope="module")
def dataset(app_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a dataset with 60 clear and 4 strange questions."""
    path = tmp_path_factory.mktemp("file") / "parcels.jsonl"
    clear = [row(f"Please {SUBJECTS[n % 3]}, number {n}.") for n in range(60)]
    write_lines(path, *clear, *map(row, STRANGE))
    found = create_dataset(app_url, path, name="parcels", objective="Answer parcel questions")
    wait_for_records(app_url, found)
    return f"{app_url}/optimization/{found}"


@pytest.fixture(scope="module")
def visitor(chromium: Browser, app_url: str) -> Iterator[Page]:
    """One visitor who does all of this in order."""
    with new_page(chromium, app_url) as page:
        yield page


def front(page: Page) -> Locator:
    """The dialog in front."""
    return page.get_by_role("dialog").last


def open_topics(page: Page, dataset: str) -> Locator:
    """The topics dialog, opened by its address."""
    visit(page, f"{dataset}?step=topics")
    expect(page.get_by_role("tree", name="Topics")).to_be_visible()
    return front(page)


def names(page: Page) -> Locator:
    """The names in the tree."""
    return page.get_by_role("tree", name="Topics").locator(".rft-topic-name")


def item(page: Page, name: str) -> Locator:
    """One topic of the tree."""
    return page.get_by_role("treeitem").filter(has=page.get_by_text(name, exact=True))


def choose_file(page: Page, dataset: str, name: str, content: Any) -> Locator:
    """Open the import and give it a file."""
    visit(page, f"{dataset}?dialog=import-topics")
    written = content if isinstance(content, bytes) else orjson.dumps(content)
    file = FilePayload(name=name, mimeType="application/json", buffer=written)
    front(page).locator("input[type=file]").set_input_files(file)
    return front(page)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"topics": {"A": {"parentTopic": "B"}, "B": {"parentTopic": "A"}}}, "below each other"),
        ({"topics": {"A": {"parentTopic": "B"}}}, "topics → A → parentTopic: there is no topic"),
        (b'{"topics": {"A": {}, "A": {}}}', "'A' is there twice in one object"),
        (b'{"topics": {\n"A": }}', "The file is no JSON"),
        (b"", "The file is empty"),
    ],
)
def test_a_file_with_a_fault_is_refused_with_its_place(
    visitor: Page, dataset: str, content: Any, said: str
) -> None:
    dialog = choose_file(visitor, dataset, "faulty.json", content)
    expect(dialog.get_by_role("alert")).to_contain_text(said)
    expect(dialog.get_by_role("button", name="Import topics")).to_be_disabled()


def test_a_file_is_previewed_taken_and_filled(visitor: Page, dataset: str) -> None:
    dialog = choose_file(visitor, dataset, "tree.json", TREE)
    expect(dialog.get_by_role("region", name="New topics")).to_contain_text("Money › Refund")
    dialog.get_by_role("button", name="Import 4 topics").click()

    visitor.wait_for_url(re.compile("step=topics"))
    expect(names(visitor)).to_have_text(["Money", "Refund", "Address", "Lost"])
    expect(front(visitor)).to_contain_text("64 records in no topic")
    front(visitor).get_by_role("button", name="Categorise records").click()
    expect(front(visitor).get_by_label("Model for unsure records")).to_be_disabled()
    expect(front(visitor)).to_contain_text("No model provider is configured. Add one in Settings")
    front(visitor).get_by_role("button", name="Categorise 64 records").click()
    expect(front(visitor)).to_contain_text("64 records categorised", timeout=WAIT_MS)
    expect(item(visitor, "Refund")).to_contain_text("24")


def test_the_review_queue_is_decided_by_keys(visitor: Page, dataset: str) -> None:
    dialog = open_topics(visitor, dataset)
    queue = dialog.get_by_role("region", name="Records to review")
    expect(dialog).to_contain_text("4 left")
    first = queue.get_by_role("article").first.locator("p").inner_text()
    visitor.keyboard.press("1")
    expect(dialog).to_contain_text("3 left")
    visitor.keyboard.press("s")
    expect(dialog).to_contain_text("Skipped.")
    visitor.keyboard.press("u")
    visitor.keyboard.press("u")
    expect(dialog).to_contain_text("4 left")
    expect(queue.get_by_role("article").first).to_contain_text(first.strip("“”"))


def test_the_tree_is_edited_by_mouse(visitor: Page, dataset: str) -> None:
    dialog = open_topics(visitor, dataset)
    dialog.get_by_role("button", name="Add topic").click()
    form = front(visitor)
    form.get_by_label("Name").fill("Damage")
    form.get_by_label("Below").select_option(label="Money")
    form.get_by_role("button", name="Add topic").click()
    expect(names(visitor)).to_have_text(["Money", "Refund", "Damage", "Address", "Lost"])

    item(visitor, "Damage").click()
    dialog.get_by_role("button", name="Edit Damage").click()
    front(visitor).get_by_label("Keywords").fill("broken, torn")
    front(visitor).get_by_label("Target share").fill("10")
    front(visitor).get_by_role("button", name="Save topic").click()
    chosen = dialog.get_by_role("region", name="Chosen topic", exact=True)
    expect(chosen).to_contain_text("Target 10%, set by you")
    expect(chosen).to_contain_text("torn")

    for name in ("Address", "Lost"):
        item(visitor, name).click(modifiers=["Control"])
    dialog.get_by_role("button", name="Merge 2").click()
    front(visitor).get_by_label("Into").select_option(label="Lost")
    front(visitor).get_by_role("button", name="Merge 2 topics").click()
    expect(names(visitor)).to_have_text(["Money", "Refund", "Damage", "Lost"])
    dialog.get_by_role("button", name=re.compile("^Undo: Merged")).click()
    expect(names(visitor)).to_have_text(["Money", "Refund", "Damage", "Address", "Lost"])


def test_the_tree_is_edited_by_keyboard(visitor: Page, dataset: str) -> None:
    open_topics(visitor, dataset)
    keyboard = visitor.keyboard
    item(visitor, "Money").focus()
    keyboard.press("ArrowLeft")
    expect(names(visitor)).to_have_text(["Money", "Address", "Lost"])
    keyboard.press("ArrowRight")
    for key in ("ArrowDown", "ArrowDown", "F2"):
        keyboard.press(key)
    keyboard.type("Broken")
    keyboard.press("Enter")
    expect(names(visitor)).to_have_text(["Money", "Refund", "Broken", "Address", "Lost"])
    keyboard.press("F2")
    keyboard.type("Not this")
    keyboard.press("Escape")
    expect(item(visitor, "Broken")).to_be_focused()

    keyboard.press("Delete")
    expect(front(visitor)).to_contain_text("Delete Broken?")
    front(visitor).get_by_role("button", name="Delete 1 topic").press("Enter")
    expect(names(visitor)).to_have_text(["Money", "Refund", "Address", "Lost"])
    keyboard.press("Control+z")
    expect(names(visitor)).to_have_text(["Money", "Refund", "Broken", "Address", "Lost"])


def test_two_tabs_never_undo_each_other_and_typed_text_stays(
    visitor: Page, chromium: Browser, app_url: str, dataset: str
) -> None:
    dialog = open_topics(visitor, dataset)
    item(visitor, "Lost").click()
    dialog.get_by_role("button", name="Edit Lost").click()
    front(visitor).get_by_label("What belongs into it").fill("Parcels nobody can find")
    with new_page(chromium, app_url) as other:
        open_topics(other, dataset)
        item(other, "Address").dblclick()
        other.keyboard.type("Place")
        other.keyboard.press("Enter")
        expect(item(other, "Place")).to_be_visible()

    form = front(visitor)
    form.get_by_role("button", name="Save topic").click()
    expect(form.get_by_role("status")).to_contain_text("Renamed Address to Place")
    form.get_by_role("button", name="Reload the topics").click()
    expect(form.get_by_label("What belongs into it")).to_have_value("Parcels nobody can find")
    form.get_by_role("button", name="Save topic").click()
    expect(dialog.get_by_role("region", name="Chosen topic", exact=True)).to_contain_text(
        "nobody can find"
    )


def test_a_template_is_previewed_before_it_replaces_anything(visitor: Page, dataset: str) -> None:
    dialog = open_topics(visitor, dataset)
    dialog.get_by_role("button", name="Suggest topics").click()
    front(visitor).get_by_role("radio", name="Template").click()
    front(visitor).get_by_role("radio", name="E-commerce shopping").click()
    front(visitor).get_by_role("button", name="Preview the template").click()
    proposal = front(visitor)
    expect(proposal.get_by_role("list", name="Proposed topics")).to_contain_text("Compare products")
    expect(proposal).to_contain_text("removed")
    proposal.get_by_role("button", name="Close").click()
    expect(names(visitor).first).to_have_text("Money")


def test_targets_are_typed_with_their_sum(visitor: Page, dataset: str) -> None:
    visit(visitor, f"{dataset}?step=coverage")
    dialog = front(visitor)
    dialog.get_by_role("button", name="Analyze coverage").click()
    dialog.get_by_role("button", name="Edit targets").click(timeout=WAIT_MS)
    dialog.get_by_label("Target of Lost in percent").fill("95")
    expect(dialog.get_by_role("alert")).to_contain_text("add up to")
    expect(dialog.get_by_role("button", name="Save targets")).to_be_disabled()
    dialog.get_by_role("button", name="Make all equal").click()
    expect(dialog).to_contain_text("All topics have an equal part.")
    dialog.get_by_role("button", name="Save targets").click()
    expect(dialog.get_by_role("radio", name="Map")).to_be_visible(timeout=WAIT_MS)
    dialog.get_by_role("radio", name="Map").click()
    expect(dialog.get_by_role("img", name=re.compile("^Map of 4 topics"))).to_be_visible()


def test_the_dialogs_fit_a_phone(phone: Page, dataset: str) -> None:
    for query in ("step=topics", "step=coverage", "dialog=import-topics"):
        visit(phone, f"{dataset}?{query}")
        expect(front(phone)).to_be_visible()
        settle(phone)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, query


def test_a_phone_shows_one_part_at_a_time(phone: Page, dataset: str) -> None:
    open_topics(phone, dataset)
    item(phone, "Refund").click()
    expect(phone.get_by_role("table", name="Records of the topic")).to_contain_text("refund")
    expect(phone.get_by_role("tree", name="Topics")).to_be_hidden()
