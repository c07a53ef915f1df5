"""The folder of a training: how worker and trainer tell each other things (decision 16).

config.json       what to do
train.jsonl       {"key": 17, "prompt": [{"role": "user", "content": "…"}],
                   "tools": "the record's tools as JSON, or null",
                   "wanted": "a short answer that is right, or null", "topic": "Cards/Lost"}
validation.jsonl  the same, of the records that choose the checkpoint
compared.jsonl    the same, of the records that both models answer in the end
endpoint.json     where answers are graded, and the token; written again by each worker
events.jsonl      what the trainer reports, a line each
cancel            is there once somebody asked to stop
child.lock        held by the trainer as long as it lives; its number is in child.pid
checkpoints/      to go on from
best/             the adapter with the highest validation reward
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from rft_app.llm.embedded_files import is_held
from rft_app.settings import get_settings, make_folder

Event = dict[str, Any]
MAX_EVENT_BYTES = 1_000_000


class RunFolder:
    """One training's folder, as the worker sees it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "child.log"
        self.lock = path / "child.lock"
        self.best = path / "best"
        self._read_to = 0

    @classmethod
    def of(cls, run_id: str) -> "RunFolder":
        """The folder of a training in this data directory; made when it is missing."""
        return cls(make_folder(get_settings().folder("training") / run_id))

    @property
    def is_ordered(self) -> bool:
        """Whether all that the trainer reads is there."""
        return (self.path / "config.json").exists()

    def order(self, config: dict[str, Any], prompts: dict[str, Iterable[Event]]) -> None:
        """Write what to do; the configuration last, so that it tells that all is there."""
        for name, rows in prompts.items():
            with (self.path / f"{name}.jsonl").open("wb") as file:
                file.writelines(orjson.dumps(row) + b"\n" for row in rows)
        self.write("config.json", orjson.dumps(config, option=orjson.OPT_INDENT_2))

    def is_held_out(self) -> bool:
        """Whether no record of the comparison chooses the checkpoint."""
        return bool(self._read_config().get("is_held_out"))

    def read_compared(self) -> list[int]:
        """Keys of the records that both models of a service answer in the end."""
        return list(self._read_config().get("compared", ()))

    def _read_config(self) -> Event:
        return orjson.loads((self.path / "config.json").read_bytes())

    def announce(self, url: str, token: str) -> None:
        """Say where answers are graded from now on; for this user only."""
        self.write("endpoint.json", orjson.dumps({"url": url, "token": token}))

    def ask_to_stop(self) -> None:
        """Let the trainer end at its next chance."""
        (self.path / "cancel").touch()

    @property
    def is_asked_to_finish(self) -> bool:
        """Whether it is to make no further step."""
        return (self.path / "finish").exists()

    def ask_to_finish(self) -> None:
        """Let the trainer make no further step and compare what it has."""
        (self.path / "finish").touch()

    def forget_cancel(self) -> None:
        """A training that goes on was not cancelled; to finish it may have been asked."""
        (self.path / "cancel").unlink(missing_ok=True)

    def forget_finish(self) -> None:
        """Let it make all its steps, though it was asked to finish or had made its last before."""
        for name in ("finish", "learnt.json"):
            (self.path / name).unlink(missing_ok=True)

    def is_alive(self) -> bool:
        """Whether a trainer works here."""
        return is_held(self.lock)

    def find_pid(self) -> int | None:
        """Number of the trainer's process, while it lives."""
        with suppress(OSError, ValueError):
            pid = int((self.path / "child.pid").read_text())
            return pid if self.is_alive() else None
        return None

    def read_events(self) -> list[Event]:
        """What was reported since the last call; a line that is not whole yet comes later."""
        path = self.path / "events.jsonl"
        if not path.exists():
            return []
        with path.open("rb") as file:
            file.seek(self._read_to)
            raw = file.read()
        whole = raw[: raw.rfind(b"\n") + 1]
        self._read_to += len(whole)
        return [event for line in whole.splitlines() if (event := _parse(line)) is not None]

    def read_notes(self) -> list[str]:
        """What the trainer said in words, of all that it reported; figures are not even parsed."""
        path = self.path / "events.jsonl"
        if not path.exists():
            return []
        with path.open("rb") as file:
            said = [_parse(line) for line in file if b'"message"' in line]
        return [str(event["message"]) for event in said if event is not None and "message" in event]

    def read_log_end(self, num_bytes: int = 4_000) -> str:
        """The last that the trainer printed."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - num_bytes))
            return file.read().decode(errors="replace").strip()

    def write(self, name: str, raw: bytes) -> None:
        """Write a file in one piece, for this user only."""
        written = self.path / f".{name}"
        handle = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
        written.replace(self.path / name)


def _parse(line: bytes) -> Event | None:
    """A report; `None` for a line that a killed trainer left unfinished."""
    with suppress(orjson.JSONDecodeError):
        event: Event = orjson.loads(line)
        return event
    return None
