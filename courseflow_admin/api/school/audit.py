"""The audit log over HTTP: pages of it, and all that is filtered as CSV."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import (
    CurrentActor,
    FirstDay,
    LastDay,
    Paging,
    not_from_elsewhere,
)
from courseflow_admin.api.core.errors import NOT_STORED
from courseflow_admin.api.core.lists import PageView
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.school.audit import Act, AuditEntry, AuditFilter
from courseflow_admin.services.school import audit

router = APIRouter(prefix=f"{routes.API}/audit", tags=["audit"])


@dataclass(frozen=True)
class EntryView:
    id: str
    at: datetime
    actor_id: str
    actor: str
    act: Act
    object_id: str
    facts: dict[str, Any]
    request_id: str
    ip: str
    viewer_id: str
    viewer: str

    @classmethod
    def of(cls, entry: AuditEntry) -> "EntryView":
        return cls(
            id=entry.id,
            at=entry.at,
            actor_id=entry.actor_id,
            actor=entry.actor_name,
            act=entry.act,
            object_id=entry.object_id,
            facts=entry.facts,
            request_id=entry.request_id,
            ip=entry.ip,
            viewer_id=entry.viewer_id,
            viewer=entry.viewer_name,
        )


async def asked(
    act: Annotated[Act | None, Query()] = None,
    person: Annotated[str, Query(alias="actor", max_length=60)] = "",
    object_id: Annotated[str, Query(alias="object", max_length=60)] = "",
    first_day: FirstDay = "",
    last_day: LastDay = "",
    q: Annotated[str, Query(max_length=254)] = "",
) -> AuditFilter:
    """The filter both answers share; days are of the school's time zone.

    `q`: an id, or the name or the beginning of the e-mail address of people; what was done to or
    by them.
    """
    return AuditFilter(act or "", person, object_id, Period.parse(first_day, last_day), q)


Asked = Annotated[AuditFilter, Depends(asked)]


@router.get("")
async def search(actor: CurrentActor, wanted: Asked, request: Paging) -> PageView[EntryView]:
    """One page of the log, newest first."""
    page = await audit.search(actor, wanted, request)
    return PageView[EntryView].of(page, EntryView.of)


@router.get("/export", response_class=StreamingResponse, dependencies=[Depends(not_from_elsewhere)])
async def export(actor: CurrentActor, wanted: Asked) -> StreamingResponse:
    """Exactly what is filtered, as CSV; formulas are made text."""
    lines = await audit.export(actor, wanted)
    headers = {**NOT_STORED, "Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(lines, media_type="text/csv", headers=headers)
