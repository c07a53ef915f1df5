"""How event handlers reach services: in a thread, in one transaction, never in the event loop."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import unquote

from sqlmodel import Session

from rft_app.storage.session import reading, unit_of_work
from rft_app.ui.state.guard import off_loop

T = TypeVar("T")


async def ask(question: Callable[[Session], T]) -> T:
    """The answer of a service, read in one consistent view.

    Raises:
        RftError: What the service raises on purpose, or the database did not answer.
    """

    def run() -> T:
        with reading() as session:
            return question(session)

    return await off_loop(run)


async def tell(order: Callable[[Session], T]) -> T:
    """What a service answers to a change, committed.

    Raises:
        RftError: What the service raises on purpose, or the database did not answer.
    """

    def run() -> T:
        with unit_of_work() as session:
            return order(session)

    return await off_loop(run)


def dataset_id_in(path: str) -> str:
    """The dataset that a page's path is about; empty when it is about none.

    Example:
        >>> dataset_id_in("/optimization/ds_0k3f"), dataset_id_in("/optimization")
        ('ds_0k3f', '')
    """
    parts = [unquote(part) for part in path.split("/") if part]
    return parts[1] if len(parts) > 1 and parts[0] == "optimization" else ""
