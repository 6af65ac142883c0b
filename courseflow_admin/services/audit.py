"""The audit log: every business write notes who did it, in the same transaction."""

from datetime import datetime
from enum import Enum
from typing import Any

from courseflow_admin.db import audit as audit_db
from courseflow_admin.logs import client_ip, request_id
from courseflow_admin.models.audit import Act, AuditEntry
from courseflow_admin.models.base import new_id, now
from courseflow_admin.models.money import Money
from courseflow_admin.models.permissions import Actor


async def record(actor: Actor, act: Act, object_id: str, **facts: object) -> None:
    """Note that `actor` did `act` to `object_id`. Must run inside the transaction of the change."""
    entry = AuditEntry(
        _id=new_id("aud"),
        at=now(),
        actor_id=actor.id,
        actor_name=actor.name,
        act=act,
        object_id=object_id,
        facts={key: _plain(value) for key, value in facts.items()},
        request_id=request_id.get(),
        ip=client_ip.get(),
    )
    await audit_db.add(entry)


def _plain(value: object) -> Any:
    if isinstance(value, Money):
        return {"minor": value.minor, "currency": value.currency}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str | int | bool | datetime | None):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)
