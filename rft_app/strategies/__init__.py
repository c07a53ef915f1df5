"""Ways to generate new records, one module each."""

from typing import Any

from rft_app.registry import Registry
from rft_app.strategies._base import Brief, Strategy
from rft_app.strategies.few_shot import FewShot
from rft_app.strategies.message_variation import MessageVariation
from rft_app.strategies.scenario_expansion import ScenarioExpansion
from rft_app.strategies.tool_chain import ToolChain
from rft_app.strategies.topic_description import TopicDescription

ALL: tuple[Strategy[Any], ...] = (
    MessageVariation(),
    FewShot(),
    TopicDescription(),
    ScenarioExpansion(),
    ToolChain(),
)

STRATEGIES: Registry[Strategy[Any]] = Registry("strategy", ALL)

__all__ = ["STRATEGIES", "Brief", "Strategy"]
