"""`rft traces`: what is stored, and what arrived by itself."""

import time

from rft_app.domain.intake import Encoding, Signal
from rft_app.services.intake import take_request
from rft_app.storage.session import durable_unit_of_work
from tests.captured import list_posts
from tests.cli.conftest import Rft

SECONDS_TO_WAIT = 60


def test_what_arrives_is_read_by_the_worker_and_listed(rft: Rft) -> None:
    assert "/otlp/v1/traces" in rft("traces", "list").stderr
    assert "Nothing arrived" in rft("traces", "intake").stderr
    (post,) = list_posts("openinference")
    with rft.inside(), durable_unit_of_work() as session:
        take_request(session, Signal.TRACES, Encoding.PROTOBUF, post.plain, 0)
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while not rft.json("traces", "intake")["counts"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    page = rft.json("traces", "list", "--limit", 8)
    assert len(page["traces"]) == 8
    rest = rft.json("traces", "list", "--limit", 8, "--cursor", page["nextCursor"])
    assert (len(rest["traces"]), rest["nextCursor"]) == (2, None)
    found = [each for each in (*page["traces"], *rest["traces"]) if each["earlierAnswers"]]
    calls = rft.json("traces", "list", "--conversation", found[0]["id"])["traces"]
    assert len(calls) == 1 + found[0]["earlierAnswers"] == 2
    while not rft.json("traces", "list", "--search", "Berlin is cloudy")["traces"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    shown = rft("traces", "show", calls[0]["id"])
    assert calls[0]["title"] in shown.stdout
    assert "SPAN" in shown.stdout
    assert rft.json("traces", "show", calls[0]["id"])["trace"] == calls[0]
    assert "no trace 'trc_0'" in rft("traces", "show", "trc_0").stderr
    line = rft("traces", "list", "--limit", 1)
    assert "openinference" in line.stdout
    assert "go on with --cursor" in line.stderr
    assert "call" in rft("traces", "intake").stdout


def test_retention_is_chosen_and_told(rft: Rft) -> None:
    assert "are kept" in rft("traces", "retention").stderr
    assert rft.json("traces", "retention", "--days", 30) == {"days": 30}
    assert "30 days" in rft("traces", "retention").stderr
