"""Topics over REST: the spec's functions and what goes with them."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import DATASETS

Post = Callable[..., Any]


@pytest.fixture
def base(dataset: dict[str, Any]) -> str:
    """The address of a dataset's topics."""
    return f"{DATASETS}/{dataset['id']}/topics"


@pytest.fixture
def run(client: TestClient, work: Callable[[], None]) -> Post:
    """Start an operation, let a worker do it, return its result."""

    def start(path: str, body: dict[str, Any] | None = None) -> Any:
        answer = client.post(path, json=body)
        assert answer.status_code == 202, answer.text
        work()
        job = client.get(f"/api/optimization/jobs/{answer.json()['id']}").json()
        assert job["status"] == "done", job
        return job["result"]

    return start


def edit(client: TestClient, base: str, **body: Any) -> Any:
    answer = client.post(f"{base}/edits", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def put_tree(client: TestClient, base: str) -> Any:
    tree = {"Small": {"keywords": ["what"]}, "Large": {"description": "Large sums"}}
    answer = client.put(base, json={"version": "1", "topics": tree})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_tree_is_sent_edited_and_taken_back(client: TestClient, base: str) -> None:
    tree = put_tree(client, base)
    assert tree["revision"] == 1
    assert set(tree["topics"]) == {"Small", "Large"}
    done = edit(client, base, action="add", key="Large/Huge", revision=1)
    assert (done["label"], done["hierarchy"]["revision"]) == ("Added Huge to Large", 2)
    edit(client, base, action="rename", key="Small", name="Little")
    edit(client, base, action="describe", key="Little", description="Small sums")
    edit(client, base, action="keywords", key="Little", keywords=["few"])
    edit(client, base, action="move", key="Little", parent="Large", position=0)
    edit(client, base, action="merge", keys=["Large/Huge"], into="Large/Little")
    edit(client, base, action="delete", keys=["Large"])
    assert client.get(base).json() is None
    history = client.get(f"{base}/changes").json()
    assert (history["undoLabel"], len(history["changes"])) == ("Deleted Large", 8)
    assert client.post(f"{base}/undo").json()["hierarchy"]["topics"]["Large/Little"] == {
        "description": "Small sums",
        "subtopics": None,
        "keywords": ["few"],
        "parentTopic": "Large",
        "targetPercentage": None,
        "numRecords": 0,
    }
    assert client.post(f"{base}/redo").json()["label"] == "Did again: Deleted Large"


def test_a_second_tab_is_told_what_the_first_one_did(client: TestClient, base: str) -> None:
    seen = put_tree(client, base)["revision"]
    edit(client, base, action="rename", key="Small", name="Little", revision=seen)
    late = client.post(
        f"{base}/edits", json={"action": "delete", "keys": ["Small"], "revision": seen}
    )
    assert (late.status_code, late.json()["error"]["code"]) == (409, "conflict")
    assert "“Renamed Small to Little”" in late.json()["error"]["message"]
    late = client.put(base, json={"topics": {"A": {}}, "revision": seen})
    assert late.status_code == 409
    assert set(client.get(base).json()["topics"]) == {"Little", "Large"}


def test_records_are_categorised_reviewed_and_decided(
    client: TestClient, base: str, run: Post
) -> None:
    put_tree(client, base)
    result = run(f"{base}/categorize", {"mode": "unlabeled_only"})
    assert result["categorized"] == 40
    answer = client.get(f"{base}/review", params={"limit": 1})
    total = int(answer.headers["X-Total-Count"])
    assert total >= result["lowConfidence"] > 1
    item = answer.json()[0]
    assert item["choices"][0]["topic"] == item["current"]["topic"]
    assert {"Small", "Large"} == {choice["topic"] for choice in item["choices"]}
    rest = client.get(f"{base}/review", params={"cursor": answer.headers["X-Next-Cursor"]})
    assert item["recordId"] not in {other["recordId"] for other in rest.json()}
    decided = client.put(f"{base}/review/{item['recordId']}", json={"topic": "Large"})
    assert decided.json() == {
        "topic": "Large",
        "confidence": 1.0,
        "method": "manual",
        "needsReview": False,
    }
    record = client.get(f"{base.removesuffix('/topics')}/records/{item['recordId']}").json()
    assert (record["topic"], record["topicConfidence"]) == ("Large", 1.0)
    refused = client.post(
        f"{base}/categorize", json={"mode": "recategorize_all", "includeManual": True}
    )
    assert (refused.status_code, refused.json()["error"]["details"]) == (422, {"num_manual": 1})


def test_a_proposal_is_made_and_applied(client: TestClient, base: str, run: Post) -> None:
    request = {"method": "template", "templateId": "knowledge_base", "apply": False}
    answer = client.post(f"{base}/generate", json=request)
    job_id = answer.json()["id"]
    assert client.post(f"{base}/apply", json={"jobId": job_id}).status_code == 409
    run(f"{base}/generate", {"numTopics": 2})
    proposal = client.get(f"/api/optimization/jobs/{job_id}").json()["result"]
    assert "Look up/Definition" in proposal["topics"]
    assert "Look up/Definition" not in client.get(base).json()["topics"]
    applied = client.post(f"{base}/apply", json={"jobId": job_id})
    assert set(applied.json()["topics"]) == set(proposal["topics"])


def test_a_generated_tree_replaces_an_edited_one_only_when_asked(
    client: TestClient, base: str, run: Post
) -> None:
    put_tree(client, base)
    answer = client.post(f"{base}/generate", json={"numTopics": 2})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert "edited by hand" in answer.json()["error"]["message"]
    tree = run(f"{base}/generate", {"numTopics": 2, "replaceEdited": True})
    assert not {"Small", "Large"} & set(tree["topics"])
    undone = client.post(f"{base}/undo").json()
    assert set(undone["hierarchy"]["topics"]) == {"Small", "Large"}
    tree = run(
        f"{base}/generate",
        {"method": "template", "templateId": "shopping", "maxDepth": 2, "replaceEdited": True},
    )
    assert sum(node["numRecords"] for node in tree["topics"].values() if not node["subtopics"])


def test_what_no_model_can_do_here_is_said(client: TestClient, base: str) -> None:
    answer = client.post(f"{base}/generate", json={"method": "model"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_available")
    answer = client.post(f"{base}/generate", json={"instructions": "By country"})
    assert answer.status_code == 422
    assert "Only a model reads instructions" in answer.json()["error"]["message"]
    answer = client.post(f"{base}/generate", json={"method": "template", "templateId": "x"})
    assert "customer_support" in answer.json()["error"]["message"]
    listed = client.get("/api/optimization/topic-templates").json()
    assert [each["id"] for each in listed][:2] == ["customer_support", "coding_assistant"]
    assert all(each["numTopics"] >= 12 for each in listed)


def test_a_leaf_is_split(client: TestClient, base: str, run: Post) -> None:
    client.put(base, json={"topics": {"All": {"keywords": ["what"]}}})
    run(f"{base}/categorize")
    tree = run(f"{base}/split", {"key": "All", "children": [{"name": "One"}, {"name": "Two"}]})
    assert set(tree["topics"]) == {"All", "All/One", "All/Two"}
    assert tree["topics"]["All"]["numRecords"] == 40
    answer = client.post(f"{base}/split", json={"key": "All"})
    assert answer.status_code == 422


def test_files_go_out_and_in(client: TestClient, base: str) -> None:
    assert client.get(f"{base}/export").status_code == 404
    put_tree(client, base)
    content = client.get(f"{base}/export").content
    changed = orjson.loads(content)
    changed["topics"]["New"] = {"description": "", "targetPercentage": 50}
    file = {"file": ("topics.json", orjson.dumps(changed))}
    preview = client.post(f"{base}/import/preview", files=file).json()
    assert (preview["added"], preview["kept"], preview["revision"]) == (
        ["New"],
        ["Small", "Large"],
        1,
    )
    taken = client.post(f"{base}/import", files=file, data={"keepAssignments": "true"})
    assert taken.json()["topics"]["New"]["targetPercentage"] == 50
    broken = {"file": ("topics.json", b'{"topics": {"a": {"parentTopic": "b"}}}')}
    refused = client.post(f"{base}/import", files=broken)
    assert refused.status_code == 422
    assert "there is no topic 'b'" in refused.json()["error"]["message"]
    refused = client.post(f"{base}/import", files=file, data={"keepAssignments": "maybe"})
    assert refused.status_code == 422


def test_targets_are_set_and_checked(client: TestClient, base: str) -> None:
    put_tree(client, base)
    url = f"{base.removesuffix('/topics')}/coverage/targets"
    tree = client.put(url, json={"targets": {"Small": 62.5}}).json()
    assert tree["topics"]["Small"]["targetPercentage"] == 62.5
    refused = client.put(url, json={"targets": {"Large": 50}})
    assert (refused.status_code, "add up to 112%" in refused.text) == (422, True)
    assert client.put(url, json={"targets": {"Nowhere": 5}}).status_code == 404
    assert client.put(url, json={"targets": {"Small": 101}}).status_code == 422


def test_a_deleted_dataset_is_not_found_everywhere(client: TestClient) -> None:
    base = f"{DATASETS}/ds_gone/topics"
    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", {"topics": {}}),
        ("POST", "/edits", {"action": "delete", "keys": ["A"]}),
        ("POST", "/undo", None),
        ("GET", "/changes", None),
        ("POST", "/categorize", None),
        ("POST", "/generate", {"apply": False}),
        ("GET", "/review", None),
        ("PUT", "/review/rec_1", {"topic": "A"}),
        ("GET", "/export", None),
    ):
        answer = client.request(method, f"{base}{path}", json=body)
        assert answer.status_code == 404, (method, path, answer.text)
