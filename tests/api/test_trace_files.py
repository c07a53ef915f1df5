"""Files of traces over REST, and what is taken out of traces."""

import gzip
from collections.abc import Callable
from typing import Any

import orjson
from fastapi.testclient import TestClient

from rft_app.settings import get_settings
from tests.api.conftest import DATASETS

ROW = {
    "id": "r1",
    "request": {"messages": [{"role": "user", "content": "I am alice@example.com"}]},
    "response": {"choices": [{"message": {"role": "assistant", "content": "Hello"}}]},
}


def send(client: TestClient, *rows: Any, **fields: str) -> Any:
    body = b"\n".join(map(orjson.dumps, rows))
    return client.post("/api/traces/import", files={"file": ("a.jsonl", body)}, data=fields)


def test_a_file_becomes_traces_and_a_report(client: TestClient, work: Callable[[], None]) -> None:
    started = send(client, ROW, {"what": 1})
    work()
    job = client.get(f"/api/optimization/jobs/{started.json()['id']}").json()
    report = client.get(f"/api/optimization/imports/{job['result']['id']}").json()
    bad = client.get(f"/api/optimization/imports/{report['id']}/errors").json()
    (found,) = client.get("/api/traces").json()["traces"]

    assert (started.status_code, job["status"]) == (202, "done")
    assert (report["kind"], report["parsed"], report["invalid"]) == ("arrivals", 1, 1)
    assert [(each["lineNumber"], each["code"]) for each in bad] == [(2, "wrong_shape")]
    assert (found["source"], found["title"]) == ("gateway_call", "I am alice@example.com")


def test_both_files_of_a_batch_are_joined_and_half_of_one_names_the_other(
    client: TestClient, work: Callable[[], None]
) -> None:
    url = "/api/traces/import"
    asked = orjson.dumps({"custom_id": "r1", "body": ROW["request"]})
    answer = {"custom_id": "r1", "response": {"status_code": 200, "body": ROW["response"]}}
    answered = gzip.compress(orjson.dumps([{"id": "b1", **answer}]))
    both = [("file", ("output.json.gz", answered)), ("file", ("input.jsonl", asked))]

    half = client.post(url, files=both[:1])
    whole = client.post(url, files=both)
    cut = client.post(url, files=[both[1], ("file", ("cut.json.gz", answered[:-12]))])
    many = client.post(url, files=3 * both)
    assert len(list(get_settings().folder("uploads").iterdir())) == 2
    work()
    reports = [
        client.get(f"/api/optimization/jobs/{started.json()['id']}").json()["result"]
        for started in (half, whole)
    ]
    (found,) = client.get("/api/traces").json()["traces"]

    assert [report["fileName"] for report in reports] == [
        *("output.json.gz", "output.json.gz + input.jsonl")
    ]
    assert (found["title"], found["turns"]) == ("I am alice@example.com", 1)
    assert reports[1]["missingHalf"] == ""
    assert reports[0]["missingHalf"].startswith("Requests are missing for 1 answer")
    assert (cut.status_code, "cut.json.gz is damaged" in cut.text) == (422, True)
    assert (many.status_code, "more than 4 files" in many.text) == (422, True)
    assert not list(get_settings().folder("uploads").iterdir())


def test_a_file_that_cannot_be_one_is_refused(client: TestClient) -> None:
    assert send(client, ROW, format="csv").status_code == 422
    answer = client.post("/api/traces/import", files={"file": ("a.jsonl", b"")})
    assert answer.status_code == 422
    assert "empty" in answer.json()["error"]["message"]


def test_scrubbing_is_looked_at_chosen_and_counted(
    client: TestClient, work: Callable[[], None]
) -> None:
    send(client, ROW)
    work()
    rules = {"kinds": ["email"], "patterns": [{"name": "GREETING", "pattern": "I am"}]}

    looked = client.post("/api/traces/scrub/preview", json=rules).json()
    assert client.get("/api/traces/scrub").json()["kinds"] == []
    assert client.put("/api/traces/scrub", json=rules).status_code == 200
    send(client, {**ROW, "id": "r2"})
    work()
    titles = {each["title"] for each in client.get("/api/traces").json()["traces"]}
    refused = client.put("/api/traces/scrub", json={"patterns": [{"name": "A", "pattern": "("}]})

    assert (looked["touched"], looked["counts"]) == (1, {"greeting": 1, "email": 1})
    assert looked["replacements"][1]["value"] == "alice@example.com"
    assert titles == {"I am alice@example.com", "<GREETING_1> <EMAIL_1>"}
    assert client.get("/api/traces/scrub").json()["replaced"] == {"email": 1, "greeting": 1}
    assert (refused.status_code, "The pattern A" in refused.text) == (422, True)


def test_a_dataset_alone_is_scrubbed(client: TestClient, work: Callable[[], None]) -> None:
    send(client, ROW)
    work()
    given = {"name": "A", "objective": "o", "filter": {}, "scrub": {"kinds": ["email"]}}
    made = client.post(f"{DATASETS}/from-traces", json=given).json()
    form = {"name": "B", "objective": "o", "scrub": "email, ip"}
    file = {"file": ("a.jsonl", orjson.dumps(ROW))}
    loaded = client.post(f"{DATASETS}/from-upload", data=form, files=file).json()
    wrong = client.post(f"{DATASETS}/from-upload", data={**form, "scrub": "names"}, files=file)
    work()

    for dataset in (made, loaded):
        records = client.get(f"{DATASETS}/{dataset['datasetId']}/records").json()
        assert "I am <EMAIL_1>" in orjson.dumps(records).decode()
    listed = client.get("/api/traces", params={"source": "gateway_call"}).json()["traces"]
    assert [each["title"] for each in listed] == ["I am alice@example.com"]
    assert (wrong.status_code, "'scrub'" in wrong.text) == (422, True)


def test_a_selection_and_a_file_are_previewed_before_anything_is_changed(
    client: TestClient, work: Callable[[], None]
) -> None:
    other = {**ROW, "id": "r2", "request": {"messages": [{"role": "user", "content": "Hello"}]}}
    send(client, ROW, other)
    work()
    url, rules = "/api/traces/scrub/preview", {"kinds": ["email"]}
    by_title = {each["title"]: each["id"] for each in client.get("/api/traces").json()["traces"]}

    chosen = {"traceIds": [by_title["Hello"]]}
    one = client.post(url, json={**rules, "selection": chosen}).json()
    but_one = {"filter": {}, "except": chosen["traceIds"]}
    rest = client.post(url, json={**rules, "selection": but_one}).json()
    drawn = {"filter": {}, "sample": {"kind": "newest", "size": 2}}
    both = client.post(url, json={**rules, "selection": drawn}).json()
    assert [(each["traces"], each["touched"]) for each in (one, rest, both)] == [
        *((1, 0), (1, 1), (2, 1))
    ]

    def look(body: bytes = orjson.dumps(ROW), **fields: str) -> Any:
        return client.post(f"{url}-file", files={"file": ("a.jsonl", body)}, data=fields)

    found = look(scrub="email,ip").json()
    assert (found["traces"], found["counts"]) == (1, {"email": 1})
    assert found["replacements"][0]["traceId"] == "line 1"
    twice = orjson.dumps(ROW) + b"\n" + orjson.dumps(ROW)
    assert look(twice, scrub="email", rows="1").json()["counts"] == {"email": 1}
    for refused, place in (
        (look(), "scrub"),
        (look(scrub="names"), "'scrub'"),
        (look(scrub="email", rows="0"), "'rows'"),
        (look(b"", scrub="email"), "empty"),
    ):
        assert (refused.status_code, place in refused.text) == (422, True)
    assert not list(get_settings().folder("uploads").iterdir())
    assert len(client.get("/api/traces").json()["traces"]) == 2


def test_what_is_added_to_a_dataset_is_scrubbed(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    url = f"{DATASETS}/{dataset['id']}/records/import"
    file = {"file": ("a.jsonl", orjson.dumps(ROW))}
    started = client.post(url, data={"scrub": "email"}, files=file)
    refused = client.post(url, data={"scrub": "names"}, files=file)
    work()

    found = client.get(f"{DATASETS}/{dataset['id']}/records", params={"search": "EMAIL_1"}).json()
    assert (started.status_code, refused.status_code, len(found)) == (202, 422, 1)
    assert "alice" not in str(found)
