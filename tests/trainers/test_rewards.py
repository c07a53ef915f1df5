"""The endpoint where a trainer has answers graded."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from rft_app.errors import InvalidInputError
from rft_app.trainers.rewards import Graded, GradeRequest, RewardEndpoint


def post(endpoint: RewardEndpoint, body: object, token: str | None = None) -> Any:
    request = urllib.request.Request(
        endpoint.url,
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token or endpoint.token}"},
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.loads(reply.read())


BODY = {"phase": "train", "step": 1, "first": 0, "answers": [{"key": 7, "text": "a"}]}


def refuse(_request: GradeRequest) -> Graded:
    raise InvalidInputError("The script does not load.")


def test_an_answer_without_a_grade_has_no_reward() -> None:
    with RewardEndpoint(lambda _: Graded(rewards=(None,), message="broken")) as endpoint:
        found = {"rewards": [None], "num_abstained": 0, "message": "broken"}
        assert post(endpoint, BODY) == found


@pytest.mark.parametrize(
    ("body", "token", "status"),
    [(BODY, "another", 401), ({"phase": "train"}, None, 422), (BODY, None, 422)],
)
def test_what_cannot_be_graded_is_refused(body: object, token: str | None, status: int) -> None:
    with RewardEndpoint(refuse) as endpoint:
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(endpoint, body, token)
        with refused.value as answer:
            assert answer.code == status
            assert json.loads(answer.read())["message"]
