import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "verb", ["", "serve", "gateway", "worker", "import", "run", "export", "doctor"]
)
def test_help_imports_neither_reflex_nor_the_database(verb: str) -> None:
    assert "Usage" in run_light(*verb.split(), "--help", code=0).stdout


@pytest.mark.parametrize(
    "args",
    [
        ("fly",),
        ("import", __file__),
        ("import", __file__, "--into", "ds_x", "--name", "N"),
        ("import", __file__, "--name", "N", "--objective", "O", "--map", "input"),
        ("run", "ds_x", "--until", "moon"),
        ("run", "ds_x", "--grader", "absent.py"),
        ("export", "ds_x", "--format", "floppy", "--out", "x.zip"),
    ],
)
def test_wrong_use_is_told_before_anything_heavy_is_imported(args: tuple[str, ...]) -> None:
    assert run_light(*args, code=2).stderr.startswith("rft: ")


def run_light(*args: str, code: int) -> subprocess.CompletedProcess[str]:
    """Run a verb that ends with `code` and needs neither database, Reflex nor numerics."""
    program = (
        "import sys\n"
        f"sys.argv = ['rft', *{args!r}]\n"
        "from rft_app.cli import main\n"
        f"try:\n    main()\nexcept SystemExit as end:\n    assert end.code == {code}, end.code\n"
        "heavy = {'reflex', 'sqlalchemy', 'dbos', 'rich', 'numpy', 'fastapi'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


def test_a_database_that_is_current_is_used_without_alembic(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from rft_app.cli.installation import ensure_schema\n"
        "ensure_schema()\n"
        "assert 'alembic' in sys.modules, 'the first use makes the schema'\n"
        "for name in [name for name in sys.modules if name.startswith('alembic')]:\n"
        "    del sys.modules[name]\n"
        "ensure_schema()\n"
        "assert 'alembic' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "RFT_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr


def test_no_verb_but_serve_needs_reflex() -> None:
    program = (
        "import sys\n"
        "import rft_app.cli.import_run, rft_app.cli.pipeline_run, rft_app.cli.export_run\n"
        "import rft_app.cli.demo_run, rft_app.services.doctor, rft_app.services.job_kinds\n"
        "import rft_app.worker\n"
        "assert 'reflex' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
