"""Invitations as a tab holds them: the list with its acts, and the page behind the link."""

import pytest

from courseflow_admin.services.identity import invitations, sessions
from courseflow_admin.state.core.auth import AuthState, SignInState
from courseflow_admin.state.identity.invitation import InvitationState
from courseflow_admin.state.identity.invitations import InvitationsState
from tests.account_builders import a_newcomer, signed_in
from tests.builders import acting, an_account, audited, stored
from tests.invitation_builders import an_inviter, invited, secret_of_newest
from tests.state.conftest import a_tab, run, said
from tests.state.core.test_guard import asked
from tests.state.money.money_tabs import INES, a_tab_of


async def the_list(actor):
    root = await a_tab_of(actor, "/people/invitations")
    await run(root, InvitationsState, "load")
    return root, await root.get_state(InvitationsState)


async def behind(secret, actor=None, query=""):
    root = await a_tab_of(actor, f"/invitations/{secret}{query}")
    await run(root, InvitationState, "load")
    return root, await root.get_state(InvitationState)


async def test_inviting_closes_the_dialog_and_shows_the_new_row(database):
    root, state = await the_list(await an_inviter())
    empty = state.view

    await run(root, InvitationsState, "show_invite", is_open=True)
    await run(root, InvitationsState, "invite", form={"email": "Ines@demo.test", "role": "admin"})
    await run(root, InvitationsState, "load")

    assert (empty, state.view, state.inviting, state.busy) == ("empty", "rows", False, False)
    [row] = state.rows
    assert (row.email, row.role, row.inviter, row.expired, row.email_state) == (
        "ines@demo.test",
        "Admin",
        "Rosa Admin",
        False,
        "queued",
    )
    assert row.email_href.startswith("/emails/eml_")
    assert await said(root) == [("success", "ines@demo.test has been invited as an admin.")]


@pytest.mark.parametrize(
    ("form", "wrong", "text"),
    [
        ({"email": "no", "role": "admin"}, "email", "Enter a valid e-mail address."),
        ({"email": "admin@demo.test", "role": "admin"}, "email", "Rosa Admin is already an admin."),
        (
            {"email": "x@demo.test", "role": "owner"},
            "role",
            "Choose one of these roles: student, instructor, admin.",
        ),
    ],
)
async def test_what_is_refused_is_said_under_its_field(database, form, wrong, text):
    root, state = await the_list(await an_inviter())
    await run(root, InvitationsState, "show_invite", is_open=True)

    await run(root, InvitationsState, "invite", form=form)

    assert (state.wrong, state.wrong_text, state.inviting) == (wrong, text, True)
    assert await stored("invitations") == []


async def test_resend_and_revoke_say_what_they_do_and_only_then_do_it(database):
    admin = await an_inviter()
    await invitations.create(admin, "ines@demo.test", "instructor")
    root, state = await the_list(admin)
    invitation_id = state.rows[0].id

    await run(root, InvitationsState, "ask", act="resend", invitation_id=invitation_id)
    asked_about = (state.dialog_title, state.dialog_text)
    sent_before = len(await stored("emails"))
    await run(root, InvitationsState, "confirm")
    await run(root, InvitationsState, "ask", act="revoke", invitation_id=invitation_id)
    await run(root, InvitationsState, "confirm")
    await run(root, InvitationsState, "load")

    assert asked_about == (
        "Resend the invitation",
        "ines@demo.test, invited as an instructor by Rosa Admin",
    )
    assert (sent_before, len(await stored("emails"))) == (1, 2)
    assert (state.view, state.dialog, state.busy) == ("empty", "", False)
    assert [act for act, _ in await audited()][-2:] == [
        "invitation.sent_again",
        "invitation.revoked",
    ]


async def test_one_taken_meanwhile_is_said_in_the_dialog(database):
    admin, ada = await an_inviter(), await an_account()
    sent = await invitations.create(admin, "ada@demo.test", "instructor")
    root, state = await the_list(admin)
    await run(root, InvitationsState, "ask", act="revoke", invitation_id=sent.id)
    await invitations.accept(acting(ada), await secret_of_newest())

    await run(root, InvitationsState, "confirm")

    assert (state.dialog, state.dialog_problem) == ("revoke", "Invitation not found.")
    assert (await stored("invitations"))[0]["state"] == "accepted"


async def test_others_get_an_error_from_the_service_too(database):
    await invited()

    root, state = await the_list(INES)
    await run(root, InvitationsState, "invite", form={"email": "x@demo.test", "role": "admin"})

    assert (state.view, state.rows) == ("error", [])
    assert len(await stored("invitations")) == 1


# The page behind the link


async def test_the_page_says_who_invites_to_what_and_what_to_do(database):
    secret = await invited("ada@demo.test")

    _, nobody = await behind(secret, query="?said=weak_password_common")
    ada = acting(await an_account())
    _, known = await behind(secret)
    _, same = await behind(secret, ada)
    bob = await signed_in(await a_newcomer("bob@demo.test", "Bob"))
    _, other = await behind(secret, bob)

    assert [state.view for state in (nobody, known, same, other)] == [
        "sign_up",
        "sign_in",
        "accept",
        "switch",
    ]
    assert nobody.offer == "Rosa Admin has invited you to CourseFlow as an instructor."
    assert nobody.gives == "You can also create and sell your own courses."
    assert (nobody.email, nobody.token) == ("ada@demo.test", secret)
    assert (other.signed_in_as, known.here) == ("bob@demo.test", f"/invitations/{secret}")


async def test_the_problem_that_came_back_is_in_words_at_its_field(database):
    root, _ = await behind(await invited(), query="?said=weak_password_common")

    frame = await root.get_state(SignInState)
    assert (frame.problem, frame.wrong) == ("", "password")
    assert "most common passwords" in frame.wrong_text


async def test_a_link_that_is_over_says_whom_to_ask_and_nothing_else(database):
    root, state = await behind("x" * 43, query="?said=invitation_not_good")

    assert state.view == "over"
    assert state.over == (
        "This invitation was used, revoked or has expired. Ask the person who invited you for a "
        "new one. For help, write to support@demo.test."
    )
    assert (state.email, state.offer, (await root.get_state(SignInState)).problem) == ("", "", "")


async def test_an_open_tab_has_the_role_with_its_next_event(database):
    ada = await an_account()
    root = a_tab(await sessions.open_browser(ada))
    handler = InvitationsState.event_handlers["load"]
    refused = await asked(root, handler)
    secret = await invited("ada@demo.test", "admin")
    await invitations.accept(acting(ada), secret)

    through = await asked(root, handler)

    assert (refused is not None, through) == (True, None)
    assert (await root.get_state(AuthState)).role_label == "Admin"
