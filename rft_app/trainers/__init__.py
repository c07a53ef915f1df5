"""Places that can train, one module each."""

from rft_app.registry import Registry
from rft_app.trainers._base import RunsScript, Trainer
from rft_app.trainers.openai_compatible import OpenAICompatible
from rft_app.trainers.ray import RayCluster
from rft_app.trainers.ray_verl import RayVerl
from rft_app.trainers.trl_local import TrlLocal

__all__ = ["TRAINERS", "RunsScript", "Trainer"]

TRAINERS: Registry[Trainer] = Registry(
    "trainer", (TrlLocal(), OpenAICompatible(), RayCluster(), RayVerl())
)
