"""Where expected errors become messages."""

from collections.abc import Callable
from typing import TypeVar

import reflex as rx
from sqlalchemy.exc import OperationalError

from rft_app.errors import NotAvailableError, RftError

AnswerT = TypeVar("AnswerT")


async def off_loop(work: Callable[[], AnswerT]) -> AnswerT:
    """Run `work`, which opens its own unit of work, without stopping the event loop.

    Raises:
        RftError: What `work` raises on purpose; a database that does not answer is one of these.
    """
    try:
        return await rx.run_in_thread(work)
    except OperationalError as error:
        raise NotAvailableError(
            "The database did not answer. Check that it is running and that its schema is up to"
            " date, then try again."
        ) from error


def show_error(title: str, error: RftError) -> rx.event.EventSpec:
    """A toast that says what failed and why."""
    return rx.toast.error(title, description=error.message, duration=8000, close_button=True)
