"""`rft providers`: who answers when a model is asked."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table

if TYPE_CHECKING:
    from rft_app.domain.provider import NewKey
    from rft_app.services.providers import ListedProvider

app = typer.Typer(
    help="Providers of models: list, add, change, test, remove.", no_args_is_help=True
)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="See `rft providers list`.")]
Concurrency = Annotated[
    int | None, typer.Option(min=1, max=256, help="Calls in flight; 8 at first.")
]
Timeout = Annotated[
    float | None,
    typer.Option(min=0.1, max=3600, help="Longest time of a call in seconds; 60 at first."),
]
Attempts = Annotated[
    int | None,
    typer.Option(min=1, max=20, help="How often a call is tried that fails; 5 at first."),
]
KeepReplies = Annotated[
    bool | None,
    typer.Option(
        "--keep-replies/--no-keep-replies",
        help="Whether the same request, at temperature 0, is paid once only; yes at first.",
    ),
]
PricesDate = Annotated[
    str | None, typer.Option(metavar="DAY", help="When the prices were looked up: 2026-11-22.")
]


@app.command("list")
def list_providers(json: JsonOption = False) -> None:
    """All that can be asked; a plain name of a model means the first that has it."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services import providers as use_cases
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        found = use_cases.list_providers(session)
    if json:
        from rft_app.api.schemas.provider import Provider

        write_json([Provider.of(one).to_json() for one in found])
        return
    if not found:
        note("There is no provider. Add one with `rft providers add NAME --url URL`.")
        return
    write_table(("NAME", "ADDRESS", "KEY", "MODELS", "USED BY"), map(_describe, found))
    for one in found:
        if one.key.fault:
            note(one.key.fault)


@app.command()
def add(  # noqa: PLR0913  # options of a command
    name: Annotated[str, typer.Argument(help="What to call it, e.g. my-vllm.")],
    url: Annotated[str, typer.Option(help="Its OpenAI-compatible address, e.g. https://…/v1.")],
    model: Annotated[
        list[str] | None,
        typer.Option(help="A model, with prices per million tokens if known: big=1.25/10."),
    ] = None,
    key_variable: Annotated[
        str, typer.Option(metavar="NAME", help="The environment variable that holds its key.")
    ] = "",
    key_stdin: Annotated[
        bool, typer.Option("--key-stdin", help="Read the key from standard input; it is encrypted.")
    ] = False,
    requests_per_minute: Annotated[int | None, typer.Option(min=1)] = None,
    tokens_per_minute: Annotated[int | None, typer.Option(min=1)] = None,
    concurrency: Concurrency = None,
    timeout: Timeout = None,
    attempts: Attempts = None,
    keep_replies: KeepReplies = None,
    prices_date: PricesDate = None,
) -> None:
    """Add a provider; a key is never given as an argument, which others could see."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services import providers as use_cases
    from rft_app.services.provider_drafts import read_draft
    from rft_app.storage.session import unit_of_work

    given = {
        "name": name,
        "base_url": url,
        "models": ", ".join(model or []),
        "requests_per_minute": requests_per_minute,
        "tokens_per_minute": tokens_per_minute,
        "concurrency": concurrency,
        "timeout_s": timeout,
        "max_attempts": attempts,
        "keeps_replies": keep_replies,
        "prices_date": prices_date,
    }
    provider = read_draft({name: value for name, value in given.items() if value is not None})
    key = read_key(key_variable, is_on_stdin=key_stdin)
    ensure_schema()
    with unit_of_work() as session:
        use_cases.add_provider(session, provider, key)
    note(f"{name} is added. Try it with `rft providers test {name}`.")


@app.command("test")
def try_provider(
    name: NameArgument,
    model: Annotated[
        str | None, typer.Option(help="Whom to ask for a word; the preferred one unless told.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Ask for its models, and one of them for a word; exit code 1 where that fails."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services import providers as use_cases
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        models = use_cases.get_provider(session, name).provider.models
    found = use_cases.try_provider(name, model or (models[0].name if models else None))
    if json:
        from rft_app.api.schemas.provider import ProviderTest

        write_json(ProviderTest.of(found).to_json())
    else:
        for line in found.describe():
            write_line(line)
    if not found.is_ok:
        raise typer.Exit(1)


@app.command()
def remove(name: NameArgument) -> None:
    """Forget one and its key."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services import providers as use_cases
    from rft_app.storage.session import unit_of_work

    ensure_schema()
    with unit_of_work() as session:
        used_by = use_cases.get_provider(session, name).used_by
        use_cases.remove_provider(session, name)
    note(f"{name} is removed, with its key.")
    if used_by:
        note(f"Judges of these datasets asked it: {', '.join(used_by)}.")


def read_key(variable: str, *, is_on_stdin: bool) -> "NewKey":
    """The key that is named, or typed where nobody sees it."""
    from pydantic import SecretStr

    from rft_app.domain.provider import NewKey

    if not is_on_stdin:
        return NewKey(variable=variable)
    secret = typer.prompt("Key", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    return NewKey(variable=variable, secret=SecretStr(secret.strip()))


def _describe(one: "ListedProvider") -> tuple[str, ...]:
    provider, key = one.provider, one.key
    place = key.variable or str(key.place)
    names = [model.name for model in provider.models]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    told = f"{place}, unreadable" if key.fault else place
    return (
        provider.name,
        provider.base_url or "–",
        told,
        shown or "–",
        ", ".join(one.used_by) or "–",
    )
