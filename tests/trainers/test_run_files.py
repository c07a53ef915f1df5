"""The trainer's side of a training's folder."""

import errno
from pathlib import Path

import pytest

from rft_app.processes.training.run_files import LEARNT, RunFiles
from rft_app.trainers.run_folder import RunFolder


def save(text: str) -> object:
    """Writes an adapter."""

    def write(folder: str) -> None:
        Path(folder).mkdir()
        (Path(folder) / "adapter").write_text(text)

    return write


def fill_disk(folder: str) -> None:
    """Gets halfway."""
    Path(folder).mkdir()
    (Path(folder) / "adapter").write_text("hal")
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_checkpoint_that_nobody_graded_takes_no_place(tmp_path: Path) -> None:
    files = RunFiles(tmp_path)
    assert files.is_better(None)
    files.keep_best(save("ungraded"), {"step": 1, "reward": None})
    assert not files.is_better(None)
    assert files.is_better(0.0)
    files.keep_best(save("graded"), {"step": 2, "reward": 0.5})
    assert [files.is_better(reward) for reward in (None, 0.5, 0.6)] == [False, False, True]


def test_a_full_disk_leaves_the_best_and_whole_checkpoints_and_nothing_else(tmp_path: Path) -> None:
    files = RunFiles(tmp_path)
    files.keep_best(save("first"), {"step": 1, "reward": 0.5})
    for name in ("checkpoint-1", "checkpoint-2"):
        (files.checkpoints / name).mkdir(parents=True)
        (files.checkpoints / name / "weights").write_text(name)
    files.seal(files.checkpoints / "checkpoint-1")
    with pytest.raises(OSError, match="No space left"):
        files.keep_best(fill_disk, {"step": 2, "reward": 0.9})
    files.make_room()
    assert files.read_best() == {"step": 1, "reward": 0.5}
    assert (files.best / "adapter").read_text() == "first"
    assert [path.name for path in files.checkpoints.iterdir()] == ["checkpoint-1"]
    assert files.find_checkpoint() == files.checkpoints / "checkpoint-1"
    assert not (tmp_path / "best.new").exists()


def test_what_was_learnt_counts_while_the_best_is_there_and_nobody_wants_more(
    tmp_path: Path,
) -> None:
    files = RunFiles(tmp_path)
    files.write_json(LEARNT, {"num_steps": 7, "stopped": "somebody ended it early"})
    assert files.read_learnt() is None
    files.keep_best(save("first"), {"step": 4, "reward": 0.5})
    assert files.read_learnt() == {"num_steps": 7, "stopped": "somebody ended it early"}
    folder = RunFolder(tmp_path)
    folder.ask_to_finish()
    folder.forget_finish()
    assert files.read_learnt() is None
    assert not folder.is_asked_to_finish


def test_the_best_is_there_after_a_kill_while_it_was_exchanged(tmp_path: Path) -> None:
    files = RunFiles(tmp_path)
    files.keep_best(save("first"), {"step": 1, "reward": 0.5})
    files.best.replace(tmp_path / "best.old")
    assert RunFiles(tmp_path).take()
    assert files.read_best() == {"step": 1, "reward": 0.5}
