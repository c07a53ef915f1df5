"""What holds for every route: envelope, unknown paths, documents, waiting."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from rft_app.api.app import create_api
from tests.api.conftest import DATASETS


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/nothing"), ("POST", "/api/optimization/datasets/x/y/z"), ("DELETE", "/api/")],
)
def test_an_unknown_path_is_a_json_404(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 404
    assert set(answer.json()["error"]) == {"code", "message", "details"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "", "GET"),
        ("PATCH", "/ds_a/grader", "GET, PUT"),
        ("OPTIONS", "/ds_a/dry-run", "GET, POST"),
    ],
)
def test_a_wrong_method_is_a_json_405_that_names_the_right_ones(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    answer = client.request(method, f"{DATASETS}{path}")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allowed
    assert f"does not take {method}, only {allowed}." in error["message"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"name": }', "Expecting value at byte 10."),
        ('{"é": 1,'.encode(), "Expecting property name enclosed in double quotes at byte 10."),
    ],
)
def test_a_body_that_is_no_json_says_so_and_where(
    client: TestClient, body: bytes, told: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/training/exports", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == f"The body is not JSON: {told}"


def test_every_documented_route_answers_errors_in_the_envelope(client: TestClient) -> None:
    for path, methods in create_api().openapi()["paths"].items():
        for method in methods:
            url = re.sub(r"{\w+}", "nothing", path)
            answer = client.request(method, url, json={} if method != "get" else None)
            assert answer.status_code < 500, (method, path, answer.text)
            if answer.status_code >= 400:
                assert set(answer.json()) == {"error"}, (method, path, answer.text)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{DATASETS}/ds_a/generate"),
    ],
)
def test_parts_to_come_say_so(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path, json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_available")


def test_a_body_of_the_wrong_shape_names_the_field(client: TestClient) -> None:
    answer = client.post("/api/training/exports", json={"datasetId": "x"})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["errors"][0]["field"] == "format"
    answer = client.patch(f"{DATASETS}/x", json={"nam": "A"})
    assert answer.json()["error"]["details"]["errors"][0]["field"] == "nam"


def test_the_reference_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/api/docs").text
    assert "/api/optimization/datasets/{dataset_id}/records" in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)
    assert "<script" not in page


def test_the_document_is_in_camel_case(client: TestClient) -> None:
    document = client.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.")
    for name in ("OptimizationDataset", "DatasetRecord", "CoverageReport", "DryRunReport"):
        properties = document["components"]["schemas"][name]["properties"]
        assert not [key for key in properties if "_" in key]


def test_other_sites_may_read_nothing_and_change_nothing(client: TestClient) -> None:
    answer = client.get(DATASETS, headers={"Origin": "https://example.org"})
    assert "access-control-allow-origin" not in answer.headers
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post(f"{DATASETS}/from-upload", headers=headers).status_code == 403


def test_a_job_is_waited_for(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    begun = time.monotonic()
    url = f"{DATASETS}/{dataset['id']}/extract"
    answer = client.post(url, params={"wait": 0.5}, json={"mode": "every"})
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert time.monotonic() - begun >= 0.5
    work()
    job = client.get(f"/api/optimization/jobs/{answer.json()['id']}", params={"wait": 30}).json()
    assert job["status"] == "done"
    assert job["result"]["id"] == dataset["id"]


def test_a_cancelled_job_is_not_cancelled_twice(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    job = client.post(f"{DATASETS}/{dataset['id']}/extract").json()
    cancel = f"/api/optimization/jobs/{job['id']}/cancel"
    assert client.post(cancel).status_code == 200
    work()
    assert client.post(cancel).status_code == 409
    assert client.post("/api/optimization/jobs/job_x/cancel").status_code == 404
