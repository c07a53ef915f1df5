"""Steps 2 to 5 and exports over REST, with a real worker's code."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import DATASETS
from tests.llm.provider import configured, in_turn, say, say_json

SCRIPT = "def grade(sample, item):\n    return float(sample['output_text'] == item['reference'])\n"
STRING_CHECK = {"type": "string_check", "operation": "eq", "field": "output_text"}


@pytest.fixture
def run(client: TestClient, work: Callable[[], None]) -> Callable[..., Any]:
    """Start an operation, let a worker do it, return the job."""

    def start(path: str, body: dict[str, Any] | None = None) -> Any:
        answer = client.post(path, json=body)
        assert answer.status_code == 202, answer.text
        work()
        job = client.get(f"/api/optimization/jobs/{answer.json()['id']}").json()
        assert job["status"] == "done", job
        return job

    return start


def test_the_pipeline_runs_to_its_verdict(  # noqa: PLR0915  # one journey
    client: TestClient, dataset: dict[str, Any], run: Callable[..., Any]
) -> None:
    base = f"{DATASETS}/{dataset['id']}"
    assert client.get(f"{base}/topics").json() is None
    assert client.get(f"{base}/coverage").status_code == 404
    assert client.get(f"{base}/dry-run").json() is None

    hierarchy = run(f"{base}/topics/generate", {"numTopics": 2})["result"]
    assert set(hierarchy) == {"version", "topics", "revision"}
    exported = client.get(f"{base}/topics/export").json()
    assert exported == {name: hierarchy[name] for name in ("version", "topics")}

    coverage = run(f"{base}/coverage")["result"]
    assert sum(t["percentage"] for t in coverage["distribution"].values()) == pytest.approx(100)
    assert client.get(f"{base}/coverage").json() == coverage

    saved = client.put(f"{base}/grader", json=STRING_CHECK).json()
    assert (saved["type"], saved["version"]) == ("string_check", 1)
    assert client.get(f"{base}/grader").json() == saved

    tried = client.post(f"{base}/grader/test", json={"sampleSize": 3}).json()
    assert [result["score"] for result in tried["results"]] == [1.0, 1.0, 1.0]
    assert tried["statistics"] == {"mean": 1.0, "std": 0.0, "min": 1.0, "max": 1.0}
    assert 0 < tried["latency"]["p50Ms"] <= tried["latency"]["p95Ms"]
    first = tried["results"][0]
    assert (first["latencyMs"] > 0, first["paid"], tried["paid"]) == (True, None, None)
    again = client.post(f"{base}/grader/test", json={"recordIds": [first["recordId"]]}).json()
    assert [one["recordId"] for one in again["results"]] == [first["recordId"]]
    assert again["results"][0]["outputText"] == first["outputText"] != ""
    strange = client.post(f"{base}/grader/test", json={"recordIds": ["rec_fffff", "x y"]})
    assert (strange.status_code, "x y" in strange.json()["error"]["message"]) == (422, True)

    report = run(f"{base}/dry-run", {"sampleSize": 25})["result"]
    assert report["samplesEvaluated"] == 25
    assert report["statistics"]["mean"] == 1.0
    assert report["diagnosis"]["verdict"] == "NO_GO"
    assert report["notice"].startswith("Of 25 recorded answers all are the reference itself")
    assert report["distribution"]["0.9-1.0"] == 25
    assert client.get(f"{base}/dry-run").json() == report

    page = client.get(f"{base}/dry-run/rollouts", params={"limit": 20})
    assert len(page.json()) == 20
    rest = client.get(f"{base}/dry-run/rollouts", params={"cursor": page.headers["X-Next-Cursor"]})
    assert len(rest.json()) == 5
    graded = page.json()[0]
    assert (graded["score"], graded["error"]) == (1.0, None)
    record = client.get(f"{base}/records/{graded['recordId']}").json()
    assert record["dryRunScore"] == 1.0

    after = client.get(base).json()
    assert after["stats"]["dryRunStatus"] == "no_go"
    assert after["topicHierarchy"] == hierarchy
    assert after["graderConfig"] == saved


def test_a_grading_failure_is_not_a_zero(client: TestClient, dataset: dict[str, Any]) -> None:
    config = {"type": "script", "script": "def grade(sample, item):\n    return float('nan')\n"}
    answer = client.post(
        f"{DATASETS}/{dataset['id']}/grader/test", json={"sampleSize": 2, "config": config}
    )
    if answer.status_code == 409:
        pytest.skip(answer.json()["error"]["message"])
    assert [result["score"] for result in answer.json()["results"]] == [None, None]
    assert answer.json()["results"][0]["error"]
    assert answer.json()["statistics"] is None


def test_a_dry_run_shows_the_first_failure_of_each_kind(
    client: TestClient, dataset: dict[str, Any], run: Callable[..., Any]
) -> None:
    base = f"{DATASETS}/{dataset['id']}"
    for step in ("topics/generate", "coverage"):
        run(f"{base}/{step}")
    client.put(f"{base}/grader", json={**STRING_CHECK, "reference": "{{item.absent}}"})

    report = run(f"{base}/dry-run", {"sampleSize": 5})["result"]

    assert list(report["failureExamples"]) == list(report["failures"])
    (example,) = report["failureExamples"].values()
    record_id, _, message = example.partition(": ")
    assert client.get(f"{base}/records/{record_id}").status_code == 200
    assert "absent" in message


def test_a_grader_keeps_its_weight_and_refuses_fields_of_another_kind(
    client: TestClient, dataset: dict[str, Any]
) -> None:
    url = f"{DATASETS}/{dataset['id']}/grader"
    first = client.put(url, json={**STRING_CHECK, "weight": 0.3}).json()
    assert (first["weight"], first["version"]) == (0.3, 1)
    assert client.get(url).json() == first
    assert client.put(url, json=STRING_CHECK).json()["version"] == 2
    foreign = {"model": "gpt", "temperature": 0.1, "maxTokens": 5}
    refused = client.put(url, json={**STRING_CHECK, **foreign})
    assert refused.status_code == 422
    assert refused.json()["error"]["details"]["fields"] == ["model", "temperature", "maxTokens"]


@pytest.mark.parametrize("size", [0, -3, 21, 1_000_000])
def test_a_trial_of_an_impossible_size_is_refused(
    client: TestClient, dataset: dict[str, Any], size: int
) -> None:
    url = f"{DATASETS}/{dataset['id']}/grader/test"
    answer = client.post(url, json={"sampleSize": size, "config": STRING_CHECK})
    assert answer.status_code == 422


def test_the_longest_record_can_be_chosen(
    client: TestClient, dataset: dict[str, Any], run: Callable[..., Any]
) -> None:
    url = f"{DATASETS}/{dataset['id']}/extract"
    assert run(url, {"maxTokens": 1})["result"]["stats"]["validRecords"] == 0
    assert run(url)["result"]["stats"]["validRecords"] > 0


def test_a_step_waits_for_jobs_that_change_what_it_reads(
    client: TestClient, dataset: dict[str, Any], run: Callable[..., Any]
) -> None:
    base = f"{DATASETS}/{dataset['id']}"
    run(f"{base}/topics/generate", {"numTopics": 2})
    assert client.post(f"{base}/topics/categorize").status_code == 202
    for step in ("extract", "coverage"):
        refused = client.post(f"{base}/{step}")
        assert refused.status_code == 409
        assert "categorize job" in refused.json()["error"]["message"]


def test_a_grader_that_cannot_work_is_refused(client: TestClient, dataset: dict[str, Any]) -> None:
    url = f"{DATASETS}/{dataset['id']}/grader"
    assert client.get(url).json() is None
    assert client.put(url, json={"type": "script"}).status_code == 422
    assert client.put(url, json={"type": "other"}).status_code == 422
    blind = client.put(url, json={"type": "llm-judge", "prompt": "Judge."})
    assert (blind.status_code, blind.json()["error"]["details"]["field"]) == (422, "prompt")
    source = "import numpy\n\ndef grade(sample, item):\n    return 1\n"
    unloadable = client.put(url, json={"type": "script", "script": source})
    assert (unloadable.status_code, unloadable.json()["error"]["details"]["line"]) == (422, 1)
    assert client.get(url).json() is None
    assert client.post(f"{url}/test").status_code == 409


@pytest.mark.parametrize(
    ("config", "scores"),
    [
        ({"type": "text_similarity", "metric": "rouge_l", "reference": "Your order 12"}, True),
        ({"type": "json_schema", "jsonSchema": {"type": "object"}, "field": "output_json"}, True),
        ({"type": "tool_calls", "reference": "[]", "isOrdered": True, "arguments": "subset"}, True),
        ({"type": "tool_calls", "reference": "{{item.expected_calls}}"}, False),
        (
            {
                "type": "multi",
                "combine": "formula",
                "formula": "0.5 * long + 0.5 * form",
                "gates": {"long": 0.5},
            },
            True,
        ),
    ],
)
def test_graders_without_code_are_kept_and_tried(
    client: TestClient, dataset: dict[str, Any], config: dict[str, Any], scores: bool
) -> None:
    url = f"{DATASETS}/{dataset['id']}/grader"
    if config["type"] == "multi":
        script = "def grade(sample, item):\n    return len(sample.output_text) > 3\n"
        form = {"type": "json_schema", "jsonSchema": {}, "field": "output_text", "weight": 2}
        config = config | {"graders": {"long": {"type": "script", "script": script}, "form": form}}
    saved = client.put(url, json=config)
    assert saved.status_code == 200, saved.text
    kept = saved.json()
    for name, part in config.pop("graders", {}).items():
        assert part.items() <= kept["graders"][name].items()
    assert config.items() <= kept.items()
    assert client.put(url, json=kept).json() == kept
    results = client.post(f"{url}/test").json()["results"]
    assert results
    assert all((one["score"] is not None) is scores for one in results)
    assert all(("no_reference" in (one["error"] or "")) is not scores for one in results)
    foreign = client.put(url, json=config | {"script": "def grade(sample, item): return 1"})
    assert foreign.status_code == 422
    assert foreign.json()["error"]["details"]["fields"] == ["script"]


def test_a_grader_is_read_and_written_as_openai_has_it(
    client: TestClient, dataset: dict[str, Any]
) -> None:
    url = f"{DATASETS}/{dataset['id']}/grader"
    assert client.get(f"{url}/openai").status_code == 409
    theirs = {
        "type": "text_similarity",
        "name": "grader",
        "evaluation_metric": "rouge_l",
        "input": "{{sample.output_text}}",
        "reference": "{{item.reference}}",
    }
    saved = client.put(f"{url}/openai", json=theirs)
    assert saved.status_code == 200, saved.text
    assert (saved.json()["type"], saved.json()["metric"]) == ("text_similarity", "rouge_l")
    assert client.get(url).json() == saved.json()
    assert client.get(f"{url}/openai").json() == theirs
    refused = client.put(f"{url}/openai", json=theirs | {"evaluation_metric": "cosine"})
    assert refused.status_code == 422
    assert "evaluation_metric" in refused.json()["error"]["message"]


def test_a_judge_is_kept_without_a_provider_and_asked_only_with_one(
    client: TestClient, dataset: dict[str, Any], run: Callable[..., Any]
) -> None:
    base = f"{DATASETS}/{dataset['id']}"
    judge = {
        "type": "llm-judge",
        "prompt": "From 1 to 5: {{sample.output_text}}",
        "minScore": 1,
        "maxScore": 5,
        "temperature": 0.5,
        "maxTokens": 200,
        "weight": 2,
        "systemPrompt": "Be fair.",
    }
    saved = client.put(f"{base}/grader", json=judge)
    assert saved.status_code == 200, saved.text
    assert judge.items() <= saved.json().items()
    assert saved.json()["outputSchema"]["required"] == ["reasoning", "score"]
    assert client.get(f"{base}/grader").json() == saved.json()
    run(f"{base}/topics/generate", {"numTopics": 2})
    run(f"{base}/coverage")
    estimate = client.post(f"{base}/dry-run/estimate").json()
    assert (estimate["model"], estimate["costRange"]) == (None, None)
    assert "RFT_LLM_BASE_URL" in estimate["obstacle"]
    for path in ("grader/test", "dry-run"):
        refused = client.post(f"{base}/{path}")
        error = refused.json()["error"]
        assert (refused.status_code, error["code"]) == (409, "not_available"), path
        assert "RFT_LLM_BASE_URL" in error["message"]


def test_a_judge_is_tried_and_run_with_what_it_cost(
    client: TestClient,
    dataset: dict[str, Any],
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base = f"{DATASETS}/{dataset['id']}"
    judge = {"type": "llm-judge", "prompt": "{{sample.output_text}}", "model": "good"}
    with configured(monkeypatch, in_turn(say_json({"reasoning": "So.", "score": 0.5}))):
        assert client.put(f"{base}/grader", json=judge).status_code == 200
        trial = client.post(f"{base}/grader/test").json()
        assert [one["reasoning"] for one in trial["results"]] == ["So."] * 5
        assert (trial["paid"]["numCalls"], trial["paid"]["costUsd"]) == (5, 0.01)
        run(f"{base}/topics/generate", {"numTopics": 2})
        run(f"{base}/coverage")
        estimate = client.post(f"{base}/dry-run/estimate", json={"sampleSize": 10}).json()
        assert (estimate["model"], estimate["calls"]) == ("good", 10)
        assert 0 < estimate["costRange"]["low"] < estimate["costRange"]["high"]
        assert (estimate["seconds"] > 0, estimate["pacedBy"]) == (True, None)
        assert "nothing measured yet" in estimate["timeFormula"]
        job = run(f"{base}/dry-run", {"sampleSize": 10})
    assert job["result"]["judge"]["model"] == "good"
    assert job["result"]["judge"]["paid"] == job["paid"]
    assert job["paid"]["numCalls"] == 10


def test_answers_are_asked_of_a_model(
    client: TestClient,
    dataset: dict[str, Any],
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base = f"{DATASETS}/{dataset['id']}"
    script = "def grade(sample, item):\n    return float(sample['output_text'])\n"
    asked = {"sampleSize": 3, "rolloutsPerRecord": 2, "model": "good", "maxTokens": 9}
    with configured(monkeypatch, in_turn(say("1"), say("0")), CONCURRENCY="1"):
        client.put(f"{base}/grader", json={"type": "script", "script": script})
        run(f"{base}/topics/generate", {"numTopics": 2})
        run(f"{base}/coverage")
        estimate = client.post(f"{base}/dry-run/estimate", json=asked).json()
        assert (estimate["calls"], estimate["answers"]["calls"]) == (0, 6)
        assert estimate["answers"]["costRange"]["high"] > 0
        unknown = client.post(f"{base}/dry-run", json={**asked, "model": "other"})
        assert (unknown.status_code, "There is no model" in unknown.text) == (422, True)
        report = run(f"{base}/dry-run", asked)["result"]
    assert report["sampler"]["paid"]["numCalls"] == 6
    assert report["passRates"] == {
        "threshold": 1.0,
        "k": 2,
        "records": 3,
        "passAt1": pytest.approx(1 / 6),
        "passAtK": pytest.approx(1 / 3),
    }


def test_a_step_before_its_turn_is_a_conflict(client: TestClient, dataset: dict[str, Any]) -> None:
    answer = client.post(f"{DATASETS}/{dataset['id']}/dry-run", json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


def test_an_export_is_previewed_made_and_downloaded(
    client: TestClient, dataset: dict[str, Any], run: Callable[..., Any]
) -> None:
    request = {"datasetId": dataset["id"], "format": "openai_rft", "seed": 3}
    preview = client.post("/api/training/exports/preview", json=request).json()
    assert (preview["train"], preview["test"], len(preview["rows"])) == (32, 8, 3)
    export = run("/api/training/exports", request)["result"]
    assert (export["train"], export["test"], export["isDone"]) == (32, 8, True)
    listed = client.get("/api/training/exports", params={"datasetId": dataset["id"]}).json()
    assert listed == [export]
    file = client.get(export["fileUrl"])
    assert file.headers["Content-Type"] == "application/zip"
    assert 'filename="sums-openai_rft.zip"' in file.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        train = archive.read("train.jsonl")
    assert train.startswith("".join(preview["rows"]).encode())


def test_an_export_that_would_be_empty_is_refused(
    client: TestClient, dataset: dict[str, Any]
) -> None:
    selection = {"only": []}
    answer = client.post(
        "/api/training/exports",
        json={"datasetId": dataset["id"], "format": "trl_sft", "selection": selection},
    )
    assert answer.status_code == 422
    assert "among those selected" in answer.json()["error"]["message"]


def test_an_unfinished_export_has_no_file(client: TestClient, dataset: dict[str, Any]) -> None:
    request = {"datasetId": dataset["id"], "format": "trl_grpo"}
    job = client.post("/api/training/exports", json=request).json()
    export = client.get("/api/training/exports").json()[0]
    assert client.get(export["fileUrl"]).status_code == 409
    assert client.post(f"/api/optimization/jobs/{job['id']}/cancel").status_code == 200


def test_formats_say_what_they_need(client: TestClient) -> None:
    formats = client.get("/api/training/exports/formats").json()
    assert {each["name"]: each["needs"] for each in formats}["openai_rft"] == [
        "question",
        "reference",
    ]


def test_rollouts_are_imported_and_graded(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    url = f"{DATASETS}/{dataset['id']}/rollouts/import"
    answer = client.post(url, files={"file": ("r.jsonl", b"")})
    assert answer.status_code == 422
    row = b'{"question": "What is 3 + 3?", "output": "7"}\n'
    answer = client.post(url, files={"file": ("r.jsonl", row)})
    assert answer.status_code == 202, answer.text
    work()
    job = client.get(f"/api/optimization/jobs/{answer.json()['id']}").json()
    assert job["result"] == {"imported": 1, "errors": 0}
