"""One person for those who run the school: everything about them in one place, and signing out."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.identity import second_factors as second_factors_db
from courseflow_admin.db.identity import sessions as sessions_db
from courseflow_admin.db.mail import emails_search
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.money import payments_search
from courseflow_admin.db.school import audit as audit_db
from courseflow_admin.db.teaching import courses as courses_db
from courseflow_admin.db.teaching import enrollments as enrollments_db
from courseflow_admin.errors import Conflict, NotFound
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.identity.sessions import Session
from courseflow_admin.models.mail.emails import Email, EmailFilter, EmailKind, Recipient
from courseflow_admin.models.money.payments import Payment, PaymentFilter, Sort
from courseflow_admin.models.school.audit import Act, AuditEntry, AuditFilter
from courseflow_admin.models.teaching.access import Verdict
from courseflow_admin.models.teaching.courses import Course
from courseflow_admin.models.teaching.enrollments import Enrollment
from courseflow_admin.services.identity import second_factor, sessions
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.school import audit
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.teaching import access

NEWEST = 5  # payments, e-mails: the rest is a link away
ENTRIES = 20
PAYMENTS = 500  # of one person, for the verdicts


@dataclass(frozen=True)
class Place:
    """A course the person is in, or has tried to pay for, and whether it is open to them."""

    course_id: str
    title: str
    enrollment: Enrollment | None
    verdict: Verdict


@dataclass(frozen=True)
class Person:
    account: Account
    places: list[Place]
    payments: list[Payment]
    emails: list[Email]
    sessions: list[Session]
    entries: list[AuditEntry]
    second_factor_since: datetime | None = None


@dataclass(frozen=True)
class Why:
    """One person and one course: whether it is open, and why."""

    account: Account
    course: Course
    enrollment: Enrollment | None
    payments: list[Payment]
    verdict: Verdict


async def get(actor: Actor, account_id: str) -> Person:
    """Everything about one person."""
    actor.require(Permission.ACCOUNTS_READ)
    account = await _account(account_id)
    newest = await payments_search.search(
        PaymentFilter(account_id=account_id), Sort(), PageRequest(size=PAYMENTS)
    )
    received = await emails_search.search(
        EmailFilter(account_id=account_id), PageRequest(size=NEWEST)
    )
    entries = await audit_db.search(AuditFilter(object_id=account_id), PageRequest(size=ENTRIES))
    return Person(
        account=account,
        places=_places(
            account,
            await enrollments_db.of_account(account_id),
            newest.rows,
            disputes_suspend=(await school_settings.get()).disputes_suspend,
        ),
        payments=newest.rows[:NEWEST],
        emails=received.rows,
        sessions=await sessions_db.open_of(account_id, clock.wall()),
        entries=entries.rows,
        second_factor_since=await second_factor.since(actor, account_id),
    )


def _places(
    account: Account,
    enrollments: list[Enrollment],
    payments: list[Payment],
    *,
    disputes_suspend: bool,
) -> list[Place]:
    """Those enrolled in first, then those only paid for: where someone asks why they cannot in."""
    enrolled = {enrollment.course_id: enrollment for enrollment in enrollments}
    titles = {payment.course_id: payment.course_title for payment in payments}
    titles = {course_id: one.course_title for course_id, one in enrolled.items()} | {
        course_id: title for course_id, title in titles.items() if course_id not in enrolled
    }
    at = clock.business()
    return [
        Place(
            course_id=course_id,
            title=title,
            enrollment=enrolled.get(course_id),
            verdict=access.decide(
                standing=account.standing,
                enrollment=enrolled.get(course_id),
                payments=[one for one in payments if one.course_id == course_id],
                at=at,
                disputes_suspend=disputes_suspend,
            ),
        )
        for course_id, title in titles.items()
    ]


async def why(actor: Actor, account_id: str, course_id: str) -> Why:
    """Whether this person may study this course, with all reasons in order."""
    actor.require(Permission.ACCESS_READ_ALL)
    account = await _account(account_id)
    course = await courses_db.get(course_id)
    enrollment = await enrollments_db.find(account_id, course_id)
    payments = await payments_db.of_learner(account_id, course_id)
    decide = partial(
        access.decide,
        at=clock.business(),
        disputes_suspend=(await school_settings.get()).disputes_suspend,
    )

    apart = decide(standing="active", enrollment=enrollment, payments=payments)
    verdict = apart
    if first := access.CLOSED.get(account.standing):
        verdict = Verdict(False, (first, *apart.reasons))
    return Why(
        account=account,
        course=course,
        enrollment=enrollment,
        payments=payments,
        verdict=verdict,
    )


async def called(actor: Actor, account_id: str, in_row: str) -> str:
    """The name of whoever a list is about; for those who may not see people what a row calls them.

    The id where neither says it.
    """
    if actor.can(Permission.ACCOUNTS_READ):
        return (await accounts_db.names_of({account_id})).get(account_id, account_id)
    return in_row or account_id


async def sign_out_everywhere(actor: Actor, account_id: str) -> int:
    """End every session of someone else, seen by the next read of each; how many there were."""
    actor.require(Permission.ACCOUNTS_CHANGE)
    if account_id == actor.id:
        raise Conflict("End your own sessions on your account page.")
    account = await _account(account_id)

    async def body() -> int:
        ended = await sessions.end_all(account_id, clock.wall(), "admin")
        await second_factors_db.forget_pending(account_id)
        noted = await audit.record(actor, Act.ACCOUNT_SIGNED_OUT, account_id, sessions=ended)
        if not account.erased_at:
            await outbox.queue(
                EmailKind.SIGNED_OUT_EVERYWHERE,
                to=Recipient.of(account),
                dedupe_key=f"signed-out-{noted}",
                facts={},
            )
        return ended

    return await transaction(body)


async def _account(account_id: str) -> Account:
    account = await accounts_db.find(account_id)
    if account is None:
        raise NotFound("person")
    return account
