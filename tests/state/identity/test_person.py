"""One person, the audit log and Why as a tab holds them: what is shown, asked before, and done."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.money.payment_parts import Review, ReviewState
from courseflow_admin.services.identity import (
    accounts,
    erasure,
    password_resets,
    sessions,
    verification,
)
from courseflow_admin.services.teaching import enrollments
from courseflow_admin.state.core import times
from courseflow_admin.state.core.marks import mark_of
from courseflow_admin.state.identity.people import PeopleState
from courseflow_admin.state.identity.person import PersonState
from courseflow_admin.state.money.access import AccessState
from courseflow_admin.state.school.audit import AuditState
from courseflow_admin.state.teaching.course import CoursePageState
from tests.account_builders import a_newcomer, later, secret_of
from tests.builders import PASSWORD, acting, an_account, audited, stored
from tests.course_builders import a_course, a_student, an_admin, an_instructor
from tests.money_builders import a_payment, an_email
from tests.services.figures.figures import midnight
from tests.state.conftest import NOT_PERMITTED, run, said
from tests.state.money.money_tabs import ADMIN, INES, a_tab_of

READ, CHANGE = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_CHANGE


async def loaded(actor, state, path):
    root = await a_tab_of(actor, path)
    await run(root, state, "load")
    return root, await root.get_state(state)


def marks_of(state):
    return {
        name: mark_of(handler.fn)
        for name, handler in state.event_handlers.items()
        if name != "setvar"
    }


def test_every_handler_asks_for_its_permission():
    assert marks_of(PersonState) == {
        "load": READ,
        "ask": CHANGE,
        "show_dialog": CHANGE,
        "pick_role": CHANGE,
        "write_reason": CHANGE,
        "confirm": CHANGE,
    }
    assert set(marks_of(AuditState).values()) == {Permission.AUDIT_READ}
    assert set(marks_of(AccessState).values()) == {Permission.ACCESS_READ_ALL}


async def test_the_page_shows_everything_about_a_person(database):
    admin, ada = await an_admin(), await a_student()
    course = await a_course(await an_instructor(), free=True, price={"minor": 0, "currency": "INR"})
    await enrollments.enroll_free(ada, course.id)
    payment = await a_payment(state="refunded", account_id=ada.id, course_id=course.id)
    await an_email(account_id=ada.id, subject="Hello")
    await sessions.open_browser(
        await accounts.authenticate(ada.email, PASSWORD),
        user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
        ip="203.0.113.9",
    )

    _, state = await loaded(admin, PersonState, f"/people/{ada.id}")

    assert state.view == "there"
    assert (state.shown.name, state.shown.role, state.shown.standing) == (
        "Ada Lovelace",
        "Learner",
        "active",
    )
    assert [(row.title, row.open, row.href) for row in state.places] == [
        (course.title, True, f"/access/{ada.id}/{course.id}")
    ]
    assert state.places[0].verdict.startswith("Enrolled for free on ")
    assert [(row.state, row.href) for row in state.payments] == [
        ("refunded", f"/payments/{payment.id}")
    ]
    assert "Hello" in [row.text for row in state.emails]
    assert [row.device for row in state.sessions] == ["Firefox on Linux"]
    assert state.sessions[0].note.startswith("203.0.113.9, last used ")
    assert [row.what for row in state.entries] == ["Account created"]
    assert state.places[0].grants == ""
    assert state.shown.payments_href == f"/payments?account={ada.id}"
    assert state.shown.emails_href == f"/emails?account={ada.id}"
    assert state.shown.did_href == f"/audit?actor={ada.id}"


async def test_of_a_deleted_person_it_says_since_when_and_no_course_is_open(database):
    admin, ada = await an_admin(), await a_student()
    course = await a_course(await an_instructor(), free=True, price={"minor": 0, "currency": "INR"})
    await enrollments.enroll_free(ada, course.id)
    await erasure.erase(ada, PASSWORD)
    erased_at = (await stored("accounts", _id=ada.id))[0]["erased_at"]

    _, state = await loaded(admin, PersonState, f"/people/{ada.id}")
    _, why = await loaded(admin, AccessState, f"/access/{ada.id}/{course.id}")

    assert (state.shown.name, state.shown.email) == ("Deleted account", "")
    assert state.shown.deleted == times.long(erased_at)
    [place] = state.places
    assert (place.open, place.verdict) == (False, "This account is deleted.")
    assert place.grants.startswith("free ")
    assert why.shown.headline == f"The deleted account cannot study {course.title}"
    assert (why.shown.because, why.shown.repair_href) == ("This account is deleted.", "")


async def test_an_unknown_person_is_not_there(database):
    _, state = await loaded(ADMIN, PersonState, "/people/acc_unknown")

    assert state.view == "missing"


async def test_the_dialog_says_what_it_does_and_only_then_it_is_done(database):
    admin, ada = await an_admin(), await an_account()
    token = await sessions.open_browser(ada)
    root, state = await loaded(admin, PersonState, f"/people/{ada.id}")

    await run(root, PersonState, "ask", act="suspend")
    asked = (state.dialog_title, state.dialog_text, state.dialog_effects[0])
    before = await sessions.find(token)
    await run(root, PersonState, "confirm")

    assert asked == (
        "Suspend Ada Lovelace",
        "Ada Lovelace, ada@demo.test",
        "1 open session ends with its next click.",
    )
    assert before is not None
    assert await sessions.find(token) is None
    assert (state.shown.standing, state.dialog, state.busy) == ("suspended", "", False)
    assert await said(root) == [("success", "Ada Lovelace is suspended.")]


async def test_a_reason_of_a_suspension_stands_in_the_log_and_nowhere_else(database):
    admin, ada = await an_admin(), await an_account()
    root, state = await loaded(admin, PersonState, f"/people/{ada.id}")

    await run(root, PersonState, "ask", act="suspend")
    await run(root, PersonState, "write_reason", reason="x" * 301)
    await run(root, PersonState, "confirm")
    refused = state.dialog_problem, (await stored("accounts", _id=ada.id))[0]["suspended_at"]
    await run(root, PersonState, "write_reason", reason=" Shares the\n password ")
    await run(root, PersonState, "confirm")

    assert refused == ("Use at most 300 characters for the reason.", None)
    assert state.entries[0].details.splitlines()[:2] == [
        "Suspended: No → Yes",
        "Reason: Shares the password",
    ]
    [told] = await stored("emails", kind="account_suspended")
    assert "Shares" not in told["text"] + told["html"]
    await run(root, PersonState, "ask", act="restore")
    assert state.reason == ""


async def test_a_role_is_picked_explained_and_changed(database):
    admin, ada = await an_admin(), await an_account()
    root, state = await loaded(admin, PersonState, f"/people/{ada.id}")

    await run(root, PersonState, "ask", act="role")
    await run(root, PersonState, "confirm")
    unchanged = state.dialog_problem
    await run(root, PersonState, "pick_role", role="instructor")
    act, effect = state.dialog_act, state.dialog_effects[0]
    await run(root, PersonState, "confirm")

    assert unchanged == "Choose a different role first."
    assert act == "Make Ada Lovelace an instructor"
    assert effect == (
        "Ada Lovelace can also create and sell your own courses, effective immediately."
    )
    assert (await stored("accounts", _id=ada.id))[0]["role"] == "instructor"
    assert state.entries[0].details.startswith("Role: Learner → Instructor\n")
    assert await said(root) == [("success", "Ada Lovelace is now an instructor.")]


async def test_signed_out_and_restored_from_the_page(database):
    admin, ada = await an_admin(), await an_account()
    await sessions.open_browser(ada)
    await sessions.open_browser(ada)
    root, state = await loaded(admin, PersonState, f"/people/{ada.id}")

    await run(root, PersonState, "ask", act="sign_out")
    await run(root, PersonState, "confirm")
    first = await said(root)
    await accounts.suspend(admin, ada.id)
    await run(root, PersonState, "ask", act="restore")
    await run(root, PersonState, "confirm")

    assert first == [("success", "Ada Lovelace is signed out: 2 sessions ended.")]
    assert (state.sessions, state.shown.suspended) == ([], "")


async def test_verification_is_sent_again_from_the_page_while_it_is_missing(database):
    admin, eve = await an_admin(), await a_newcomer()
    await later()
    root, state = await loaded(admin, PersonState, f"/people/{eve.id}")
    offered = state.shown.unverified

    await run(root, PersonState, "ask", act="verify")
    effects = state.dialog_effects
    await run(root, PersonState, "confirm")
    await verification.confirm(await secret_of("verify_email"))
    await run(root, PersonState, "load")

    assert (offered, state.shown.unverified) == (True, False)
    assert effects[0] == "We'll send a confirmation link to eve@demo.test."
    assert await said(root) == [("success", "We've sent a link to eve@demo.test.")]


async def test_nobody_is_offered_or_given_a_change_of_themselves(database):
    admin = await an_admin()
    root, state = await loaded(admin, PersonState, f"/people/{admin.id}")

    await run(root, PersonState, "ask", act="suspend")
    await run(root, PersonState, "confirm")

    assert (state.shown.own, state.shown.changeable, state.dialog) == (True, False, "")
    assert [act for act, _ in await audited()] == ["account.created"]


async def test_an_admin_demoted_meanwhile_changes_nobody(database):
    """What an open tab still believes does not count."""
    admin, other, ada = await an_admin(), await an_account("o@demo.test", "admin"), None
    ada = await an_account()
    root, state = await loaded(admin, PersonState, f"/people/{ada.id}")
    await run(root, PersonState, "ask", act="suspend")
    await accounts.change_role(acting(other), admin.id, "student")

    await run(root, PersonState, "confirm")

    assert state.dialog_problem == NOT_PERMITTED
    assert (await stored("accounts", _id=ada.id))[0]["suspended_at"] is None


async def test_others_get_an_error_from_the_service_too(database):
    ada = await an_account()

    _, person = await loaded(INES, PersonState, f"/people/{ada.id}")
    _, log = await loaded(INES, AuditState, "/audit")
    _, why = await loaded(INES, AccessState, f"/access/{ada.id}/crs_one")

    assert [state.view for state in (person, log, why)] == ["error", "error", "error"]
    assert (person.places, log.rows, why.reasons) == ([], [], [])


async def test_people_are_filtered_by_state_in_the_address(database):
    admin, ada = await an_admin(), await an_account()
    await accounts.suspend(admin, ada.id)

    _, state = await loaded(admin, PeopleState, "/people?state=suspended&role=student")

    assert [(row.email, row.href) for row in state.rows] == [("ada@demo.test", f"/people/{ada.id}")]
    assert (state.state_text, state.role_text) == ("Suspended", "Learner")


async def test_deleted_people_are_listed_only_where_they_are_asked_for(database):
    admin, ada = await an_admin(), await a_student()
    await an_account("bob@demo.test", name="Bob")
    await erasure.erase(ada, PASSWORD)
    today = (await stored("accounts", _id=ada.id))[0]["created_at"].date().isoformat()

    _, everybody = await loaded(admin, PeopleState, "/people")
    _, deleted = await loaded(admin, PeopleState, "/people?state=deleted")
    _, joined = await loaded(admin, PeopleState, f"/people?role=student&from={today}&to={today}")

    assert [row.email for row in everybody.rows] == ["bob@demo.test", "root@demo.test"]
    assert everybody.range_text == "1–2 of 2 · Times in UTC"
    assert [(row.name, row.email) for row in deleted.rows] == [("Deleted account", ada.id)]
    assert [row.email for row in joined.rows] == ["bob@demo.test", ada.id]  # as the figure counts


# The audit log


async def test_the_log_shows_what_the_address_asks_for(database):
    admin, ada = await an_admin(), await an_account()
    await accounts.change_role(admin, ada.id, "instructor")
    await accounts.suspend(admin, ada.id)

    _, state = await loaded(admin, AuditState, f"/audit?act=account.role_changed&object={ada.id}")

    [row] = state.rows
    assert (row.act, row.actor, row.object_kind, row.object_text, row.object_href) == (
        "Role changed",
        "Rosa Admin",
        "Account",
        "Ada Lovelace",
        f"/people/{ada.id}",
    )
    assert row.details.splitlines()[:3] == [
        "Role: Learner → Instructor",
        f"By: Rosa Admin ({admin.id})",
        f"On: Ada Lovelace ({ada.id})",
    ]
    assert state.object_text == "Ada Lovelace"
    export = urlsplit(state.export_href)
    assert export.path == "/api/v1/audit/export"
    assert parse_qs(export.query) == {"act": ["account.role_changed"], "object": [ada.id]}
    assert state.act_text == "Role changed"


@pytest.mark.parametrize(
    ("query", "view"), [("", "rows"), ("from=yesterday", "error"), ("act=x&act=y", "error")]
)
async def test_the_days_offered_end_today_whatever_the_address_says(database, query, view):
    await an_account()
    today = midnight().date()

    _, state = await loaded(ADMIN, AuditState, f"/audit?{query}")

    assert state.view == view
    assert [(choice.text, choice.changes) for choice in state.days] == [
        (text, {"from": f"{today - timedelta(before)}", "to": f"{today}"})
        for text, before in (("Today", 0), ("Last 7 days", 6), ("Last 30 days", 29))
    ]


async def test_the_log_is_searched_by_name_and_says_yes_and_no(database):
    admin, ada = await an_admin(), await an_account()
    await accounts.suspend(admin, ada.id)

    _, state = await loaded(admin, AuditState, "/audit?q=lovelace")

    assert [(row.act, row.object_text) for row in state.rows] == [
        ("Account suspended", "Ada Lovelace"),
        ("Account created", "Ada Lovelace"),
    ]
    assert state.rows[0].details.splitlines()[0] == "Suspended: No → Yes"
    assert state.export_href == "/api/v1/audit/export?q=lovelace"


async def test_an_account_there_is_not_has_no_page_to_lead_to(database):
    admin = await an_admin()
    await password_resets.ask("nobody@demo.test")

    _, state = await loaded(admin, AuditState, "/audit?act=account.reset_asked")

    [row] = state.rows
    assert (row.object_text, row.object_href) == ("acc_unknown", "")
    assert row.actor == "Anonymous"
    assert "By: Anonymous" in row.details.splitlines()


async def test_what_is_gone_or_has_no_name_is_shown_by_its_id(database):
    admin, ada = await an_admin(), await a_student()
    await accounts.suspend(admin, ada.id)
    await collection("accounts").delete_one({"_id": ada.id})

    _, state = await loaded(admin, AuditState, f"/audit?object={ada.id}&actor={admin.id}")

    assert [row.object_text for row in state.rows] == [ada.id]
    assert (state.object_text, state.actor_text) == (ada.id, "Rosa Admin")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("act=account.sold", "“account.sold” is not a known action."),
        ("from=yesterday", "Enter dates such as 2026-11-22."),
        ("after=broken", ""),
    ],
)
async def test_an_address_that_is_cut_off_breaks_nothing(database, query, said):
    await an_account()

    _, state = await loaded(ADMIN, AuditState, f"/audit?{query}")

    assert (state.view, state.error) == ("error" if said else "rows", said)


# Why?


async def test_why_leads_to_the_act_that_repairs(database):
    admin, ada = await an_admin(), await a_student()
    course = await a_course(await an_instructor())
    payment = await a_payment(state="paid", account_id=ada.id, course_id=course.id)

    _, state = await loaded(admin, AccessState, f"/access/{ada.id}/{course.id}")

    assert state.shown.headline == f"Ada Lovelace cannot study {course.title}"
    assert [row.payment_href for row in state.reasons] == [f"/payments/{payment.id}"]
    assert state.shown.because == "₹4,999.00 was paid, but access was not granted."
    assert (state.shown.repair, state.shown.repair_href) == (
        "An admin can re-check the payment.",
        f"/payments/{payment.id}",
    )


async def test_why_tells_admins_what_is_being_checked(database):
    admin, ada = await an_admin(), await a_student()
    course = await a_course(await an_instructor())
    review = Review(state=ReviewState.OPEN, reason="The gateway reports ₹9.00.")
    await a_payment(state="needs_review", account_id=ada.id, course_id=course.id, review=review)

    _, state = await loaded(admin, AccessState, f"/access/{ada.id}/{course.id}")
    _, hers = await loaded(ada, CoursePageState, f"/courses/{course.slug}")

    told = "The school is reviewing a payment of ₹4,999.00."
    assert state.shown.because == f"{told} The gateway reports ₹9.00."
    assert [row.sentence for row in state.reasons] == [state.shown.because]
    assert hers.why == [told]


async def test_why_of_a_suspended_person_leads_to_their_page(database):
    admin, ada = await an_admin(), await a_student()
    course = await a_course(await an_instructor())
    await accounts.suspend(admin, ada.id)

    _, state = await loaded(admin, AccessState, f"/access/{ada.id}/{course.id}")

    assert [row.sentence for row in state.reasons] == [
        "This account is suspended.",
        "The course has not been bought yet.",
    ]
    assert state.shown.repair_href == f"/people/{ada.id}"


async def test_why_of_nobody_is_not_there(database):
    _, state = await loaded(ADMIN, AccessState, "/access/acc_unknown/crs_unknown")

    assert state.view == "missing"
