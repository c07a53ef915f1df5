"""`{"trace_id": "…", "messages": […], "reward": 1.0, …}` or τ-bench's `{"traj": […], …}`.

One whole run of an agent: all its turns, tool calls and results, and how it ended.
"""

from rft_app.traces.draft import Draft, find_id
from rft_app.traces.line import Row, WrongShapeError
from rft_app.traces.messages import draft_messages

_RUN_FIELDS = ("trace_id", "task_id", "trial")
_GROUP_FIELDS = ("session_id", "conversation_id", "task_id")
"""Several trials of one task are answers to one question: a split never tears them apart."""


class Trajectory:
    """A conversation with the id of its run."""

    name = "trajectory"
    label = "Agent trajectories"

    def matches(self, row: Row) -> bool:
        """`traj`, or `messages` beside the id of a run."""
        return "traj" in row or ("messages" in row and not row.keys().isdisjoint(_RUN_FIELDS))

    def draft(self, row: Row) -> Draft:
        """Turns after the last answer stay in the trace; a run without a task groups by its id."""
        for name in ("messages", "traj"):
            if name in row:
                draft = draft_messages(row, name)
                draft.group = find_id(row, _GROUP_FIELDS)
                return draft
        raise WrongShapeError("Neither `messages` nor `traj` is there.")
