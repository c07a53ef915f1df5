"""How a training ends: its last report tells the worker, also where the disk is full."""

import errno
import os
import shutil
import traceback
from collections.abc import Callable
from contextlib import suppress

from run_files import RunFiles, TrainingError

UNTOLD = 4
"""Exit code where not even the last report could be written."""
DISK_FULL, NOT_FINITE = "disk_full", "not_finite"
FULL_BELOW_BYTES = 1_000_000
"""A write that failed with so little room left failed for that, whatever a library says of it."""
_NO_SPACE = ("No space left", "Disk quota exceeded")
_NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "Cannot allocate")
_NO_GPU_MEMORY = ("CUDA out of memory", "HIP out of memory", "CUDA error: out of memory")
_NO_VLLM_MEMORY = ("No available memory for the cache", "GPU memory utilization", "KV cache memory")
_NO_NUMBER = ("probability tensor contains", "invalid multinomial distribution")

_WORDS = {
    DISK_FULL: ("The disk is full.", "Free some space, then resume."),
    "memory": (
        "Memory ran out.",
        "Set fewer rollouts or prompts per step, shorter answers or fewer layers, then start "
        "again.",
    ),
    "gpu_memory": (
        "The GPU's memory ran out.",
        "Resume once other programs have left the GPU, or start anew with fewer rollouts or "
        "prompts per step, shorter answers, or generation set to plain.",
    ),
    "vllm_memory": (
        "vLLM's share of the GPU's memory was too small, or not free.",
        "Resume once other programs have left the GPU, or start anew with another vllm_share, or "
        "generation set to plain.",
    ),
    NOT_FINITE: (
        "The model's chances of the next token are no finite numbers any more, so the training "
        "stopped.",
        "Lower the learning rate, or set the precision to float32.",
    ),
}


def run(files: RunFiles, train: Callable[[RunFiles], None]) -> int:
    """Train; returns the exit code."""
    try:
        files.begin()
        train(files)
    except KeyboardInterrupt:
        files.tell("cancelled", step=None)
    except BaseException as error:  # noqa: BLE001  # the last catch: it tells the worker
        return _fail(files, error)
    files.release()
    return 0


def _fail(files: RunFiles, error: BaseException) -> int:
    code, message = explain(error, files)
    if code == DISK_FULL:
        files.make_room()  # for the report, too
    try:
        files.tell("failed", code=code, message=message)
    except OSError:
        return UNTOLD
    with suppress(OSError):  # the log is on the same disk
        traceback.print_exc()
    files.release()
    return 1


def explain(error: BaseException, files: RunFiles) -> tuple[str, str]:
    """A code and what to do, for what can be foreseen."""
    if isinstance(error, TrainingError):
        return error.code, str(error)
    if isinstance(error, ModuleNotFoundError):
        return "not_installed", f"{error.name} is missing in this environment: `make trainer`."
    if isinstance(error, ImportError) and _says(error, ("vllm",)):
        return "not_installed", (
            f"vLLM is installed and cannot be loaded: {str(error)[:300]} Install the build that "
            "fits torch, or remove it from the Python that trains."
        )
    code = _find_code(error, files)
    if code is None:
        return "broken", f"The trainer broke: {type(error).__name__}: {str(error)[:500]}"
    what, remedy = _WORDS[code]
    return code, f"{what} {describe_kept(files)} {remedy}"


def _find_code(error: BaseException, files: RunFiles) -> str | None:
    """Which of `_WORDS` tells it."""
    if _is_disk_full(error, files):
        return DISK_FULL
    if _is_gpu_full(error):
        return "gpu_memory"
    if _says(error, _NO_VLLM_MEMORY):
        return "vllm_memory"
    if isinstance(error, MemoryError) or _says(error, _NO_MEMORY):
        return "memory"
    return NOT_FINITE if _says(error, _NO_NUMBER) else None


def _is_gpu_full(error: BaseException) -> bool:
    """By the class that torch has for it, or by its words, where others passed them on."""
    return type(error).__name__ == "OutOfMemoryError" or _says(error, _NO_GPU_MEMORY)


def _says(error: BaseException, words: tuple[str, ...]) -> bool:
    return any(one in str(error) for one in words)


def describe_kept(files: RunFiles) -> str:
    """What there is of a training that ends early."""
    best = files.read_best()
    if best is None:
        return "No checkpoint was kept yet."
    return f"The best checkpoint, of step {best['step']}, is kept."


def _is_disk_full(error: BaseException, files: RunFiles) -> bool:
    """Libraries that write by themselves tell it in words of their own, or not at all."""
    seen: BaseException | None = error
    while seen is not None:
        if getattr(seen, "errno", None) in {errno.ENOSPC, errno.EDQUOT}:
            return True
        if _says(seen, _NO_SPACE):
            return True
        seen = seen.__cause__ or seen.__context__
    is_of_writing = isinstance(error, OSError) or "write" in str(error)
    return is_of_writing and _count_room(files) < FULL_BELOW_BYTES


def _count_room(files: RunFiles) -> int:
    """Bytes that may still be written."""
    path = files.checkpoints if files.checkpoints.exists() else files.path
    with suppress(OSError):
        return shutil.disk_usage(os.fspath(path)).free
    return FULL_BELOW_BYTES
