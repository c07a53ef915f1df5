"""A prompt is read once for all answers of its group: to write them, and to learn from them.

The answers of a group begin with the same prompt.  TRL reads it for every answer; with eight short
answers to a long prompt that is most of the work.  Here its keys and values are computed once and
handed to each answer; gradients flow back through them, so that the step is the same.
"""

from typing import Any

import torch
from answering import lay_out
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer
from trl import GRPOTrainer
from trl.models.utils import unwrap_model_for_generation


class SharingTrainer(GRPOTrainer):
    """TRL's trainer where prompts can be shared, and just TRL's where not."""

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> Any:
        self._rows = inputs
        return super()._generate_and_score_completions(inputs)

    def _tokenize_prompts(self, prompts: list[Any]) -> Any:
        """Each prompt with the tools of its own record, as held-out records are laid out."""
        texts = [lay_out(self._tokenizer, row) for row in self._rows]
        return self._tokenizer(texts, add_special_tokens=False)["input_ids"], None, {}

    def _generate_single_turn(self, prompt_ids: Any, images: Any, *args: Any, **kwargs: Any) -> Any:
        is_plain = not (self.use_vllm or self.use_transformers_continuous_batching or images)
        if not is_plain:
            return super()._generate_single_turn(prompt_ids, images, *args, **kwargs)
        with (
            unwrap_model_for_generation(
                self.model_wrapped, self.accelerator, generation_kwargs=self.generation_kwargs
            ) as model,
            torch.no_grad(),
        ):
            ids, mask = pad_left(prompt_ids, self._tokenizer.pad_token_id, model.device)
            cache = read_prompts(model, ids, mask)
            made = model.generate(
                input_ids=ids,
                attention_mask=mask,
                past_key_values=cache,
                generation_config=self.generation_config,
            )[:, ids.shape[1] :]
        return cut_at_end(made, self.eos_token_ids), None

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: Any,
        attention_mask: Any,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,
        **others: Any,
    ) -> Any:
        is_plain = not any(value is not None and value is not False for value in others.values())
        given = (input_ids, attention_mask)
        first = logits_to_keep + 1
        cache = None
        if is_plain and (batch_size is None or batch_size >= input_ids.shape[0]):
            cache = read_prompts(model, input_ids[:, : 1 - first], attention_mask[:, : 1 - first])
        if cache is None:
            return super()._get_per_token_logps_and_entropies(
                model, *given, logits_to_keep, batch_size, compute_entropy, **others
            )
        answers = input_ids[:, -first:]
        labels = answers.masked_fill(attention_mask[:, -first:] == 0, -100)
        with self.accelerator.autocast():
            found = model(
                input_ids=answers,
                attention_mask=attention_mask,
                position_ids=number_tokens(attention_mask)[:, -first:],
                past_key_values=cache,
                labels=labels,
                fused_lm_head=True,
            )
        return found.log_probs, found.entropy if compute_entropy else None, None


def read_prompts(model: Any, ids: Any, mask: Any) -> DynamicCache | None:
    """Keys and values of all but the last token of each prompt, read once where prompts are equal.

    Args:
        model: Reads them.
        ids: (answers, tokens), padded at the left.
        mask: 1 where a token is one; the same shape.

    Returns:
        `None` where there is nothing to share, or the model keeps something else of a prompt.
    """
    unique, which = torch.unique(ids, dim=0, return_inverse=True)
    if unique.shape[0] == ids.shape[0] or ids.shape[1] < 2:
        return None
    one_of = torch.zeros(unique.shape[0], dtype=torch.long, device=ids.device)
    one_of[which] = torch.arange(ids.shape[0], device=ids.device)
    is_token = mask[one_of][:, :-1]
    read = model(
        input_ids=unique[:, :-1],
        attention_mask=is_token,
        position_ids=number_tokens(is_token),
        use_cache=True,
        logits_to_keep=1,
    )
    cache = read.past_key_values
    if type(cache) is not DynamicCache or any(
        type(one) is not DynamicLayer for one in cache.layers
    ):
        return None
    cache.batch_select_indices(which)
    return cache


def number_tokens(mask: Any) -> Any:
    """Places of the tokens, as generating counts them: what pads has none."""
    return (mask.cumsum(dim=1) - 1).clamp(min=0)


def pad_left(prompts: list[list[int]], padding: int, device: Any) -> tuple[Any, Any]:
    """Token ids and mask of prompts of different lengths."""
    longest = max(map(len, prompts))
    ids = [[padding] * (longest - len(one)) + one for one in prompts]
    mask = [[0] * (longest - len(one)) + [1] * len(one) for one in prompts]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def cut_at_end(made: Any, ends: list[int]) -> list[list[int]]:
    """Each answer up to and with the token that ended it."""
    answers: list[list[int]] = []
    for row in made.tolist():
        end = next((place + 1 for place, token in enumerate(row) if token in ends), len(row))
        answers.append(row[:end])
    return answers
