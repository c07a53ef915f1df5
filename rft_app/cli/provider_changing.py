"""`rft providers change`."""

from typing import Annotated

import typer

from rft_app.cli.output import JsonOption, note, write_json
from rft_app.cli.providers import (
    Attempts,
    Concurrency,
    KeepReplies,
    NameArgument,
    Timeout,
    read_key,
)

_LIMIT = typer.Option(min=0, help="0 takes the limit away.")


def change(  # noqa: PLR0913  # options of a command
    name: NameArgument,
    url: Annotated[
        str | None, typer.Option(help="Another address; a key is then given again.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="All its models anew, with prices if known: big=1.25/10."),
    ] = None,
    key_variable: Annotated[
        str, typer.Option(metavar="NAME", help="The environment variable that holds its key.")
    ] = "",
    key_stdin: Annotated[
        bool, typer.Option("--key-stdin", help="Read the key from standard input; it is encrypted.")
    ] = False,
    no_key: Annotated[bool, typer.Option("--no-key", help="Forget its key.")] = False,
    requests_per_minute: Annotated[int | None, _LIMIT] = None,
    tokens_per_minute: Annotated[int | None, _LIMIT] = None,
    concurrency: Concurrency = None,
    timeout: Timeout = None,
    attempts: Attempts = None,
    keep_replies: KeepReplies = None,
    prices_date: Annotated[
        str | None,
        typer.Option(
            metavar="DAY", help="When the prices were looked up: 2026-11-22. '' takes it away."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Change what is named of a provider that was added; all else stays as it is."""
    from rft_app.api.schemas.provider import Provider
    from rft_app.cli.installation import ensure_schema
    from rft_app.services import providers as use_cases
    from rft_app.services.provider_drafts import read_draft
    from rft_app.storage.session import unit_of_work

    given = {
        "base_url": url,
        "models": ", ".join(model) if model else None,
        "concurrency": concurrency,
        "timeout_s": timeout,
        "max_attempts": attempts,
        "keeps_replies": keep_replies,
    }
    optional = {
        "requests_per_minute": requests_per_minute,
        "tokens_per_minute": tokens_per_minute,
        "prices_date": prices_date,
    }
    changes = {field: value for field, value in given.items() if value is not None}
    changes |= {field: value or None for field, value in optional.items() if value is not None}
    has_key = key_stdin or bool(key_variable) or no_key
    if no_key and (key_stdin or key_variable):
        raise typer.BadParameter("--no-key forgets the key: leave out the other one.")
    if not changes and not has_key:
        raise typer.BadParameter("Name what shall change, e.g. --timeout 120.")
    ensure_schema()
    key = read_key(key_variable, is_on_stdin=key_stdin) if has_key else None
    with unit_of_work() as session:
        before = use_cases.get_provider(session, name).provider.model_dump()
        found = use_cases.change_provider(session, read_draft(before | changes), key)
        if json:
            write_json(Provider.of(found).to_json())
    note(f"{name} is changed. Try it with `rft providers test {name}`.")
