"""The school the permission matrix walks through: seven people, and one object of each kind."""

import copy
import hashlib
from dataclasses import dataclass
from typing import Any

import bson

from courseflow_admin.api.app import ROUTERS
from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.identity.invitations import Invitation
from courseflow_admin.models.mail.emails import Email
from courseflow_admin.models.money.payment_parts import Refund, RefundCause, RefundState
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.money.webhooks import WebhookEvent, WebhookState
from courseflow_admin.models.school.audit import Act, AuditEntry
from courseflow_admin.models.teaching.courses import Course
from courseflow_admin.services.identity import invitations, sessions
from courseflow_admin.services.teaching import co_instructors
from tests.account_builders import an_enrollment
from tests.builders import PASSWORD, acting, an_account
from tests.conftest import KEPT
from tests.course_builders import a_course, a_draft
from tests.money_builders import a_payment, an_email
from tests.pictures import a_picture

# Who is what to the objects below; "" asks without a session.
PEOPLE = {
    "nobody": "",
    "learner": "student",
    "other student": "student",
    "owner": "instructor",
    "co-instructor": "instructor",
    "other instructor": "instructor",
    "admin": "admin",
}
ACTS_ON_PEOPLE = (
    *("/suspend", "/restore", "/sign-out", "/role", "/verification", "/view-as"),
    "}/second-factor",
)
# A text that only one object of the school holds, and who may read it.
READERS = {
    "Petra Payer": {"learner", "owner", "admin"},  # the payment
    "pi_of_stripe": {"admin"},  # what the gateway calls it
    "Looks like fraud": {"admin"},  # why it was refunded
    "Subject of One Letter": {"learner", "owner", "admin"},  # the e-mail
    "Lena Enrolled": {"owner", "co-instructor", "admin"},  # the learner, in lists of learners
    "Nobody Knows This": {"owner", "admin"},  # the draft
    "Vera Victim": {"admin"},
    "invited@demo.test": {"admin"},
    "Alma Audited": {"admin"},  # an entry of the audit log
    "marked.webhook": {"admin"},
}
# Calls that are let through and come to nothing for a reason that is not the caller: the status.
BEYOND = {
    "DELETE /api/v1/accounts/{account_id}/second-factor": 409,  # they have none
    "POST /api/v1/accounts/{account_id}/verification": 409,  # confirmed already
    "POST /api/v1/auth/verify/resend": 409,
    "POST /api/v1/invitations/accept": 422,  # no such link
    "POST /api/v1/me/deletion": 422,  # a wrong password
    "POST /api/v1/me/email": 422,
    "POST /api/v1/me/email/resend": 409,  # none waits
    "POST /api/v1/me/password": 422,
    "POST /api/v1/me/second-factor": 422,
    "DELETE /api/v1/me/second-factor": 422,
    "POST /api/v1/me/second-factor/recovery-codes": 422,
    "POST /api/v1/me/second-factor/confirm": 409,  # none was begun
    "POST /api/v1/payments/checkout": 409,  # the learner has paid for it: it is being confirmed
    "POST /api/v1/payments/{payment_id}/capture": 409,  # it is paid
    "POST /api/v1/payments/{payment_id}/review": 409,  # none is open
    "POST /api/v1/payments/{payment_id}/sync": 502,  # the gateway does not know the checkout
    "POST /api/v1/payments/{payment_id}/refunds": 502,  # the gateway does not know the payment
}
IGNORED = {"limits"}  # counters of tries
USES = {"last_used_at", "expires_at"}  # of sessions: moved by every request


@dataclass
class School:
    """Everything belongs to `learner` and `owner`; `victim` is whom admins act on."""

    people: dict[str, Account]
    victim: Account
    course: Course
    draft: Course  # of the owner, known to nobody else
    payment: Payment
    email: Email
    session_id: str  # of the learner
    invitation: Invitation
    event: WebhookEvent
    calls: int = 0

    async def token(self, person: str) -> str:
        account = self.people.get(person)
        return await sessions.open_browser(account) if account else ""


_furnished: list[tuple[School, dict[str, list[dict[str, Any]]]]] = []


async def a_school() -> School:
    """The school in an empty database: made through the services once, then as it was stored."""
    database = collection("any").raw.database
    if not _furnished:
        made = await furnished()
        names = set(await database.list_collection_names()) - KEPT
        _furnished.append((made, {name: await database[name].find().to_list() for name in names}))
    else:
        for name, rows in _furnished[0][1].items():
            if rows and name != "migrations":  # they are kept between tests
                await database[name].insert_many(rows)
    return copy.deepcopy(_furnished[0][0])


async def furnished() -> School:
    people = {
        person: await an_account(f"{person.replace(' ', '')}@demo.test", role, person)
        for person, role in PEOPLE.items()
        if role
    }
    learner, owner = people["learner"], people["owner"]
    course = await a_course(acting(owner))
    await co_instructors.add(acting(owner), course.id, people["co-instructor"].email)
    draft = await a_draft(acting(owner), "Nobody Knows This")
    ids = {"account_id": learner.id, "course_id": course.id}
    payment = await a_payment(
        state="paid",
        owner_id=owner.id,
        name="Petra Payer",
        email=learner.email,
        course_slug=course.slug,
        provider_payment_id="pi_of_stripe",
        refunds=[a_failed_refund()],
        **ids,
    )
    email = await an_email(
        course_owner_id=owner.id,
        payment_id=payment.id,
        subject="Subject of One Letter",
        **ids,
    )
    await an_enrollment(owner_id=owner.id, learner_name="Lena Enrolled", **ids)
    victim = await an_account("victim@demo.test", "student", "Vera Victim")
    actor = await sessions.find(await sessions.open_browser(learner))
    assert actor is not None
    invitation = await invitations.create(SYSTEM, "invited@demo.test", "instructor")
    await collection("audit").insert_one(an_entry().to_mongo())
    event = an_event()
    await collection("webhook_events").insert_one(event.to_mongo())
    return School(
        people, victim, course, draft, payment, email, actor.session_id, invitation, event
    )


def a_failed_refund() -> Refund:
    return Refund(
        id=new_id("ref"),
        amount_minor=100,
        state=RefundState.FAILED,
        cause=RefundCause.ADMIN,
        reason="Looks like fraud",
        at=clock.business(),
    )


def an_entry() -> AuditEntry:
    return AuditEntry(
        _id=new_id("aud"),
        at=clock.business(),
        actor_id="acc_alma",
        actor_name="Alma Audited",
        act=Act.COURSE_CHANGED,
        object_id="crs_one",
    )


def an_event() -> WebhookEvent:
    return WebhookEvent(
        _id=new_id("whe"),
        provider="stripe",
        event_id="evt_one",
        body_hash="one",
        kind="marked.webhook",
        raw="{}",
        received_at=clock.business(),
        state=WebhookState.FAILED,
    )


def routes_there_are() -> set[str]:
    return {
        f"{method} {route.path}"  # type: ignore[attr-defined]
        for router in ROUTERS
        for route in router.routes
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined]
    }


def address_of(route: str, school: School) -> str:
    path = route.partition(" ")[2]
    # Admins act on somebody who owns nothing else here, so that one call does not spoil the next.
    acted_on = path.endswith(ACTS_ON_PEOPLE)
    known = {
        "account_id": school.victim.id if acted_on else school.people["learner"].id,
        "course_id": school.course.id,
        "slug": school.course.slug,
        "payment_id": school.payment.id,
        "email_id": school.email.id,
        "session_id": school.session_id,
        "invitation_id": school.invitation.id,
        "event_id": school.event.id,
        "name": "enrollments",
        "policy": "terms",
        "provider": "stripe",
    }
    for name, value in known.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def body_of(route: str, school: School) -> Any:
    """What a call would send to succeed; the services judge who sends it."""
    school.calls += 1
    section = school.course.outline[0].id
    fields = {"revision": school.course.fields_revision, "fields": {"subtitle": "Mine now"}}
    return {
        "PUT /api/v1/accounts/{account_id}/role": {"role": "instructor"},
        "POST /api/v1/accounts/{account_id}/suspend": {"reason": "Mine"},
        "POST /api/v1/auth/forgot": {"email": f"nobody{school.calls}@demo.test"},
        "POST /api/v1/auth/reset": {"token": "x" * 43, "password": "kestrel over quiet water"},
        "POST /api/v1/auth/verify": {"token": "x" * 43},
        "POST /api/v1/invitations": {"email": f"new{school.calls}@demo.test", "role": "admin"},
        "POST /api/v1/invitations/accept": {"token": "x" * 43},
        "POST /api/v1/invitations/sign-up": {
            "token": "x" * 43,
            "name": "Somebody New",
            "password": "kestrel over quiet water",
        },
        "PATCH /api/v1/me": {"name": "Another Name"},
        "POST /api/v1/me/deletion": {"current_password": "wrong"},
        "POST /api/v1/me/email": {"email": "new@demo.test", "current_password": "wrong"},
        "POST /api/v1/me/password": {"current_password": "wrong", "password": "x"},
        "POST /api/v1/me/second-factor": {"current_password": "wrong"},
        "POST /api/v1/me/second-factor/confirm": {"code": "123456"},
        "DELETE /api/v1/me/second-factor": {"current_password": "wrong", "code": "123456"},
        "POST /api/v1/me/second-factor/recovery-codes": {
            "current_password": "wrong",
            "code": "123456",
        },
        "POST /api/v1/auth/refresh": {"refresh_token": "x" * 43 + "." + "y" * 43},
        "POST /api/v1/auth/sign-in": {"email": "victim@demo.test", "password": PASSWORD},
        "POST /api/v1/auth/sign-up": {
            "email": f"new{school.calls}@demo.test",
            "name": "Somebody New",
            "password": "kestrel over quiet water",
        },
        "POST /api/v1/courses": {"title": "Another Course"},
        "PATCH /api/v1/courses/{course_id}": fields,
        "PUT /api/v1/courses/{course_id}/co-instructors": {"email": "otherinstructor@demo.test"},
        "PUT /api/v1/courses/{course_id}/owner": {"email": "otherinstructor@demo.test"},
        "POST /api/v1/courses/{course_id}/sections": {"title": "Mine now"},
        "POST /api/v1/courses/{course_id}/lessons": {"section_id": section, "title": "Mine now"},
        "POST /api/v1/payments/checkout": {
            "course_id": school.course.id,
            "provider": "stripe",
            "billing_name": "Somebody",
            "billing_country": "IN",
        },
        "PATCH /api/v1/settings": {"revision": 0, "changes": {"name": "Mine now"}},
        "PUT /api/v1/settings/logo": a_picture(),
        "POST /api/v1/payments/{payment_id}/review": {"note": "Seen"},
        "POST /api/v1/payments/{payment_id}/refunds": {
            "amount": "1.00",
            "reason": "Asked",
            "request_id": "ref_" + "0" * 26,
        },
    }.get(route)


async def everything_stored() -> dict[str, str]:
    """The hash of each collection, to show that a refused call left nothing behind."""
    database = collection("any").raw.database
    found: dict[str, str] = (await database.command("dbHash"))["collections"]
    sessions = await collection("sessions").find({}, sort=[("_id", 1)])
    kept = [{key: value for key, value in row.items() if key not in USES} for row in sessions]
    found["sessions"] = hashlib.sha256(bson.encode({"rows": kept})).hexdigest()
    return {name: rows for name, rows in found.items() if name not in IGNORED}
