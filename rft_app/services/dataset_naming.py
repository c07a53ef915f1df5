"""Which dataset a person means who wrote an id or a name."""

import difflib

from sqlmodel import Session

from rft_app.domain.dataset import DatasetName
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.storage import dataset_pages
from rft_app.storage.datasets import list_all_names

NUM_CLOSE = 3
"""Names that are offered where none is the one that was written."""
NUM_LISTED = 10
"""Ids that are listed where several have the name."""


def get_named(session: Session, wanted: str) -> DatasetName:
    """The dataset of this id, else the only one of this name, else the only one written alike.

    Raises:
        NotFoundError: There is none; the message has the names that come close.
        InvalidInputError: Several have this name; the message lists their ids.
    """
    found = dataset_pages.list_named(session, wanted)
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(one.id for one in found[:NUM_LISTED])
        more = f" and {len(found) - NUM_LISTED:,} more" if len(found) > NUM_LISTED else ""
        raise InvalidInputError(
            f"{len(found):,} datasets are named {wanted!r}. Take the id of one, "
            f"the last changed first: {ids}{more}."
        )
    raise NotFoundError(f"There is no dataset {wanted!r}; {_hint(session, wanted)}")


def _hint(session: Session, wanted: str) -> str:
    names = {name.casefold(): name for name in sorted(list_all_names(session))}
    close = difflib.get_close_matches(wanted.casefold(), names, NUM_CLOSE)
    if not close:
        return "it may have been deleted. `rft datasets list` has all."
    return f"did you mean {' or '.join(repr(names[one]) for one in close)}?"
