"""Which GPU there is and how a training computes on it; no torch but the one that is given."""

import os
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from run_files import TrainingError

DEVICE_FILES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""Of NVIDIA's driver, of AMD's, of either under Windows."""
VISIBLE = "CUDA_VISIBLE_DEVICES"
HIDDEN = ("", "-1", "NoDevFiles")
"""Values of `VISIBLE` by which somebody keeps all GPUs from us."""
LEAST_VLLM = (0, 22)
VLLM_OWN_BYTES = 1_500_000_000
INSTALL_VLLM = 'install it there (python -m pip install "trl[vllm]")'


class Place(NamedTuple):
    """Where, in which numbers and how is computed."""

    device: str
    precision: str
    generation: str = "plain"
    name: str = ""
    memory_bytes: int = 0


def find_device_file() -> str:
    """The driver's file; empty where there is no GPU, or it is kept from us."""
    if os.environ.get(VISIBLE) in HIDDEN:
        return ""
    return next((path for path in DEVICE_FILES if Path(path).exists()), "")


def show_one() -> None:
    """Let torch see the first of the visible GPUs alone: it would spread a step over all."""
    visible = os.environ.get(VISIBLE, "0")
    os.environ[VISIBLE] = visible.split(",")[0]


def describe_gpu(torch: Any) -> dict[str, Any]:
    """Name, number, memory and numbers of the first GPU that torch sees."""
    free_bytes, memory_bytes = torch.cuda.mem_get_info(0)
    return {
        "name": torch.cuda.get_device_name(0),
        "number": torch.cuda.device_count(),
        "memory_bytes": memory_bytes,
        "free_bytes": free_bytes,
        "has_bf16": torch.cuda.is_bf16_supported(including_emulation=False),
    }


def find_gpu_fault(torch: Any, device_file: str) -> str:
    """Why torch sees no GPU though there is one, and what to do."""
    if not (torch.version.cuda or torch.version.hip):
        return (
            f"There is a GPU ({device_file}), and torch {torch.__version__} is a build for "
            "processors, so training would take the processor. Install torch's build for the GPU, "
            "or name a Python that has it with RFT_TRAINER_PYTHON."
        )
    why = "it finds none"
    try:
        torch.cuda.init()
    except (RuntimeError, AssertionError, OSError) as error:
        why = str(error).strip().partition("\n")[0]
    return (
        f"There is a GPU ({device_file}), and torch {torch.__version__} cannot use it ({why}), so "
        "training would take the processor. Bring driver and torch together: nvidia-smi names the "
        "newest CUDA that the driver knows."
    )


def find_vllm() -> str:
    """The version of vLLM; empty where it is not installed."""
    try:
        return version("vllm") if find_spec("vllm") is not None else ""
    except PackageNotFoundError:
        return ""


def choose_place(settings: dict[str, Any], num_parameters: int, torch: Any) -> Place:
    """What is computed on, where it is computed: an order for a cluster cannot know it.

    Raises:
        TrainingError: vLLM is wanted, and cannot be had.
    """
    wanted = settings["precision"]
    if not torch.cuda.is_available():
        if settings.get("generation") == "vllm":
            raise TrainingError(
                "generation",
                "vLLM generation needs a GPU, and torch finds none here. Set generation to auto or "
                "plain.",
            )
        auto = "bfloat16" if computes_in_bfloat16() else "float32"
        return Place("cpu", auto if wanted == "auto" else wanted)
    gpu = describe_gpu(torch)
    auto = "bfloat16" if gpu["has_bf16"] else "float32"
    return Place(
        "cuda",
        auto if wanted == "auto" else wanted,
        choose_generation(settings, num_parameters, gpu["memory_bytes"], find_vllm()),
        gpu["name"],
        gpu["memory_bytes"],
    )


def choose_generation(
    settings: dict[str, Any], num_parameters: int, memory_bytes: int, vllm: str
) -> str:
    """`vllm` or `plain`, on a GPU.

    Raises:
        TrainingError: vLLM is wanted, and cannot be had.
    """
    wanted = settings.get("generation", "plain")
    if wanted == "plain":
        return "plain"
    least = 2 * num_parameters + VLLM_OWN_BYTES
    is_new = tuple(int(one) for one in vllm.split(".")[:2] if one.isdigit()) >= LEAST_VLLM
    if is_new and (wanted == "vllm" or memory_bytes * settings["vllm_share"] >= least):
        return "vllm"
    if wanted == "auto":
        return "plain"
    what = f"vLLM {vllm} is older than 0.22" if vllm else "vLLM is not installed"
    raise TrainingError(
        "generation",
        f"{what} in the Python that trains: {INSTALL_VLLM}, or set generation to auto or plain.",
    )


def computes_in_bfloat16() -> bool:
    """Whether the processor does."""
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
