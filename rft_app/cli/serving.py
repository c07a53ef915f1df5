"""`rft serve`, `gateway`, `worker`, `migrate` and `doctor`."""

from typing import Annotated

import typer

from rft_app.cli.output import JsonOption, note, write_json, write_line

HostOption = Annotated[str | None, typer.Option(help="Address to listen on [RFT_HOST].")]
PortOption = Annotated[
    int | None, typer.Option(min=1, max=65535, help="Port to listen on [RFT_PORT].")
]
WorkerOption = Annotated[
    bool, typer.Option("--worker/--no-worker", help="Also run a worker beside the server.")
]


def serve(
    host: HostOption = None, port: PortOption = None, with_worker: WorkerOption = True
) -> None:
    """Serve the browser app, REST, OTLP and the gateway, with one worker beside them."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.cli.supervisor import (
        APP,
        Supervisor,
        require_free,
        require_interface,
        tell_old_interface,
    )

    require_interface()
    host, port = _choose(host, port)
    require_free(host, port)
    tell_old_interface()
    ensure_schema()
    raise typer.Exit(Supervisor(APP, host, port, has_worker=with_worker).run())


def gateway(
    host: HostOption = None, port: PortOption = None, with_worker: WorkerOption = True
) -> None:
    """Serve the gateway alone; its worker makes traces of what it records."""
    from sqlalchemy.exc import DBAPIError

    from rft_app.cli.installation import ensure_schema
    from rft_app.cli.supervisor import GATEWAY, Supervisor, require_free

    host, port = _choose(host, port)
    require_free(host, port)
    try:
        ensure_schema()
    except DBAPIError as error:
        told = str(error.orig).partition("\n")[0]
        note(f"rft: calls go through and wait in memory, there is no database: {told}")
    raise typer.Exit(Supervisor(GATEWAY, host, port, has_worker=with_worker).run())


def _choose(host: str | None, port: int | None) -> tuple[str, int]:
    from rft_app.settings import get_settings

    settings = get_settings()
    return host or settings.host, port or settings.port


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
