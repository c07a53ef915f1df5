"""The REST application, mounted beside the pages."""

from typing import Annotated, NoReturn

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from starlette.routing import Match

from rft_app.api.docs_page import render_docs
from rft_app.api.errors import ErrorEnvelope, add_error_handlers
from rft_app.api.routes import (
    asking,
    auto_improve,
    calibration,
    datasets,
    deployments,
    dry_runs,
    duplicates,
    exports,
    feedback,
    generation,
    generation_review,
    grader_attacks,
    grader_versions,
    grading,
    imports,
    intake,
    intake_keys,
    jobs,
    otlp,
    providers,
    record_changes,
    records,
    scrubbing,
    snapshots,
    steps,
    topics,
    traces,
    training,
    training_runs,
)
from rft_app.errors import NotFoundError

DESCRIPTION = (
    "Objects are in camelCase. Long operations answer 202 with a job whose `result` is what the "
    "operation returns; `?wait=30` waits for it. A list's next page is named by the header "
    "`X-Next-Cursor`. Every error is `{error: {code, message, details}}`."
)
ROUTERS = (
    traces.router,
    duplicates.router,
    datasets.router,
    records.router,
    record_changes.router,
    steps.router,
    grading.router,
    grader_versions.router,
    grader_attacks.router,
    calibration.router,
    dry_runs.router,
    deployments.router,
    imports.router,
    jobs.router,
    exports.router,
    training.router,
    training_runs.router,
    asking.router,
    feedback.router,
    auto_improve.router,
    snapshots.router,
    generation.router,
    generation_review.router,
    topics.router,
    topics.templates_router,
    scrubbing.router,
    intake.router,
    intake_keys.router,
    otlp.router,
    providers.router,
    providers.cache_router,
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def refuse_other_sites(
    request: Request, sec_fetch_site: Annotated[str | None, Header(include_in_schema=False)] = None
) -> None:
    """Keep pages of other origins from changing anything through a visitor's browser."""
    if sec_fetch_site == "cross-site" and request.method not in SAFE_METHODS:
        raise HTTPException(403, "Pages of other sites cannot change anything here.")


def create_api() -> FastAPI:
    """Everything under `/api`; other paths are left to whoever mounts it."""
    app = FastAPI(
        title="RFT App",
        description=DESCRIPTION,
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(refuse_other_sites)],
        responses={"4XX": {"model": ErrorEnvelope}, 502: {"model": ErrorEnvelope}},
    )
    add_error_handlers(app)
    for router in ROUTERS:
        app.include_router(router)

    @app.get("/api/docs", include_in_schema=False)
    def read_docs() -> HTMLResponse:
        return HTMLResponse(render_docs(app.openapi()))

    @app.api_route(
        "/api/{path:path}",
        methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        include_in_schema=False,
        response_model=None,
    )
    def refuse_unknown(request: Request, path: str) -> NoReturn:
        if allowed := _other_methods(request):
            raise HTTPException(
                405,
                f"/api/{path} does not take {request.method}, only {allowed}. See /api/docs.",
                headers={"Allow": allowed},
            )
        raise NotFoundError(f"There is nothing at /api/{path}. See /api/docs.")

    return app


def _other_methods(request: Request) -> str:
    """What the request's path takes, other than its method; empty where there is no such path.

    Of several paths that fit, such as `/datasets/{id}` and `/datasets/from-upload`, the one with
    the fewest parameters is meant.
    """
    routes = [
        route
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.matches(request.scope)[0] is Match.PARTIAL
    ]
    meant = min((route.path for route in routes), key=lambda path: path.count("{"), default="")
    methods = {method for route in routes if route.path == meant for method in route.methods or ()}
    return ", ".join(sorted(methods))
