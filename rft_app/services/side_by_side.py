"""Models answer one prompt for who reads the whole answers: REST and the command line."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from rft_app.domain.record import RecordId
from rft_app.domain.training_run import EMBEDDED_BASE
from rft_app.errors import InvalidInputError
from rft_app.services.answering import Answering, answer_all
from rft_app.services.datasets import get_dataset
from rft_app.services.graders import current_grader
from rft_app.services.playground import (
    Prompt,
    RecordPrompt,
    Sampled,
    choose_models,
    find_grading_obstacle,
    get_prompt,
    make_question,
    tell_sameness,
)
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.session import reading

MAX_MODELS = 4


@dataclass(frozen=True)
class SideBySide:
    """What models said to one prompt."""

    prompt: Prompt
    record: RecordPrompt | None
    """Where the prompt was taken from; `None` for one's own."""
    models: tuple[str, ...]
    sides: tuple[Answering, ...]
    """Each settled, in the order of the models."""
    notes: tuple[str, ...]
    """What to know of the answers and their grades."""


async def ask_side_by_side(
    dataset_id: str,
    asked: Prompt | RecordId,
    models: Sequence[str] = (),
    how: Sampled | None = None,
) -> SideBySide:
    """Ask models the same and let the dataset's grader judge the answers; stores nothing.

    Opens its own transactions, because models may take long; calls are paid.

    Args:
        dataset_id: Whose grader judges.
        asked: The prompt, or the record that has it.
        models: Whom to ask; the base and the newest tuned model unless given.
        how: How to answer.

    Raises:
        NotFoundError: There is no such dataset or record.
        InvalidInputError: There is nothing to ask, too much of it, no such model, or too many.
        ConflictError: The record's prompt does not end with a question of the user.
        NotAvailableError: There is no model at all.
    """
    found = await asyncio.to_thread(_prepare, dataset_id, asked, models, how or Sampled())
    await answer_all(found.sides)
    return found


def _prepare(
    dataset_id: str, asked: Prompt | RecordId, models: Sequence[str], how: Sampled
) -> SideBySide:
    if len(models) > MAX_MODELS:
        raise InvalidInputError(f"At most {MAX_MODELS} models are asked at once.", field="models")
    with reading() as session:
        get_dataset(session, dataset_id)
        if isinstance(asked, Prompt):
            record, prompt = None, asked
        else:
            record = get_prompt(session, dataset_id, asked)
            prompt = record.prompt
        catalogue = read_catalogue(session)
        usual = choose_models(session, dataset_id, catalogue)
        names = tuple(dict.fromkeys(models or (usual.first, usual.second)))
        questions = [make_question(catalogue, name or EMBEDDED_BASE, prompt, how) for name in names]
        notes = find_grading_obstacle(current_grader(session, dataset_id)), tell_sameness(questions)
    sides = tuple(Answering(dataset_id, question, prompt) for question in questions)
    return SideBySide(prompt, record, names, sides, tuple(note for note in notes if note))
