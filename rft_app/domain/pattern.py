"""What some traces or rows of a file have in common."""

from pydantic import Field

from rft_app.domain.entity import Entity


class ToolUse(Entity):
    """A tool and how often it is called."""

    name: str
    num_traces: int
    """Traces that call it at least once."""
    num_calls: int
    share: float = Field(ge=0, le=1)
    """Those traces among all that were looked at."""


class Pattern(Entity):
    """What was found, and what a dataset of them could be called."""

    title: str
    system_prompt: str
    """The commonest one, in full; empty without any."""
    num_sharing: int
    """Traces that have it, or one that begins the same."""
    num_read: int
    """Traces that were looked at: at most some hundred of a large selection, evenly spread."""
    num_selected: int
    capabilities: tuple[str, ...]
    """A few words each, e.g. `Multi-turn, median 9`."""
    tools: tuple[ToolUse, ...]
    """The most used first; defined ones that nobody calls last."""
    suggested_name: str
    """Empty when nothing tells what the traces are about."""
    suggested_objective: str

    @property
    def tool_count(self) -> int:
        """Different tools that are defined or called."""
        return len(self.tools)
