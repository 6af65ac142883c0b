"""One person for admins: everything in one place, why a course is closed, signed out everywhere."""

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.errors import Conflict, Invalid, NotFound, NotPermitted
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.teaching.access import ReasonCode
from courseflow_admin.services.identity import accounts, people, sessions
from courseflow_admin.services.teaching import enrollments
from courseflow_admin.state.money.access import REPAIRS
from tests.builders import PASSWORD, acting, an_account, audited, stored
from tests.course_builders import a_course, a_student, an_admin, an_instructor
from tests.money_builders import a_payment, an_email

FREE = {"free": True, "price": {"minor": 0, "currency": "INR"}}


async def free_course(title: str = "Free Course"):
    author = await an_instructor()
    return await a_course(author, title, description="All of it.", category="Programming", **FREE)


async def test_everything_about_a_person_stands_in_one_place(database):
    admin, ada = await an_admin(), await a_student()
    course = await free_course()
    await enrollments.enroll_free(ada, course.id)
    pending = await a_payment(
        state="pending", account_id=ada.id, course_id="crs_two", course_title="Second"
    )
    letter = await an_email(account_id=ada.id)
    await sessions.open_browser(
        await accounts.authenticate(ada.email, PASSWORD), user_agent="Firefox", ip="203.0.113.9"
    )
    await accounts.change_role(admin, ada.id, "instructor")

    person = await people.get(admin, ada.id)

    assert person.account.role == "instructor"
    assert [(place.title, place.verdict.allowed) for place in person.places] == [
        (course.title, True),
        ("Second", False),
    ]
    assert person.places[0].verdict.reasons[0].code is ReasonCode.GRANTED
    assert person.places[1].verdict.reasons[0].code is ReasonCode.PAYMENT_PENDING
    assert [payment.id for payment in person.payments] == [pending.id]
    assert letter.id in [email.id for email in person.emails]
    assert [(one.user_agent, one.ip) for one in person.sessions] == [("Firefox", "203.0.113.9")]
    assert [entry.act.value for entry in person.entries] == [
        "account.role_changed",
        "account.created",
    ]
    assert person.entries[0].facts == {
        "before": {"role": "student"},
        "after": {"role": "instructor"},
    }


async def test_an_unknown_person_or_course_is_not_there(database):
    admin, ada = await an_admin(), await a_student()

    with pytest.raises(NotFound):
        await people.get(admin, "acc_unknown")
    with pytest.raises(NotFound):
        await people.sign_out_everywhere(admin, "acc_unknown")
    with pytest.raises(NotFound):
        await people.why(admin, ada.id, "crs_unknown")


async def test_signed_out_everywhere_each_session_is_over_with_the_next_read(database):
    admin, ada = await an_admin(), await an_account()
    token, pair = await sessions.open_browser(ada), await sessions.open_api(ada)

    ended = await people.sign_out_everywhere(admin, ada.id)

    assert ended == 2
    assert await sessions.find(token) is None
    with pytest.raises(sessions.NotSignedIn):
        await sessions.actor_of(pair.access_token)
    assert (await audited())[-1] == ("account.signed_out", ada.id)
    [told] = await stored("emails")
    assert (told["kind"], told["to"]) == ("signed_out_everywhere", "ada@demo.test")
    assert await sessions.open_browser(await accounts.authenticate("ada@demo.test", PASSWORD))


async def test_nobody_signs_themselves_out_from_here(database):
    admin = await an_admin()

    with pytest.raises(Conflict):
        await people.sign_out_everywhere(admin, admin.id)

    assert ("account.signed_out", admin.id) not in await audited()


@pytest.mark.parametrize("role", ["student", "instructor"])
async def test_nobody_but_admins_sees_or_ends_anything_of_others(database, role):
    other = await an_account("bob@demo.test")
    actor = acting(await an_account(role=role))
    await sessions.open_browser(other)
    before = await stored("sessions"), await stored("audit")

    for asked in (
        people.get(actor, other.id),
        people.sign_out_everywhere(actor, other.id),
        people.why(actor, other.id, "crs_one"),
    ):
        with pytest.raises(NotPermitted):
            await asked

    assert (await stored("sessions"), await stored("audit")) == before


async def test_people_are_filtered_by_state(database):
    admin = await an_admin()
    ada, bob = await an_account(), await an_account("bob@demo.test")
    await accounts.suspend(admin, ada.id)
    await collection("accounts").update_one({"_id": bob.id}, {"$set": {"verified_at": None}})

    async def of(standing):
        page = await accounts.search(admin, PageRequest(), standing=standing)
        return [account.email for account in page.rows]

    assert await of("suspended") == ["ada@demo.test"]
    assert await of("unverified") == ["bob@demo.test"]
    assert await of("active") == ["root@demo.test"]
    assert await of("deleted") == []
    assert await of("present") == ["bob@demo.test", "ada@demo.test", "root@demo.test"]
    with pytest.raises(Invalid):
        await of("gone")


# Why?


async def test_why_names_the_first_broken_link_and_then_what_else_there_is(database):
    admin, ada = await an_admin(), await a_student()
    course = await free_course()
    await enrollments.enroll_free(ada, course.id)
    await accounts.suspend(admin, ada.id)

    found = await people.why(admin, ada.id, course.id)

    assert not found.verdict.allowed
    assert [reason.code.value for reason in found.verdict.reasons] == ["suspended", "granted"]
    assert REPAIRS[found.verdict.reasons[0].code] == "restore"


@pytest.mark.parametrize(
    ("state", "code", "repair"),
    [
        ("paid", "paid_without_grant", "payment"),
        ("authorized", "payment_pending", "payment"),
        ("failed", "payment_failed", "course"),
        ("", "never_bought", "course"),
    ],
)
async def test_why_says_which_act_repairs_it(database, state, code, repair):
    admin, ada = await an_admin(), await a_student()
    course = await free_course()
    payment = (
        await a_payment(state=state, account_id=ada.id, course_id=course.id) if state else None
    )

    found = await people.why(admin, ada.id, course.id)

    reason = found.verdict.reasons[0]
    assert (reason.code.value, REPAIRS[reason.code]) == (code, repair)
    assert reason.payment_id == (payment.id if payment else "")


async def test_where_access_is_open_there_is_nothing_to_repair(database):
    admin, ada = await an_admin(), await a_student()
    course = await free_course()
    await enrollments.enroll_free(ada, course.id)

    found = await people.why(admin, ada.id, course.id)

    assert found.verdict.allowed
    assert found.verdict.reasons[0].code not in REPAIRS
