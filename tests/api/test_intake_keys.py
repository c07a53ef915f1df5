"""Keys over REST, and what they are good for."""

import pytest
from fastapi.testclient import TestClient

from rft_app.settings import get_settings

KEYS = "/api/intake/keys"
PROTOBUF = {"content-type": "application/x-protobuf"}


def send(client: TestClient, key: str = "") -> int:
    headers = PROTOBUF | ({"x-api-key": key} if key else {})
    return client.post("/otlp/v1/traces", content=b"", headers=headers).status_code


def test_a_created_key_opens_and_a_revoked_one_does_not(client: TestClient) -> None:
    assert client.get(KEYS).json() == []
    assert send(client) == 200

    answer = client.post(KEYS, json={"name": "checkout"})
    created = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    key = created.pop("key")
    assert key.startswith(created["beginning"])
    assert [send(client), send(client, key)] == [401, 200]

    last = client.post(KEYS, json={"name": "other"}).json()
    assert client.delete(f"{KEYS}/{created['id']}").status_code == 204
    assert [send(client, key), send(client, last["key"])] == [401, 200]
    listed = client.get(KEYS).json()
    assert [each["name"] for each in listed if each["revokedAt"] is None] == ["other"]
    assert "key" not in listed[0]


def test_keys_of_the_settings_are_listed_as_such(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RFT_OTLP_KEYS", "of-settings")
    get_settings.cache_clear()
    [listed] = client.get(KEYS).json()
    assert (listed["id"], listed["name"], listed["beginning"]) == (None, "RFT_OTLP_KEYS", "")


def test_what_cannot_be_is_refused(client: TestClient) -> None:
    assert client.post(KEYS, json={"name": " "}).status_code == 422
    assert client.delete(f"{KEYS}/key_none").status_code == 404
