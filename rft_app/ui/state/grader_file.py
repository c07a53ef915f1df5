"""The current grader as a file for other tools."""

from collections.abc import Callable
from typing import Any

import reflex as rx
from msgspec import json

from rft_app.domain.grader import GraderSpec
from rft_app.errors import RftError
from rft_app.graders.openai_json import to_openai
from rft_app.graders.python_file import to_python
from rft_app.services.graders import current_grader
from rft_app.ui.state.asking import ask, dataset_id_in


def _write_openai(spec: GraderSpec) -> str:
    return json.format(json.encode(to_openai(spec))).decode() + "\n"


class GraderFileState(rx.State):
    """Hands files to the browser; what cannot be written says why."""

    @rx.event
    async def download_python(self) -> Any:  # noqa: ANN401  # an event
        """For TRL and verl."""
        return await self._download(to_python, "grader.py")

    @rx.event
    async def download_openai(self) -> Any:  # noqa: ANN401  # an event
        """For OpenAI's fine-tuning API."""
        return await self._download(_write_openai, "grader.json")

    async def _download(self, write: Callable[[GraderSpec], str], name: str) -> Any:  # noqa: ANN401
        dataset_id = dataset_id_in(self.router.url.path)
        try:
            stored = await ask(lambda session: current_grader(session, dataset_id))
            if stored is None:
                return rx.toast.error("Nothing is saved yet.")
            return rx.download(data=write(stored.spec), filename=name)
        except RftError as error:
            return rx.toast.error(error.message)
