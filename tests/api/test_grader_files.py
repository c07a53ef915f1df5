"""A grader's Python file over REST: what is taken out can be put back."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import DATASETS

CHECK = {"type": "string_check", "operation": "eq", "reference": "{{item.reference}}"}
SOURCE = "def grade(sample, item):\n    return 1\n"
SCRIPT = {"type": "script", "script": SOURCE}


@pytest.fixture
def grader(dataset: dict[str, Any]) -> str:
    """The address of a dataset's grader."""
    return f"{DATASETS}/{dataset['id']}/grader"


@pytest.mark.parametrize("config", [CHECK, SCRIPT])
def test_a_file_that_was_taken_out_is_the_same_grader(
    client: TestClient, grader: str, config: dict[str, str]
) -> None:
    saved = client.put(grader, json=config).json()
    file = client.get(f"{grader}/python").content
    again = client.put(f"{grader}/python", content=file, headers={"Content-Type": "text/x-python"})
    assert (again.status_code, again.json()) == (200, saved)


@pytest.mark.parametrize(
    ("content", "said"), [(b"", ""), (b"def grade(", "line"), (b"\xff\xfe\x00", "UTF-8")]
)
def test_a_file_that_is_no_grader_is_refused(
    client: TestClient, grader: str, content: bytes, said: str
) -> None:
    headers = {"Content-Type": "text/x-python"}
    done = client.put(f"{grader}/python", content=content, headers=headers)
    assert done.status_code == 422
    assert said in str(done.json()["error"])
    assert client.get(grader).json() is None


def test_such_a_file_as_script_is_read_as_what_it_is_or_refused(
    client: TestClient, grader: str
) -> None:
    client.put(grader, json=SCRIPT)
    file = client.get(f"{grader}/python").text
    saved = client.put(grader, json={**SCRIPT, "script": file, "timeoutS": 9}).json()
    assert (saved["script"].strip(), saved["timeoutS"]) == (SOURCE.strip(), 9)

    client.put(grader, json=CHECK)
    file = client.get(f"{grader}/python").text
    refused = client.put(grader, json={**SCRIPT, "script": file})
    assert refused.status_code == 422
    assert "PUT …/grader/python" in refused.json()["error"]["message"]
    assert client.get(grader).json()["type"] == "string_check"
