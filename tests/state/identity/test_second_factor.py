"""The second factor as a tab holds it."""

import pytest

from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.identity.second_factor import SecondFactorOn
from courseflow_admin.services.identity import second_factor, sessions
from courseflow_admin.state.core.auth import AuthState, SignInState
from courseflow_admin.state.identity.account import AccountState
from courseflow_admin.state.identity.people import PeopleState
from courseflow_admin.state.identity.person import PersonState
from courseflow_admin.state.identity.second_factor import SecondFactorState, SignInCodeState
from tests import edge
from tests.account_builders import everything, signed_in
from tests.builders import PASSWORD, an_account, stored
from tests.edge import led_to
from tests.second_factor_builders import code_of, school_asks, with_second_factor
from tests.state.conftest import a_tab, run, said
from tests.state.core.test_guard import asked
from tests.state.money.money_tabs import a_tab_of

ALL = ("accounts", "sessions", "emails", "second_factors")


async def opened(actor):
    root = await a_tab_of(actor, "/account")
    await run(root, SecondFactorState, "load")
    return root, await root.get_state(SecondFactorState)


async def test_set_up_confirmed_and_kept_it_forgets_what_it_showed(database):
    root, state = await opened(await signed_in(await an_account()))
    views = [state.view]

    await run(root, SecondFactorState, "begin", form={"current_password": PASSWORD})
    key, views = state.key, [*views, state.view]
    assert (len(key), state.key_groups.replace(" ", ""), state.qr[:4]) == (32, key, "<svg")
    await run(root, SecondFactorState, "confirm", form={"code": code_of(key)})
    views.append(state.view)
    assert (state.key, state.key_groups, state.qr) == ("", "", "")
    assert state.codes_text.split("\n") == state.codes
    assert (len(state.codes), state.left) == (10, "10 of 10 left")
    await run(root, SecondFactorState, "codes_kept")

    assert views == ["off", "setting_up", "on"]
    assert (state.codes, state.codes_text, state.codes_href) == ([], "", "")


async def test_a_reload_shows_the_key_of_a_set_up_again_but_codes_never(database):
    root, state = await opened(await signed_in(await an_account()))
    await run(root, SecondFactorState, "begin", form={"current_password": PASSWORD})

    await run(root, SecondFactorState, "load")
    key, view = state.key, state.view
    await run(root, SecondFactorState, "confirm", form={"code": code_of(key)})
    await run(root, SecondFactorState, "load")

    assert (view, state.view, state.codes, state.key) == ("setting_up", "on", [], "")


@pytest.mark.parametrize(
    ("handler", "form", "wrong"),
    [
        ("begin", {"current_password": "not it"}, "current_password"),
        ("renew", {"current_password": "not it", "code": "1"}, "current_password"),
        ("renew", {"current_password": PASSWORD, "code": "000000"}, "code"),
        ("switch_off", {"current_password": PASSWORD, "code": "000000"}, "code"),
        ("switch_off", {"current_password": PASSWORD, "code": ""}, "code"),
    ],
)
async def test_what_does_not_fit_is_said_at_its_field_and_changes_nothing(
    database, handler, form, wrong
):
    owner = await with_second_factor(await an_account())
    root, state = await opened(owner.actor)
    before = await everything(*ALL)

    await run(root, SecondFactorState, handler, form=form)

    assert (state.wrong, state.saving) == (wrong, "")
    assert state.wrong_text != ""
    assert await everything(*ALL) == before


async def test_a_set_up_that_another_tab_began_anew_is_said_and_over(database):
    actor = await signed_in(await an_account())
    root, state = await opened(actor)
    await run(root, SecondFactorState, "begin", form={"current_password": PASSWORD})
    made = await second_factor.begin(actor, PASSWORD)
    await second_factor.confirm(actor, code_of(made.key))

    await run(root, SecondFactorState, "confirm", form={"code": "123456"})

    assert (state.view, state.key) == ("on", "")
    assert await said(root) == [("error", str(SecondFactorOn()))]


async def test_switched_off_the_page_says_so(database):
    owner = await with_second_factor(await an_account())
    root, state = await opened(owner.actor)

    form = {"current_password": PASSWORD, "code": owner.codes[0].lower()}
    await run(root, SecondFactorState, "switch_off", form=form)

    assert (state.view, state.asking) == ("off", "")
    assert (await said(root))[0][0] == "success"


# A must for admins


async def a_due_tab(path):
    await school_asks()
    token = await sessions.open_browser(await an_account("root@demo.test", "admin"))
    return a_tab(token, path)


@pytest.mark.parametrize(
    ("state", "handler"), [(PeopleState, "load"), (PersonState, "confirm"), (AccountState, "load")]
)
async def test_on_every_other_page_a_due_admin_is_led_to_the_account(database, state, handler):
    root = await a_due_tab("/people")

    answer = await asked(root, state.event_handlers[handler])

    assert answer.events[0].payload["path"] == "/account"
    auth = await root.get_state(AuthState)
    held = ["account:own", "account:private"]
    assert (auth.second_factor_due, auth.permissions) == (True, held)


async def test_on_the_own_account_only_what_is_ones_own_goes_through(database):
    root = await a_due_tab("/account")

    for state, handler in [(AccountState, "load"), (SecondFactorState, "begin")]:
        assert await asked(root, state.event_handlers[handler]) is None
    assert await asked(root, PersonState.event_handlers["confirm"]) is not None

    [(tone, text)] = await said(root)
    assert (tone, "Set it up on your account page first" in text) == ("error", True)


async def test_once_it_is_set_up_the_tab_holds_everything_again(database):
    root = await a_due_tab("/account")
    await asked(root, SecondFactorState.event_handlers["load"])
    await run(root, SecondFactorState, "begin", form={"current_password": PASSWORD})
    state = await root.get_state(SecondFactorState)

    await run(root, SecondFactorState, "confirm", form={"code": code_of(state.key)})

    auth = await root.get_state(AuthState)
    assert auth.permissions == sorted(Permission)
    assert auth.second_factor_due is False
    assert await asked(root, PeopleState.event_handlers["load"]) is None
    assert (auth.permissions, state.required) == (sorted(Permission), True)


async def test_an_admin_removes_it_on_the_page_of_a_person(database):
    owner = await with_second_factor(await an_account())
    admin = await signed_in(await an_account("root@demo.test", "admin"))
    root = await a_tab_of(admin, f"/people/{owner.account.id}")
    await run(root, PersonState, "load")
    state = await root.get_state(PersonState)
    before = state.shown.second_factor

    await run(root, PersonState, "ask", act="second_factor")
    await run(root, PersonState, "confirm")

    assert (before.startswith("On since "), state.shown.second_factor) == (True, "Off")
    assert await stored("second_factors") == []


# The page of the code


@pytest.mark.parametrize(
    ("cookie", "path", "led"),
    [
        ("", "/sign-in/code?next=%2Fmy%2Fcourses", "/sign-in?next=%2Fmy%2Fcourses"),
        ("", "/sign-in/code?next=//evil.example", "/sign-in"),
    ],
)
async def test_without_half_a_sign_in_the_page_leads_to_its_beginning(cookie, path, led):
    root = a_tab(path=path)

    steps = await run(root, SignInCodeState, "load")

    assert led_to(steps) == led


async def test_with_half_a_sign_in_the_page_asks_for_the_code_or_a_recovery_code(database):
    root = a_tab(path="/sign-in/code?by=recovery&said=wrong_code&next=%2Fmy%2Fcourses")
    headers = {"cookie": "cf_sign_in=x", "origin": "http://localhost:3000"}
    edge.move(root, headers=headers)

    assert await run(root, SignInCodeState, "load") == []

    state, frame = await root.get_state(SignInCodeState), await root.get_state(SignInState)
    assert (state.recovery, state.by) == (True, "recovery")
    assert state.other_href == "/sign-in/code?next=%2Fmy%2Fcourses"
    assert frame.next_path == "/my/courses"
    assert "@" in state.support
    assert frame.problem == (
        "This recovery code is incorrect or has already been used. Check it against your list, "
        "try another one, or use the code from your app."
    )


async def test_closed_for_the_day_the_page_of_the_code_says_how_one_gets_in(database):
    root = a_tab(path="/sign-in/code?said=too_many")
    headers = {"cookie": "cf_sign_in=x", "origin": "http://localhost:3000"}
    edge.move(root, headers=headers)

    await run(root, SignInCodeState, "load")

    frame = await root.get_state(SignInState)
    assert frame.problem.endswith("If that doesn't help, reset your password.")
