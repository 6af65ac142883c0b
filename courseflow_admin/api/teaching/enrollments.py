"""Enrollments over HTTP: the learners of the courses one may see, or one's own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import CurrentActor, FirstDay, LastDay, Paging
from courseflow_admin.api.core.lists import PageView
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.teaching.enrollments import Enrollment, EnrollmentFilter
from courseflow_admin.services.teaching import enrollments

router = APIRouter(prefix=f"{routes.API}/enrollments", tags=["enrollments"])


@dataclass(frozen=True)
class EnrollmentView:
    id: str
    account_id: str
    learner: str
    email: str
    course_id: str
    course: str
    percent: int
    grants: list[str]
    enrolled_at: datetime
    completed_at: datetime | None

    @classmethod
    def of(cls, enrollment: Enrollment) -> "EnrollmentView":
        return cls(
            id=enrollment.id,
            account_id=enrollment.account_id,
            learner=enrollment.learner_name,
            email=enrollment.learner_email,
            course_id=enrollment.course_id,
            course=enrollment.course_title,
            percent=enrollment.percent,
            grants=[grant.kind for grant in enrollment.grants],
            enrolled_at=enrollment.enrolled_at,
            completed_at=enrollment.completed_at,
        )


@router.get("")
async def search(
    actor: CurrentActor,
    page: Paging,
    course: Annotated[str, Query(max_length=40)] = "",
    email: Annotated[str, Query(max_length=254)] = "",
    first_day: FirstDay = "",
    last_day: LastDay = "",
    *,
    mine: bool = False,
) -> PageView[EnrollmentView]:
    """Newest first; `email` is the beginning of an address, days are of the school's time zone.

    With `mine`, and for those who teach nothing, the courses one is enrolled in oneself.
    """
    wanted = EnrollmentFilter(
        course_id=course, email_prefix=email.strip(), period=Period.parse(first_day, last_day)
    )
    if mine or not actor.can(Permission.ENROLLMENTS_READ):
        found = await enrollments.mine(actor, wanted, page)
    else:
        found = await enrollments.search(actor, wanted, page)
    return PageView[EnrollmentView].of(found, EnrollmentView.of)
