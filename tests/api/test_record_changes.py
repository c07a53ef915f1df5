"""Changes of records over REST: delete, restore, move, tag, edit, undo."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import DATASETS


@pytest.fixture
def url(dataset: dict[str, Any]) -> str:
    return f"{DATASETS}/{dataset['id']}"


def ids(client: TestClient, url: str, **params: Any) -> list[str]:
    answer = client.get(f"{url}/records", params={"limit": 200, **params})
    assert answer.status_code == 200, answer.text
    return [record["id"] for record in answer.json()]


def post(client: TestClient, address: str, **body: Any) -> dict[str, Any]:
    answer = client.post(address, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_records_are_deleted_by_id_or_by_selection_and_come_back(
    client: TestClient, url: str
) -> None:
    first, kept, *_ = ids(client, url)
    change = post(client, f"{url}/records/delete", recordIds=[first])
    assert (change["numRecords"], change["label"]) == (1, "Deleted 1 record")
    assert client.get(f"{url}/records/{first}").json()["isArchived"] is True
    rest = {"filter": {"valid": True}, "except": [kept]}
    assert post(client, f"{url}/records/delete", selection=rest)["numRecords"] == 38
    assert ids(client, url) == [kept]
    post(client, f"{url}/records/restore", recordIds=[first])
    assert ids(client, url) == [first, kept]
    [_, latest, oldest] = client.get(f"{url}/changes").json()
    post(client, f"{url}/changes/{latest['id']}/undo")
    assert len(ids(client, url)) == 40
    answer = client.post(f"{url}/changes/{latest['id']}/undo")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert client.get(DATASETS).json()[0]["stats"]["totalRecords"] == 40
    assert oldest["state"] == "done"


def test_deleted_records_are_listed_and_all_that_match_are_restored(
    client: TestClient, url: str
) -> None:
    gone = ids(client, url)[:3]
    post(client, f"{url}/records/delete", recordIds=gone)
    assert ids(client, url, deleted=True) == gone
    deleted = {"filter": {"deleted": True}, "except": [gone[1]]}
    answer = client.post(f"{url}/records/tags", json={"selection": deleted, "tag": "x"})
    assert (answer.status_code, "restore" in answer.text.lower()) == (422, True)
    assert post(client, f"{url}/records/restore", selection=deleted)["numRecords"] == 2
    assert ids(client, url, deleted=True) == [gone[1]]


def test_changes_are_paged_by_cursor(client: TestClient, url: str) -> None:
    first, second, third, *_ = ids(client, url)
    for record_id in (first, second, third):
        post(client, f"{url}/records/delete", recordIds=[record_id])
    page = client.get(f"{url}/changes", params={"limit": 2})
    rest = client.get(
        f"{url}/changes", params={"limit": 2, "cursor": page.headers["X-Next-Cursor"]}
    )
    found = [change["id"] for change in (*page.json(), *rest.json())]
    assert found == sorted(found, reverse=True)
    assert (len(found), "X-Next-Cursor" in rest.headers) == (3, False)
    assert client.get(f"{url}/changes", params={"cursor": "page2"}).status_code == 422


def test_records_are_tagged_and_filtered(client: TestClient, url: str) -> None:
    some = ids(client, url)[:3]
    post(client, f"{url}/records/tags", recordIds=some, tag="gold")
    assert ids(client, url, tag="gold") == some
    assert ids(client, url, tag=["gold", "none"]) == []
    assert client.get(f"{url}/records/{some[0]}").json()["tags"] == ["gold"]
    post(client, f"{url}/records/tags", recordIds=some[:2], tag="gold", remove=True)
    assert ids(client, url, tag="gold") == some[2:]


def test_what_cannot_be_done_is_refused(client: TestClient, url: str) -> None:
    first = ids(client, url)[0]
    for body in ({}, {"recordIds": [first], "selection": {}}, {"recordIds": []}):
        assert client.post(f"{url}/records/delete", json=body).status_code == 422, body
    moved = {"recordIds": [first], "topic": "Nowhere"}
    assert client.post(f"{url}/records/move", json=moved).status_code == 404
    assert client.post(f"{DATASETS}/ds_x/records/delete", json={"recordIds": []}).status_code == 404
    assert client.post(f"{url}/changes/chg_0/undo").status_code == 404
    assert len(ids(client, url)) == 40


def test_an_edit_replaces_the_record_and_can_be_undone(client: TestClient, url: str) -> None:
    old = client.get(f"{url}/records", params={"search": "39"}).json()[0]
    answer = client.patch(
        f"{url}/records/{old['id']}",
        json={"data": {"output": {"messages": [{"role": "assistant", "content": "It is 78."}]}}},
    )
    assert answer.status_code == 200, answer.text
    new, change = answer.json()["record"], answer.json()["change"]
    assert (new["sourceType"], new["parentId"], new["reward"]) == ("correction", old["id"], None)
    assert new["data"]["input"] == old["data"]["input"]
    assert (new["reference"], new["isValid"]) == ("78", True)
    assert ids(client, url, search="39") == [new["id"]]
    late = client.patch(f"{url}/records/{old['id']}", json={"reference": "79"})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "conflict")
    same = client.patch(f"{url}/records/{new['id']}", json={"reference": "78"})
    assert same.status_code == 422
    post(client, f"{url}/changes/{change['id']}/undo")
    assert ids(client, url, search="39") == [old["id"]]


def test_an_edited_input_keeps_its_source_and_its_faults_are_named(
    client: TestClient, url: str
) -> None:
    [old, *_] = ids(client, url)
    first = client.patch(
        f"{url}/records/{old}",
        json={"data": {"input": {"messages": [{"role": "user", "content": "How much?"}]}}},
    ).json()
    assert (first["record"]["sourceType"], first["record"]["reward"]) == ("upload", 1.0)
    second = client.patch(
        f"{url}/records/{first['record']['id']}", json={"data": {"input": {"messages": []}}}
    ).json()
    assert second["record"]["reason"] == "no_user_turn"
    answer = client.post(f"{url}/changes/{first['change']['id']}/undo")
    assert answer.status_code == 409
    assert "Undo that first" in answer.json()["error"]["message"]
