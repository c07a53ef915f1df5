"""`{"prompt": "…", "completion": "…"}`, both as text or as lists of messages (TRL's rows)."""

from rft_app.traces.chat import chat_of
from rft_app.traces.draft import REFERENCE_FIELDS, Draft, find_reference
from rft_app.traces.line import Row, WrongShapeError, is_null, starts_with


class PromptCompletion:
    """A prompt and, unless there is only a reference, its completion."""

    name = "prompt_completion"
    label = "Prompt and completion"

    def matches(self, row: Row) -> bool:
        """`prompt` with a completion, a reference, or as a list of messages."""
        if "prompt" not in row:
            return False
        others = ("completion", *REFERENCE_FIELDS)
        return any(name in row for name in others) or starts_with(row["prompt"], b"[")

    def draft(self, row: Row) -> Draft:
        """Assistant turns inside the prompt are examples, not answers."""
        if is_null(row.get("prompt")):
            raise WrongShapeError("`prompt` is missing.")
        prompt, completion = row.pop("prompt"), row.pop("completion", None)
        num_prompt_messages = len(chat_of(("user", prompt)).messages)
        return Draft(
            chat_of(("user", prompt), ("assistant", completion)),
            row,
            num_prompt_messages=num_prompt_messages,
            reference=find_reference(row),
        )
