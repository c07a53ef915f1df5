"""`{"prompt": […], "chosen": […], "rejected": […]}`: TRL's preference rows.

All three as text or as lists of messages.  Without a prompt, or with one that both answers repeat,
`chosen` and `rejected` are whole conversations; what they begin with together is the prompt.
"""

from itertools import takewhile

import msgspec

from rft_app.traces.chat import chat_of, parse_chat
from rft_app.traces.draft import Draft
from rft_app.traces.line import Row, WrongShapeError, starts_with

_SIDES = ("chosen", "rejected")
_decode = msgspec.json.Decoder(list[msgspec.Raw]).decode


class TrlDpo:
    """The chosen answer is the recorded one; the other is kept as `rejected`."""

    name = "trl_dpo"
    label = "Preference pairs (TRL rows)"

    def matches(self, row: Row) -> bool:
        """Both answers, with a prompt or with the conversation before them."""
        if "chosen" not in row or "rejected" not in row:
            return False
        return "prompt" in row or all(starts_with(row[name], b"[") for name in _SIDES)

    def draft(self, row: Row) -> Draft:
        """A prompt that the conversations repeat says nothing more."""
        if not self.matches(row):
            raise WrongShapeError("`prompt`, `chosen` and `rejected` are needed.")
        given, chosen, rejected = row.pop("prompt", None), row.pop("chosen"), row.pop("rejected")
        prompt = chat_of(("user", given))
        answers = chat_of(("assistant", chosen)), chat_of(("assistant", rejected))
        if any(answer.messages and answer.messages[0].role != "assistant" for answer in answers):
            shared, better, worse = _split(*(_decode(answer.raw) for answer in answers))
            prompt = parse_chat(shared)
        else:
            better, worse = (answer.raw for answer in answers)
        if not prompt.messages:
            raise WrongShapeError("`chosen` and `rejected` have no prompt in common.")
        draft = Draft(
            chat_of(("user", prompt.raw), ("assistant", better)),
            row,
            num_prompt_messages=len(prompt.messages),
        )
        draft.body["rejected"] = worse
        return draft


def _split(
    chosen: list[msgspec.Raw], rejected: list[msgspec.Raw]
) -> tuple[msgspec.Raw, msgspec.Raw, msgspec.Raw]:
    """What two conversations begin with together, and how each goes on."""
    pairs = zip(chosen[:-1], rejected[:-1], strict=False)
    same = sum(1 for _ in takewhile(lambda pair: bytes(pair[0]) == bytes(pair[1]), pairs))
    return _join(chosen[:same]), _join(chosen[same:]), _join(rejected[same:])


def _join(messages: list[msgspec.Raw]) -> msgspec.Raw:
    return msgspec.Raw(b"[" + b",".join(map(bytes, messages)) + b"]")
