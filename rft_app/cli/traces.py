"""`rft traces`: what is stored, and what arrived."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table
from rft_app.cli.trace_filtering import MinTurnsOption, SinceOption, UntilOption, with_times
from rft_app.domain.trace import Rating, TraceStatus

if TYPE_CHECKING:
    from rft_app.domain.trace_detail import TraceSpan
    from rft_app.domain.trace_page import TraceSummary

app = typer.Typer(help="List stored traces, and what arrived.", no_args_is_help=True)
MAX_LISTED = 200
TITLE_LENGTH = 60
LIST_HEADER = (
    "ID",
    "WHEN (UTC)",
    "SOURCE",
    "MODEL",
    "TURNS",
    "EARLIER",
    "TOKENS",
    "STATUS",
    "FIRST MESSAGE",
)


@app.command("list")
def list_traces(  # noqa: PLR0913  # one parameter per option
    search: Annotated[str, typer.Option(help="Only those with these words.")] = "",
    model: Annotated[str | None, typer.Option(help="Only of this model.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LISTED, help="Most rows.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="`nextCursor` of the page before.")] = None,
    conversation: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this call and those it continues.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only of this source, e.g. file.")] = None,
    status: Annotated[TraceStatus | None, typer.Option(help="Only those that ended so.")] = None,
    rating: Annotated[Rating | None, typer.Option(help="Only those rated so.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only with this tag; repeatable.")] = None,
    key: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what came with this key.")
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    min_turns: MinTurnsOption = 0,
    answered: Annotated[
        bool | None, typer.Option(help="Only those with an answer, or only those without.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Stored traces of all datasets and of none, newest first."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.domain.trace import TraceId
    from rft_app.domain.trace_page import TraceFilter
    from rft_app.services import traces as use_cases
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        last = None if conversation is None else TraceId(conversation)
        wanted = TraceFilter(
            search=search,
            model=model,
            conversation=last,
            source=source,
            status=status,
            rating=rating,
            tags=tuple(tag or ()),
            key=key,
            min_turns=min_turns,
            has_response=answered,
        )
        wanted = with_times(wanted, since, until)
        page = use_cases.list_traces(session, wanted, cursor=cursor, limit=limit)
    if json:
        from rft_app.api.schemas.intake import TraceList

        write_json(TraceList.of(page).to_json())
        return
    if not page.rows:
        note("There are no such traces. Send some to /otlp/v1/traces or `rft import FILE`.")
        return
    write_table(LIST_HEADER, map(_describe, page.rows))
    if page.next_cursor is not None:
        note(f"There are more; go on with --cursor {page.next_cursor}.")


@app.command()
def show(
    trace_id: Annotated[str, typer.Argument(help="Id of a trace, e.g. trc_7f.")],
    json: JsonOption = False,
) -> None:
    """One trace in full: what was said, the spans around it, the records made of it."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.trace_detail import get_trace
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        detail = get_trace(session, trace_id)
    if json:
        from rft_app.api.schemas.trace_detail import TraceDetail

        write_json(TraceDetail.of(detail).to_json())
        return
    write_table(LIST_HEADER, [_describe(detail.summary)])
    if detail.sender is not None:
        write_line(f"It came with the key {detail.sender.name} ({detail.sender.id}).")
    for message in detail.messages:
        write_line(f"\n{message.role}: {message.text}".rstrip())
        for call in message.tool_calls or ():
            write_line(f"  → {call.function.name}({call.function.arguments})")
    if detail.spans:
        write_line()
        write_table(("SPAN", "AFTER", "TOOK", "WHAT"), map(_describe_span, detail.spans))
    if detail.records:
        write_line()
        write_table(
            ("RECORD", "DATASET", "NAME"),
            ((each.id, each.dataset_id, each.dataset_name) for each in detail.records),
        )


@app.command()
def intake(
    days: Annotated[int, typer.Option(min=1, max=366, help="How far back.")] = 1,
    json: JsonOption = False,
) -> None:
    """What became of everything that arrived over OTLP and through the gateway."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.intake import list_counts
    from rft_app.services.intake_overview import list_minutes
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        found, minutes = list_counts(session, days), list_minutes(session)
    if json:
        from rft_app.api.schemas.intake import Intake

        write_json(Intake.of(days, found, minutes).to_json())
        return
    if not found:
        note("Nothing arrived. Point an exporter at /otlp, or a client at /gateway/v1.")
        return
    write_table(
        ("SOURCE", "OUTCOME", "NUMBER", "MEANING"),
        (
            (each.source, each.outcome.value, f"{each.number:,}", each.outcome.meaning)
            for each in found
        ),
    )


def _describe_span(span: "TraceSpan") -> tuple[str, ...]:
    took = "–" if span.duration_ms is None else f"{span.duration_ms:,.0f} ms"
    return span.name, f"{span.offset_ms:,.0f} ms", took, span.outcome.value


def _describe(trace: "TraceSummary") -> tuple[str, ...]:
    tokens = (trace.input_tokens, trace.output_tokens)
    return (
        trace.id,
        f"{datetime.fromtimestamp(trace.recorded_at / 1000, UTC):%Y-%m-%d %H:%M}",
        trace.source,
        trace.model or "–",
        str(trace.num_user_turns),
        str(trace.num_earlier),
        " + ".join("–" if number is None else f"{number:,}" for number in tokens),
        trace.status.value,
        trace.title[:TITLE_LENGTH],
    )
