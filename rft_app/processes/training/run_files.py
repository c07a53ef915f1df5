"""What a training has on disk: its order, its reports, its checkpoints (decision 16)."""

import fcntl
import hashlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
LEARNT = "learnt.json"
NEW_BEST, OLD_BEST = "best.new", "best.old"
RESERVE, RESERVE_BYTES = "reserve", 256 * 1024
"""Given up where the disk is full, so that this can be told and the best checkpoint kept."""


class TrainingError(Exception):
    """The training cannot go on; the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class RunFiles:
    """The folder of one training, as the trainer sees it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / "checkpoints"
        self.best = path / "best"

    def take(self) -> bool:
        """Hold the folder until this process ends; whether it was free."""
        self._lock = (self.path / "child.lock").open("w")
        for _ in range(40):  # whoever looks whether it is held disturbs it for an instant
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
            else:
                if not self.best.exists() and (self.path / OLD_BEST).exists():
                    (self.path / OLD_BEST).replace(self.best)  # it was killed while exchanging them
                return True
        return False

    def begin(self) -> None:
        """Say which process holds the folder, and keep some room for its last report."""
        (self.path / "child.pid").write_text(str(os.getpid()))
        (self.path / RESERVE).write_bytes(os.urandom(RESERVE_BYTES))

    def release(self) -> None:
        """Give back the room that was kept."""
        (self.path / RESERVE).unlink(missing_ok=True)

    def make_room(self) -> None:
        """Remove what was not written to its end, and what was kept for this moment."""
        self.release()
        shutil.rmtree(self.path / NEW_BEST, ignore_errors=True)
        for checkpoint in self.checkpoints.glob("checkpoint-*"):
            if not is_whole(checkpoint):
                shutil.rmtree(checkpoint, ignore_errors=True)

    def read_json(self, name: str) -> Any:
        """A file of the folder; `None` where there is none."""
        path = self.path / name
        return json.loads(path.read_bytes()) if path.exists() else None

    def write_json(self, name: str, value: object) -> None:
        """Write a file in one piece."""
        written = self.path / f".{name}"
        written.write_text(json.dumps(value))
        written.replace(self.path / name)

    def read_prompts(self, name: str) -> list[dict[str, Any]]:
        """Records with their prompts."""
        with (self.path / f"{name}.jsonl").open() as file:
            return [json.loads(line) for line in file]

    def tell(self, kind: str, **values: object) -> None:
        """Report one thing, in a line of its own also behind one that was cut off."""
        path = self.path / "events.jsonl"
        is_cut = path.exists() and path.stat().st_size > 0 and _last_byte(path) != b"\n"
        with path.open("a") as file:
            line = json.dumps({"type": kind, "at": time.time(), **values})
            file.write(("\n" if is_cut else "") + line + "\n")

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return (self.path / "cancel").exists()

    @property
    def is_to_finish(self) -> bool:
        """Whether somebody wants no further training step, but all that comes after them."""
        return (self.path / "finish").exists()

    def read_learnt(self) -> dict[str, Any] | None:
        """How the last step came about: its number and why there is none after it.

        `None` while there are steps to make. An attempt that broke off later, in the comparison,
        leaves it: the next one makes no further step.
        """
        return self.read_json(LEARNT) if self.best.exists() else None

    def seal(self, checkpoint: Path) -> None:
        """Note what a checkpoint consists of, so that a damaged one is known."""
        parts = {
            str(file.relative_to(checkpoint)): hash_file(file)
            for file in sorted(checkpoint.rglob("*"))
            if file.is_file() and file.name != MANIFEST
        }
        (checkpoint / MANIFEST).write_text(json.dumps(parts))

    def find_checkpoint(self) -> Path | None:
        """The newest whole checkpoint; damaged ones are named in a note and removed."""
        found = sorted(self.checkpoints.glob("checkpoint-*"), key=step_of, reverse=True)
        for checkpoint in found:
            if is_whole(checkpoint):
                return checkpoint
            self.tell("note", message=f"The checkpoint of step {step_of(checkpoint)} is damaged.")
            shutil.rmtree(checkpoint, ignore_errors=True)
        return None

    def keep_best(self, save: Any, facts: dict[str, Any]) -> None:
        """Exchange the best adapter in one piece; `save` writes it into a folder."""
        written, old = self.path / NEW_BEST, self.path / OLD_BEST
        for path in (written, old):
            shutil.rmtree(path, ignore_errors=True)
        save(str(written))
        (written / "facts.json").write_text(json.dumps(facts))
        if self.best.exists():
            self.best.replace(old)
        written.replace(self.best)
        shutil.rmtree(old, ignore_errors=True)

    def read_best(self) -> dict[str, Any] | None:
        """What is known of the best adapter."""
        return self.read_json("best/facts.json")

    def is_better(self, reward: float | None) -> bool:
        """Whether it takes the place of the best; one that nobody graded only of none."""
        best = self.read_best()
        if best is None:
            return True
        return reward is not None and (best["reward"] is None or reward > best["reward"])


def step_of(checkpoint: Path) -> int:
    """The training step in a checkpoint's name."""
    number = checkpoint.name.rpartition("-")[2]
    return int(number) if number.isdigit() else -1


def is_whole(checkpoint: Path) -> bool:
    """Whether all its files are as they were written."""
    try:
        parts = json.loads((checkpoint / MANIFEST).read_bytes())
        return bool(parts) and all(hash_file(checkpoint / name) == parts[name] for name in parts)
    except (OSError, ValueError):
        return False


def hash_file(path: Path) -> str:
    """SHA-256, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)
