"""`rft traces scrub`."""

from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.output import JsonOption, note, write_json, write_table

if TYPE_CHECKING:
    from rft_app.domain.scrubbing import ScrubRules

DAYS = 30
ScrubOption = Annotated[
    str | None,
    typer.Option(help="Take out email,phone,card,iban,ip,key, or all, before traces are stored."),
]
ScrubPatternOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=REGEX", help="Take out something of your own, too; repeatable."),
]
ScrubRegionOption = Annotated[
    str | None, typer.Option(help="Of phone numbers without a country's code, e.g. DE.")
]


def scrub(
    kinds: Annotated[
        str | None,
        typer.Option(help="email,phone,card,iban,ip,key; or all, or none."),
    ] = None,
    pattern: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=REGEX", help="Something of your own; repeatable."),
    ] = None,
    region: ScrubRegionOption = None,
    preview: Annotated[
        int | None,
        typer.Option(
            min=1, max=1_000, help="Change nothing; show what it does to so many stored traces."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """What is taken out of traces before they are stored, each value behind a placeholder.

    Without options it says what was chosen, and what was replaced in the last 30 days.
    """
    from rft_app.cli.installation import ensure_schema
    from rft_app.services import scrubbing
    from rft_app.storage.session import reading, unit_of_work

    ensure_schema()
    with reading() as session:
        rules = read_rules(scrubbing.get_rules(session), kinds, pattern, region)
    if preview is not None:
        from rft_app.cli.scrub_preview import show_preview
        from rft_app.services.scrub_preview import preview_newest

        with reading() as session:
            found = preview_newest(session, rules, preview)
        show_preview(found, "trace", is_json=json)
        return
    if not (kinds is None and pattern is None and region is None):
        with unit_of_work() as session:
            scrubbing.set_rules(session, rules)
    with reading() as session:
        counts = scrubbing.count_replaced(session, DAYS)
    if json:
        write_json({**rules.model_dump(mode="json"), "replaced": counts})
        return
    note(_describe(rules))
    if counts:
        rows = ((kind, f"{number:,}") for kind, number in counts.items())
        write_table(("KIND", f"REPLACED IN {DAYS} DAYS"), rows)


def read_rules(
    chosen: "ScrubRules",
    kinds: str | None,
    patterns: list[str] | None = None,
    region: str | None = None,
) -> "ScrubRules":
    """Rules with what the options change.

    Raises:
        BadParameter: An option cannot be read.
    """
    from pydantic import ValidationError

    from rft_app.domain.scrubbing import ScrubKind, ScrubRules

    values = chosen.model_dump()
    if kinds is not None:
        named = [kind.strip() for kind in kinds.split(",") if kind.strip()]
        values["kinds"] = {"all": list(ScrubKind), "none": []}.get(kinds, named)
        if kinds == "none" and patterns is None:
            values["patterns"] = []
    if patterns is not None:
        pairs = (each.partition("=") for each in patterns)
        values["patterns"] = [{"name": name, "pattern": regex} for name, _, regex in pairs]
    if region is not None:
        values["region"] = region
    try:
        return ScrubRules.model_validate(values)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise typer.BadParameter(told) from error


def _describe(rules: "ScrubRules") -> str:
    if rules.is_empty:
        return "Nothing is replaced. Choose, e.g. --kinds all; look first with --preview 100."
    names = [*(kind.value for kind in rules.kinds), *(each.name for each in rules.patterns)]
    return f"Replaced before traces are stored: {', '.join(names)}."
