"""Webhooks in: kept after the signature held, answered at once; and handled once more."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from starlette.requests import Request

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import CurrentActor, body_of
from courseflow_admin.api.core.errors import refusals
from courseflow_admin.services.money import webhooks

router = APIRouter(prefix=f"{routes.API}/webhooks", tags=["webhooks"])
# Not below /webhooks/, which takes what comes from elsewhere: this one is for our own pages.
events = APIRouter(prefix=f"{routes.API}/webhook-events", tags=["webhooks"])
LARGEST_BODY = 1_000_000


@dataclass(frozen=True)
class Received:
    result: Literal["kept", "known"]


@router.post("/{provider}", responses=refusals(400))
async def receive(
    request: Request, provider: Annotated[Literal["stripe", "razorpay", "resend"], Path()]
) -> Received:
    """One delivery of a provider: 200 when kept or known, 400 when its signature is wrong."""
    raw = await body_of(request, LARGEST_BODY)
    is_new = await webhooks.receive(provider, raw, dict(request.headers))
    return Received("kept" if is_new else "known")


@events.post("/{event_id}/replay", status_code=204)
async def replay(actor: CurrentActor, event_id: str) -> None:
    """Handle an event once more that was given up. Asked for again, nothing more happens."""
    await webhooks.replay(actor, event_id)
