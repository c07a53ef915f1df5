"""Several models answer one prompt while somebody looks on."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from enum import StrEnum

from rft_app.domain.grading import Outcome
from rft_app.errors import RftError
from rft_app.llm.catalogue import Endpoint
from rft_app.llm.chat import ChatRequest, StreamedReply
from rft_app.services.playground import Prompt, Question, grade_reply

Stream = Callable[[Endpoint, ChatRequest], AsyncGenerator[StreamedReply]]


class AnswerState(StrEnum):
    """How far an answer is."""

    WAITING = "waiting"
    """For another model of this machine, which does one thing at a time."""
    ANSWERING = "answering"
    GRADING = "grading"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_settled(self) -> bool:
        """Whether nothing more comes."""
        return self in {AnswerState.DONE, AnswerState.FAILED, AnswerState.STOPPED}


class Answering:
    """One model's answer; whoever holds it may look at it at any moment."""

    def __init__(self, dataset_id: str, question: Question, prompt: Prompt) -> None:
        self.question = question
        self.state = AnswerState.WAITING
        self.reply = StreamedReply()
        self.outcome: Outcome | None = None
        """What the grader says; `None` where it was not asked, or not yet."""
        self.grading_fault = ""
        """Why the grader could not be asked."""
        self._dataset_id, self._prompt = dataset_id, prompt

    async def run(self) -> None:
        """Ask, and grade what comes."""
        self.state = AnswerState.ANSWERING
        stream_chat = await asyncio.to_thread(_load)
        async with aclosing(stream_chat(self.question.endpoint, self.question.request)) as growing:
            async for self.reply in growing:
                pass
        if self.reply.failure is not None:
            self.state = AnswerState.FAILED
            return
        self.state = AnswerState.GRADING
        try:
            self.outcome = await asyncio.to_thread(
                grade_reply, self._dataset_id, self._prompt, self.reply
            )
        except RftError as error:
            self.grading_fault = error.message
        self.state = AnswerState.DONE

    def stop(self) -> None:
        """Nobody waits any more; what came stays."""
        if not self.state.is_settled:
            self.state = AnswerState.STOPPED


def _load() -> Stream:
    """How models are asked; what it needs takes a second to import."""
    from rft_app.llm.streaming import stream_chat

    return stream_chat


async def answer_all(sides: Sequence[Answering]) -> None:
    """Let all answer: models of this machine one after the other, so that each has it for itself.

    Cancelled, it stops those under way.
    """
    own = [side for side in sides if side.question.is_own]
    others = [side for side in sides if not side.question.is_own]
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_in_turn(own))
            for side in others:
                group.create_task(side.run())
    finally:
        for side in sides:
            side.stop()


async def _in_turn(sides: Sequence[Answering]) -> None:
    for side in sides:
        await side.run()
