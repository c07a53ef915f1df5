"""`rft grader`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import json
from typer._click import Context
from typer.core import TyperGroup

from rft_app.cli.dataset_argument import DatasetArgument, resolve_dataset
from rft_app.cli.output import note, write_line

if TYPE_CHECKING:
    from rft_app.domain.grader import GraderSpec


class _ShowUnlessNamed(TyperGroup):
    """`rft grader DATASET` is short for `rft grader show DATASET`."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Put in the verb where there is none."""
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_ShowUnlessNamed,
    no_args_is_help=True,
    help="The saved grader of a dataset: `rft grader DATASET` shows it.",
)


class Form(StrEnum):
    """How a grader is written."""

    PYTHON = "python"
    OPENAI = "openai"
    SETTINGS = "settings"


@app.command("show")
def show(
    dataset: DatasetArgument,
    form: Annotated[
        Form | None,
        typer.Option(
            "--as",
            help="python: for TRL and verl; openai: for fine-tuning there; settings: as stored.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write; .py is Python, .json the settings unless --as says."),
    ] = None,
) -> None:
    """The saved grader of a dataset, for other tools or for `rft run --grader`."""
    from rft_app.services.graders import current_grader
    from rft_app.storage.session import reading

    dataset_id = resolve_dataset(dataset)
    with reading() as session:
        stored = current_grader(session, dataset_id)
    if stored is None:
        raise typer.BadParameter(
            "The dataset has no grader yet; `rft run --grader FILE` saves one."
        )
    is_python = out is not None and out.suffix == ".py"
    text = _write(stored.spec, form or (Form.PYTHON if is_python else Form.SETTINGS))
    if out is None:
        write_line(text.removesuffix("\n"))
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{out} cannot be written: {error.strerror}.") from error
    note(f"Written: {out}")


def _write(spec: "GraderSpec", form: Form) -> str:
    from rft_app.graders.openai_json import to_openai
    from rft_app.graders.python_file import to_python

    if form is Form.PYTHON:
        return to_python(spec)
    content = to_openai(spec) if form is Form.OPENAI else spec.model_dump(mode="json")
    return json.format(json.encode(content)).decode() + "\n"
