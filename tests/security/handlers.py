"""Every handler a browser can call, whose it is, and how to call it so that it would do something.

Each argument is one that the handler takes, about an object that is there, so that what refuses is
the permission and not the form.
"""

import inspect
from collections.abc import Callable
from typing import Any

from courseflow_admin import routes as links
from courseflow_admin.courseflow_admin import app as _app  # noqa: F401 - registers every handler
from courseflow_admin.models.core.permissions import PERMISSIONS, Permission
from courseflow_admin.state import edge
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.marks import PUBLIC, SIGNED_IN, mark_of
from tests.builders import PASSWORD, acting
from tests.security.matrix import PEOPLE, School
from tests.state.conftest import a_tab, run

HANDLERS = {
    f"{one.state.__name__}.{one.function.__name__}": one
    for one in edge.handlers().values()
    if one.state.__module__.startswith("courseflow_admin.") and mark_of(one.function) is not None
}
# The object each page is about; all of them are the learner's and the owner's.
PATHS = {
    "StudioCourseState": lambda school: links.studio(school.course.id),
    "StudioLessonState": lambda school: (
        f"{links.studio(school.course.id)}?lesson={school.course.outline[0].lessons[0].id}"
    ),
    "StudioAuthorsState": lambda school: links.studio(school.course.id),
    "PaymentDetailState": lambda school: links.payment(school.payment.id),
    "MyPaymentState": lambda school: links.my_payment(school.payment.id),
    "EmailDetailState": lambda school: links.email(school.email.id),
    "PersonState": lambda school: links.person(school.victim.id),
    "AccessState": lambda school: links.access(school.victim.id, school.course.id),
    "ClassroomState": lambda school: links.learn(school.course.slug),
    "CoursePageState": lambda school: links.course(school.course.slug),
}
# Whose object it is decides here as well; these hold the permission for objects of their own.
STRANGERS = {
    "StudioCourseState": ["other instructor"],
    "StudioLessonState": ["other instructor"],
    "StudioAuthorsState": ["co-instructor", "other instructor"],
    "PaymentDetailState": ["co-instructor", "other instructor"],
    "MyPaymentState": ["other student", "co-instructor", "other instructor", "admin"],
    "EmailDetailState": ["other student", "co-instructor", "other instructor"],
    "ClassroomState": ["other student", "other instructor"],
}
# Whose tab the page is open in first, with all it needs to act; of what is not named, the admin's.
HOLDERS = {
    "AccountState": "learner",
    "SecondFactorState": "learner",
    "LinkState": "learner",
    "ClassroomState": "learner",
    "CoursePageState": "other student",
    "MyPaymentState": "learner",
}
NEW_PASSWORD = "kestrel over quiet water"
PROOF = {"current_password": PASSWORD, "code": "123456"}
FORMS: dict[str, dict[str, Any]] = {
    "AccountState.change_email": {"email": "mine@demo.test", "proof": PASSWORD},
    "AccountState.change_password": {"current_password": PASSWORD, "password": NEW_PASSWORD},
    "AccountState.choose_zone": {"zone": "Europe/Zurich"},
    "AccountState.delete": {"current_password": PASSWORD},
    "AccountState.rename": {"name": "Mine Now"},
    "InvitationsState.invite": {"email": "mine@demo.test", "role": "admin"},
    "PaymentDetailState.refund": {"amount": "1.00", "reason": "Mine"},
    "PaymentDetailState.resolve_review": {"note": "Mine"},
    "SecondFactorState.begin": {"current_password": PASSWORD},
    "SecondFactorState.confirm": {"code": "123456"},
    "SecondFactorState.renew": PROOF,
    "SecondFactorState.switch_off": PROOF,
    "SettingsState.save_currencies": {"sells_INR": "on"},
    "SettingsState.save_policies": {"terms": "Mine", "privacy": "", "refunds": ""},
    "SettingsState.save_receipts": {
        "seller_lines": "Mine",
        "tax_id_label": "",
        "tax_id": "",
        "tax_note": "",
    },
    "SettingsState.save_retention": {
        "webhook_bodies_days": "60",
        "email_bodies_days": "365",
        "rejections_days": "30",
        "sessions_days": "30",
        "links_days": "30",
    },
    "SettingsState.save_rules": {"tell_about_view_as": True},
    "SettingsState.save_school": {"name": "Mine Now", "support_email": "mine@demo.test"},
    "StudioAuthorsState.add": {"email": "otherinstructor@demo.test"},
    "StudioAuthorsState.change_owner": {"email": "otherinstructor@demo.test"},
    "StudioState.create": {"title": "Mine", "currency": "INR"},
}
OWN_ARGUMENTS: dict[str, dict[str, Any]] = {
    "InvitationsState.ask": {"act": "revoke"},
    "PaymentDetailState.choose_settlement": {"how": "refunded"},
    "SecondFactorState.ask": {"which": "begin"},
    "SettingsState.logo_sent": {"taken": True},
    "StudioCourseState.change_cover": {"pattern": "rings", "hue": "ruby"},
    "StudioCourseState.change_price": {"text": "900.00", "currency": "INR"},
    "StudioCourseState.show_dialog": {"which": "archive"},
    "StudioLessonState.change_minutes": {"text": "9"},
}
# What was clicked before, in the same tab, so that a dialog is open.
FIRST: dict[str, list[str]] = {
    "InvitationsState.confirm": ["ask"],
    "PaymentDetailState.capture": ["show_capture_dialog"],
    "PaymentDetailState.refund": ["show_dialog"],
    "PaymentDetailState.choose_settlement": ["show_review_dialog"],
    "PaymentDetailState.resolve_review": ["show_review_dialog"],
    "PersonState.confirm": ["ask"],
    "PersonState.pick_role": ["ask"],
    "StudioAuthorsState.remove": ["ask_remove"],
    "SettingsState.keep_mine": ["save_school"],
    "SettingsState.take_theirs": ["save_school"],
    "StudioCourseState.move_section": ["add_section"],
    "StudioCourseState.publish": ["change_field"],
    "StudioCourseState.undo": ["delete_section"],
    "StudioLessonState.keep_mine": ["change_text"],
    "StudioLessonState.take_theirs": ["change_text"],
    "StudioState.create": ["show_dialog"],
}


def may(mark: object, person: str) -> bool:
    if mark is PUBLIC:
        return True
    role = PEOPLE[person]
    return bool(role) and (
        mark is SIGNED_IN or (isinstance(mark, Permission) and mark in PERMISSIONS[role])
    )


def arguments(name: str, fn: object, school: School) -> dict[str, object]:
    """What a browser would send to succeed, about objects of somebody else."""
    section = school.course.outline[0]
    known: dict[str, object] = {
        "form": FORMS.get(name, {}),
        "account_id": school.people["co-instructor"].id,
        "session_id": school.session_id,
        "invitation_id": school.invitation.id,
        "event_id": school.event.id,
        "section_id": section.id,
        "lesson_id": section.lessons[0].id,
        "act": "suspend",
        "role": "admin",
        "field": "title",
        "way": "down",
        "which": "archive",
        "revision": section.lessons[0].revision,
        "seen": 0,
        "is_open": True,
        "free": True,
        "preview": False,
        "ready": False,
        "as_text": True,
        **OWN_ARGUMENTS.get(name, {}),
    }
    names = [one for one in inspect.signature(fn).parameters if one != "self"]  # type: ignore[arg-type]
    return {one: known.get(one, "Mine now") for one in names}


async def behind_the_guard(school: School, person: str, state: type) -> Any:
    """A tab on the page of `state`, signed in without the guard having been asked."""
    root = a_tab(path=PATHS.get(state.__name__, lambda _: "/overview")(school))
    await become(root, school, person)
    return root


async def become(root: Any, school: School, person: str) -> None:
    """Whose tab it is from now on; what it holds stays, as if the guard had not emptied it."""
    account = school.people.get(person)
    (await root.get_state(AuthState))._sign_in(acting(account) if account else None)


async def an_open_tab(school: School, name: str, meanwhile: Callable[..., Any]) -> Any:
    """The tab of somebody who may, one click before the handler `name`.

    `meanwhile`: what others do once the page is there.
    """
    state = HANDLERS[name].state
    root = await behind_the_guard(school, HOLDERS.get(state.__name__, "admin"), state)
    if "load" in state.event_handlers:
        await run(root, state, "load")
    await meanwhile(school)
    for step in FIRST.get(name, []):
        await run_in(root, school, f"{state.__name__}.{step}")
    return root


async def run_in(root: Any, school: School, name: str) -> list[Any]:
    state, function = HANDLERS[name].state, HANDLERS[name].function
    return await run(root, state, function.__name__, **arguments(name, function, school))
