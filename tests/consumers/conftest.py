"""Which consumers are here, and the exported files they load."""

import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import pytest

from tests.consumers.files import Exported, load_exported

CONSUMERS = (
    *("datasets", "trl", "transformers", "torch", "dspy", "llamafactory", "verl", "agentlightning"),
    *("pyarrow", "pandas", "duckdb", "jsonschema"),
)


def pytest_report_header() -> str:
    """The version of each consumer; a dash where it is not installed."""
    found = " · ".join(f"{name} {_find_version(name)}" for name in CONSUMERS)
    return f"consumers: Python {sys.version.partition(' ')[0]} · {found}"


def _find_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "–"


@pytest.fixture(scope="session", autouse=True)
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is downloaded, and nothing is kept."""
    folder = tmp_path_factory.mktemp("cache")
    values = {
        "HF_HOME": str(folder),
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "CUDA_VISIBLE_DEVICES": "",
        "DSPY_CACHEDIR": str(folder / "dspy"),
        "DISABLE_VERSION_CHECK": "1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def exported(request: pytest.FixtureRequest) -> Exported:
    """The export that the test's parameter names."""
    return load_exported(request.param)
