"""The lists of people, learners and webhooks as a tab holds them."""

import pytest

from courseflow_admin import measures
from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.money.webhooks import WebhookState
from courseflow_admin.models.teaching.enrollments import Grant
from courseflow_admin.state.core import times
from courseflow_admin.state.core.marks import mark_of
from courseflow_admin.state.identity.people import PeopleState
from courseflow_admin.state.money.webhooks import WebhooksState
from courseflow_admin.state.teaching.learners import LearnersState
from tests.builders import an_account
from tests.course_builders import a_course, an_instructor
from tests.services.figures.figures import TOMAS, an_event, enrolled, midnight
from tests.state.conftest import run, said
from tests.state.money.money_tabs import ADMIN, INES, a_tab_of


async def loaded(actor, state, path):
    root = await a_tab_of(actor, path)
    await run(root, state, "load")
    return await root.get_state(state)


@pytest.mark.parametrize(
    ("state", "permissions"),
    [
        (PeopleState, {Permission.ACCOUNTS_READ}),
        (LearnersState, {Permission.ENROLLMENTS_READ}),
        (WebhooksState, {Permission.WEBHOOKS_READ, Permission.WEBHOOKS_REPLAY}),
    ],
)
def test_every_handler_asks_for_the_permission_of_its_list(state, permissions):
    own = {name: handler for name, handler in state.event_handlers.items() if name != "setvar"}

    assert {mark_of(handler.fn) for handler in own.values()} == permissions


@pytest.mark.parametrize(
    ("state", "path"), [(PeopleState, "/people"), (WebhooksState, "/webhooks")]
)
async def test_what_is_the_schools_is_refused_to_others_by_the_service_too(database, state, path):
    found = await loaded(INES, state, path)

    assert (found.view, found.rows) == ("error", [])


@pytest.mark.parametrize(
    ("state", "path", "name"),
    [
        (PeopleState, "/people?role=student&role=admin", "role"),
        (PeopleState, "/people?q=&q=ada", "q"),
        (LearnersState, "/learners?after=a&after=b", "after"),
        (WebhooksState, "/webhooks?state=failed&provider=stripe&state=handled", "state"),
    ],
)
async def test_an_address_that_says_something_twice_shows_no_rows(database, state, path, name):
    await an_account("ada@demo.test")

    found = await loaded(ADMIN, state, path)

    assert (found.view, found.rows) == ("error", [])
    assert found.error == f"“{name}” appears twice in this page's address."


# People


async def test_people_are_finished_text_newest_first(database):
    old = await an_account("ada@demo.test")
    new = await an_account("ines@demo.test", "instructor", "Ines Weber")
    await collection("accounts").update_one(
        {"_id": old.id}, {"$set": {"suspended_at": midnight(), "signed_in_at": midnight()}}
    )

    state = await loaded(ADMIN, PeopleState, "/people")

    assert [(row.name, row.email, row.role, row.standing) for row in state.rows] == [
        ("Ines Weber", "ines@demo.test", "Instructor", "active"),
        ("Ada Lovelace", "ada@demo.test", "Learner", "suspended"),
    ]
    assert [row.seen for row in state.rows] == ["Never", times.short(midnight())]
    assert state.rows[0].joined == times.short(new.created_at)
    assert state.range_text == "1–2 of 2 · Times in UTC"


async def test_people_are_found_by_name_or_address_role_and_days(database):
    await an_account("ada@demo.test")
    await an_account("adam@demo.test", "instructor")
    late = await an_account("adele@demo.test")
    await collection("accounts").update_one(
        {"_id": late.id}, {"$set": {"created_at": midnight(40)}}
    )
    today = midnight().date().isoformat()

    state = await loaded(ADMIN, PeopleState, f"/people?q=AD&role=student&from={today}")

    assert [row.email for row in state.rows] == ["ada@demo.test"]
    assert state.role_text == "Learner"


async def test_days_that_are_none_are_said_so(database):
    state = await loaded(ADMIN, PeopleState, "/people?from=soon")

    assert (state.view, state.error) == ("error", "Enter dates such as 2026-11-22.")


# Learners


async def test_learners_are_finished_text_newest_first(database):
    grant = Grant(id=new_id("grt"), kind="payment", started=midnight(1))
    ended = grant.model_copy(update={"id": new_id("grt"), "kind": "free", "ended": midnight()})
    await enrolled(midnight(1), learner_name="Bob", grants=[ended], percent=10)
    await enrolled(
        midnight(),
        learner_name="Ada",
        course_title="Trees",
        grants=[ended, grant],
        percent=100,
        completed_at=midnight(),
    )

    state = await loaded(INES, LearnersState, "/learners")

    ada, bob = state.rows
    assert (ada.name, ada.course, ada.percent, ada.progress) == ("Ada", "Trees", 100, "100%")
    assert (ada.done, ada.how, ada.access) == (True, "Free, Paid", "active")
    assert ada.enrolled == times.short(midnight())
    assert (bob.name, bob.done, bob.how, bob.access) == ("Bob", False, "Free", "ended")


async def test_an_instructor_chooses_among_own_courses_and_sees_their_learners(database):
    ines, otto = await an_instructor(), await an_instructor("otto@demo.test", "Otto")
    trees, graphs = await a_course(ines, "Trees"), await a_course(ines, "Graphs")
    other = await a_course(otto, "Other")
    await enrolled(midnight(), ines.id, course_id=trees.id, learner_name="Ada")
    await enrolled(midnight(), ines.id, course_id=graphs.id, learner_name="Bob")
    await enrolled(midnight(), otto.id, course_id=other.id, learner_name="Cleo")

    chosen = await loaded(ines, LearnersState, f"/learners?course={trees.id}")
    everybody = await loaded(ADMIN, LearnersState, "/learners")
    foreign = await loaded(ines, LearnersState, f"/learners?course={other.id}")

    assert [(choice.text, choice.changes) for choice in chosen.courses] == [
        ("Graphs", {"course": graphs.id}),
        ("Trees", {"course": trees.id}),
    ]
    assert (chosen.course_text, everybody.course_text) == ("Trees", "")
    assert [row.name for row in chosen.rows] == ["Ada"]
    assert {row.name for row in everybody.rows} == {"Ada", "Bob", "Cleo"}
    assert [choice.text for choice in everybody.courses] == ["Graphs", "Other", "Trees"]
    assert (foreign.view, foreign.rows, foreign.course_text) == ("empty", [], "Unknown")


async def test_learners_page_there_and_back(database):
    for number in range(60):
        await enrolled(midnight(number), learner_name=f"Learner {number:02}")
    await enrolled(midnight(), TOMAS.id)

    first = await loaded(INES, LearnersState, "/learners")
    second = await loaded(INES, LearnersState, first.next_href)
    back = await loaded(INES, LearnersState, second.previous_href)

    assert (first.range_text, second.range_text) == (
        "1–50 of 60 · Times in UTC",
        "51–60 of 60 · Times in UTC",
    )
    names = [row.name for row in first.rows + second.rows]
    assert names == [f"Learner {number:02}" for number in range(60)]
    assert back.rows == first.rows


# Webhooks


async def test_webhooks_are_finished_text_and_lead_to_their_payment(database):
    failed = await an_event(3, WebhookState.FAILED, error="No payment of ours.", attempts=8)
    await an_event(5, WebhookState.HANDLED, result="Paid", payment_id="pay_one")

    state = await loaded(ADMIN, WebhooksState, "/webhooks")

    first, second = state.rows
    assert (first.provider, first.kind, first.state) == ("Stripe", "charge.refunded", "failed")
    assert (first.result, first.attempts, first.href) == ("No payment of ours.", 8, "")
    assert first.received == times.short(failed.received_at)
    assert (second.result, second.href) == ("Paid", "/payments/pay_one")


async def test_stuck_webhooks_can_be_asked_for(database):
    await an_event(3, WebhookState.FAILED, kind="one")
    await an_event(11, WebhookState.WAITING, kind="two")
    await an_event(12, WebhookState.WAITING, kind="three", provider="resend")
    await an_event(1, WebhookState.WAITING)

    state = await loaded(ADMIN, WebhooksState, "/webhooks?state=stuck&provider=stripe")

    assert [row.kind for row in state.rows] == ["one", "two"]
    assert (state.state_text, state.provider_text) == ("Needs attention", "Stripe")
    assert "Fix the cause shown" in state.note


async def test_a_row_that_failed_is_retried_by_its_button(database):
    failed = await an_event(3, WebhookState.FAILED, error="No payment of ours.", attempts=8)
    root = await a_tab_of(ADMIN, "/webhooks")

    await run(root, WebhooksState, "replay", event_id=failed.id)

    assert await said(root) == [("success", "Retrying the event now.")]
    [row] = (await loaded(ADMIN, WebhooksState, "/webhooks")).rows
    assert (row.id, row.state, row.result, row.attempts) == (failed.id, "waiting", "", 0)


async def test_a_webhook_whose_body_is_kept_no_longer_says_so_in_its_row(database):
    gone = await an_event(1, WebhookState.FAILED, raw="", body_kept_days=90)
    await an_event(2, WebhookState.FAILED)

    state = await loaded(ADMIN, WebhooksState, "/webhooks")

    assert [(row.id == gone.id, row.body_gone) for row in state.rows] == [
        (True, "Body deleted after 90 days"),
        (False, ""),
    ]


async def test_what_a_handler_takes_is_timed_under_its_name(database):
    def count() -> float:
        labels = {"handler": "WebhooksState.load", "outcome": "ok"}
        name = "courseflow_event_seconds_count"
        return measures.REGISTRY.get_sample_value(name, labels) or 0

    before = count()
    await loaded(ADMIN, WebhooksState, "/webhooks")

    assert count() == before + 1
