"""`rft serve`, `worker`, `migrate` and `doctor`."""

from typing import Annotated

import typer

from rft_app.cli.output import JsonOption, note, write_json, write_line


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on [RFT_HOST].")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on [RFT_PORT].")
    ] = None,
    with_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Also run a worker beside the server.")
    ] = True,
) -> None:
    """Serve the browser app and REST, with one worker beside it."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.cli.supervisor import Supervisor, require_servable
    from rft_app.settings import get_settings

    settings = get_settings()
    host, port = host or settings.host, port or settings.port
    require_servable(host, port)
    ensure_schema()
    raise typer.Exit(Supervisor(host, port, has_worker=with_worker).run())


def worker(
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End when nothing is queued or running.")
    ] = False,
    parent: Annotated[
        int | None, typer.Option(hidden=True, help="End when this process is gone.")
    ] = None,
) -> None:
    """Execute jobs until told to stop; several workers share the work."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.services.job_kinds import all_job_kinds
    from rft_app.worker import run_worker

    ensure_schema()
    run_worker(all_job_kinds(), is_until_idle=until_idle, parent_pid=parent)


def migrate() -> None:
    """Create the database or bring it to this version's schema."""
    from rft_app.cli.installation import ensure_schema

    ensure_schema()
    note("The database is current.")


def doctor(json: JsonOption = False) -> None:
    """Check the installation; exit code 1 when something cannot work."""
    from rft_app.services.doctor import CheckStatus, examine

    checks = examine()
    if json:
        write_json([check.model_dump(mode="json") for check in checks])
    for check in () if json else checks:
        write_line(f"{check.status.value:<5} {check.name}: {check.finding}")
        if check.remedy:
            write_line(f"      → {check.remedy}")
    raise typer.Exit(int(any(check.status is CheckStatus.FAIL for check in checks)))
