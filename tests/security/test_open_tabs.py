"""What an open tab still holds lets nobody do anything: the services ask again.

Each handler in the tab of somebody who may, one click before the act, and then as another person.
"""

from collections.abc import Awaitable, Callable

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.school.settings import SchoolChange
from courseflow_admin.models.teaching.studio import LessonForm
from courseflow_admin.services.identity import verification
from courseflow_admin.services.school import school_logo
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.teaching import studio
from courseflow_admin.state.core.events import NOT_UNDERSTOOD
from courseflow_admin.state.core.marks import PUBLIC, mark_of
from tests.account_builders import later
from tests.builders import PASSWORD, acting
from tests.conftest import empty_database
from tests.pictures import a_picture
from tests.security.handlers import HANDLERS, STRANGERS, an_open_tab, become, may, run_in
from tests.security.matrix import PEOPLE, School, a_school, everything_stored
from tests.state.conftest import said

ASKED = sorted(name for name, one in HANDLERS.items() if mark_of(one.function) is not PUBLIC)
# They write nothing for anybody: they read, or change what this one tab shows.
SHOWS = {
    *("load", "refresh", "ask", "cancel", "codes_kept", "ask_delete", "ask_remove", "show_dialog"),
    *("show_invite", "show_add", "show_owner", "show_review_dialog", "show_capture_dialog"),
    *("choose_settlement",),
    *("close_remove", "close_dialog", "show_text", "show_write", "show_preview", "preview"),
    *("pick_role", "write_reason", "take_theirs", "logo_sent", "ask_remove_logo"),
}
# These would write, but for a reason that is not the caller.
BEYOND = {
    "MyPaymentState.look": "what is paid is not looked at again",
    "SecondFactorState.confirm": "the code is no true one",
    "SecondFactorState.renew": "no second factor is on",
    "SecondFactorState.switch_off": "no second factor is on",
}


async def nothing(_school: School) -> None: ...


async def set_payment(school: School, **fields: object) -> None:
    await collection("payments").update_one({"_id": school.payment.id}, {"$set": fields})


async def a_review(school: School) -> None:
    await set_payment(school, review={"state": "open", "reason": "Odd", "at": clock.business()})


async def money_that_is_held(school: School) -> None:
    held = {"provider_payment_id": "pay_1", "at": clock.business(), "outcome": "authorized"}
    await set_payment(
        school, provider="razorpay", capture="authorized", state="authorized", attempts=[held]
    )


async def a_grant(school: School) -> None:
    grant = {"id": "gra_1", "kind": "free", "started": clock.business()}
    await collection("enrollments").update_many({}, {"$set": {"grants": [grant]}})


async def a_free_course(school: School) -> None:
    await collection("courses").update_one(
        {"_id": school.course.id}, {"$set": {"free": True, "price.minor": 0}}
    )


async def an_unproved_address(school: School) -> None:
    learner = {"_id": school.people["learner"].id}
    await collection("accounts").update_one(learner, {"$set": {"verified_at": None}})


async def an_address_to_come(school: School) -> None:
    learner = acting(school.people["learner"])
    await verification.ask_for_new_email(learner, "mine@demo.test", PASSWORD)
    await later()


async def an_archived_course(school: School) -> None:
    await studio.archive(SYSTEM, school.course.id)


async def a_logo(_school: School) -> None:
    await school_logo.put(SYSTEM, a_picture())


async def another_text(school: School) -> None:
    lesson = school.course.outline[0].lessons[0]
    form = LessonForm(title="Theirs", text="Theirs", minutes=1, preview=False, ready=True)
    await studio.save_lesson(SYSTEM, school.course.id, lesson.id, form, lesson.revision)


async def another_name(_school: School) -> None:
    await school_settings.change(SYSTEM, SchoolChange(name="Theirs"), 0)


Change = Callable[[School], Awaitable[None]]
BEFORE: dict[str, Change] = {
    "AccountState.cancel_change": an_address_to_come,
    "AccountState.resend": an_unproved_address,
    "AccountState.send_change_again": an_address_to_come,
    "ClassroomState.finish": a_grant,
    "ClassroomState.include_new": a_grant,
    "CoursePageState.enroll": a_free_course,
    "LinkState.resend": an_unproved_address,
    "PaymentDetailState.capture": money_that_is_held,
    "PaymentDetailState.choose_settlement": a_review,
    "PaymentDetailState.resolve_review": a_review,
    "SettingsState.remove_logo": a_logo,
    "StudioCourseState.unarchive": an_archived_course,
}
MEANWHILE: dict[str, Change] = {
    "SettingsState.keep_mine": another_name,
    "StudioLessonState.keep_mine": another_text,
}


async def opened(name: str) -> tuple[School, object]:
    school = await a_school()
    await BEFORE.get(name, nothing)(school)
    return school, await an_open_tab(school, name, MEANWHILE.get(name, nothing))


@pytest.mark.parametrize("name", ASKED)
async def test_each_handler_is_called_so_that_it_does_what_it_is_for(database, sandbox, name):
    """So that the refusals below are for the person alone."""
    school, root = await opened(name)
    before = await everything_stored()

    await run_in(root, school, name)

    texts = [text for _, text in await said(root)]
    wrote = await everything_stored() != before
    assert NOT_UNDERSTOOD not in " ".join(texts)
    assert wrote == (name.partition(".")[2] not in SHOWS and name not in BEYOND), texts


@pytest.mark.parametrize("name", [name for name in ASKED if name.partition(".")[2] not in SHOWS])
async def test_in_a_tab_that_holds_all_it_takes_others_change_nothing(database, sandbox, name):
    state, mark = name.partition(".")[0], mark_of(HANDLERS[name].function)
    others = [one for one in PEOPLE if not may(mark, one) or one in STRANGERS.get(state, [])]
    changed = []

    for person in others:
        await empty_database()
        school, root = await opened(name)
        await become(root, school, person)
        before = await everything_stored()
        await run_in(root, school, name)
        if await everything_stored() != before:
            changed.append(person)

    assert changed == []
    assert "nobody" in others
