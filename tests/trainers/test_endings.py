"""What is told of a training that cannot go on."""

import errno
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from rft_app.trainers.run_folder import RunFolder
from rft_app.trainers.trl_local import MAIN, UNTOLD

TORCH_WRITES = "PytorchStreamWriter failed writing file data/3: file write failed"
TORCH_ALLOCATES = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."


@pytest.fixture
def endings(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The trainer's module, as its process imports it."""
    monkeypatch.syspath_prepend(MAIN)
    return import_module("endings")


class Usage(NamedTuple):
    """What `shutil.disk_usage` gives."""

    total: int
    used: int
    free: int


def run(endings: ModuleType, folder: Path, train: Callable[[Any], None]) -> int:
    """Let a training of that folder end so."""
    return endings.run(endings.RunFiles(folder), train)


def end_by(error: BaseException) -> Callable[[Any], None]:
    """A training that ends by an error."""

    def train(_files: object) -> None:
        raise error

    return train


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), "memory"),
        (RuntimeError(TORCH_ALLOCATES), "memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."), "gpu_memory"),
        (type("OutOfMemoryError", (RuntimeError,), {})("on device 0"), "gpu_memory"),
        (ValueError("No available memory for the cache blocks."), "vllm_memory"),
        (ImportError("libcudart.so.12 of vllm cannot be opened"), "not_installed"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "disk_full"),
        (RuntimeError("I/O error: No space left on device (os error 28)"), "disk_full"),
        (RuntimeError("probability tensor contains either `inf`, `nan`"), "not_finite"),
        (ModuleNotFoundError("gone", name="trl"), "not_installed"),
        (RuntimeError(TORCH_WRITES), "broken"),
        (OSError(errno.EIO, "Input/output error"), "broken"),
    ],
)
def test_what_can_be_foreseen_is_told_by_name(
    endings: ModuleType, tmp_path: Path, error: BaseException, code: str
) -> None:
    assert run(endings, tmp_path, end_by(error)) == 1
    (told,) = RunFolder(tmp_path).read_events()
    assert (told["type"], told["code"]) == ("failed", code)
    if code in {"memory", "gpu_memory", "vllm_memory", "disk_full", "not_finite"}:
        assert "No checkpoint was kept yet." in told["message"]


def test_a_library_that_does_not_say_why_it_could_not_write_is_understood(
    endings: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(9, 9, 0))
    run(endings, tmp_path, end_by(RuntimeError(TORCH_WRITES)))
    (told,) = RunFolder(tmp_path).read_events()
    assert told["code"] == "disk_full"


def test_room_is_kept_for_the_last_report(endings: ModuleType, tmp_path: Path) -> None:
    def train(files: Any) -> None:
        assert (tmp_path / "reserve").stat().st_size > 100_000
        raise OSError(errno.ENOSPC, "No space left on device")

    run(endings, tmp_path, train)
    assert not (tmp_path / "reserve").exists()


def test_a_report_that_cannot_be_written_is_an_exit_code(
    endings: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "events.jsonl").symlink_to("/dev/full")
    assert run(endings, tmp_path, end_by(OSError(errno.ENOSPC, "full"))) == UNTOLD
    assert endings.UNTOLD == UNTOLD
