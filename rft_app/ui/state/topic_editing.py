"""Edits of the topics dialog: forms, renaming in place, undo and redo."""

from dataclasses import replace
from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.domain.topic import TopicTree, is_within
from rft_app.errors import ConflictError, RftError
from rft_app.services.topic_edits import TopicEdit, redo, rename_topic, start_split, undo
from rft_app.services.topics import get_topics, map_keys
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.state.topic_form import (
    EDIT,
    SPLIT,
    FormFrame,
    TopicForm,
    frame_form,
    keep_typed,
    open_form,
)
from rft_app.ui.state.topic_order import make_order, make_plan
from rft_app.ui.state.topic_row import spaced
from rft_app.ui.state.topic_tree import TopicTreeView
from rft_app.ui.words import count


class TopicEditing(TopicTreeView, mixin=True):
    """What changes the tree.  A form names the tree it was opened with, so that two tabs never
    undo each other unseen; what was typed stays until it is saved or discarded.
    """

    form: TopicForm = TopicForm()
    frame: FormFrame = FormFrame()
    form_fault: str = ""
    is_conflict: bool = False
    """Whether the tree changed since the form was opened."""
    is_saving: bool = False
    is_discarding: bool = False
    """Whether the person is asked about what they typed."""

    is_gone: bool = False
    """Whether a topic of the form was deleted since."""

    _form_before: TopicForm = TopicForm()
    _form_ids: list[int] = []
    """What stays a topic's own when it gets another name or place, in the order of `form.keys`."""
    _form_version: int = 0

    @rx.event
    async def open_form(self, kind: str) -> None:
        """Open a form about the marked topics, else about the chosen one."""
        keys = self.checked if kind in {"merge", "delete"} and self.checked else [self.chosen]
        await self._open_form(kind, [key for key in keys if key])

    @rx.event
    async def open_form_for(self, kind: str, key: str) -> None:
        """Open a form about one topic."""
        await self._open_form(kind, [key])

    @rx.event
    def type_in(self, name: str, text: str) -> None:
        """Something was typed or chosen in the form."""
        self.form = replace(self.form, **{name: text})
        self.form_fault = "" if not self.is_conflict else self.form_fault

    @rx.event
    def close_form(self) -> None:
        """Close the form; asks first when something was typed, and takes the question back."""
        if self.form != self._form_before:
            self.is_discarding = not self.is_discarding
            return
        self._drop_form()

    @rx.event
    def discard_form(self) -> None:
        """Close the form with what was typed in it."""
        self._drop_form()

    @rx.event
    def keep_form(self) -> None:
        """Go on typing."""
        self.is_discarding = False

    @rx.event
    async def reload_form(self) -> None:
        """After a conflict: take the tree as it is now and keep what was typed."""
        tree, names = await self._read_tree()
        self._form_version, self.is_conflict, self.form_fault = tree.version, False, ""
        keys = [names.get(id_, "") for id_ in self._form_ids]
        self.is_gone = "" in keys
        if self.is_gone:
            lost = self.form.keys[keys.index("")]
            self.form_fault = f"{spaced(lost)} was deleted. What you typed stays here to copy."
            return
        now = open_form(tree, self.form.kind, keys)
        self.form, self._form_before = keep_typed(self.form, self._form_before, now), now
        self.frame = frame_form(tree, self.form)
        homes = [option.value for option in self.frame.options]
        if homes and self.form.home and self.form.home not in homes:
            self.form = replace(self.form, home=homes[0])

    @rx.event
    async def submit_form(self) -> Any:  # noqa: ANN401  # an event
        """Make the change that the form asks for."""
        if self.is_saving or self.is_conflict or self.is_gone:
            return None
        self.is_saving, self.form_fault, self.is_discarding = True, "", False
        try:
            return await (self._split() if self.form.kind == SPLIT else self._edit_by_form())
        except RftError as error:
            await self._show_form_fault(error)
        finally:
            self.is_saving = False
        return None

    @rx.event
    async def rename(self, key: str, name: str) -> Any:  # noqa: ANN401  # an event
        """Give a topic another name, typed in the tree itself; a refused one goes to the form."""
        dataset_id, version = self._dataset_id, self._version
        try:
            edit = await tell(
                lambda session: rename_topic(session, dataset_id, key, name, version=version)
            )
        except RftError as error:
            await self._open_form(EDIT, [key])
            self.form = replace(self.form, name=name)
            await self._show_form_fault(error)
            return None
        return await self._show_edit(edit, {key: name})

    @rx.event
    async def undo(self) -> Any:  # noqa: ANN401  # an event
        """Take back the last change."""
        if self.undo_words:
            return await self._swap(undo)
        return None

    @rx.event
    async def redo(self) -> Any:  # noqa: ANN401  # an event
        """Do again what was undone."""
        if self.redo_words:
            return await self._swap(redo)
        return None

    async def _swap(self, change: Any) -> Any:  # noqa: ANN401  # `undo` or `redo`; an event
        dataset_id, version = self._dataset_id, self._version

        def order(session: Session) -> TopicEdit:
            return change(session, dataset_id, version=version)

        try:
            edit = await tell(order)
        except RftError as error:
            await self._refresh(is_forced=True)
            return rx.toast.error("Nothing was changed", description=error.message)
        return await self._show_edit(edit, {})

    async def _get_tree(self) -> TopicTree:
        dataset_id = self._dataset_id
        return await ask(lambda session: get_topics(session, dataset_id))

    async def _read_tree(self) -> tuple[TopicTree, dict[int, str]]:
        dataset_id = self._dataset_id
        return await ask(lambda s: (get_topics(s, dataset_id), map_keys(s, dataset_id)))

    async def _open_form(self, kind: str, keys: list[str]) -> None:
        tree, names = await self._read_tree()
        ids = {key: id_ for id_, key in names.items()}
        keys = [key for key in keys if key in ids]
        self._form_ids = [ids[key] for key in keys]
        self._begin_form(open_form(tree, kind, keys))
        self.frame, self._form_version = frame_form(tree, self.form), tree.version

    def _begin_form(self, form: TopicForm) -> None:
        self.form = self._form_before = form
        self.form_fault = ""
        self.is_conflict = self.is_gone = self.is_discarding = False

    def _drop_form(self) -> None:
        self._begin_form(TopicForm())

    async def _show_form_fault(self, error: RftError) -> None:
        self.form_fault = error.message
        if isinstance(error, ConflictError):
            tree = await self._get_tree()
            self.is_conflict = tree.version != self._form_version

    async def _edit_by_form(self) -> Any:  # noqa: ANN401  # an event
        form, tree = self.form, await self._get_tree()
        order = make_order(form, self._dataset_id, tree, self._form_version)
        edit = await tell(order)
        self.checked = [] if form.kind in {"merge", "delete"} else self.checked
        if form.kind == "merge":
            self.chosen = _after_merge(edit.tree, form.home, self.chosen)
        names = {form.key: form.name.strip()} if form.kind == EDIT else {}
        self._drop_form()
        return await self._show_edit(edit, names)

    async def _split(self) -> None:
        dataset_id, version, plan = self._dataset_id, self._form_version, make_plan(self.form)
        job = await tell(lambda session: start_split(session, dataset_id, plan, version=version))
        self._drop_form()
        self._work_id, self.is_running, self.job = job.id, True, JobProgress.of(job)

    async def _show_edit(self, edit: TopicEdit, names: dict[str, str]) -> Any:  # noqa: ANN401
        """Show the new tree and say what was done; `names` are new names of topics by key."""
        for key, name in names.items():
            renamed = "/".join([*key.split("/")[:-1], name])
            if is_within(self.chosen, key) and edit.tree.find(renamed):
                self.chosen = renamed + self.chosen[len(key) :]
        await self._refresh(is_forced=True)
        moved = f" {count(edit.num_records, 'record')} affected." if edit.num_records else ""
        return rx.toast.success(edit.label, description=f"Ctrl Z takes it back.{moved}")


def _after_merge(tree: TopicTree, home: str, chosen: str) -> str:
    return home if tree.find(home) else chosen
