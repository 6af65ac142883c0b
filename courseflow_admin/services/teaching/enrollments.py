"""Enrollments: a place in a course, and the grants that open it."""

from dataclasses import replace

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.teaching import courses as courses_db
from courseflow_admin.db.teaching import enrollments as enrollments_db
from courseflow_admin.db.teaching import enrollments_search
from courseflow_admin.errors import Conflict, NotFound
from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.teaching.courses import Course
from courseflow_admin.models.teaching.enrollments import (
    AccessState,
    EndReason,
    Enrollment,
    EnrollmentFilter,
    Grant,
    PaidAccess,
)
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.school import audit
from courseflow_admin.services.teaching import access


class AlreadyEnrolled(Conflict):
    code = "already_enrolled"

    def __init__(self) -> None:
        super().__init__("You are already enrolled. Go to My courses.")


async def enroll_free(actor: Actor, course_id: str) -> None:
    """Take the actor into a course that costs nothing; AlreadyEnrolled, NotFound, Conflict."""
    actor.require(Permission.COURSES_BUY)
    course = await courses_db.get(course_id)
    if not course.sold:
        raise NotFound("course")
    if not course.free or course.price.minor:
        raise Conflict("This course is not free. Buy it to enroll.")
    account = await _account(actor.id)

    async def enroll() -> None:
        # Asked in here: of two clicks at once the second runs again and finds what the first did.
        if (await access.verdict(actor.id, course.id)).allowed:
            raise AlreadyEnrolled
        grant = _grant(course, "free")
        await enrollments_db.add_grant(_enrollment(account, course), grant)
        await _announce(account, course, grant, f"grant-{grant.id}", "you enrolled.")
        await audit.record(
            actor, Act.ENROLLMENT_GRANTED, course.id, kind="free", learner=account.id
        )

    await transaction(enroll)


async def search(actor: Actor, wanted: EnrollmentFilter, request: PageRequest) -> Page[Enrollment]:
    """One page of enrollments, newest first: all, or those of own and co-taught courses."""
    actor.require(Permission.ENROLLMENTS_READ)
    if not actor.can(Permission.ENROLLMENTS_READ_ALL):
        wanted = wanted.of_author(actor.id, await enrollments_search.co_taught(actor.id))
    return await enrollments_search.search(wanted, request)


async def mine(actor: Actor, wanted: EnrollmentFilter, request: PageRequest) -> Page[Enrollment]:
    """One page of the actor's own enrollments, newest first."""
    actor.require(Permission.COURSES_STUDY)
    return await enrollments_search.search(replace(wanted, account_id=actor.id), request)


async def courses(actor: Actor) -> list[tuple[str, str]]:
    """Id and title of the courses whose learners the actor may see, by title."""
    actor.require(Permission.ENROLLMENTS_READ)
    all_of_them = actor.can(Permission.ENROLLMENTS_READ_ALL)
    return await enrollments_search.courses(None if all_of_them else actor.id)


async def another_gives_access(paid: PaidAccess) -> bool:
    """Whether another payment's grant gives access to the same course, or will after a dispute."""
    enrollment = await enrollments_db.find(paid.account_id, paid.course_id)
    instant = clock.business()
    return enrollment is not None and any(
        grant.kind == "payment" and grant.payment_id != paid.payment_id and grant.active(instant)
        for grant in enrollment.grants
    )


async def follow(paid: PaidAccess) -> bool:
    """Open, suspend, resume or end the one grant of a payment, as its money says.

    Inside the money transaction, whose audit entry says why; the first time its e-mail is queued.
    Whether the access ended by this.
    """
    if paid.state is AccessState.NONE:
        return False
    if paid.state is AccessState.ENDED:
        reason = paid.ended_by or EndReason.REFUND
        return await enrollments_db.end_grant(paid.payment_id, clock.business(), reason)
    await _open(paid)
    suspended = paid.state is AccessState.SUSPENDED
    await enrollments_db.suspend_grant(paid.payment_id, clock.business() if suspended else None)
    return False


async def _open(paid: PaidAccess) -> None:
    """The grant of this payment, made or opened again; with the expiry it had."""
    enrollment = await enrollments_db.find(paid.account_id, paid.course_id)
    grants = enrollment.grants if enrollment else []
    if any(grant.payment_id == paid.payment_id for grant in grants):
        await enrollments_db.restore_grant(paid.payment_id)
        return
    course = await courses_db.get(paid.course_id)
    account = await _account(paid.account_id)
    grant = _grant(course, "payment", paid.payment_id)
    await enrollments_db.add_grant(_enrollment(account, course), grant)
    because = "your payment has arrived."
    key = f"access-{paid.payment_id}"
    await _announce(account, course, grant, key, because, paid.payment_id)


def _grant(course: Course, kind: str, payment_id: str | None = None) -> Grant:
    started = clock.business()
    days = course.access_days
    return Grant.model_validate(
        {
            "id": new_id("grt"),
            "kind": kind,
            "payment_id": payment_id,
            "started": started,
            "expires_at": calendar.school().later(started, days) if days else None,
        }
    )


def _enrollment(account: Account, course: Course) -> Enrollment:
    return Enrollment(
        _id=new_id("enr"),
        account_id=account.id,
        course_id=course.id,
        owner_id=course.owner_id,
        learner_name=account.name,
        learner_email=account.email,
        course_title=course.title,
        course_slug=course.slug,
        enrolled_at=clock.business(),
        progress_version=course.version,
    )


async def _announce(
    account: Account, course: Course, grant: Grant, key: str, because: str, payment_id: str = ""
) -> None:
    until = grant.expires_at
    await outbox.queue(
        EmailKind.ACCESS_GRANTED,
        to=Recipient.of(account),
        dedupe_key=key,
        facts={
            "course": course.title,
            "because": because,
            "until": calendar.school().day_in_full(until) if until else "",
            "link": settings().origin + routes.learn(course.slug),
        },
        payment_id=payment_id,
        course_id=course.id,
        course_owner_id=course.owner_id,
    )


async def _account(account_id: str) -> Account:
    account = await accounts_db.find(account_id)
    if account is None:
        raise NotFound("account")
    return account
