"""`rft demo`."""

from typing import Annotated

import typer

from rft_app.cli.output import JsonOption, note


def demo(
    if_empty: Annotated[
        bool, typer.Option("--if-empty", help="Only where there is no dataset yet.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Load the demo: traces of a travel-booking agent, through the ordinary import."""
    from rft_app.cli.demo_run import has_datasets, run_demo

    if if_empty and has_datasets():
        note("There are datasets already; the demo is not loaded again.")
        return
    run_demo(is_json=json)
