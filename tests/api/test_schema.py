"""Every operation against its own OpenAPI schema, with generated requests, right and wrong ones."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.core.parameters import ParameterLocation

from rft_app.api.app import create_api
from rft_app.domain.trace import trace_id as make_trace_id
from rft_app.jobs.running import JobRunner
from rft_app.services.job_kinds import all_job_kinds
from rft_app.storage import jobs
from rft_app.storage.session import reading
from tests.api.conftest import DATASETS, make_rows
from tests.conftest import create_schema, forget_environment

EXCLUDED_CHECKS = {
    "positive_data_acceptance": "no schema says that a step waits for another or a name is taken",
    "missing_required_header": "no operation requires a header",
    "ignored_auth": "there is no authentication",
    "object_level_authorization": "there is no authentication",
    "use_after_free": "is about sequences of requests",
    "ensure_resource_availability": "is about sequences of requests",
}
schema = schemathesis.openapi.from_asgi("/api/openapi.json", create_api())
GIVE_UP_S = 120
"""Only a request that hangs takes so long."""
CHECKED = [CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in EXCLUDED_CHECKS]
Ids = dict[str, str]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ids]:
    """A data directory with one extracted dataset, and the ids in it by parameter name."""
    folder = tmp_path_factory.mktemp("schema") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RFT_DATA_DIR", str(folder))
        forget_environment()
        create_schema()
        ids = fill()
    forget_environment()
    return folder, ids


def fill() -> Ids:
    """Import and extract a small file."""
    with TestClient(create_api()) as client:
        answer = client.post(
            f"{DATASETS}/from-upload",
            data={"name": "Sums", "objective": "Add"},
            files={"file": ("sums.jsonl", make_rows())},
        )
        job = answer.json()
        runner = JobRunner(all_job_kinds(), "wk_test")
        while waiting := list_waiting():
            for waiting_id in waiting:
                runner.run(waiting_id, 0)
        path = f"{DATASETS}/{job['datasetId']}"
        record = client.get(f"{path}/records").json()[0]
        import_id = client.get(f"{path}/import").json()["id"]
    return {
        "dataset_id": job["datasetId"],
        "record_id": record["id"],
        "job_id": job["id"],
        "import_id": import_id,
        "trace_id": make_trace_id(1),  # a name like `scrub` is another operation's
    }


def list_waiting() -> list[str]:
    """Ids of jobs that nobody ran yet."""
    with reading() as session:
        return [job.id for job in jobs.list_active(session)]


@pytest.fixture
def known(
    template: tuple[Path, Ids], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ids]:
    """The ids of a fresh copy of the data."""
    folder, ids = template
    shutil.copytree(folder, tmp_path / "data")
    monkeypatch.setenv("RFT_DATA_DIR", str(tmp_path / "data"))
    forget_environment()
    yield ids
    forget_environment()


@schema.parametrize()
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_operation_keeps_to_its_schema(case: Case, known: Ids) -> None:
    if is_right(case, ParameterLocation.PATH):
        wanted = {name: known.get(name, value) for name, value in case.path_parameters.items()}
        case.path_parameters.update(wanted)
    if is_right(case, ParameterLocation.QUERY) or would_wait(case.query.get("wait")):
        case.query.pop("wait", None)  # there is no worker to wait for
    case.call_and_validate(
        checks=CHECKED,  # pyright: ignore[reportArgumentType]  # takes both
        timeout=GIVE_UP_S,
    )


def would_wait(seconds: object) -> bool:
    """Whether a request is one that waits, also where another parameter is against the schema."""
    try:
        return float(str(seconds)) > 0
    except ValueError:
        return False


def is_right(case: Case, location: ParameterLocation) -> bool:
    """Whether this part of the request is made after the schema, not against it."""
    part = case.meta and case.meta.components.get(location)
    return part is None or part.mode is GenerationMode.POSITIVE
