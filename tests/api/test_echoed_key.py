"""A provider that answers with what it was sent: its key is nowhere afterwards."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient
from sqlmodel import SQLModel

from rft_app.storage.session import reading
from tests.api.conftest import DATASETS
from tests.llm.provider import FakeProvider, Json, Served, say, say_json

PROVIDERS = "/api/providers"
SECRET = "sk-an/swer+with-what-was-sent"
MODELS = [{"name": "big", "inputUsdPerMillion": 1, "outputUsdPerMillion": 10}]
JUDGE = {"type": "llm-judge", "prompt": "Rate: {{sample.output_text}}", "model": "big"}


@pytest.fixture
def run(client: TestClient, work: Callable[[], None]) -> Callable[..., None]:
    """Start a job over REST and work it off."""

    def start(url: str, body: object = None) -> None:
        answer = client.post(url, json=body or {})
        assert answer.status_code == 202, answer.text
        work()
        job = client.get(f"/api/optimization/jobs/{answer.json()['id']}").json()
        assert job["status"] == "done", job

    return start


def echo(fake: FakeProvider, request: Json, number: int) -> Served:
    """Answer with the header that came, in plain and with JSON's escapes."""
    sent = fake.keys[number] or ""
    is_judge = request["messages"][0]["content"].startswith("Rate: ")
    served = say_json({"reasoning": f"You sent {sent}.", "score": 1}) if is_judge else say(sent)
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in SECRET).encode()
    body = served.body if number % 2 else served.body.replace(SECRET.encode(), escaped)
    return Served(body)


def read_all_rows() -> str:
    """Every row of every table."""
    with reading() as session:
        tables = SQLModel.metadata.sorted_tables
        found = [session.connection().execute(table.select()).all() for table in tables]
    return "\n".join(repr(row) for rows in found for row in rows)


def test_a_key_that_comes_back_in_good_answers_is_hidden_everywhere(
    client: TestClient,
    dataset: dict[str, Any],
    run: Callable[..., None],
    database: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    base = f"{DATASETS}/{dataset['id']}"
    fake = FakeProvider(lambda request, number: echo(fake, request, number))
    fake.models = Served(orjson.dumps({"data": [{"id": f"big {SECRET}"}]}))
    with fake.running():
        lab = {"name": "lab", "baseUrl": fake.url, "models": MODELS, "apiKey": SECRET}
        answers = [client.post(PROVIDERS, json=lab)]
        answers += [client.post(f"{PROVIDERS}/lab/test", json={"model": "big"}) for _ in range(2)]
        answers.append(client.put(f"{base}/grader", json=JUDGE))
        answers.append(client.post(f"{base}/grader/test"))
        run(f"{base}/topics/generate", {"numTopics": 2})
        run(f"{base}/coverage")
        run(f"{base}/dry-run", {"sampleSize": 3, "rolloutsPerRecord": 2, "model": "big"})
    assert set(fake.keys) == {f"Bearer {SECRET}"}
    answers += [
        client.get(f"{base}/dry-run"),
        client.get(f"{base}/dry-run/rollouts"),
        client.get("/api/optimization/jobs"),
    ]
    assert [answer.status_code for answer in answers] == [201, *[200] * 7]
    assert answers[1].json()["reply"] == "Bearer •••"
    assert answers[1].json()["listed"] == ["big •••"]
    assert [one["reasoning"] for one in answers[4].json()["results"]] == [
        "You sent Bearer •••."
    ] * 5
    graded = answers[6].json()
    assert len(graded) == 6
    assert all("Bearer •••" in orjson.dumps(one).decode() for one in graded)

    assert not [answer.url for answer in answers if SECRET in answer.text]
    rows = read_all_rows()
    assert rows.count("Bearer •••") >= 12, "the answers and the reasons of their grades"
    assert SECRET not in rows
    assert SECRET not in caplog.text
    files = [path for path in database.rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
