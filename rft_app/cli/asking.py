"""`rft ask`."""

from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.dataset_argument import DatasetArgument, resolve_dataset
from rft_app.cli.output import JsonOption, note, write_json, write_line

if TYPE_CHECKING:
    from rft_app.api.schemas.side_by_side import ModelAnswer, ModelAnswers


def ask(  # noqa: PLR0913  # one parameter per option
    dataset: DatasetArgument,
    prompt: Annotated[str, typer.Argument(metavar="[PROMPT]", help="What the user asks.")] = "",
    record: Annotated[
        str | None, typer.Option(help="Ask the prompt of this record instead, e.g. rec_12.")
    ] = None,
    system: Annotated[str, typer.Option(help="System prompt before yours.")] = "",
    model: Annotated[
        list[str] | None,
        typer.Option(help="Whom to ask; repeatable. The base and the tuned one unless given."),
    ] = None,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="Of the answers.")] = 0.0,
    max_tokens: Annotated[int, typer.Option(min=1, max=4_096, help="Of an answer.")] = 256,
    json: JsonOption = False,
) -> None:
    """Ask the base and the tuned model the same, and grade both answers; nothing is stored.

    Calls of a provider are paid. Exit code 1 means that a model gave no whole answer.
    """
    if (record is None) is not bool(prompt.strip()):
        raise typer.BadParameter("Write what to ask, or name a record: --record rec_12.")
    if record is not None and system:
        raise typer.BadParameter("--system is for a prompt of yours; a record has its own.")
    import asyncio

    from rft_app.api.schemas.side_by_side import AskRequest, ModelAnswers
    from rft_app.services.side_by_side import MAX_MODELS, ask_side_by_side

    if len(model or ()) > MAX_MODELS:
        raise typer.BadParameter(f"At most {MAX_MODELS} models are asked at once.")
    request = AskRequest(
        user=prompt,
        system=system,
        record_id=record,
        models=model or [],
        temperature=temperature,
        max_tokens=max_tokens,
    )
    asked = request.to_prompt()
    dataset_id = resolve_dataset(dataset)
    answered = asyncio.run(
        ask_side_by_side(dataset_id, asked, request.models, request.to_sampled())
    )
    found = ModelAnswers.of(answered)
    if json:
        write_json(found.to_json())
    else:
        _write(found)
    raise typer.Exit(int(any(answer.failure for answer in found.answers)))


def _write(found: "ModelAnswers") -> None:
    if found.record_id is not None:
        held_out = ", held out" if found.is_held_out else ""
        note(f"{found.record_id}{held_out}: {found.user}")
    if found.reference is not None:
        note(f"Reference: {found.reference}")
    for told in found.notes:
        note(told)
    for answer in found.answers:
        write_line(f"{answer.model} · {_describe(answer)}")
        for line in (answer.text or answer.refusal).splitlines():
            write_line(f"  {line}")
        for call in answer.tool_calls:
            made: dict[str, object] = call.get("function") or {}
            write_line(f"  calls {made.get('name')}({made.get('arguments')})")


def _describe(answer: "ModelAnswer") -> str:
    if answer.failure is not None:
        return f"no whole answer: {answer.failure}"
    tokens = "–" if answer.completion_tokens is None else f"{answer.completion_tokens:,}"
    cost = "cost unknown" if answer.cost_usd is None else f"${answer.cost_usd:.4f}"
    if answer.cost_usd == 0:
        cost = "no cost"
    grade = ""
    if answer.score is not None:
        grade = f" · reward {answer.score:.3f}"
    elif answer.abstained:
        grade = f" · the grader abstained: {answer.reason or ''}".rstrip(": ")
    elif answer.error is not None:
        grade = f" · not graded: {answer.error}"
    cut = " · cut off" if answer.finish_reason == "length" else ""
    return f"{answer.total_s:.1f} s · {tokens} tokens · {cost}{cut}{grade}"
