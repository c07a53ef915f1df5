"""Edge: the process that trains, `python …/processes/training FOLDER`.

It runs in an environment of its own (standard library, torch, transformers, TRL, peft) and imports
nothing of `rft_app`; the folder is all that it shares with the worker, and answers are graded at
the worker's loopback endpoint (decision 16).  It outlives the worker that started it: the next one
finds it by its lock and listens again.
"""

import errno
import os
import sys
import traceback
from pathlib import Path

for _name, _value in {
    "HF_HUB_OFFLINE": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "0",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}.items():
    os.environ.setdefault(_name, _value)

from run_files import RunFiles, TrainingError  # noqa: E402  # no torch yet

HELD = 3
"""Exit code where another trainer works in the folder."""
DISK_FULL_CODE = "disk_full"
DISK_FULL = (
    "The disk is full, so the checkpoint could not be written. The best checkpoint before is kept. "
    "Free some space, then resume."
)
MEMORY = (
    "Memory ran out. Set fewer rollouts or prompts per step, shorter answers or fewer layers, then "
    "start again."
)


def explain(error: BaseException) -> tuple[str, str]:
    """A code and what to do, for what can be foreseen."""
    words = str(error)
    if isinstance(error, TrainingError):
        return error.code, words
    if getattr(error, "errno", None) == errno.ENOSPC or "No space left" in words:
        return DISK_FULL_CODE, DISK_FULL
    if isinstance(error, MemoryError) or "out of memory" in words or "not enough memory" in words:
        return "memory", MEMORY
    if isinstance(error, ModuleNotFoundError):
        return "not_installed", f"{error.name} is missing in this environment: `make trainer`."
    return "broken", f"The trainer broke: {type(error).__name__}: {words[:500]}"


def main() -> int:
    """Train; what becomes of it is the last report."""
    files = RunFiles(Path(sys.argv[1]))
    if not files.take():
        return HELD
    try:
        from course import train  # torch takes seconds, and may be missing

        train(files)
    except KeyboardInterrupt:
        files.tell("cancelled", step=None)
    except BaseException as error:  # noqa: BLE001  # the last catch: it tells the worker
        traceback.print_exc()
        code, message = explain(error)
        if code == DISK_FULL_CODE:
            files.make_room()  # for the report, too
        files.tell("failed", code=code, message=message)
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)  # threads of libraries take their time
