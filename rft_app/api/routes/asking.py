"""One prompt to several models, side by side."""

from fastapi import APIRouter

from rft_app.api.schemas.side_by_side import AskRequest, ModelAnswers
from rft_app.services.side_by_side import ask_side_by_side

router = APIRouter(prefix="/api/optimization/datasets/{dataset_id}/ask", tags=["training"])


@router.post("")
async def ask(dataset_id: str, request: AskRequest) -> ModelAnswers:
    """Let models answer one prompt, and the dataset's grader judge them; calls are paid.

    A model that fails has a `failure`; the others answer all the same. Nothing is stored.
    """
    prompt, how = request.to_prompt(), request.to_sampled()
    found = await ask_side_by_side(dataset_id, prompt, request.models, how)
    return ModelAnswers.of(found)
