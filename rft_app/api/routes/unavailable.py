"""Parts of the interface that this version does not have: each answers 409 `not_available`."""

import re
from collections.abc import Callable
from typing import Final, NoReturn

from fastapi import APIRouter

from rft_app.api.errors import not_available

router = APIRouter(prefix="/api/optimization", tags=["not in this version"])

_PARTS: Final = (
    ("POST", "/datasets/{dataset_id}/train", "train"),
    ("GET", "/training/{job_id}", "train"),
    ("POST", "/training/{job_id}/cancel", "train"),
)


_NAME: Final = re.compile(r"{(\w+)}")


def _describe(name: str) -> dict[str, object]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _refuse(what: str) -> Callable[[], NoReturn]:
    def refuse() -> NoReturn:
        raise not_available(what)

    return refuse


for _method, _path, _what in _PARTS:
    router.add_api_route(
        _path,
        _refuse(_what),
        methods=[_method],
        response_model=None,
        status_code=409,
        openapi_extra={"parameters": [_describe(name) for name in _NAME.findall(_path)]},
        summary=f"Not in this version: {_what}",
    )
