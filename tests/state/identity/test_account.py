"""One's own account as a tab holds it."""

import pytest

from courseflow_admin.api.identity import invitations, links, me
from courseflow_admin.api.identity import second_factor as api_second_factor
from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.accounts import ApiSignInForm, SignInForm, SignUpForm
from courseflow_admin.services.identity import my_account, password_resets, sessions, verification
from courseflow_admin.state.core.auth import AuthState, SignInState
from courseflow_admin.state.core.marks import PUBLIC, mark_of
from courseflow_admin.state.identity import second_factor
from courseflow_admin.state.identity.account import (
    AccountState,
    DeletionForm,
    EmailForm,
    NameForm,
    PasswordForm,
)
from courseflow_admin.state.identity.links import LinkState
from tests import edge
from tests.account_builders import (
    NEW_PASSWORD,
    a_newcomer,
    everything,
    later,
    secret_of,
    signed_in,
)
from tests.builders import PASSWORD, an_account, stored
from tests.course_builders import a_course
from tests.edge import led_to
from tests.state.conftest import a_tab, run, said
from tests.state.money.money_tabs import a_tab_of


async def opened(actor, path="/account"):
    root = await a_tab_of(actor, path)
    await run(root, AccountState, "load")
    return root, await root.get_state(AccountState)


async def test_the_page_shows_oneself_and_where_one_is_signed_in(database):
    eve = await a_newcomer()
    here = await signed_in(eve, device="Firefox/140.0 Windows")
    await sessions.open_api(eve, user_agent="curl/8.5.0")

    _, state = await opened(here)

    assert (state.name, state.email, state.verified, state.role) == (
        "Eve Moneypenny",
        "eve@demo.test",
        False,
        "Learner",
    )
    assert [(row.device, row.is_this, row.is_program) for row in state.sessions] == [
        ("Firefox on Windows", True, False),
        ("curl/8.5.0", False, True),
    ]
    assert state.sessions[0].note.startswith("203.0.113.7 · Used now · signed in ")
    assert state.others == 1


async def test_a_new_name_is_shown_at_once_also_in_the_frame(database):
    root, state = await opened(await signed_in(await a_newcomer()))

    await run(root, AccountState, "rename", form={"name": "Eve King"})

    auth = await root.get_state(AuthState)
    assert (state.name, auth.name, auth.initials) == ("Eve King", "Eve King", "EK")
    assert await said(root) == [("success", "Your name is saved.")]


@pytest.mark.parametrize(
    ("handler", "form", "wrong"),
    [
        ("rename", {"name": ""}, "name.name"),
        (
            "change_password",
            {"current_password": "not it", "password": NEW_PASSWORD},
            "password.current_password",
        ),
        (
            "change_password",
            {"current_password": PASSWORD, "password": "password"},
            "password.password",
        ),
        ("change_email", {"email": "nobody", "proof": PASSWORD}, "email.email"),
        ("change_email", {"email": "n@demo.test", "proof": "no"}, "email.current_password"),
        ("delete", {"current_password": "not it"}, "delete.current_password"),
    ],
)
async def test_what_does_not_fit_is_said_at_its_field_and_changes_nothing(
    database, handler, form, wrong
):
    root, state = await opened(await signed_in(await a_newcomer()))
    before = await everything("accounts", "emails", "sessions")

    await run(root, AccountState, handler, form=form)

    assert (state.wrong, state.saving) == (wrong, "")
    assert state.wrong_text != ""
    assert await everything("accounts", "emails", "sessions") == before


async def test_a_new_password_empties_the_form_and_counts_the_devices(database):
    eve = await a_newcomer()
    here = await signed_in(eve)
    await signed_in(eve)
    root, state = await opened(here)

    form = {"current_password": PASSWORD, "password": NEW_PASSWORD}
    await run(root, AccountState, "change_password", form=form)

    assert (state.form_key, state.others) == (1, 0)
    assert await said(root) == [
        ("success", "Your password is changed. Signed out on 1 other device.")
    ]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (PasswordForm, "current_password"),
        (PasswordForm, "password"),
        (EmailForm, "proof"),
        (DeletionForm, "current_password"),
        (second_factor.PasswordForm, "current_password"),
        (second_factor.ProofForm, "current_password"),
        (SignInForm, "password"),
        (ApiSignInForm, "password"),
        (SignUpForm, "password"),
        (me.PasswordForm, "current_password"),
        (me.PasswordForm, "password"),
        (me.EmailForm, "current_password"),
        (me.DeletionForm, "current_password"),
        (api_second_factor.BeginForm, "current_password"),
        (api_second_factor.ProofForm, "current_password"),
        (links.ResetForm, "password"),
        (invitations.InvitedForm, "password"),
    ],
)
async def test_spaces_of_a_password_are_kept(form, field):
    others = {"name": "Eve", "email": "eve@demo.test", "code": "123456", "token": "A" * 43}
    wanted = {name: others.get(name, "x" * 8) for name in form.model_fields}

    sent = form.model_validate({**wanted, field: "  spaced out  "})

    assert getattr(sent, field).get_secret_value() == "  spaced out  "
    assert "spaced out" not in repr(sent)


async def test_a_password_with_outer_spaces_changes_the_address_and_deletes_the_account(database):
    here = await signed_in(await a_newcomer())
    spaced = f" {NEW_PASSWORD} "
    await my_account.change_password(here, PASSWORD, spaced)
    root, state = await opened(here)

    await run(root, AccountState, "change_email", form={"email": "new@demo.test", "proof": spaced})
    await run(root, AccountState, "delete", form={"current_password": spaced})

    assert (state.asked_email, state.wrong) == ("new@demo.test", "")
    assert [row["erased_at"] is None for row in await stored("accounts")] == [False]


async def test_a_new_address_is_asked_for_and_the_page_says_where_the_link_went(database):
    root, state = await opened(await signed_in(await a_newcomer()))

    form = {"email": "new@demo.test", "proof": PASSWORD}
    await run(root, AccountState, "change_email", form=form)

    assert (state.asked_email, state.email) == ("new@demo.test", "eve@demo.test")


async def test_a_change_that_waits_is_shown_after_a_reload_sent_again_and_cancelled(database):
    here = await signed_in(await a_newcomer())
    await verification.ask_for_new_email(here, "new@demo.test", PASSWORD)
    await later()

    root, state = await opened(here)
    shown, until = state.asked_email, state.asked_until
    await run(root, AccountState, "send_change_again")
    await run(root, AccountState, "cancel_change")

    assert (shown, until != "", state.asked_email) == ("new@demo.test", True, "")
    assert await said(root) == [("success", "Your e-mail address is still eve@demo.test.")]
    assert len(await stored("emails", kind="email_change")) == 2
    assert await stored("one_time_tokens", use="change_email") == []


async def test_a_change_that_is_over_meanwhile_says_so_and_goes_from_the_page(database):
    here = await signed_in(await a_newcomer())
    await verification.ask_for_new_email(here, "new@demo.test", PASSWORD)
    root, state = await opened(here)
    await verification.cancel_change(here)

    await run(root, AccountState, "send_change_again")

    assert state.asked_email == ""
    assert await said(root) == [
        ("error", "There is no pending change of your e-mail address. Request it again.")
    ]
    assert len(await stored("emails", kind="email_change")) == 1


async def test_who_came_for_the_form_of_a_new_address_is_led_to_it(database):
    root = await a_tab_of(await signed_in(await a_newcomer()), "/account#email")

    steps = await run(root, AccountState, "load")

    assert "email" in str(steps)
    assert (
        await run((await opened(await signed_in(await an_account())))[0], AccountState, "load")
        == []
    )


async def test_a_second_click_on_signing_out_all_others_says_nothing_more(database):
    eve = await a_newcomer()
    here = await signed_in(eve)
    await signed_in(eve)
    root, _ = await opened(here)

    for _ in range(2):
        await run(root, AccountState, "end_others")

    assert await said(root) == [("success", "Signed out on 1 other device.")]
    assert len(await stored("audit", act="account.others_signed_out")) == 1


async def test_one_and_all_other_sessions_are_signed_out(database):
    eve = await a_newcomer()
    here, phone = await signed_in(eve), await signed_in(eve)
    await signed_in(eve)
    root, state = await opened(here)

    await run(root, AccountState, "end_session", session_id=phone.session_id)
    left = state.others
    await run(root, AccountState, "end_others")

    assert (left, state.others) == (1, 0)
    assert [row.is_this for row in state.sessions] == [True]


async def test_deleting_leads_away_and_ends_the_session(database):
    here = await signed_in(await a_newcomer())
    root, state = await opened(here)
    await run(root, AccountState, "ask_delete", is_open=True)

    steps = await run(root, AccountState, "delete", form={"current_password": PASSWORD})

    assert led_to(steps) == "/sign-in?said=deleted"
    assert state.deleting is False
    assert (await stored("accounts"))[0]["erased_at"] is not None
    assert await stored("sessions", ended_at=None) == []


async def test_the_sign_in_page_says_that_the_account_is_deleted_and_only_there(database):
    root = a_tab(path="/sign-in?said=deleted")

    await run(root, SignInState, "load")
    frame = await root.get_state(SignInState)
    there = frame.news
    edge.move(root, pathname="/reset", asPath="/reset")
    await run(root, LinkState, "load")

    assert (there, frame.problem, frame.news) == (
        "Your account is deleted, and you are signed out everywhere. We've sent you an e-mail to "
        "confirm it.",
        "",
        "",
    )


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        ("admin", "You are the only admin. Make someone else an admin first."),
        (
            "instructor",
            "You own courses. Give them to another instructor first. For help, write to "
            "support@demo.test.",
        ),
        ("student", ""),
    ],
)
async def test_why_an_account_cannot_be_deleted_is_said_before_its_password_is_asked(
    database, role, sentence
):
    actor = await signed_in(await an_account(role=role))
    if role == "instructor":
        await a_course(actor)
    root, state = await opened(actor)

    await run(root, AccountState, "ask_delete", is_open=True)

    assert (state.deleting, state.delete_problem) == (True, sentence)


async def test_the_last_admin_reads_why_in_a_notice(database):
    root, _ = await opened(await signed_in(await an_account(role="admin")))

    await run(root, AccountState, "delete", form={"current_password": PASSWORD})

    assert await said(root) == [
        ("error", "You are the only admin. Make someone else an admin first.")
    ]


async def test_a_form_of_something_else_is_refused(database):
    root, _ = await opened(await signed_in(await a_newcomer()))
    before = await everything()

    await run(root, AccountState, "delete", form="eve@demo.test")
    await run(root, AccountState, "end_session", session_id={"$ne": ""})

    assert await everything() == before
    assert {tone for tone, _ in await said(root)} == {"error"}


async def opened_link(path):
    """What the page of a one-time link shows: the secret for its form, and the problem."""
    root = a_tab(path=path)
    await run(root, LinkState, "load")
    shown, frame = await root.get_state(LinkState), await root.get_state(SignInState)
    return shown.token, frame.problem or frame.wrong_text


async def test_a_link_that_works_is_put_into_the_form_however_often_it_is_opened(database):
    await a_newcomer()
    await password_resets.ask("eve@demo.test")
    confirm, reset = await secret_of("welcome"), await secret_of("password_reset")
    before = await everything()

    seen = [await opened_link(f"/verify?token={confirm}") for _ in range(2)]
    again = await opened_link(f"/reset?token={reset}&problem=weak_password_common")

    assert seen == [(confirm, "")] * 2
    assert (again[0], "password" in again[1]) == (reset, True)
    assert await everything() == before


async def test_a_link_that_was_used_or_is_over_says_so_at_once_and_shows_no_form(database):
    await a_newcomer()
    await password_resets.ask("eve@demo.test")
    confirm, reset = await secret_of("welcome"), await secret_of("password_reset")
    await verification.confirm(confirm)
    await collection("one_time_tokens").update_one(
        {"use": "reset"}, {"$set": {"expires_at": clock.business()}}
    )

    used = f"This link was used on {calendar.school().day(clock.wall())}. It confirmed your "
    for path in (f"/verify?token={confirm}", f"/reset?token={confirm}"):
        assert await opened_link(path) == (
            "", f"{used}e-mail address. Nothing else is needed."
        ), path  # fmt: skip
    # The same for too old and made up: it tells the holder no more.
    for path in (
        f"/reset?token={reset}&problem=weak_password_common",
        "/reset?token=abc",
        "/verify?token=%ED%A0%80",
    ):
        assert await opened_link(path) == (
            "",
            "This link has already been used or has expired. Request a new one.",
        ), path


async def test_another_link_is_sent_from_the_page_which_says_so_at_once(database):
    root = await a_tab_of(await signed_in(await a_newcomer()), "/verify?problem=link_not_good")
    await run(root, LinkState, "load")
    shown, frame = await root.get_state(LinkState), await root.get_state(SignInState)
    await later()

    await run(root, LinkState, "resend")

    assert (shown.sent_to, shown.confirmed, frame.problem) == ("eve@demo.test", False, "")
    assert len(await stored("emails", kind="verify_email")) == 1


async def test_who_is_confirmed_meanwhile_gets_no_link_and_reads_that_none_is_needed(database):
    root = await a_tab_of(await signed_in(await a_newcomer()), "/verify")
    await run(root, LinkState, "load")
    await verification.confirm(await secret_of("welcome"))

    await run(root, LinkState, "resend")

    shown = await root.get_state(LinkState)
    assert (shown.sent_to, shown.confirmed) == ("", True)
    assert (await said(root), await stored("emails", kind="verify_email")) == ([], [])


@pytest.mark.parametrize("path", ["/verify?token={}", "/verify?problem=link_not_good", "/verify"])
async def test_who_is_confirmed_and_opens_a_used_link_reads_that_nothing_is_left_to_do(
    database, path
):
    eve = await a_newcomer()
    secret = await secret_of("welcome")
    await verification.confirm(secret)
    root = await a_tab_of(await signed_in(eve), path.format(secret))

    await run(root, LinkState, "load")

    shown, frame = await root.get_state(LinkState), await root.get_state(SignInState)
    assert (shown.confirmed, shown.email, frame.problem) == (True, "eve@demo.test", "")


async def test_that_somebody_else_has_the_new_address_is_still_said_to_the_confirmed(database):
    root = await a_tab_of(await signed_in(await an_account()), "/verify?problem=email_taken")

    await run(root, LinkState, "load")

    assert (await root.get_state(SignInState)).problem == (
        "Another account uses this e-mail address. Yours has not changed."
    )


def test_only_reading_the_address_is_public():
    marks = {
        (state.__name__, name): mark_of(handler.fn)
        for state in (AccountState, LinkState)
        for name, handler in state.event_handlers.items()
        if mark_of(handler.fn) is not None
    }

    public = [name for name, mark in marks.items() if mark is PUBLIC]
    assert public == [("LinkState", "load")]
    assert {mark for mark in marks.values() if mark is not PUBLIC} == {"account:private"}


def test_forms_hold_what_they_declare_and_nothing_else():
    assert set(NameForm.model_fields) == {"name"}
    assert set(EmailForm.model_fields) == {"email", "proof"}
    assert set(DeletionForm.model_fields) == {"current_password"}
