"""What traces have in common, ready to be shown."""

from dataclasses import dataclass, field

from rft_app.domain.pattern import Pattern
from rft_app.ui.words import count, share

NUM_TOOLS = 3
SHORT_PROMPT = 180


@dataclass(frozen=True)
class ToolLine:
    """One tool with its bar."""

    name: str
    percent: float
    words: str
    hint: str


@dataclass(frozen=True)
class PatternView:
    """A found pattern."""

    title: str = ""
    witness: str = ""
    prompt: str = ""
    short_prompt: str = ""
    prompt_words: str = ""
    """How long the prompt is; empty when all of it is shown."""
    capabilities: list[str] = field(default_factory=list)
    tools: list[ToolLine] = field(default_factory=list)
    more_tools: str = ""

    @classmethod
    def of(cls, pattern: Pattern, noun: str) -> "PatternView":
        """Build the view; `noun` says what was read, e.g. `trace`."""
        prompt, num_read = pattern.system_prompt, pattern.num_read
        is_long = len(prompt) > SHORT_PROMPT
        short = " ".join(prompt[:SHORT_PROMPT].split()) + ("…" if is_long else "")
        tools = [
            ToolLine(
                name=tool.name,
                percent=100 * tool.share,
                words=share(tool.share),
                hint=f"{count(tool.num_calls, 'call')} in {count(tool.num_traces, noun)}",
            )
            for tool in pattern.tools[:NUM_TOOLS]
        ]
        more = pattern.tool_count - len(tools)
        kinds = [count(pattern.tool_count, "tool")] if pattern.tool_count else []
        return cls(
            title=pattern.title,
            witness=_witness(pattern, noun),
            prompt=prompt,
            short_prompt=short if prompt else "",
            prompt_words=f"Show all {len(prompt):,} characters" if is_long else "",
            capabilities=[*pattern.capabilities[:1], *kinds, *pattern.capabilities[1:]],
            tools=tools if num_read else [],
            more_tools=f"and {more} more" if more else "",
        )


def _witness(pattern: Pattern, noun: str) -> str:
    """What the pattern was read from, and how many share the prompt."""
    read = f"{pattern.num_read:,}"
    if pattern.num_read < pattern.num_selected:
        read = f"{read} of {pattern.num_selected:,}"
    if not pattern.num_sharing:
        return f"in {read} {noun}s" if pattern.num_read != 1 else f"in {read} {noun}"
    if pattern.num_read < pattern.num_selected:
        return f"{share(pattern.num_sharing / pattern.num_read)} of {pattern.num_read:,} read"
    return f"{pattern.num_sharing:,} of {read} share it"
