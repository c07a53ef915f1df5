"""Deployments and their history in the database."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from rft_app.domain.deployment import (
    Deployment,
    DeploymentAction,
    DeploymentEvent,
    DeploymentState,
    DeployMode,
)
from rft_app.storage.ids import new_id
from rft_app.storage.tables import DeploymentEventRow, DeploymentRow


def add_deployment(session: Session, deployment: Deployment) -> None:
    """Store a new one."""
    session.add(DeploymentRow(**deployment.model_dump()))
    session.flush()


def change_deployment(session: Session, deployment: Deployment) -> None:
    """Store what changed of one that is there."""
    row = session.get_one(DeploymentRow, deployment.id)
    for name, value in deployment.model_dump().items():
        setattr(row, name, value)
    session.add(row)
    session.flush()


def find_deployment(session: Session, deployment_id: str) -> Deployment | None:
    """One of them."""
    row = session.get(DeploymentRow, deployment_id)
    return row and _to_deployment(row)


def find_by_alias(session: Session, alias: str) -> Deployment | None:
    """The one that an alias means: the active one, else the one that was changed last."""
    found = [one for one in list_routed(session) if one.alias == alias]
    return found[0] if found else None


def list_deployments(session: Session, dataset_id: str | None = None) -> list[Deployment]:
    """All, or those of a dataset; active ones first, then by the last change."""
    query = select(DeploymentRow)
    if dataset_id is not None:
        query = query.where(col(DeploymentRow.dataset_id) == dataset_id)
    found = [_to_deployment(row) for row in session.exec(query)]
    return sorted(found, key=lambda one: (one.is_active, one.changed_at, one.id), reverse=True)


def list_routed(session: Session) -> list[Deployment]:
    """For each alias the one that counts."""
    routed: dict[str, Deployment] = {}
    for one in list_deployments(session):
        routed.setdefault(one.alias, one)
    return list(routed.values())


def add_event(
    session: Session,
    deployment_id: str,
    action: DeploymentAction,
    *,
    actor: str,
    reason: str,
    settings: dict[str, Any],
) -> None:
    """Add to the history."""
    session.add(
        DeploymentEventRow(
            id=new_id("dpe"),
            deployment_id=deployment_id,
            at=datetime.now(UTC),
            actor=actor,
            action=action.value,
            reason=reason,
            settings=settings,
        )
    )
    session.flush()


def list_events(session: Session, deployment_id: str) -> Sequence[DeploymentEvent]:
    """The history, the newest first."""
    query = select(DeploymentEventRow).where(col(DeploymentEventRow.deployment_id) == deployment_id)
    newest = col(DeploymentEventRow.at).desc(), col(DeploymentEventRow.id).desc()
    return [
        DeploymentEvent(
            at=row.at,
            actor=row.actor,
            action=DeploymentAction(row.action),
            reason=row.reason,
            settings=row.settings,
        )
        for row in session.exec(query.order_by(*newest))
    ]


def _to_deployment(row: DeploymentRow) -> Deployment:
    values = row.model_dump()
    values |= {"mode": DeployMode(row.mode), "state": DeploymentState(row.state)}
    return Deployment.model_validate(values)
