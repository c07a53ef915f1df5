import pytest

from rft_app.domain.paid import PaidTotals
from rft_app.llm.chat import ChatReply
from rft_app.pipeline._scopes import sampling_scope
from rft_app.services.generation import find_paid
from rft_app.storage import paid_calls
from rft_app.storage.paid_calls import RunningTotals, StoredPaidCalls, sum_paid_calls
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import DatasetRow
from tests.builders import make_dataset_row

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
