import subprocess
import sys

import pytest


@pytest.mark.parametrize("verb", ["", "serve", "worker", "import", "run", "export", "doctor"])
def test_help_imports_neither_reflex_nor_the_database(verb: str) -> None:
    program = (
        "import sys\n"
        f"sys.argv = ['rft', *{verb.split()!r}, '--help']\n"
        "from rft_app.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "heavy = {'reflex', 'sqlalchemy', 'dbos', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


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
