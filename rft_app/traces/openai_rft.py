"""`{"messages": [{"role": "user", "content": "…"}], "reference_answer": "42"}`.

OpenAI's, Azure's and Bedrock's reinforcement fine-tuning rows: a prompt without an answer.  Every
other key is `item.<key>` for the grader.
"""

from rft_app.traces.chat import parse_chat
from rft_app.traces.draft import REFERENCE_FIELDS, Draft
from rft_app.traces.line import Row, WrongShapeError
from rft_app.traces.messages import draft_messages


class OpenAiRft:
    """A prompt that ends in a user or tool turn, with a reference."""

    name = "openai_rft"
    label = "Prompts with a reference answer (OpenAI RFT rows)"

    def matches(self, row: Row) -> bool:
        """`messages` without an answer at the end, and a reference."""
        if "messages" not in row or row.keys().isdisjoint(REFERENCE_FIELDS):
            return False
        try:
            messages = parse_chat(row["messages"]).messages
        except WrongShapeError:
            return False
        return bool(messages) and messages[-1].role in {"user", "tool"}

    def draft(self, row: Row) -> Draft:
        """All messages are the prompt, also where the row was chosen to be read as this shape."""
        draft = draft_messages(row, "messages")
        draft.num_prompt_messages = len(draft.chat.messages)
        return draft
