"""`{"question": "…", "answer": "…"}`, as in GSM8K."""

from rft_app.traces.chat import chat_of
from rft_app.traces.draft import Draft
from rft_app.traces.line import Row, WrongShapeError, as_text, is_null


class QuestionAnswer:
    """The answer is both what was answered and what is right."""

    name = "question_answer"
    label = "Question and answer"

    def matches(self, row: Row) -> bool:
        """Both fields."""
        return "question" in row and "answer" in row

    def draft(self, row: Row) -> Draft:
        """One user turn and, unless the answer is null, one assistant turn."""
        if is_null(row.get("question")):
            raise WrongShapeError("`question` is missing.")
        question, answer = row.pop("question"), row.pop("answer", None)
        num_prompt_messages = len(chat_of(("user", question)).messages)
        return Draft(
            chat_of(("user", question), ("assistant", answer)),
            row,
            num_prompt_messages=num_prompt_messages,
            reference=as_text(answer),
        )
