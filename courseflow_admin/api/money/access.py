"""Why someone may or may not study a course, over HTTP."""

from dataclasses import dataclass

from fastapi import APIRouter

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import CurrentActor
from courseflow_admin.services.identity import people

router = APIRouter(prefix=f"{routes.API}/access", tags=["access"])


@dataclass(frozen=True)
class ReasonView:
    code: str
    sentence: str
    repair: str
    payment_id: str


@dataclass(frozen=True)
class AccessView:
    """`reasons` begin with the first broken link, or with what gives access."""

    account_id: str
    course_id: str
    allowed: bool
    reasons: list[ReasonView]


@router.get("/{account_id}/{course_id}")
async def why(actor: CurrentActor, account_id: str, course_id: str) -> AccessView:
    """The verdict for one person and one course, with all reasons in order."""
    found = await people.why(actor, account_id, course_id)
    return AccessView(
        account_id=found.account.id,
        course_id=found.course.id,
        allowed=found.verdict.allowed,
        reasons=[
            ReasonView(reason.code.value, reason.for_admins, reason.repair, reason.payment_id)
            for reason in found.verdict.reasons
        ],
    )
