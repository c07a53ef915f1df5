"""What is taken out of traces, chosen in the intake panel and on the create page."""

import asyncio
from pathlib import Path
from typing import TypeVar

import orjson
import pytest
import reflex as rx

from rft_app.domain.scrubbing import Replacement, ScrubKind, ScrubPattern, ScrubPreview, ScrubRules
from rft_app.domain.trace import trace_id
from rft_app.jobs.queue import enqueue
from rft_app.processes import trace_importing
from rft_app.services.creation import Upload
from rft_app.services.scrubbing import get_rules, to_args
from rft_app.storage import imports
from rft_app.storage.session import reading, unit_of_work
from rft_app.ui.state import create, import_records
from rft_app.ui.state.create import TRACES, UPLOAD, CreateState
from rft_app.ui.state.import_records import ROLLOUTS, ImportState
from rft_app.ui.state.personal_values import PersonalValuesState
from rft_app.ui.state.scrub_form import ScrubForm
from rft_app.ui.state.scrub_view import NUM_SHOWN, KindCount, PreviewView
from rft_app.ui.state.upload import READY
from rft_app.ui.state.upload_view import UploadView
from tests.builders import make_dataset_row

Form = TypeVar("Form", bound=ScrubForm)
SECRET = "alice@example.com"
LINE = {
    "messages": [
        {"role": "user", "content": f"I am {SECRET}, order ord-77"},
        {"role": "assistant", "content": "Hello"},
    ]
}


def make(kind: type[Form]) -> Form:
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    found = root.get_substate(kind.get_full_name().split("."))
    assert isinstance(found, kind)
    return found


@pytest.fixture
def panel(database: Path) -> PersonalValuesState:
    found = make(PersonalValuesState)
    asyncio.run(PersonalValuesState.load.fn(found))
    return found


@pytest.fixture
def page(database: Path, tmp_path: Path) -> CreateState:
    """A file is chosen on the create page."""
    found = make(CreateState)
    path = tmp_path / "calls.jsonl"
    path.write_bytes(orjson.dumps(LINE))
    found.tab, found.stage, found.view = UPLOAD, READY, UploadView(is_readable=True)
    found._path, found.file_name = str(path), path.name
    found.name, found.objective = "Orders", "Say where they are"
    return found


def add_pattern(form: ScrubForm, name: str, pattern: str) -> None:
    type(form).add_pattern.fn(form)
    line = form.scrub_patterns[-1]
    type(form).name_pattern.fn(form, line.id, name)
    type(form).write_pattern.fn(form, line.id, pattern)
    type(form).check_pattern.fn(form, line.id)


def preview(form: ScrubForm) -> None:
    asyncio.run(type(form).preview_scrubbing.fn(form))


def store_trace(path: Path) -> None:
    path.write_bytes(orjson.dumps(LINE))
    with unit_of_work() as session:
        import_id = imports.add_import(
            session, None, "arrivals", path=str(path), file_name="a", size_bytes=1
        )
    trace_importing.work({"import_id": import_id}, lambda _: None)


def test_what_is_chosen_is_saved_and_shows_when_the_panel_opens_again(
    panel: PersonalValuesState,
) -> None:
    assert (panel.is_loaded, panel.is_changed, panel.num_scrubbed) == (True, False, 0)
    for kind in ("key", "email", "card", "card"):
        PersonalValuesState.toggle_kind.fn(panel, kind)
    PersonalValuesState.set_region.fn(panel, "de")
    add_pattern(panel, "order", "ord-[0-9]+")
    assert (panel.is_changed, panel.num_scrubbed) == (True, 3)
    asyncio.run(PersonalValuesState.save.fn(panel))
    assert (panel.is_changed, panel.note) == (False, "Saved.")

    with reading() as session:
        assert get_rules(session) == ScrubRules(
            kinds=(ScrubKind.EMAIL, ScrubKind.KEY),
            patterns=(ScrubPattern(name="ORDER", pattern="ord-[0-9]+"),),
            region="DE",
        )
    again = make(PersonalValuesState)
    asyncio.run(PersonalValuesState.load.fn(again))
    assert (again.scrub_kinds, again.scrub_region) == (["email", "key"], "DE")
    assert [(line.name, line.pattern) for line in again.scrub_patterns] == [("ORDER", "ord-[0-9]+")]


def test_what_is_not_saved_stays_when_the_panel_opens_again_until_it_is_discarded(
    panel: PersonalValuesState,
) -> None:
    PersonalValuesState.toggle_kind.fn(panel, "email")
    add_pattern(panel, "ORDER", "ord-[0-9]+")
    asyncio.run(PersonalValuesState.load.fn(panel))
    assert (panel.scrub_kinds, len(panel.scrub_patterns)) == (["email"], 1)
    assert panel.is_changed
    asyncio.run(PersonalValuesState.discard.fn(panel))
    assert (panel.scrub_kinds, panel.scrub_patterns, panel.is_changed) == ([], [], False)


@pytest.mark.parametrize(
    ("name", "pattern", "fault"),
    [
        ("ORDER", "(", "The pattern ORDER cannot be used: missing )"),
        ("ORDER", "(?=x)", "RE2 has no look-around"),
        ("ORDER", "x*", "matches the empty text"),
        ("7th", "x", "begins with a letter"),
    ],
)
def test_a_pattern_that_does_not_work_says_so_in_its_line_and_nothing_is_saved(
    panel: PersonalValuesState, name: str, pattern: str, fault: str
) -> None:
    PersonalValuesState.toggle_kind.fn(panel, "email")
    add_pattern(panel, "FINE", "x")
    add_pattern(panel, name, pattern)
    fine, bad = panel.scrub_patterns
    assert fine.fault == ""
    assert fault in bad.fault
    asyncio.run(PersonalValuesState.save.fn(panel))
    with reading() as session:
        assert get_rules(session).is_empty
    PersonalValuesState.remove_pattern.fn(panel, bad.id)
    asyncio.run(PersonalValuesState.save.fn(panel))
    with reading() as session:
        assert len(get_rules(session).patterns) == 1


def test_a_line_without_a_pattern_and_a_region_without_a_plan_are_not_saved(
    panel: PersonalValuesState,
) -> None:
    PersonalValuesState.add_pattern.fn(panel)
    assert panel._read_scrub() == ScrubRules()
    PersonalValuesState.name_pattern.fn(panel, panel.scrub_patterns[0].id, "ORDER")
    assert panel._read_scrub() is None
    assert panel.scrub_patterns[0].fault == "A pattern has 1 to 1,000 letters."
    PersonalValuesState.remove_pattern.fn(panel, panel.scrub_patterns[0].id)
    PersonalValuesState.set_region.fn(panel, "XX")
    assert panel._read_scrub() is None
    assert "'XX'" in panel.region_fault


def test_a_preview_of_stored_traces_goes_when_something_else_is_chosen(
    panel: PersonalValuesState, tmp_path: Path
) -> None:
    PersonalValuesState.toggle_kind.fn(panel, "email")
    preview(panel)
    assert panel.scrub_preview.words == "There is no trace to look at yet."
    store_trace(tmp_path / "a.jsonl")
    preview(panel)
    assert panel.scrub_preview.words == "1 of 1 trace would change."
    assert panel.scrub_preview.counts == [KindCount("E-mail", "1")]
    [line] = panel.scrub_preview.lines
    assert (line.before, line.after, line.times) == (SECRET, "<EMAIL_1>", "")
    assert not panel.is_previewing
    PersonalValuesState.toggle_kind.fn(panel, "ip")
    assert panel.scrub_preview == PreviewView()


def test_a_file_is_previewed_and_its_rules_go_with_the_dataset(
    page: CreateState, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.scrub_words == "kept as they are"
    CreateState.toggle_kind.fn(page, "email")
    add_pattern(page, "ORDER", "ord-[0-9]+")
    assert page.scrub_words == "2 kinds replaced"
    preview(page)
    assert page.scrub_preview.words == "1 of 1 row would change."
    assert {line.after for line in page.scrub_preview.lines} == {"<EMAIL_1>", "<ORDER_1>"}

    ordered: list[Upload] = []
    monkeypatch.setattr(
        create, "create_from_upload", lambda *_, upload, **__: ordered.append(upload)
    )
    rules = page._read_scrub()
    assert rules is not None
    with unit_of_work() as session:
        page._order(rules)(session)
    assert (
        ordered[0].scrub == rules == ScrubRules(kinds=(ScrubKind.EMAIL,), patterns=rules.patterns)
    )


def test_no_dataset_is_made_while_a_pattern_does_not_work(page: CreateState) -> None:
    add_pattern(page, "ORDER", "(")

    async def press() -> list[object]:
        return [event async for event in CreateState.create.fn(page)]

    assert asyncio.run(press()) == []
    assert "The pattern ORDER cannot be used" in page.create_error
    assert not page.is_creating


def test_the_selected_traces_alone_are_previewed(page: CreateState, tmp_path: Path) -> None:
    store_trace(tmp_path / "a.jsonl")
    page.tab = TRACES
    CreateState.toggle_kind.fn(page, "email")
    preview(page)
    assert not page.can_preview
    assert page.scrub_preview == PreviewView(), "nothing is selected"
    CreateState.toggle_trace.fn(page, trace_id(1))
    preview(page)
    assert page.scrub_preview.words == "1 of 1 trace would change."


def test_every_kind_is_among_the_few_values_that_show() -> None:
    many = [(f"<EMAIL_{n}>", f"{n}@example.com") for n in range(1, 30)]
    found = ScrubPreview(
        num_traces=1_000,
        num_touched=30,
        counts={"email": 30, "order": 1},
        replacements=tuple(
            Replacement(trace_id="t", placeholder=name, value=value, number=2)
            for name, value in [*many, ("<EMAIL_1>", "1@example.com"), ("<ORDER_1>", "7")]
        ),
    )
    view = PreviewView.of(found, "trace")
    assert view.words == "30 of 1,000 traces would change."
    assert view.counts == [KindCount("E-mail", "30"), KindCount("ORDER", "1")]
    assert len(view.lines) == NUM_SHOWN
    assert [line.after for line in view.lines[:3]] == ["<EMAIL_1>", "<ORDER_1>", "<EMAIL_2>"]
    assert view.lines[0].times == "×2"


def test_an_import_begins_with_what_the_dataset_replaced_and_goes_with_what_is_chosen(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work() as session:
        session.add(make_dataset_row())
        enqueue(session, "copy_traces", "ds_a", to_args(ScrubRules(kinds=(ScrubKind.IP,))))
    dialog, path = make(ImportState), tmp_path / "calls.jsonl"
    path.write_bytes(orjson.dumps(LINE))
    dialog._dataset_id, dialog._path, dialog.file_name = "ds_a", str(path), path.name
    dialog.stage, dialog.view = READY, UploadView(is_readable=True)
    asyncio.run(dialog._refresh(is_forced=True))
    assert dialog.scrub_words == "1 kind replaced"

    ImportState.toggle_kind.fn(dialog, "email")
    preview(dialog)
    assert dialog.scrub_preview.words == "1 of 1 row would change."
    asyncio.run(dialog._refresh(is_forced=True))
    assert dialog.scrub_kinds == ["email", "ip"], "the dialog opened again"
    add_pattern(dialog, "ORDER", "(")
    asyncio.run(ImportState.start.fn(dialog))
    assert "The pattern ORDER cannot be used" in dialog.fault

    ordered: list[ScrubRules] = []
    monkeypatch.setattr(
        import_records, "start_import", lambda *_, scrub, **__: ordered.append(scrub)
    )
    chosen = ScrubRules(kinds=(ScrubKind.EMAIL, ScrubKind.IP))
    with unit_of_work() as session:
        dialog._begin(chosen)(session)
    assert ordered == [chosen]
    ImportState.choose_kind.fn(dialog, ROLLOUTS)
    assert (dialog.can_preview, dialog.scrub_preview) == (False, PreviewView())
