"""Load the demo from the command line."""

from rft_app.cli.following import following
from rft_app.cli.import_run import finish_import
from rft_app.cli.installation import ensure_schema
from rft_app.services.datasets import list_names
from rft_app.services.demo import load_demo
from rft_app.storage.session import reading, unit_of_work


def has_datasets() -> bool:
    """Whether this installation holds any dataset."""
    ensure_schema()
    with reading() as session:
        return bool(list_names(session, limit=1))


def run_demo(*, is_json: bool) -> None:
    """Import the demo's traces and print the dataset."""
    ensure_schema()
    with unit_of_work() as session:
        job = load_demo(session)
    with following() as follower:
        finish_import(follower, job, is_new=True, is_json=is_json)
