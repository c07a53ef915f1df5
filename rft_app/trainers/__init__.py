"""Places that can train, one module each."""

from rft_app.registry import Registry
from rft_app.trainers._base import Trainer
from rft_app.trainers.trl_local import TrlLocal

TRAINERS: Registry[Trainer] = Registry("trainer", (TrlLocal(),))
