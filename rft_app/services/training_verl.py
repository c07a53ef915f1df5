"""The files that verl trains from: rows of the export format by the snapshot, and the grader."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sqlmodel import Session

from rft_app.domain.export import ExportOptions, Lack
from rft_app.domain.split import Split
from rft_app.domain.training_run import TrainingRun
from rft_app.exports import EXPORTERS, FileContext
from rft_app.services.export_lines import Account
from rft_app.services.export_rows import RowSource
from rft_app.services.training_prompts import part_held_out
from rft_app.storage import graders
from rft_app.storage.snapshots import load_members
from rft_app.storage.splits import Ints
from rft_app.trainers.ray_verl import NAME
from rft_app.trainers.run_folder import RunFolder
from rft_app.trainers.verl_order import GRADER, TRAIN, VALIDATION, fill_up, write_grader

VERL = NAME
FORMAT = "verl"
SOURCE = "rft"
"""The name of the data in verl's figures; a dataset's own could break its lines."""


class VerlFiles(NamedTuple):
    """What was written."""

    num_train: int
    """Records; fewer than a training step takes are repeated in the file."""
    num_validated: int
    left_out: Counter[Lack]
    """Records of both sides that verl's rows cannot hold, by reason."""


def write_verl_files(session: Session, run: TrainingRun, folder: Path) -> VerlFiles:
    """Write `train.parquet`, `validation.parquet` and `grader.py` of a training.

    Args:
        session: Any.
        run: Of which snapshot, grader version, seed and sizes are taken.
        folder: Exists.

    Raises:
        InvalidInputError: The grader cannot be a file that verl calls, or one side would have no
            row; the message says why.
    """
    source = write_grader(graders.get_version(session, run.grader_version_id).spec)
    members = load_members(session, run.snapshot_id)
    sides = {
        TRAIN: (Split.TRAIN, members.of(Split.TRAIN), run.settings.prompts_per_step),
        VALIDATION: (Split.TEST, _pick_validated(run, members.of(Split.TEST)), 1),
    }
    context = FileContext(options=ExportOptions(snapshot_id=run.snapshot_id), dataset_name=SOURCE)
    exporter = EXPORTERS.get(FORMAT)
    rows = RowSource(session, run.dataset_id, exporter, context)
    accounts: dict[str, Account] = {}
    for name, (split, seqs, least) in sides.items():
        accounts[name] = Account()
        lines = fill_up(rows.rows(seqs, split, accounts[name]), least)
        with (folder / name).open("wb") as file:
            file.writelines(exporter.layout(context.options).frame(lines))
        accounts[name].require_rows()
    (folder / GRADER).write_text(source, encoding="utf-8")
    return VerlFiles(
        accounts[TRAIN].num_rows,
        accounts[VALIDATION].num_rows,
        accounts[TRAIN].skipped + accounts[VALIDATION].skipped,
    )


def _pick_validated(run: TrainingRun, held: Ints) -> Ints:
    """Those that choose the checkpoint; as for our own script, drawn by the seed."""
    drawn = np.random.default_rng(run.settings.seed).permutation(held).tolist()
    part = part_held_out(drawn, run.settings.num_validated, run.settings.num_compared)
    return np.array(sorted(part.validated), dtype=np.int64)


def write_verl_order(session: Session, run: TrainingRun, folder: RunFolder) -> None:
    """Write what verl reads, then the mark that all is there.

    Raises:
        InvalidInputError: As `write_verl_files`.
    """
    found = write_verl_files(session, run, folder.path)
    config = {
        "settings": run.settings.model_dump(mode="json"),
        "total_steps": run.total_steps,
        "is_held_out": True,
    }
    if found.left_out:
        lines = [f"{number:,} left out: {lack.message}" for lack, number in found.left_out.items()]
        folder.log.write_text("\n".join([*lines, ""]))
    folder.order(config, {})
