"""What speaks for and against a training on the processor or GPU that there is."""

import os

from rft_app.domain.base_facts import BaseFacts
from rft_app.domain.training_place import TrainingMachine, TrainingPlace, holds_model
from rft_app.domain.training_plan import TrainingCheck, TrainingEstimate
from rft_app.domain.training_run import TrainingSettings

USABLE_RAM, USABLE_GPU = 0.8, 0.95
"""Share of the memory that a training may take."""


def check_device(machine: TrainingMachine) -> TrainingCheck | None:
    """A GPU that cannot be used, or a machine that nobody knows here; `None` where all is well."""
    if not machine.is_known:
        return TrainingCheck(
            name="device",
            level="note",
            finding="What the cluster computes on is not known here: it chooses bf16 and vLLM "
            "itself, and the values are those for a processor.",
            remedy="Where it has a GPU, set more records and answers per step under Advanced.",
        )
    if not machine.fault:
        return None
    finding, _, remedy = machine.fault.partition(". ")
    return TrainingCheck(name="device", level="caution", finding=f"{finding}.", remedy=remedy)


def check_generation(
    machine: TrainingMachine, settings: TrainingSettings, base: BaseFacts, python: str
) -> TrainingCheck | None:
    """Whether answers can be written as is set; `None` where they can.

    Args:
        machine: What there is to compute on.
        settings: Of the training.
        base: Of the base model.
        python: What trains, for the remedy.
    """
    gpu = machine.gpu
    if not machine.is_known or settings.generation == "plain":
        return None
    fits = gpu is not None and holds_model(
        gpu.memory_bytes, settings.vllm_share, base.num_parameters
    )
    if settings.generation == "auto":
        is_left_out = gpu is not None and machine.has_new_vllm and not fits
        return _tell_small(settings, "note") if is_left_out else None
    if gpu is None:
        finding = "vLLM generation needs a GPU, and there is none that torch can use."
        remedy = "Set generation to auto or plain under Advanced."
    elif not machine.has_new_vllm:
        what = f"vLLM {machine.vllm} is older than 0.22" if machine.vllm else "vLLM is missing"
        finding = f"{what} in {python}."
        remedy = f'Install it: {python} -m pip install "trl[vllm]", or set generation to plain.'
    elif not fits:
        return _tell_small(settings, "stop")
    else:
        return None
    return TrainingCheck(name="generation", level="stop", finding=finding, remedy=remedy)


def _tell_small(settings: TrainingSettings, level: str) -> TrainingCheck:
    so = ", so answers are written plainly" if level == "note" else ""
    return TrainingCheck.model_validate(
        {
            "name": "generation",
            "level": level,
            "finding": f"vLLM's share of the GPU's memory ({settings.vllm_share:.0%}) does not "
            f"hold the model{so}.",
            "remedy": "Raise vllm_share, or set generation to plain.",
        }
    )


def check_memory(estimate: TrainingEstimate, machine: TrainingMachine) -> TrainingCheck | None:
    """Whether it fits into the memory of what computes; `None` where it does, or nobody knows."""
    if not machine.is_known:
        return None
    if machine.gpu is not None and estimate.place is not None:
        return _check_gpu_memory(estimate.memory_bytes, machine, estimate.place)
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if estimate.memory_bytes <= total * USABLE_RAM:
        return None
    return TrainingCheck(
        name="memory",
        level="caution",
        finding=f"It may take {estimate.memory_bytes / 1e9:.0f} GB; this machine has "
        f"{total / 1e9:.0f} GB.",
        remedy="Set fewer rollouts or prompts per step, or shorter answers.",
    )


def _check_gpu_memory(
    needed: int, machine: TrainingMachine, place: TrainingPlace
) -> TrainingCheck | None:
    gpu = machine.gpu
    if gpu is None or needed <= min(gpu.free_bytes, gpu.memory_bytes * USABLE_GPU):
        return None
    has = f"the GPU has {gpu.memory_bytes / 1e9:.1f} GB"
    plain = ", or plain generation" if place.generation == "vllm" else ""
    remedy = f"Set fewer rollouts or prompts per step, or shorter answers{plain}."
    if needed <= gpu.memory_bytes * USABLE_GPU:
        has += f", of which {gpu.free_bytes / 1e9:.1f} GB are free"
        remedy = f"End what else uses the GPU. {remedy}"
    finding = f"It may take {needed / 1e9:.1f} GB; {has}."
    return TrainingCheck(name="memory", level="caution", finding=finding, remedy=remedy)
