"""`rft traces`: what is stored, and what arrived."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.output import JsonOption, note, write_json, write_table

if TYPE_CHECKING:
    from rft_app.domain.trace_page import TraceSummary

app = typer.Typer(help="List stored traces, and what arrived over OTLP.", no_args_is_help=True)
MAX_LISTED = 200
TITLE_LENGTH = 60


@app.command("list")
def list_traces(
    search: Annotated[str, typer.Option(help="Only those with these words.")] = "",
    model: Annotated[str | None, typer.Option(help="Only of this model.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LISTED, help="Most rows.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="`nextCursor` of the page before.")] = None,
    json: JsonOption = False,
) -> None:
    """Stored traces of all datasets and of none, newest first."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.domain.trace_page import TraceFilter
    from rft_app.services import traces as use_cases
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        wanted = TraceFilter(search=search, model=model)
        page = use_cases.list_traces(session, wanted, cursor=cursor, limit=limit)
    if json:
        from rft_app.api.schemas.intake import TraceList

        write_json(TraceList.of(page).to_json())
        return
    if not page.rows:
        note("There are no such traces. Send some to /otlp/v1/traces or `rft import FILE`.")
        return
    header = ("ID", "WHEN (UTC)", "SOURCE", "MODEL", "TURNS", "TOKENS", "STATUS", "FIRST MESSAGE")
    write_table(header, map(_describe, page.rows))
    if page.next_cursor is not None:
        note(f"There are more; go on with --cursor {page.next_cursor}.")


@app.command()
def intake(
    days: Annotated[int, typer.Option(min=1, max=366, help="How far back.")] = 1,
    json: JsonOption = False,
) -> None:
    """What became of everything that arrived over OTLP."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.intake import list_counts
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        found = list_counts(session, days)
    if json:
        from rft_app.api.schemas.intake import Intake

        write_json(Intake.of(days, found).to_json())
        return
    if not found:
        note("Nothing arrived. Point an exporter at /otlp of this server.")
        return
    write_table(
        ("SOURCE", "OUTCOME", "NUMBER", "MEANING"),
        (
            (each.source, each.outcome.value, f"{each.number:,}", each.outcome.meaning)
            for each in found
        ),
    )


def _describe(trace: "TraceSummary") -> tuple[str, ...]:
    tokens = (trace.input_tokens, trace.output_tokens)
    return (
        trace.id,
        f"{datetime.fromtimestamp(trace.recorded_at / 1000, UTC):%Y-%m-%d %H:%M}",
        trace.source,
        trace.model or "–",
        str(trace.num_user_turns),
        " + ".join("–" if number is None else f"{number:,}" for number in tokens),
        trace.status.value,
        trace.title[:TITLE_LENGTH],
    )
