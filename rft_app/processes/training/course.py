"""One training from the base model's answers to the tuned model's."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import torch
from answering import Answerer, lay_out
from base_model import hash_weights, load_model, load_tokenizer, prepare
from gpu import Place, choose_place
from grading_client import GradingClient
from learning import (
    Rewards,
    Watch,
    add_adapter,
    make_trainer,
    measure_adapter,
    require_finite,
    tell_validation,
)
from peft import set_peft_model_state_dict
from run_files import LEARNT, RunFiles, TrainingError, hash_file, step_of
from safetensors.torch import load_file
from transformers.utils import logging

Rows = dict[str, list[dict[str, Any]]]


class Loaded(NamedTuple):
    """Everything in memory."""

    folder: Path
    """Of the base model."""
    model: Any
    tokenizer: Any
    client: GradingClient
    answerer: Answerer
    rows: Rows
    num_left_out: int


def train(files: RunFiles) -> None:
    """Train as ordered, from the newest whole checkpoint on, and compare with the base model.

    Raises:
        TrainingError: It cannot go on; the message says what to do.
        KeyboardInterrupt: Somebody asked to stop.
    """
    logging.disable_progress_bar()
    config = files.read_json("config.json")
    settings = config["settings"]
    torch.set_num_threads(settings["num_threads"] or os.cpu_count() or 1)
    torch.manual_seed(settings["seed"])
    place = choose_place(settings, config.get("num_parameters", 0), torch)
    checkpoint = files.find_checkpoint()
    resumed = 0 if checkpoint is None else step_of(checkpoint)
    files.tell("begun", pid=os.getpid(), resumed_from=resumed, **place._asdict())
    print("Computing on", *filter(None, place), flush=True)  # noqa: T201  # for the log
    loaded = load(files, config, place)
    base = answer_as_base(files, loaded)
    if checkpoint is None:
        found = loaded.answerer.answer("validation", 0, loaded.rows["validation"], is_tuned=False)
        tell_validation(files, 0, found)
    learnt = files.read_learnt()
    if learnt is None:
        watch, num_steps = learn(files, config, loaded, place, checkpoint)
        if watch.is_cancelled:
            files.tell("cancelled", step=num_steps)
            return
        learnt = {"num_steps": num_steps, "stopped": watch.stopped}
        files.write_json(LEARNT, learnt)
    told = {**base, **compare(files, loaded), **place._asdict()}
    files.tell("done", **learnt, **told)


def load(files: RunFiles, config: dict[str, Any], place: Place) -> Loaded:
    """Load base model and prompts."""
    settings = config["settings"]
    folder = prepare(files, config)
    files.tell("phase", words="loading the base model")
    tokenizer = load_tokenizer(folder)
    rows = {name: files.read_prompts(name) for name in ("train", "validation", "compared")}
    rows, num_left_out = leave_out_long(rows, tokenizer, settings["max_prompt_tokens"])
    model = add_adapter(
        load_model(folder, place.device, place.precision), settings, place.precision
    )
    client = GradingClient(files)
    answerer = Answerer(model, tokenizer, client, settings["max_completion_tokens"])
    return Loaded(folder, model, tokenizer, client, answerer, rows, num_left_out)


def leave_out_long(rows: Rows, tokenizer: Any, max_tokens: int) -> tuple[Rows, int]:
    """Records whose prompt fits, and how many do not.

    Raises:
        TrainingError: Nothing is left to train on or to validate with.
    """

    def fits(row: dict[str, Any]) -> bool:
        text = lay_out(tokenizer, row)
        return len(tokenizer(text, add_special_tokens=False)["input_ids"]) <= max_tokens

    kept = {name: [row for row in some if fits(row)] for name, some in rows.items()}
    if not kept["train"] or not kept["validation"]:
        side = "train on" if not kept["train"] else "validate with"
        raise TrainingError(
            "prompts",
            f"No record is left to {side}: all prompts are longer than {max_tokens} tokens. Raise "
            "max_prompt_tokens, if the model's context allows it.",
        )
    return kept, sum(len(rows[name]) - len(kept[name]) for name in rows)


def answer_as_base(files: RunFiles, loaded: Loaded) -> dict[str, float]:
    """The base model's answers to the compared records, once for all attempts."""
    if (known := files.read_json("base.json")) is not None:
        return known
    files.tell("phase", words="asking the base model")
    found = loaded.answerer.answer("base", 0, loaded.rows["compared"], is_tuned=False)
    known = {"base_seconds": found.seconds, "base_tokens": found.tokens}
    files.write_json("base.json", known)
    return known


def learn(
    files: RunFiles, config: dict[str, Any], loaded: Loaded, place: Place, checkpoint: Path | None
) -> tuple[Watch, int]:
    """Train; returns what watched it, and the steps that were made in all."""
    files.tell("phase", words="training")
    settings = config["settings"]
    rewards = Rewards(loaded.client, loaded.tokenizer, settings["rollouts_per_prompt"])
    watch = Watch(files, settings, rewards, loaded.answerer, loaded.rows["validation"])
    trainer = make_trainer(loaded, config, watch, place)
    resumed = 0 if checkpoint is None else step_of(checkpoint)
    if resumed < config["total_steps"]:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    return watch, max(trainer.state.global_step, resumed)


def compare(files: RunFiles, loaded: Loaded) -> dict[str, Any]:
    """Answer the compared records with the best adapter, which must differ from none.

    Raises:
        TrainingError: It adds nothing, so that it is the base model, or is no finite numbers.
    """
    best = files.read_best()
    if best is None:
        raise TrainingError("nothing_kept", "No checkpoint was kept.")
    weights = files.best / "adapter_model.safetensors"
    set_peft_model_state_dict(loaded.model, load_file(weights))
    norm = measure_adapter(loaded.model)
    require_finite(norm, best["step"], "It cannot be compared.")
    if norm == 0:
        raise TrainingError(
            "unchanged",
            "The adapter adds nothing to the base model: no answer was better than another of its "
            "group. There is nothing to compare. Look at the dry run's learnable share.",
        )
    files.tell("phase", words="comparing with the base model")
    found = loaded.answerer.answer("tuned", best["step"], loaded.rows["compared"], is_tuned=False)
    return {
        "best_step": best["step"],
        "base_hash": hash_weights(loaded.folder),
        "adapter_hash": hash_file(weights),
        "adapter_norm": norm,
        "num_left_out": loaded.num_left_out,
        "tuned_seconds": found.seconds,
        "tuned_tokens": found.tokens,
    }
