"""`rft keys`: who may send spans and calls."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table

if TYPE_CHECKING:
    from rft_app.domain.intake_key import IntakeKey

app = typer.Typer(help="Create and revoke keys of those who may send traces.", no_args_is_help=True)


@app.command("list")
def list_keys(json: JsonOption = False) -> None:
    """Keys of RFT_OTLP_KEYS, then all that were created, the newest first."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services import intake_keys
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        found = intake_keys.list_keys(session)
    if json:
        from rft_app.api.schemas.intake_key import IntakeKey

        write_json([IntakeKey.of(key).to_json() for key in found])
        return
    if found:
        write_table(
            ("ID", "NAME", "BEGINS", "CREATED (UTC)", "LAST USED", "REVOKED"),
            map(_describe, found),
        )
    if not any(key.is_active for key in found):
        note(
            "No key is accepted, so everybody who reaches the server may send. Create one with "
            "`rft keys create NAME`."
        )


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who sends with it, e.g. checkout-prod.")],
    json: JsonOption = False,
) -> None:
    """Create a key, and print it: nothing tells it again."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services import intake_keys
    from rft_app.storage.session import unit_of_work

    ensure_schema()
    with unit_of_work() as session:
        created, key = intake_keys.create_key(session, name)
    if json:
        from rft_app.api.schemas.intake_key import CreatedKey

        write_json(CreatedKey(**created.model_dump(), key=key).to_json())
        return
    write_line(key)
    note(f"{created.id} is shown this once. Whoever sends without a key is refused from now on.")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="See `rft keys list`.")],
) -> None:
    """Refuse a key from now on."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services import intake_keys
    from rft_app.storage.session import unit_of_work

    ensure_schema()
    with unit_of_work() as session:
        intake_keys.revoke_key(session, key_id)
        num_left = intake_keys.count_keys(session)
    note(f"{key_id} is refused within a second.")
    if not num_left:
        note("It was the last: everybody who reaches the server may send.")


def _describe(key: "IntakeKey") -> tuple[str, ...]:
    begins = f"{key.beginning}…" if key.beginning else "–"
    moments = (key.created_at, key.last_used_at, key.revoked_at)
    return (key.id or "–", key.name, begins, *map(_tell, moments))


def _tell(moment: datetime | None) -> str:
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
