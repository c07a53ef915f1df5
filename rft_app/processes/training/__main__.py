"""Edge: the process that trains, `python …/processes/training FOLDER`.

It runs in an environment of its own (standard library, torch, transformers, TRL, peft) and imports
nothing of `rft_app`; the folder is all that it shares with the worker, and answers are graded at
the worker's loopback endpoint (decision 16).  It outlives the worker that started it: the next one
finds it by its lock and listens again.
"""

import os
import sys
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

from endings import run  # noqa: E402  # no torch yet
from gpu import show_one  # noqa: E402
from run_files import RunFiles  # noqa: E402

HELD = 3
"""Exit code where another trainer works in the folder."""


def main() -> int:
    """Train; what becomes of it is the last report."""
    show_one()
    files = RunFiles(Path(sys.argv[1]))
    return run(files, train) if files.take() else HELD


def train(files: RunFiles) -> None:
    """Load what trains, which takes seconds and may be missing, and train."""
    from course import train as learn

    learn(files)


if __name__ == "__main__":
    code = main()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)  # threads of libraries take their time
