"""The e-mail log, one e-mail and one's own e-mails as a tab holds them."""

from datetime import timedelta

import pytest

from courseflow_admin.models.core import clock
from courseflow_admin.models.mail.emails import EmailEvent, EmailKind, EmailState
from courseflow_admin.state.mail.email import EmailDetailState, steps_of
from courseflow_admin.state.mail.emails import KINDS, STATES, EmailsState
from courseflow_admin.state.mail.my_emails import MyEmailsState
from tests.builders import an_account
from tests.money_builders import an_email, email_row
from tests.state.conftest import run
from tests.state.money.money_tabs import ADA, ADMIN, BOB, INES, OTTO, a_tab_of


async def loaded(actor, state, path):
    root = await a_tab_of(actor, path)
    await run(root, state, "load")
    return await root.get_state(state)


async def test_the_log_shows_the_newest_first_with_its_state_in_words(database):
    await an_email(5, kind=EmailKind.WELCOME, subject="Welcome to CourseFlow")
    newest = await an_email(1, state=EmailState.BOUNCED)

    state = await loaded(ADMIN, EmailsState, "/emails")

    first, second = state.rows
    assert (first.receiver, first.kind, first.state, first.href) == (
        "ada@demo.test",
        "Receipt",
        "bounced",
        f"/emails/{newest.id}",
    )
    assert (second.subject, second.kind) == ("Welcome to CourseFlow", "Welcome")
    assert state.range_text == "1–2 of 2 · Times in UTC"


async def test_instructors_see_the_mails_of_own_courses(database):
    await an_email(1, course_owner_id="acc_otto")
    mine = await an_email(2)

    state = await loaded(INES, EmailsState, "/emails")

    assert [row.href for row in state.rows] == [f"/emails/{mine.id}"]


async def test_all_to_a_person_are_shown_whatever_their_address_was_or_is(database):
    ada = await an_account()
    letters = [
        await an_email(number, account_id=ada.id, to=to)
        for number, to in enumerate(("new@demo.test", "old@demo.test", ""))
    ]
    await an_email(account_id="acc_bob")

    state = await loaded(ADMIN, EmailsState, f"/emails?kind=receipt&account={ada.id}")

    assert [row.href for row in state.rows] == [f"/emails/{letter.id}" for letter in letters]
    assert (state.person_text, state.filtered) == ("Ada Lovelace", True)


async def test_one_filter_gathers_all_that_did_not_arrive(database):
    for number, one in enumerate(EmailState):
        await an_email(number, state=one)

    state = await loaded(ADMIN, EmailsState, "/emails?state=undelivered")

    assert [row.state for row in state.rows] == ["bounced", "failed", "suppressed", "complained"]
    assert (state.state_text, state.kind_text) == ("Not delivered", "")


async def test_nothing_undelivered_is_good_news(database):
    state = await loaded(ADMIN, EmailsState, "/emails?state=undelivered")

    assert (state.view, state.empty_title) == (
        "empty",
        "No undelivered e-mails",
    )


def test_every_kind_and_state_has_its_words():
    assert set(KINDS) == set(EmailKind)
    assert set(STATES) == {"undelivered", *EmailState}


async def test_an_email_is_shown_as_it_was_sent_with_its_links(database):
    email = await an_email(html="<b>Hello</b>", text="Hello")

    state = await loaded(ADMIN, EmailDetailState, f"/emails/{email.id}")

    shown = state.shown
    assert (state.view, shown.html, shown.text) == ("there", "<b>Hello</b>", "Hello")
    assert (shown.payment_href, shown.same_receiver_href) == (
        "/payments/pay_one",
        "/emails?account=acc_ada",
    )
    assert (state.back_text, state.back_href) == ("E-mails", "/emails")


async def test_of_an_erased_email_the_page_says_so(database):
    erased = await an_email(to="", to_name="", html="", text="")

    state = await loaded(ADMIN, EmailDetailState, f"/emails/{erased.id}")

    assert (state.view, state.shown.erased) == ("there", True)
    assert (state.shown.same_receiver_text, state.shown.same_receiver_href) == (
        "All e-mails to this person",
        "/emails?account=acc_ada",
    )


async def test_of_content_that_is_kept_no_longer_the_page_says_since_when(database):
    old = await an_email(html="", text="", body_kept_days=365)

    state = await loaded(ADMIN, EmailDetailState, f"/emails/{old.id}")

    assert (state.shown.erased, state.shown.body_gone) == (False, "Body deleted after 365 days")
    assert state.shown.receiver == old.to


@pytest.mark.parametrize(
    ("to", "link"),
    [
        ("new@demo.test", ("All e-mails to this address", "/emails?to=new%40demo.test")),
        ("", ("", "")),
    ],
)
async def test_without_an_account_the_address_leads_to_the_others_if_it_is_still_known(
    database, to, link
):
    invitation = await an_email(account_id="", to=to)

    state = await loaded(ADMIN, EmailDetailState, f"/emails/{invitation.id}")

    assert (state.shown.same_receiver_text, state.shown.same_receiver_href) == link


async def test_the_receiver_is_led_to_own_pages(database):
    email = await an_email()

    state = await loaded(ADA, EmailDetailState, f"/emails/{email.id}")

    assert (state.view, state.log, state.back_href) == ("there", False, "/my/emails")
    assert (state.shown.payment_href, state.shown.same_receiver_href) == (
        "/my/payments/pay_one",
        "",
    )


@pytest.mark.parametrize("actor", [BOB, OTTO])
async def test_an_email_of_others_is_not_there(database, actor):
    email = await an_email()

    state = await loaded(actor, EmailDetailState, f"/emails/{email.id}")

    assert (state.view, state.shown.subject, state.shown.html) == ("missing", "", "")


async def test_plain_text_is_a_click_away(database):
    email = await an_email()
    root = await a_tab_of(ADA, f"/emails/{email.id}")
    await run(root, EmailDetailState, "load")

    await run(root, EmailDetailState, "show_text", as_text=True)

    assert (await root.get_state(EmailDetailState)).as_text is True


def test_the_history_says_what_is_known_once():
    at = clock.business()
    events = [
        EmailEvent(at=at, state=EmailState.SENT, detail="Accepted by Resend"),
        EmailEvent(at=at + timedelta(milliseconds=5), state=EmailState.SENT, detail="accepted"),
        EmailEvent(
            at=at + timedelta(seconds=1), state=EmailState.BOUNCED, detail="No such mailbox"
        ),
    ]

    steps = steps_of(email_row(provider_id="re_1", events=events))

    assert [(step.what, step.evidence) for step in steps] == [
        ("Created", ""),
        ("Accepted by Resend", "Accepted by Resend"),
        ("Rejected by the recipient's server", "No such mailbox"),
    ]


async def test_everybody_finds_the_own_mails_and_no_others(database):
    mine = await an_email(1)
    await an_email(2, account_id="acc_bob", to="bob@demo.test")

    of_ada = await loaded(ADA, MyEmailsState, "/my/emails")
    of_otto = await loaded(OTTO, MyEmailsState, "/my/emails")

    assert [row.href for row in of_ada.rows] == [f"/emails/{mine.id}"]
    assert (of_otto.view, of_otto.rows) == ("empty", [])
