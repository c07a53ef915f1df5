"""`{"input": {"messages": […]}, "preferred_output": […], "non_preferred_output": […]}`.

OpenAI's, Azure's and Together's preference rows; older ones say `…_completion`.
"""

import msgspec

from rft_app.traces.chat import chat_of, parse_chat
from rft_app.traces.draft import Draft
from rft_app.traces.line import Row, WrongShapeError, starts_with

_PREFERRED = ("preferred_output", "preferred_completion")
_REJECTED = ("non_preferred_output", "non_preferred_completion")


class OpenAiDpo:
    """The preferred answer is the recorded one; the other is kept as `rejected`."""

    name = "openai_dpo"
    label = "Preference pairs (OpenAI DPO rows)"

    def matches(self, row: Row) -> bool:
        """`input` as an object, and a preferred answer."""
        return starts_with(row.get("input"), b"{") and any(name in row for name in _PREFERRED)

    def draft(self, row: Row) -> Draft:
        """Fields of `input` beside its messages count like fields of the row."""
        if not self.matches(row):
            raise WrongShapeError("`input.messages` and `preferred_output` are needed.")
        given = msgspec.json.decode(row.pop("input"), type=Row)
        if "messages" not in given:
            raise WrongShapeError("`input.messages` is missing.")
        prompt = parse_chat(given.pop("messages"), "input.messages")
        preferred = next(row.pop(name) for name in _PREFERRED if name in row)
        chat = chat_of(("user", prompt.raw), ("assistant", preferred))
        draft = Draft(chat, _merge(given, row), num_prompt_messages=len(prompt.messages))
        for name in _REJECTED:
            if name in row:
                draft.body["rejected"] = chat_of(("assistant", draft.rest.pop(name))).raw
                break
        return draft


def _merge(given: Row, row: Row) -> Row:
    """Both rows' fields; a name they share keeps the outer value and is `input.<name>` inside."""
    inner = {(f"input.{key}" if key in row else key): raw for key, raw in given.items()}
    return {**inner, **row}
