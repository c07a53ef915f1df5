"""A training as verl is told it: its command, its grader, and what it does differently.

Pure functions for a trainer that submits the command somewhere, e.g. to a Ray cluster.  The
folder of an order holds `TRAIN`, `VALIDATION` and `GRADER`; `services.training_verl` writes it.

    facts = TRAINER.describe_base(run.base_model)
    place = VerlPlace(folder=".", outputs="/mnt/shared/run_1", base_model="Qwen/Qwen3-0.6B")
    command = shlex.join(write_command(run.settings, facts, place, run.total_steps))
    runtime_env = {"working_dir": order, "env_vars": ENVIRONMENT, "pip": list_packages(spec)}
    log = VerlLog()                       # trainers/verl_log.py
    events = log.read(new_text, at=now)   # metrics and checkpoints, as `run_folder` has them

verl trains on GPUs alone.  Checkpoints are in `outputs/checkpoints/global_step_N/actor`, answers
with their rewards in `outputs/answers/N.jsonl` and `outputs/validated/N.jsonl`.

Source: `trainer/config/ppo_trainer.yaml` and `trainer/ppo/reward.py` of verl 0.9.1.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple

from rft_app.domain.base_facts import BaseFacts
from rft_app.domain.grader import GraderSpec
from rft_app.domain.training_run import TrainingSettings
from rft_app.errors import InvalidInputError
from rft_app.graders._grader_code import list_requirements
from rft_app.graders.python_file import find_lacks, to_python

TRAIN: Final = "train.parquet"
VALIDATION: Final = "validation.parquet"
GRADER: Final = "grader.py"
REWARD: Final = "compute_score"
"""The function of `GRADER` that verl calls."""
ENVIRONMENT: Final[Mapping[str, str]] = {"HYDRA_FULL_ERROR": "1", "RAY_DEDUP_LOGS": "0"}
"""Variables with which errors are whole and no line of figures is taken for another's double."""
_PACKED_TOKENS: Final = 16_384
"""verl's own bound of a GPU's tokens at once; a longer answer needs a higher one."""
_PLAIN = re.compile(r"[A-Za-z_./][\w./-]*", re.ASCII)
_UNSAFE = re.compile(r"[\x00-\x1f'\"\\${}]")

Overrides = dict[str, str | int | float | bool | list[str]]


class VerlPlace(NamedTuple):
    """Where verl runs, as every node of the cluster sees it."""

    folder: str
    """Has the three files; `.` where they are sent along as the working folder."""
    outputs: str
    """Takes checkpoints and answers; to outlive the job it must be shared storage."""
    base_model: str
    """A folder in the layout of Hugging Face, or a name that the cluster may download."""
    num_nodes: int = 1
    gpus_per_node: int = 1


def write_command(
    settings: TrainingSettings, facts: BaseFacts, place: VerlPlace, total_steps: int
) -> list[str]:
    """The words of verl's command line; join them with `shlex.join`.

    Raises:
        InvalidInputError: Prompt and answer do not fit the model's context, or a path cannot be
            written in verl's options.

    Example:
        >>> facts = BaseFacts(name="tiny", num_parameters=1, num_layers=1, hidden_size=1,
        ...     vocabulary=1, context_tokens=4_096)
        >>> place = VerlPlace("/data/run 1", "/data/out", "tiny")
        >>> words = write_command(TrainingSettings(), facts, place, 44)
        >>> words[:4]
        ['python', '-m', 'verl.trainer.main_ppo', 'algorithm.adv_estimator=grpo']
        >>> [word for word in words if "val_files" in word or "total_training_steps" in word]
        ["data.val_files='/data/run 1/validation.parquet'", 'trainer.total_training_steps=44']
    """
    overrides = list_overrides(settings, facts, place, total_steps)
    written = [f"{name}={_write(name, value)}" for name, value in overrides.items()]
    return ["python", "-m", "verl.trainer.main_ppo", *written]


def list_overrides(
    settings: TrainingSettings, facts: BaseFacts, place: VerlPlace, total_steps: int
) -> Overrides:
    """What differs from verl's defaults, by the name of the option.

    Raises:
        InvalidInputError: Prompt and answer do not fit the model's context.
    """
    longest = settings.max_prompt_tokens + settings.max_completion_tokens
    if longest > facts.context_tokens:
        raise InvalidInputError(
            f"Prompt and answer may take {longest:,} tokens together, and {facts.name} reads "
            f"{facts.context_tokens:,}: set a lower limit for prompts or answers.",
            field="max_prompt_tokens",
        )
    return {
        "algorithm.adv_estimator": "grpo",
        "algorithm.use_kl_in_reward": False,
        **_list_data(settings, place),
        **_list_actor(settings, place, longest),
        **_list_rollout(settings, longest),
        "reward.custom_reward_function.path": f"{place.folder}/{GRADER}",
        "reward.custom_reward_function.name": REWARD,
        **_list_course(settings, place, total_steps),
    }


def _list_data(settings: TrainingSettings, place: VerlPlace) -> Overrides:
    return {
        "data.train_files": f"{place.folder}/{TRAIN}",
        "data.val_files": f"{place.folder}/{VALIDATION}",
        "data.train_batch_size": settings.prompts_per_step,
        "data.max_prompt_length": settings.max_prompt_tokens,
        "data.max_response_length": settings.max_completion_tokens,
        "data.filter_overlong_prompts": True,
        "data.seed": settings.seed,
    }


def _list_actor(settings: TrainingSettings, place: VerlPlace, longest: int) -> Overrides:
    """The adapter and its loss; each training step is one of the optimiser."""
    actor = "actor_rollout_ref.actor"
    found: Overrides = {
        "actor_rollout_ref.model.path": place.base_model,
        "actor_rollout_ref.model.lora_rank": settings.lora_rank,
        "actor_rollout_ref.model.lora_alpha": 2 * settings.lora_rank,
        f"{actor}.optim.lr": settings.learning_rate,
        f"{actor}.ppo_mini_batch_size": settings.prompts_per_step,
        f"{actor}.use_dynamic_bsz": True,
        f"{actor}.ppo_max_token_len_per_gpu": max(_PACKED_TOKENS, longest),
        f"{actor}.entropy_coeff": settings.entropy_bonus,
        f"{actor}.use_kl_loss": settings.beta > 0,
        f"{actor}.kl_loss_coef": settings.beta,
    }
    if settings.precision == "float32":
        found[f"{actor}.fsdp_config.dtype"] = "float32"
        found["actor_rollout_ref.rollout.dtype"] = "float32"
    return found


def _list_rollout(settings: TrainingSettings, longest: int) -> Overrides:
    """Answers by vLLM on each GPU; with an adapter it has to read the base model's own weights."""
    rollout = "actor_rollout_ref.rollout"
    return {
        f"{rollout}.name": "vllm",
        f"{rollout}.n": settings.rollouts_per_prompt,
        f"{rollout}.temperature": settings.temperature,
        f"{rollout}.tensor_model_parallel_size": 1,
        f"{rollout}.load_format": "safetensors",
        f"{rollout}.max_model_len": longest,
        f"{rollout}.seed": settings.seed,
    }


def _list_course(settings: TrainingSettings, place: VerlPlace, total_steps: int) -> Overrides:
    """An epoch has a step at least, so that the steps alone end the training."""
    return {
        "trainer.total_training_steps": total_steps,
        "trainer.total_epochs": total_steps,
        "trainer.save_freq": settings.validate_every,
        "trainer.test_freq": settings.validate_every,
        "trainer.default_local_dir": f"{place.outputs}/checkpoints",
        "trainer.rollout_data_dir": f"{place.outputs}/answers",
        "trainer.validation_data_dir": f"{place.outputs}/validated",
        "trainer.logger": ["console"],
        "trainer.nnodes": place.num_nodes,
        "trainer.n_gpus_per_node": place.gpus_per_node,
    }


def _write(name: str, value: str | float | bool | list[str]) -> str:
    """A value in the grammar of verl's options (Hydra 1.3)."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(value)}]"
    if not isinstance(value, str) or _PLAIN.fullmatch(value):
        return str(value)
    if _UNSAFE.search(value):
        raise InvalidInputError(
            f"verl's option {name} cannot be {value!r}: quotes, backslashes, braces, dollar signs "
            "and line ends mean something else there. Name another folder.",
            field="base_model" if name.endswith("model.path") else "folder",
        )
    return f"'{value}'"


def write_grader(spec: GraderSpec) -> str:
    """The source of `GRADER`.  An answer that cannot be graded raises: verl leaves it out.

    Raises:
        InvalidInputError: It asks a model, or reads what verl does not hand over.
    """
    source = to_python(spec)
    if lacks := find_lacks(spec):
        raise InvalidInputError(
            f"verl hands a grader the text of an answer and the record's reference and fields, and "
            f"this grader reads {' and '.join(lacks)}: every grade would fail or be wrong. Train "
            "with TRL, or grade by the text.",
            lacks=lacks,
        )
    return source


def list_packages(spec: GraderSpec) -> list[str]:
    """What `GRADER` imports beside the standard library, pinned as pip takes it."""
    return list_requirements(spec)


def list_differences(settings: TrainingSettings) -> list[str]:
    """Settings that verl has no option for, each with what it does instead."""
    found = {
        "The adapter is on all layers: verl does not train the last ones alone.": (
            settings.lora_layers > 0
        ),
        "Staying undecided is rewarded evenly, by the bonus alone: verl knows no floor.": (
            settings.entropy_floor > 0
        ),
        "It runs to its last step: verl does not stop where nothing is learnt.": (
            settings.flat_patience > 0 or settings.patience > 0
        ),
        "Tools of a record are not shown to the model.": True,
    }
    return [words for words, is_so in found.items() if is_so]


def fill_up(rows: Iterator[bytes], least: int) -> Iterator[bytes]:
    """So many rows that a step is full: verl drops one that is not, and then has none.

    Example:
        >>> list(fill_up(iter([b"a", b"b"]), 3))
        [b'a', b'b', b'a', b'b']
    """
    first = list(islice(rows, least))
    times = -(-least // len(first)) if first else 0
    for _ in range(times):
        yield from first
    yield from rows
