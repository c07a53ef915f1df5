"""A grader beside people over REST."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import DATASETS

FEEDBACK = "/api/training/feedback"
SCRIPT = {"type": "script", "script": "def grade(sample, item):\n    return 1.0\n"}


def test_a_grader_is_compared_with_people(client: TestClient, dataset: dict[str, Any]) -> None:
    home = f"{DATASETS}/{dataset['id']}"
    base = f"{home}/grader/calibration"
    empty = client.get(base).json()
    assert (empty["grader"], empty["records"]["rated"], empty["kappa"]["value"]) == (None, 0, None)
    assert client.post(f"{base}/grades").status_code == 409
    assert client.put(f"{home}/grader", json=SCRIPT).status_code == 200
    record = client.get(f"{home}/records").json()[0]["id"]
    named = {"datasetId": dataset["id"], "recordId": record, "reviewer": "Ada"}
    said = client.post(FEEDBACK, json=named | {"thumb": "down", "note": "wrong city"})
    assert said.status_code == 200, said.text
    assert client.post(f"{base}/estimate").json() is None
    done = client.post(f"{base}/grades", params={"limit": 5}).json()
    assert (done["graded"], done["left"], done["unanswered"], done["paid"]) == (1, 0, 0, None)
    found = client.get(base, params={"seed": 7}).json()
    assert found == done["calibration"] | {"seed": 7}
    assert found["confusion"] == {
        "goodPassed": 0,
        "goodRefused": 0,
        "badPassed": 1,
        "badRefused": 0,
    }
    assert (found["labelMore"], found["kappa"]["note"]) == (
        19,
        "Unknown below 20 records; there are 1.",
    )
    (worst,) = found["disagreements"]
    assert (worst["recordId"], worst["good"], worst["score"]) == (record, False, 1.0)
    assert worst["opinions"][0]["note"] == "wrong city"


@pytest.mark.parametrize("query", [{"seed": -1}, {"seed": "x"}])
def test_a_seed_is_a_whole_number(
    client: TestClient, dataset: dict[str, Any], query: dict[str, Any]
) -> None:
    url = f"{DATASETS}/{dataset['id']}/grader/calibration"
    assert client.get(url, params=query).status_code == 422
    assert client.post(f"{url}/grades", params={"limit": 0}).status_code == 422
    assert client.get(f"{DATASETS}/ds_none/grader/calibration").status_code == 404
