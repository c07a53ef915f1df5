"""A `RFT_TRAINER_PYTHON` for servers in processes of their own: it trains as a script says."""

import os
import shlex
import sys
from pathlib import Path

import orjson

from rft_app.trainers.environment import LEAST_TRL, NEEDED
from tests.trainers import scripted_child_path

_PROGRAM = """#!/bin/sh
# Asked for its packages it has them all; told to train, it follows the script.
case "$2" in */probing.py) echo {packages}; exit 0;; esac
for folder; do :; done
PYTHONPATH={paths} exec {python} -B {child} "$folder"
"""


def write_scripted_python(path: Path) -> Path:
    """Write the program; returns its path."""
    versions = dict.fromkeys(NEEDED, "1") | {"trl": LEAST_TRL}
    packages = orjson.dumps({"versions": versions}).decode()
    paths = os.pathsep.join(each for each in sys.path if each)
    values = {
        "packages": packages,
        "paths": paths,
        "python": sys.executable,
        "child": str(scripted_child_path()),
    }
    path.write_text(_PROGRAM.format(**{name: shlex.quote(text) for name, text in values.items()}))
    path.chmod(0o755)
    return path
