"""Held-out records: answered without chance, graded, and how far the model is from its base."""

import json
import math
import time
from contextlib import suppress
from typing import Any, NamedTuple

import torch
from grading_client import GradingClient
from jinja2 import TemplateError
from run_files import TrainingError

AT_ONCE = 32
NUM_FOR_KL = 16
"""Answers over which the distance from the base model is measured."""


class Answers(NamedTuple):
    """What came of some records."""

    rewards: list[float | None]
    seconds: float
    """For each answer, waiting for grades not counted."""
    tokens: float
    """Mean length of an answer."""
    kl: float | None
    """Mean over tokens, in nats; `None` where it was not measured."""

    @property
    def graded(self) -> list[float]:
        """Rewards of the answers that have one."""
        return [one for one in self.rewards if one is not None]

    @property
    def mean(self) -> float | None:
        """Of the rewards; `None` without any."""
        return math.fsum(self.graded) / len(self.graded) if self.graded else None

    @property
    def sd(self) -> float | None:
        """Population standard deviation of the rewards."""
        if (mean := self.mean) is None:
            return None
        return math.sqrt(math.fsum((one - mean) ** 2 for one in self.graded) / len(self.graded))


class Answerer:
    """Answers prompts with a model and has the answers graded."""

    def __init__(self, model: Any, tokenizer: Any, client: GradingClient, max_tokens: int) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._client = client
        self._max_tokens = max_tokens

    @torch.no_grad()
    def answer(self, phase: str, step: int, rows: list[dict[str, Any]], is_tuned: bool) -> Answers:
        """Answer all, a batch at a time.

        Args:
            phase: What the answers are for.
            step: Training steps so far.
            rows: Records with their prompts.
            is_tuned: Whether the distance from the base model is measured, too.

        Raises:
            KeyboardInterrupt: Somebody asked to stop.
        """
        was_training = self._model.training
        self._model.eval()
        rewards: list[float | None] = []
        seconds, num_tokens, kl = 0.0, 0, None
        for first in range(0, len(rows), AT_ONCE):
            self._client.check_cancelled()
            batch = rows[first : first + AT_ONCE]
            started_at = time.monotonic()
            given, answers = self._generate(batch)
            seconds += time.monotonic() - started_at
            num_tokens += int(self._mask(answers).sum())
            texts = self._tokenizer.batch_decode(answers, skip_special_tokens=True)
            keyed = [(row["key"], text) for row, text in zip(batch, texts, strict=True)]
            rewards += self._client.grade(phase, step, first, keyed)
            if is_tuned and first == 0:
                kl = self._measure_kl(given, answers)
        self._model.train(was_training)
        return Answers(rewards, seconds / max(len(rows), 1), num_tokens / max(len(rows), 1), kl)

    def _generate(self, batch: list[dict[str, Any]]) -> tuple[Any, Any]:
        texts = [lay_out(self._tokenizer, row) for row in batch]
        given = self._tokenizer(
            texts, return_tensors="pt", padding=True, add_special_tokens=False
        ).to(self._model.device)
        made = self._model.generate(
            **given,
            max_new_tokens=self._max_tokens,
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            pad_token_id=self._tokenizer.pad_token_id,
            eos_token_id=self._tokenizer.eos_token_id,
        )
        return given, made[:, given["input_ids"].shape[1] :]

    def _mask(self, answers: Any) -> Any:
        """What belongs to the answers: all up to their end, that included."""
        is_end = answers == self._tokenizer.eos_token_id
        ended_before = is_end.cumsum(dim=1) - is_end.int()
        return (ended_before == 0).int()

    def _measure_kl(self, given: Any, answers: Any) -> float | None:
        answers, ids = answers[:NUM_FOR_KL], given["input_ids"][:NUM_FOR_KL]
        mask = self._mask(answers)
        whole = torch.cat([ids, answers], dim=1)
        attention = torch.cat([given["attention_mask"][:NUM_FOR_KL], mask], dim=1)
        tuned = self._log_chances(whole, attention, answers.shape[1])
        with self._model.disable_adapter():
            base = self._log_chances(whole, attention, answers.shape[1])
        distance = (tuned.exp() * (tuned - base)).sum(dim=-1)
        total = int(mask.sum())
        return float((distance * mask).sum() / total) if total else None

    def _log_chances(self, ids: Any, attention: Any, num_last: int) -> Any:
        positions = (attention.cumsum(dim=1) - 1).clamp(min=0)
        found = self._model(
            input_ids=ids,
            attention_mask=attention,
            position_ids=positions,
            logits_to_keep=num_last + 1,
            use_cache=False,
        )
        return found.logits[:, :-1].float().log_softmax(dim=-1)


def lay_out(tokenizer: Any, row: dict[str, Any]) -> str:
    """A record's conversation, and its tools, as the text that the model goes on with.

    Raises:
        TrainingError: The template is broken, or refuses such a conversation.
    """
    try:
        return tokenizer.apply_chat_template(
            [_open_arguments(message) for message in row["prompt"]],
            tools=json.loads(row["tools"]) if row.get("tools") else None,
            tokenize=False,
            add_generation_prompt=True,
        )
    except TemplateError as error:
        roles = ", ".join(message["role"] for message in row["prompt"])
        raise TrainingError(
            "base_model",
            f"The base model's chat template cannot lay out a record of the turns {roles}: {error} "
            "Take a base model whose template can, or leave such records out.",
        ) from error


def _open_arguments(message: dict[str, Any]) -> dict[str, Any]:
    """The message with arguments of calls as templates read them: an object, not its text."""
    if not message.get("tool_calls"):
        return message
    calls = []
    for call in message["tool_calls"]:
        function = dict(call.get("function") or {})
        with suppress(TypeError, ValueError):
            function["arguments"] = json.loads(function["arguments"])
        calls.append({**call, "function": function})
    return {**message, "tool_calls": calls}
