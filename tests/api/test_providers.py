"""Providers over REST: keys go in and never come out."""

import logging

import pytest
from fastapi.testclient import TestClient

from tests.llm.provider import FakeProvider, Served, in_turn, refuse, say

PROVIDERS = "/api/providers"
SECRET = "sk-very-secret-indeed"
LAB = {
    "name": "lab",
    "baseUrl": "https://lab.example/v1",
    "models": [{"name": "big", "inputUsdPerMillion": 1, "outputUsdPerMillion": 10}],
    "apiKey": SECRET,
}


def test_a_provider_is_added_changed_and_removed(client: TestClient) -> None:
    assert client.get(PROVIDERS).json() == []
    created = client.post(PROVIDERS, json=LAB)
    assert created.status_code == 201
    assert (created.json()["hasKey"], created.json()["keyFrom"]) == (True, "stored")
    models = client.get("/api/optimization/models").json()
    assert (models["isConfigured"], models["models"][0]["name"]) == (True, "big")

    settings = {"baseUrl": "https://lab.example/v2", "timeoutS": 5, "requestsPerMinute": 60}
    changed = client.put(f"{PROVIDERS}/lab", json=settings).json()
    assert (changed["timeoutS"], changed["requestsPerMinute"]) == (5, 60)
    assert (changed["models"], changed["hasKey"]) == ([], True)
    without = client.put(f"{PROVIDERS}/lab", json={**settings, "apiKey": ""}).json()
    assert (without["hasKey"], without["keyFrom"]) == (False, "none")
    named = client.put(f"{PROVIDERS}/lab", json={**settings, "keyVariable": "LAB_API_KEY"}).json()
    assert (named["hasKey"], named["keyVariable"]) == (False, "LAB_API_KEY")
    assert "LAB_API_KEY is not set" in named["keyFault"]

    assert client.delete(f"{PROVIDERS}/lab").status_code == 204
    assert client.get(f"{PROVIDERS}/lab").status_code == 404


def test_no_answer_and_no_log_holds_a_key(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = refuse(401, f"Incorrect API key: {SECRET}")
    with FakeProvider(in_turn(echo)).running() as server:
        server.models = Served(f"<html>{SECRET}</html>".encode())
        lab = {**LAB, "baseUrl": server.url}
        answers = [
            client.post(PROVIDERS, json={**lab, "model": "big"}),
            client.post(f"{PROVIDERS}/test", json={**lab, "model": "big"}),
            client.post(PROVIDERS, json=lab),
            client.post(PROVIDERS, json=lab),
            client.post(PROVIDERS, json={**lab, "apiKey": f"{SECRET} with blanks"}),
            client.post(PROVIDERS, json={**lab, "apiKey": [SECRET]}),
            client.get(PROVIDERS),
            client.post(f"{PROVIDERS}/lab/test", json={"model": "big"}),
            client.put(f"{PROVIDERS}/lab", json={"baseUrl": "https://evil.example/v1"}),
        ]
    assert server.keys == [f"Bearer {SECRET}"] * 2
    assert [each.status_code for each in answers] == [422, 200, 201, 409, 422, 422, 200, 200, 422]
    assert "Incorrect API key: •••" in answers[1].json()["fault"]
    assert answers[8].json()["error"]["details"]["field"] == "key"
    for answer in answers:
        assert SECRET not in answer.text
    assert SECRET not in caplog.text


def test_settings_are_tried_before_they_are_stored(client: TestClient) -> None:
    with FakeProvider(in_turn(say("ready"))).running() as server:
        server.models = Served(b'{"data": [{"id": "big"}]}')
        lab = {**LAB, "baseUrl": server.url}
        found = client.post(f"{PROVIDERS}/test", json={**lab, "model": "big"}).json()
    assert (found["isOk"], found["listed"], found["reply"]) == (True, ["big"], "ready")
    assert found["costUsd"] == pytest.approx(0.002)
    assert client.get(PROVIDERS).json() == []
