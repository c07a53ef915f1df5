"""Write the demo's traces: deterministic, one JSON object a line, a few lines broken."""

from pathlib import Path
from random import Random

import orjson

from rft_app.services.demo.answers import RATINGS, Flaw, draw_flaw, write_answer, write_reference
from rft_app.services.demo.faults import broken_lines
from rft_app.services.demo.stories import STORIES, TOOL_OF, Ending, Story
from rft_app.services.demo.talk import Json, Talk
from rft_app.services.demo.world import TOOLS, make_trip

NUM_TRACES = 378
NUM_DUPLICATES = 6
SEED = 7
RATED_SHARE = 0.4

_MODELS = ("gpt-4o-mini", "gpt-4o-mini", "gpt-4o", "claude-haiku-4-5")


def write_demo_file(path: Path | str, *, seed: int = SEED) -> None:
    """Write four hundred lines; the same seed gives the same bytes."""
    rng = Random(seed)
    stories = _draw_stories(rng)
    rows = [make_row(rng, number, stories[number]) for number in range(NUM_TRACES)]
    copies = [
        {**row, "trace_id": f"{row['trace_id']}-again"} for row in rng.sample(rows, NUM_DUPLICATES)
    ]
    lines = [orjson.dumps(row) for row in (*rows, *copies)]
    spare = range(NUM_TRACES, NUM_TRACES + 16)
    lines += broken_lines(rng, [make_row(rng, n, stories[n], Flaw.NONE) for n in spare])
    rng.shuffle(lines)
    Path(path).write_bytes(b"\n".join(lines) + b"\n")


def make_row(rng: Random, number: int, story: Story, flaw: Flaw | None = None) -> Json:
    """One trace; its last message has the flaw given or a drawn one."""
    talk = Talk(rng, make_trip(rng))
    flaw = flaw or draw_flaw(rng)
    ending = _tell(talk, flaw, story)
    talk.messages.append({"role": "assistant", "content": write_answer(talk, ending, flaw)})
    row: Json = {
        "trace_id": f"wayfinch-{number:04}",
        "model": rng.choice(_MODELS),
        "messages": talk.messages,
        "tools": TOOLS,
        "reference_answer": write_reference(talk, ending),
        "expected": {
            "code": talk.trip.code,
            "tool": ending.tool,
            "amount": talk.trip.amount if ending.amounts else None,
            "mentions": ending.mentions,
        },
        "channel": rng.choice(("web", "web", "app", "e-mail")),
    }
    if rng.random() < RATED_SHARE:
        row["feedback"] = {"rating": _rate(rng, flaw)}
    return row


def _draw_stories(rng: Random) -> list[Story]:
    """Four hundred stories in any order, each as often as its share says."""
    return rng.sample([story for _, story in STORIES], 400, counts=[4 * s for s, _ in STORIES])


def _tell(talk: Talk, flaw: Flaw, story: Story) -> Ending:
    """Let the conversation happen; a forgetful agent leaves out the call that matters."""
    if flaw is Flaw.NO_CALL:
        talk.skipped_tool = TOOL_OF[story]
    return story(talk)


def _rate(rng: Random, flaw: Flaw) -> float:
    rating = RATINGS.get(flaw, 0.2) + rng.choice((-0.1, 0.0, 0.0, 0.1))
    return round(min(max(rating, 0.0), 1.0), 1)
