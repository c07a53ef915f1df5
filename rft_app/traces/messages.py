"""`{"messages": [{"role": "user", "content": "…"}, …], "tools": […]}`.

OpenAI's supervised fine-tuning rows and most chat exports.  With a reference (`reference_answer`,
`reference` or `ground_truth`) and no answer at the end, the conversation is a prompt only.
"""

from rft_app.traces.chat import parse_chat
from rft_app.traces.draft import Draft, find_reference, open_ended
from rft_app.traces.line import Row


class Messages:
    """A conversation, its last assistant turn being the recorded answer."""

    name = "messages"
    label = "Chat messages (OpenAI fine-tuning rows)"

    def matches(self, row: Row) -> bool:
        """Any row with `messages`."""
        return "messages" in row

    def draft(self, row: Row) -> Draft:
        """The reference stays in the metadata, too: graders read it by its own name."""
        return draft_messages(row, "messages")


def draft_messages(row: Row, name: str) -> Draft:
    """A row that holds its whole conversation in the field `name`."""
    draft = Draft(parse_chat(row.pop(name), name), row)
    draft.reference = find_reference(row)
    if draft.reference is not None and open_ended(draft):
        draft.num_prompt_messages = len(draft.chat.messages)
    return draft
