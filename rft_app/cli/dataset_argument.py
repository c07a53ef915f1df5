"""A dataset on the command line, by its id or its name.

The name is looked up in a verb's body: wrong use is told before a database is opened.
"""

from typing import Annotated

import typer

DatasetArgument = Annotated[str, typer.Argument(metavar="DATASET", help="Its id or its name.")]


def resolve_dataset(wanted: str) -> str:
    """The id of the dataset that is meant; brings the database up to date first.

    Raises:
        NotFoundError: There is none; the message has the names that come close.
        InvalidInputError: Several have this name; the message lists their ids.
    """
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.dataset_naming import get_named
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        return get_named(session, wanted).id


def tell_lacking(name: str | None, objective: str | None) -> str:
    """What of the two that a new dataset needs was not given.

    Example:
        >>> tell_lacking("sums", ""), tell_lacking("", "")
        ('--objective', '--name and --objective')
    """
    given = (("--name", name), ("--objective", objective))
    return " and ".join(option for option, value in given if not value)
