"""The exported files as `make_exports` left them, and what reads them."""

import importlib
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import orjson
import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
"""Data sets and validators, where they are beside the checkout."""
FOLDER = ROOT / "out" / "consumers"
REAL = ("airline", "school")
"""Data sets that live beside the checkout."""


class Exported(NamedTuple):
    """One export, unzipped."""

    folder: Path
    metadata: dict[str, Any]

    @property
    def train(self) -> Path:
        """The file of the training side."""
        return self._find("train")

    @property
    def test(self) -> Path:
        """The file of the test side."""
        return self._find("test")

    @property
    def num_train(self) -> int:
        """Rows on the training side."""
        return self.metadata["files"][self.train.name]["rows"]

    @property
    def num_test(self) -> int:
        """Rows on the test side."""
        return self.metadata["files"][self.test.name]["rows"]

    def rows(self) -> list[dict[str, Any]]:
        """The training side as JSON, for comparison with what a reader got."""
        raw = self.train.read_bytes()
        lines = orjson.loads(raw) if raw.startswith(b"[") else raw.split(b"\n")[:-1]
        return [line if isinstance(line, dict) else orjson.loads(line) for line in lines]

    def _find(self, side: str) -> Path:
        [name] = [name for name in self.metadata["files"] if name.startswith(f"{side}.")]
        return self.folder / name


def skip_without_data(what: str) -> NoReturn:
    """Skip a test for want of data; where they should be there it fails."""
    if SHARED.is_dir():
        pytest.fail(f"{what} is not in {SHARED}.")
    pytest.skip(f"{what} is not beside this checkout.")


def load_exported(name: str) -> Exported:
    """An export by `DATASET/FORMAT`; the test is skipped where the data set is not beside us."""
    if not FOLDER.is_dir():
        pytest.skip("The files are made by `make test-consumers`.")
    folder = FOLDER / name
    if not folder.is_dir():
        dataset = name.partition("/")[0]
        if dataset in REAL and not (FOLDER / dataset).is_dir():
            skip_without_data(f"The data set of {dataset}")
        pytest.fail(f"{name} was not exported; see {FOLDER / 'refused.json'}.")
    return Exported(folder, orjson.loads((folder / "metadata.json").read_bytes()))


def load_consumer(module: str, needs: str = "") -> Any:
    """What reads the file; the test is skipped, with the reason, where it is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        name = module.partition(".")[0]
        pytest.skip(
            f"{name} is left out: {needs or 'it takes minutes to install'}, "
            "`make test-consumers` runs it"
        )


def each(format_name: str, *datasets: str) -> pytest.MarkDecorator:
    """Run a test on the exports of these datasets in one format."""
    names = [f"{dataset}/{format_name}" for dataset in datasets]
    return pytest.mark.parametrize("exported", names, indirect=True)
