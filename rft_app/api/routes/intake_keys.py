"""Keys of those who may send spans and calls."""

from fastapi import APIRouter, Response

from rft_app.api.schemas.intake_key import CreatedKey, IntakeKey, NewKey
from rft_app.services import intake_keys as use_cases
from rft_app.storage.session import reading, unit_of_work

router = APIRouter(prefix="/api/intake/keys", tags=["traces"])


@router.get("")
def list_keys() -> list[IntakeKey]:
    """Keys of RFT_OTLP_KEYS, then all that were ever created, the newest first.

    Where none is accepted, everybody may send who reaches the server.
    """
    with reading() as session:
        return [IntakeKey.of(key) for key in use_cases.list_keys(session)]


@router.post("", status_code=201)
def create_key(response: Response, wanted: NewKey) -> CreatedKey:
    """Create a key. The answer holds it, and nothing tells it again."""
    with unit_of_work() as session:
        created, key = use_cases.create_key(session, wanted.name)
    response.headers["Cache-Control"] = "no-store"
    return CreatedKey(**created.model_dump(), key=key)


@router.delete("/{key_id}", status_code=204)
def revoke_key(key_id: str) -> None:
    """Refuse a key from now on; it stays in the list. The last one revoked lets everybody send."""
    with unit_of_work() as session:
        use_cases.revoke_key(session, key_id)
