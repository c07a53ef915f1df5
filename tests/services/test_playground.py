"""One prompt to two models: what is asked, how it is graded, how it stops."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from rft_app.domain.grading import Verdict
from rft_app.domain.provider import Model, Provider, ProviderKind
from rft_app.errors import ConflictError, InvalidInputError
from rft_app.llm.catalogue import Catalogue, Connection, Endpoint
from rft_app.llm.chat import StreamedReply
from rft_app.services.answering import Answering, AnswerState, answer_all
from rft_app.services.playground import (
    NO_REFERENCE,
    Prompt,
    RecordPrompt,
    Sampled,
    choose_models,
    grade_reply,
    make_question,
    take_record,
    tell_sameness,
)
from rft_app.storage.session import reading
from tests.gateway.conftest import eventually
from tests.gateway.upstream import Asked, Upstream, chunk
from tests.pipeline.graded_dataset import DATASET, NUMBER_OF_TEXT, add_records, configure

REFERENCE = "def grade(sample, item):\n    return float(sample.output_text == item['reference'])\n"


@pytest.fixture
def upstream(database: object) -> Iterator[Upstream]:
    with Upstream().running() as found:
        yield found


def say(text: str) -> Callable[[Asked], None]:
    """Behave as a model that says this."""

    def behave(asked: Asked) -> None:
        asked.begin_stream()
        asked.send_event(chunk({"content": text}, "stop"))
        asked.end()

    return behave


def make_catalogue(url: str, kind: ProviderKind = ProviderKind.STORED) -> Catalogue:
    models = (Model(name="small"), Model(name="large"))
    provider = Provider(name="there", kind=kind, base_url=url, models=models)
    return Catalogue([Endpoint(provider, lambda: Connection(url, "sk-x"))])


def make_side(
    upstream: Upstream, prompt: Prompt, kind: ProviderKind = ProviderKind.STORED
) -> Answering:
    question = make_question(make_catalogue(upstream.url, kind), "small", prompt, Sampled())
    return Answering(DATASET, question, prompt)


def take() -> RecordPrompt:
    with reading() as session:
        return take_record(session, DATASET)


async def test_a_records_prompt_is_asked_as_it_is_and_graded(upstream: Upstream) -> None:
    add_records(["0.5"])
    configure(REFERENCE)
    taken = take()
    assert (taken.prompt.user, taken.reference, taken.is_held_out) == ("Question 1", "1", False)
    upstream.behave = say("1")
    side = make_side(upstream, taken.prompt)
    await answer_all([side])
    assert (side.state, side.reply.text) == (AnswerState.DONE, "1")
    assert side.outcome == Verdict(reward=1.0)
    assert upstream.asked[0].json["messages"] == [{"role": "user", "content": "Question 1"}]
    assert upstream.asked[0].json["temperature"] == 0


async def test_a_prompt_of_ones_own_has_no_reference(upstream: Upstream) -> None:
    add_records(["0.5"])
    configure(NUMBER_OF_TEXT)
    upstream.behave = say("0.25")
    side = make_side(upstream, Prompt(system="Be brief.", user="How much?"))
    await answer_all([side])
    assert side.outcome == Verdict(reward=0.25)
    sent = upstream.asked[0].json["messages"]
    assert [turn["role"] for turn in sent] == ["system", "user"]


async def test_a_prompt_of_ones_own_is_not_compared_with_nothing(upstream: Upstream) -> None:
    add_records(["0.5"])
    configure(REFERENCE)
    upstream.behave = say("None")
    side = make_side(upstream, Prompt(user="How much?"))
    await answer_all([side])
    assert side.outcome == NO_REFERENCE


def test_who_asks_one_model_twice_is_told(upstream: Upstream) -> None:
    prompt = Prompt(user="Hello")
    small, large = (
        make_question(make_catalogue(upstream.url), name, prompt, Sampled())
        for name in ("small", "large")
    )
    assert "the same model, small" in tell_sameness([small, small])
    assert not tell_sameness([small, large])


async def test_each_side_fails_for_itself(upstream: Upstream) -> None:
    def behave(asked: Asked) -> None:
        if len(upstream.asked) == 1:
            asked.answer_json({"error": {"message": "no"}}, 401)
        else:
            say("0.5")(asked)

    add_records(["0.5"])
    configure(NUMBER_OF_TEXT)
    upstream.behave = behave
    own = ProviderKind.EMBEDDED
    sides = [make_side(upstream, Prompt(user="How much?"), own) for _ in range(2)]
    await answer_all(sides)
    assert [side.state for side in sides] == [AnswerState.FAILED, AnswerState.DONE]
    assert sides[0].outcome is None


async def test_models_of_this_machine_answer_one_after_the_other(upstream: Upstream) -> None:
    own = ProviderKind.EMBEDDED
    sides = [make_side(upstream, Prompt(user="Hello"), own) for _ in range(2)]
    seen: list[AnswerState] = []

    def behave(asked: Asked) -> None:
        seen.append(sides[1].state)
        say("Hi")(asked)

    upstream.behave = behave
    await answer_all(sides)
    assert seen == [AnswerState.WAITING, AnswerState.ANSWERING]


async def test_who_stops_keeps_what_came(upstream: Upstream) -> None:
    def behave(asked: Asked) -> None:
        asked.begin_stream()
        while not asked.is_lost.wait(0.01):
            asked.send_event(chunk({"content": "on and "}))

    upstream.behave = behave
    side = make_side(upstream, Prompt(user="Hello"))
    work = asyncio.create_task(answer_all([side]))
    await asyncio.to_thread(eventually, lambda: bool(side.reply.text))
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert side.state is AnswerState.STOPPED
    assert side.reply.text.startswith("on and")


def test_a_grader_that_asks_a_model_is_not_asked(upstream: Upstream) -> None:
    add_records(["0.5"])
    assert grade_reply(DATASET, Prompt(user="Hello"), StreamedReply(text="0.5")) is None


def test_what_cannot_be_asked_is_refused(upstream: Upstream) -> None:
    catalogue = make_catalogue(upstream.url)
    with pytest.raises(InvalidInputError, match="take a record"):
        make_question(catalogue, "small", Prompt(user="  "), Sampled())
    with pytest.raises(InvalidInputError, match="no model 'none'"):
        make_question(catalogue, "none", Prompt(user="Hello"), Sampled())
    with pytest.raises(InvalidInputError, match="at most 100,000"):
        make_question(catalogue, "small", Prompt(user="x" * 100_001), Sampled())


def test_without_a_training_the_first_two_models_are_offered(upstream: Upstream) -> None:
    add_records([])
    with reading() as session:
        found = choose_models(session, DATASET, make_catalogue(upstream.url))
        with pytest.raises(ConflictError, match="no valid record"):
            take_record(session, DATASET)
    assert (found.first, found.second) == ("small", "large")
