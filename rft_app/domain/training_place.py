"""Where a training computes: on the processor or on a GPU, in which numbers, how it answers."""

import re
from typing import Literal

from rft_app.domain.entity import Entity
from rft_app.domain.words import count

BF16, FP32 = "bfloat16", "float32"
LEAST_VLLM = (0, 22)
"""Before it, TRL cannot hand it the weights."""
LARGE_GPU_BYTES = 15_000_000_000
"""Memory from which the larger values of the presets are taken: a card of 16 GB has it."""
_NAMED_SIZE = re.compile(r"[ -](\d+) ?GB.*$")
Generation = Literal["plain", "vllm"]


class Gpu(Entity):
    """The GPU that a training would take, as torch tells it."""

    name: str
    number: int
    """How many there are; a training takes the first."""
    memory_bytes: int
    free_bytes: int
    """When it was looked at."""
    has_bf16: bool

    @property
    def is_large(self) -> bool:
        """Whether the larger values of the presets fit."""
        return self.memory_bytes >= LARGE_GPU_BYTES


class TrainingMachine(Entity):
    """What the machine has that would train."""

    gpu: Gpu | None = None
    """`None` where the processor computes."""
    vllm: str = ""
    """Its version; empty where it is not installed."""
    num_cores: int = 0
    """0 where nobody knows."""
    fault: str = ""
    """Why a GPU that is there is not used, and what to do; empty where nothing is amiss."""
    is_known: bool = True
    """Whether it is this one; what a cluster has is known there alone."""

    @property
    def has_new_vllm(self) -> bool:
        """Whether there is a vLLM that TRL can use."""
        return read_version(self.vllm) >= LEAST_VLLM

    @property
    def has_large_gpu(self) -> bool:
        """Whether the larger values of the presets are taken."""
        return self.gpu is not None and self.gpu.is_large

    def describe(self, place: "TrainingPlace") -> str:
        """What a training would compute on.

        Example:
            >>> gpu = Gpu(name="NVIDIA H100 80GB HBM3", number=4, memory_bytes=85_000_000_000,
            ...           free_bytes=0, has_bf16=True)
            >>> place = TrainingPlace(device="cuda", name=gpu.name, memory_bytes=85_000_000_000,
            ...                       precision="bfloat16", generation="vllm")
            >>> TrainingMachine(gpu=gpu).describe(place)
            '1 of 4 × NVIDIA H100, 80 GB, bf16, vLLM generation'
            >>> TrainingMachine(num_cores=2).describe(TrainingPlace(device="cpu"))
            'the processor, 2 cores'
        """
        if self.gpu is None:
            return f"the processor, {count(self.num_cores, 'core')}"
        number = "1" if self.gpu.number == 1 else f"1 of {self.gpu.number}"
        return f"{number} × {place.describe()}"


class TrainingPlace(Entity):
    """What one training computes on, and how."""

    device: Literal["", "cpu", "cuda"]
    """Empty where nobody knows before it begins."""
    name: str = ""
    """Of the GPU."""
    memory_bytes: int = 0
    """Of the GPU."""
    precision: str = ""
    """Empty where the trainer chooses it when it begins."""
    generation: Generation = "plain"

    @property
    def is_gpu(self) -> bool:
        """Whether a GPU computes."""
        return self.device == "cuda"

    def is_like(self, other: "TrainingPlace") -> bool:
        """Whether times measured at the one tell something of the other."""
        mine = (self.device, self.name, self.generation)
        return mine == (other.device, other.name, other.generation)

    def describe(self) -> str:
        """Device, memory, numbers and generation, in words.

        Example:
            >>> TrainingPlace(device="cuda", name="NVIDIA GeForce RTX 2080", precision="float32",
            ...               memory_bytes=8_361_738_240).describe()
            'NVIDIA GeForce RTX 2080, 8 GB, float32, plain generation'
            >>> TrainingPlace(device="cpu", precision="float32").describe()
            'the processor, float32'
        """
        if not self.is_gpu:
            return ", ".join(filter(None, ("the processor", self.precision)))
        words = "vLLM generation" if self.generation == "vllm" else "plain generation"
        numbers = "bf16" if self.precision == BF16 else self.precision
        return f"{self.name_device()}, {numbers}, {words}"

    def name_device(self) -> str:
        """Name and memory of the GPU, as its maker counts it."""
        if named := _NAMED_SIZE.search(self.name):
            return f"{_NAMED_SIZE.sub('', self.name)}, {named[1]} GB"
        return f"{self.name or 'a GPU'}, {self.memory_bytes / 2**30:.0f} GB"


def read_version(version: str) -> tuple[int, ...]:
    """Major and minor.

    Example:
        >>> read_version("1.16.0"), read_version("2.0.dev0") > read_version("1.16")
        ((1, 16), True)
    """
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def plan_place(
    machine: TrainingMachine, precision: str, generation: str, share: float, num_parameters: int
) -> TrainingPlace:
    """What a training would compute on; the trainer chooses by the same rules when it begins.

    Args:
        machine: What there is.
        precision: As set.
        generation: As set: `auto` takes vLLM where there is a GPU, it is installed and its share
            of the memory holds the model; `vllm` takes it in any case.
        share: Of the GPU's memory, for vLLM.
        num_parameters: Of the base model.
    """
    gpu = machine.gpu
    if not machine.is_known:
        return TrainingPlace(device="")
    if gpu is None:
        return TrainingPlace(device="cpu", precision="" if precision == "auto" else precision)
    auto = BF16 if gpu.has_bf16 else FP32
    fits = machine.has_new_vllm and holds_model(gpu.memory_bytes, share, num_parameters)
    is_vllm = generation == "vllm" or (generation == "auto" and fits)
    return TrainingPlace(
        device="cuda",
        name=gpu.name,
        memory_bytes=gpu.memory_bytes,
        precision=auto if precision == "auto" else precision,
        generation="vllm" if is_vllm else "plain",
    )


VLLM_OWN_BYTES = 1_500_000_000
"""What vLLM takes beside weights, keys and values."""


def holds_model(memory_bytes: int, share: float, num_parameters: int) -> bool:
    """Whether vLLM's share of a GPU's memory holds the weights, two bytes each, and itself."""
    return memory_bytes * share >= 2 * num_parameters + VLLM_OWN_BYTES
