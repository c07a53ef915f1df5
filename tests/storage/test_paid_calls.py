import pytest

from rft_app.domain.paid import PaidTotals
from rft_app.errors import JobCancelledError
from rft_app.llm.chat import ChatReply
from rft_app.pipeline._scopes import sampling_scope
from rft_app.services.generation import find_paid
from rft_app.storage import paid_calls
from rft_app.storage.paid_calls import RunningTotals, StoredPaidCalls, sum_paid_calls
from rft_app.storage.paid_work import paid_work
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import DatasetRow, PaidWorkRow
from tests.builders import SOME_DAY, make_dataset_row

REPLY = ChatReply(
    model="good",
    text="Grüezi 🙂",
    finish_reason="stop",
    num_prompt_tokens=10,
    num_completion_tokens=5,
    cost_usd=0.25,
)


def sum_up(*scopes: str) -> PaidTotals:
    with reading() as session:
        return sum_paid_calls(session, *(scopes or ("job_a",)))


def test_a_reply_is_found_under_its_key_alone(any_database: str) -> None:
    ledger = StoredPaidCalls("job_a", None)
    ledger.keep("1", REPLY)
    assert ledger.find("1") == REPLY
    assert ledger.find("2") is None
    assert StoredPaidCalls("job_b", None).find("1") is None


def test_the_first_reply_under_a_key_stays(any_database: str) -> None:
    ledger = StoredPaidCalls("job_a", None)
    ledger.keep("1", REPLY)
    ledger.keep("1", REPLY.model_copy(update={"text": "other"}))
    assert ledger.find("1") == REPLY
    assert sum_up().num_calls == 1


def test_what_no_database_can_hold_does_not_lose_the_reply(any_database: str) -> None:
    ledger = StoredPaidCalls("job_a", None)
    ledger.keep("1", REPLY.model_copy(update={"text": "a\x00b \ud800"}))
    found = ledger.find("1")
    assert found is not None
    assert found.text == "ab ?"


def test_one_unknown_cost_makes_the_sum_unknown(any_database: str) -> None:
    ledger = StoredPaidCalls("job_a", None)
    ledger.keep("1", REPLY)
    ledger.keep("2", REPLY)
    assert sum_up().cost_usd == 0.5
    ledger.keep("3", REPLY.model_copy(update={"cost_usd": None}))
    assert sum_up().cost_usd is None
    assert sum_up().num_prompt_tokens == 30


def test_a_dry_run_s_sampled_answers_and_its_judge_are_told_together(any_database: str) -> None:
    StoredPaidCalls("job_a", None).keep("1", REPLY)
    StoredPaidCalls(sampling_scope("job_a"), None).keep("1", REPLY)
    StoredPaidCalls("job_b", None).keep("1", REPLY)
    with reading() as session:
        found = find_paid(session, "job_a")
    assert (found.num_calls, found.cost_usd) == (2, 2 * (REPLY.cost_usd or 0))


def test_replies_go_with_their_dataset(any_database: str) -> None:
    with unit_of_work() as session:
        session.add(make_dataset_row())
    StoredPaidCalls("job_a", "ds_a").keep("1", REPLY)
    StoredPaidCalls("job_a", "ds_a").lose("good", "cut off")
    with unit_of_work() as session:
        session.delete(session.get_one(DatasetRow, "ds_a"))
    assert sum_up().is_empty


def kill_while_asking(scope: str = "job_a", most_under_way: int = 8) -> None:
    """What a killed worker leaves: the mark of work that never ended."""
    with unit_of_work() as session:
        session.add(
            PaidWorkRow(
                scope=scope, most_under_way=most_under_way, is_open=True, created_at=SOME_DAY
            )
        )


def test_calls_under_way_at_a_kill_are_told_as_the_most_that_may_be_charged(
    any_database: str,
) -> None:
    kill_while_asking()
    assert sum_up().is_empty, "it may go on as far as anybody knows"
    with paid_work("job_a", None, 8):
        assert sum_up().most_killed == 8
    kill_while_asking()
    assert RunningTotals("job_a").sum_up().most_killed == 16
    assert sum_up().most_killed == 16
    assert sum_up().lost == (
        "up to 16 calls under way when a worker was killed; the provider may have charged for them"
    )
    assert sum_up("job_b").is_empty


def test_work_that_ends_leaves_nothing_to_tell(any_database: str) -> None:
    with paid_work("job_a", None, 8):
        pass
    with pytest.raises(JobCancelledError), paid_work("job_a", None, 8):
        raise JobCancelledError
    with paid_work("job_a", None, 0), paid_work("job_a", None, 8):
        assert sum_up().is_empty, "what costs nothing leaves no mark"


def test_replies_that_come_keep_what_a_kill_may_have_cost(any_database: str) -> None:
    kill_while_asking(most_under_way=2)
    totals = RunningTotals("job_a")
    ledger = StoredPaidCalls("job_a", None, totals)
    ledger.keep("1", REPLY)
    ledger.keep("2", REPLY.model_copy(update={"is_cached": True}))
    ledger.lose("good", "cut off")
    assert totals.sum_up() == sum_up()
    assert (totals.sum_up().most_killed, totals.sum_up().num_lost) == (2, 1)


def test_running_totals_are_those_of_the_ledger(any_database: str) -> None:
    StoredPaidCalls("job_a", None).keep("0", REPLY)
    totals = RunningTotals("job_a", "job_b")
    first = StoredPaidCalls("job_a", None, totals)
    first.keep("1", REPLY.model_copy(update={"cost_usd": None}))
    first.keep("2", REPLY.model_copy(update={"is_cached": True}))
    StoredPaidCalls("job_b", None, totals).keep("1", REPLY)
    first.lose("good", "cut off \x00")
    assert totals.sum_up().num_lost == 1
    assert totals.sum_up() == sum_up("job_a", "job_b")
    assert (totals.sum_up().num_unpriced, totals.sum_up().known_usd) == (1, 0.5)


def test_running_totals_read_the_ledger_once_another_worker_shows(any_database: str) -> None:
    totals = RunningTotals("job_a")
    own, other = StoredPaidCalls("job_a", None, totals), StoredPaidCalls("job_a", None)
    other.keep("1", REPLY)
    own.keep("1", REPLY)
    other.keep("2", REPLY)
    assert totals.sum_up() == sum_up()
    assert totals.sum_up().num_calls == 2


def test_no_query_sums_the_ledger_for_each_call(
    any_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    totals = RunningTotals("job_a")
    own = StoredPaidCalls("job_a", None, totals)
    monkeypatch.setattr(paid_calls, "sum_paid_calls", lambda *_: pytest.fail("It was read again."))
    for number in range(3):
        own.keep(str(number), REPLY)
        assert totals.sum_up().num_calls == number + 1
