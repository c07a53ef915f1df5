"""A trainer that follows a script instead of learning: `python scripted_child.py FOLDER`.

It speaks the protocol of decision 16 with the trainer's own modules, which need no torch.  Its
script is `script.json` of the folder above: what happens at which step, once for each; `says`, what
its models answer; `adapter`, the folder whose files it leaves as its adapter; `place`, what it says
that it computes on.
"""

import errno
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from rft_app.processes import training

sys.path.insert(0, str(Path(training.__path__[0])))

from endings import UNTOLD, describe_kept, run  # type: ignore[import-not-found]
from grading_client import GradingClient  # type: ignore[import-not-found]
from run_files import RunFiles, TrainingError, step_of  # type: ignore[import-not-found]

NO_MEMORY = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."
PLACE = {"device": "cpu", "precision": "float32"}
files = RunFiles(Path(sys.argv[1]))
SCRIPT = files.path.parent / "script.json"


class OutOfMemoryError(RuntimeError):
    """As torch names its own."""


def happens(what: str, step: int) -> bool:
    """Whether the script says so; it says it once."""
    script = json.loads(SCRIPT.read_text()) if SCRIPT.exists() else {}
    if step not in script.get(what, []):
        return False
    script[what].remove(step)
    SCRIPT.write_text(json.dumps(script))
    return True


def says(phase: str, usual: str) -> str:
    """What a model answers in the comparison."""
    script = json.loads(SCRIPT.read_text()) if SCRIPT.exists() else {}
    return script.get("says", {}).get(phase, usual)


def answer(
    client: GradingClient, phase: str, step: int, name: str, text: str
) -> list[float | None]:
    keys = [row["key"] for row in files.read_prompts(name)]
    words = ["words" if happens("words", step) else text for _ in keys]
    return client.grade(phase, step, 0, list(zip(keys, words, strict=True)))


def save(step: int) -> None:
    checkpoint = files.checkpoints / f"checkpoint-{step}"
    checkpoint.mkdir(parents=True, exist_ok=True)
    (checkpoint / "state.txt").write_text(str(step))
    if happens("full", step):
        raise OSError(errno.ENOSPC, "No space left on device")
    files.seal(checkpoint)
    if happens("damage", step):
        (checkpoint / "state.txt").write_text("")


def write_adapter(folder: str) -> None:
    script = json.loads(SCRIPT.read_text()) if SCRIPT.exists() else {}
    if made := script.get("adapter"):
        shutil.copytree(made, folder)
        return
    Path(folder).mkdir()
    Path(folder, "adapter_model.safetensors").write_text("weights")


def break_down(step: int) -> None:
    if happens("kill", step):
        os.kill(os.getpid(), signal.SIGKILL)
    if happens("nan", step):
        words = f"The loss of step {step} is not a finite number. {describe_kept(files)}"
        raise TrainingError("not_finite", words)
    if happens("untold", step):
        os._exit(UNTOLD)
    if happens("memory", step):
        raise RuntimeError(NO_MEMORY)
    if happens("gpu_memory", step):
        raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def train(client: GradingClient, num_steps: int, start: int) -> None:
    for step in range(start + 1, num_steps + 1):
        break_down(step)
        while happens("wait", step):
            while not files.is_cancelled and not files.is_to_finish:
                time.sleep(0.05)
        if files.is_cancelled:
            raise KeyboardInterrupt
        if files.is_to_finish:
            return
        rewards = answer(client, "train", step, "train", "0.5")
        graded = [one for one in rewards if one is not None]
        files.tell("metrics", step=step, values={"reward": sum(graded) / max(len(graded), 1)})
        save(step)
        files.keep_best(write_adapter, {"step": step, "reward": step / 10})
        files.tell("checkpoint", step=step, reward=step / 10, num_graded=1, is_best=True)


def follow(files: RunFiles) -> None:
    config = files.read_json("config.json")
    place = json.loads(SCRIPT.read_text()).get("place", PLACE) if SCRIPT.exists() else PLACE
    checkpoint = files.find_checkpoint()
    start = 0 if checkpoint is None else step_of(checkpoint)
    files.tell("begun", pid=os.getpid(), resumed_from=start, **place)
    client = GradingClient(files)
    answer(client, "base", 0, "compared", says("base", "0"))
    files.tell("phase", words="training")
    train(client, config["total_steps"], start)
    best = files.read_best()["step"]
    answer(client, "tuned", best, "compared", says("tuned", "1"))
    files.tell(
        "done",
        best_step=best,
        num_steps=config["total_steps"],
        base_hash="a",
        adapter_hash="b",
        adapter_norm=1.0,
        base_seconds=0.02,
        tuned_seconds=0.01,
        base_tokens=4.0,
        tuned_tokens=2.5,
        device=place["device"],
        precision=place["precision"],
    )


if __name__ == "__main__":
    sys.exit(run(files, follow) if files.take() else 3)
