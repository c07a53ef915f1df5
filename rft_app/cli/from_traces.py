"""`rft datasets from-traces`."""

from typing import Annotated

import typer

from rft_app.cli.dataset_argument import tell_lacking
from rft_app.cli.output import JsonOption, write_json, write_line
from rft_app.cli.scrubbing import ScrubOption, ScrubPatternOption, ScrubRegionOption, read_rules
from rft_app.cli.trace_filtering import MinTurnsOption, SinceOption, UntilOption, with_times
from rft_app.domain.scrubbing import NOTHING, ScrubPreview, ScrubRules
from rft_app.domain.trace import Rating, TraceStatus
from rft_app.domain.trace_page import MAX_SAMPLE, SampleKind, TraceCount, TraceSelection
from rft_app.domain.words import count


def create(  # noqa: PLR0913  # one parameter per option
    name: Annotated[str, typer.Option(help="Name of the new dataset.")] = "",
    objective: Annotated[str, typer.Option(help="What the model should become better at.")] = "",
    search: Annotated[str, typer.Option(help="Only those with these words.")] = "",
    model: Annotated[str | None, typer.Option(help="Only of this model.")] = None,
    source: Annotated[str | None, typer.Option(help="Only of this source, e.g. file.")] = None,
    status: Annotated[TraceStatus | None, typer.Option(help="Only those that ended so.")] = None,
    rating: Annotated[Rating | None, typer.Option(help="Only those rated so.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only with this tag; repeatable.")] = None,
    answered: Annotated[bool, typer.Option(help="Only those with an answer.")] = True,
    since: SinceOption = None,
    until: UntilOption = None,
    min_turns: MinTurnsOption = 0,
    sample: Annotated[SampleKind | None, typer.Option(help="Only a part, drawn so.")] = None,
    size: Annotated[int, typer.Option(min=1, max=MAX_SAMPLE, help="Of the sample.")] = 500,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the sample.")] = 0,
    every_answer: Annotated[
        bool, typer.Option("--every-answer", help="A record of each answer, not of the last.")
    ] = False,
    scrub: ScrubOption = None,
    scrub_pattern: ScrubPatternOption = None,
    scrub_region: ScrubRegionOption = None,
    preview: Annotated[
        bool,
        typer.Option(
            "--preview",
            help="Say how many records it would make, and what --scrub would take out; make none.",
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make a dataset of stored traces: all that match, or a sample of them."""
    if not preview and not (name and objective):
        lacks = tell_lacking(name, objective)
        raise typer.BadParameter(f"A new dataset needs {lacks}; or use --preview.")
    from rft_app.cli.installation import ensure_schema
    from rft_app.domain.trace_page import TraceFilter, TraceSample
    from rft_app.services.trace_sampling import draw_sample
    from rft_app.services.traces import count_selection, create_from_traces
    from rft_app.storage.session import reading, unit_of_work

    ensure_schema()
    rules = read_rules(NOTHING, scrub, scrub_pattern, scrub_region)
    wanted = TraceFilter(
        search=search,
        model=model,
        source=source,
        status=status,
        rating=rating,
        tags=tuple(tag or ()),
        has_response=True if answered else None,
        min_turns=min_turns,
    )
    wanted = with_times(wanted, since, until)
    part = None if sample is None else TraceSample(kind=sample, size=size, seed=seed)
    with reading() as session:
        selection = draw_sample(session, TraceSelection(filter=wanted, sample=part))
        counted = count_selection(session, selection)
    if preview:
        _preview(selection, counted, rules, is_json=json)
        return
    with unit_of_work() as session:
        mode = "every" if every_answer else "last"
        _, job = create_from_traces(
            session,
            name=name,
            objective=objective,
            selection=selection,
            extract={"mode": mode},
            scrub=rules,
        )
    from rft_app.cli.following import following
    from rft_app.cli.import_run import finish_import

    with following() as follower:
        finish_import(follower, job, is_new=True, is_json=json)


def _preview(
    selection: TraceSelection, counted: TraceCount, rules: ScrubRules, *, is_json: bool
) -> None:
    """Say what a dataset of the selected traces would be."""
    from rft_app.api.schemas.trace import TraceCount as Wire
    from rft_app.cli.scrub_preview import preview_json, show_preview

    found = None if rules.is_empty else _try_rules(selection, rules)
    if is_json:
        told = {} if found is None else {"scrub": preview_json(found)}
        write_json({**Wire.of(counted).to_json(), **told})
        return
    drawn = "" if selection.sample is None else f" ({selection.sample.words})"
    last, every = (count(n, "record") for n in (counted.num_traces, counted.num_answers))
    write_line(f"{count(counted.num_traces, 'trace')}{drawn}")
    write_line(f"{last} with the last answer of each, {every} with every answer")
    if found is not None:
        write_line()
        show_preview(found, "trace", is_json=False)


def _try_rules(selection: TraceSelection, rules: ScrubRules) -> ScrubPreview:
    from rft_app.cli.scrub_preview import NUM_PREVIEWED
    from rft_app.services.scrub_preview import preview_selection
    from rft_app.storage.session import reading

    with reading() as session:
        return preview_selection(session, rules, selection, NUM_PREVIEWED)
