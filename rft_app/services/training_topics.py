"""How the rewards of each topic move in a training."""

from sqlmodel import Session

from rft_app.domain.dry_run import NO_TOPIC
from rft_app.domain.entity import Entity
from rft_app.domain.training_run import TrainingRun
from rft_app.storage.training_runs import list_topic_rewards

MOST_STEPS = 20
"""Training steps whose answers are taken together, at most."""


class TopicProgress(Entity):
    """One topic's graded answers at the start of a training and now."""

    topic: str
    num_first: int
    first: float | None
    """Mean reward; `None` where no answer of the topic was graded."""
    num_last: int
    last: float | None


class TopicsProgress(Entity):
    """All topics that were trained on."""

    num_steps: int
    """Of each end; 0 while there are too few to compare."""
    topics: tuple[TopicProgress, ...]


def compare_topics(session: Session, run: TrainingRun) -> TopicsProgress:
    """The first training steps beside the last ones, by topic; a quarter of them at most."""
    num_steps = min(MOST_STEPS, run.num_done // 4)
    if not num_steps:
        return TopicsProgress(num_steps=0, topics=())
    ends = (1, num_steps), (run.num_done - num_steps + 1, run.num_done)
    first, last = (
        {topic: (number, mean) for topic, number, mean in list_topic_rewards(session, run.id, *end)}
        for end in ends
    )
    nothing: tuple[int, float | None] = (0, None)
    return TopicsProgress(
        num_steps=num_steps,
        topics=tuple(
            TopicProgress(
                topic=topic or NO_TOPIC,
                num_first=first.get(topic, nothing)[0],
                first=first.get(topic, nothing)[1],
                num_last=last.get(topic, nothing)[0],
                last=last.get(topic, nothing)[1],
            )
            for topic in sorted({*first, *last})
        ),
    )
