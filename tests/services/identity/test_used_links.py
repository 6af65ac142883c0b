"""A link that was used says what it did and when, to whoever holds it and to nobody else."""

from datetime import UTC, datetime, timedelta

import pytest

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from courseflow_admin.services.identity import erasure, invitations, password_resets, verification
from courseflow_admin.services.identity.invitations import InvitationEnded, InvitationNotGood
from courseflow_admin.services.identity.one_time_links import LinkNotGood, LinkUsed
from courseflow_admin.state.core.auth import SignInState
from courseflow_admin.state.identity.links import LinkState
from tests.account_builders import NEW_PASSWORD, a_newcomer, secret_of, signed_in
from tests.builders import PASSWORD, acting, stored
from tests.course_builders import an_admin
from tests.invitation_builders import invited
from tests.state.conftest import a_tab, run

USED = datetime(2026, 11, 3, 12, tzinfo=UTC)


async def used_then() -> None:
    await collection("one_time_tokens").update_many(
        {"used_at": {"$ne": None}}, {"$set": {"used_at": USED}}
    )


async def confirmed() -> str:
    await a_newcomer()
    secret = await secret_of("welcome")
    await verification.confirm(secret)
    return secret


async def new_password() -> str:
    await a_newcomer()
    await password_resets.ask("eve@demo.test")
    secret = await secret_of("password_reset")
    await password_resets.set_new(secret, NEW_PASSWORD)
    return secret


async def new_address() -> str:
    eve = await a_newcomer()
    await verification.ask_for_new_email(await signed_in(eve), "new@demo.test", PASSWORD)
    secret = await secret_of("email_change")
    await verification.confirm(secret)
    return secret


@pytest.mark.parametrize(
    ("use", "page", "did"),
    [
        (confirmed, "/verify", "It confirmed your e-mail address. Nothing else is needed."),
        (new_password, "/reset", "It set a new password. To set another, ask for a new link."),
        (new_address, "/verify", "It changed your e-mail address. Sign in with the new one."),
    ],
)
async def test_a_used_link_says_what_it_did_and_when(database, use, page, did):
    secret = await use()
    await used_then()
    again = password_resets.set_new(secret, PASSWORD)
    if page == "/verify":
        again.close()
        again = verification.confirm(secret)

    with pytest.raises(LinkUsed) as refused:
        await again

    sentence = f"This link was used on 3 Nov 2026. {did}"
    assert refused.value.message == sentence
    root = a_tab(path=f"{page}?token={secret}")
    await run(root, LinkState, "load")
    assert (await root.get_state(SignInState)).problem == sentence
    assert (await root.get_state(LinkState)).token == ""


async def test_it_is_kept_for_thirty_days_and_goes_with_the_account(database):
    secret = await new_password()
    kept = [row for row in await stored("one_time_tokens") if row["used_at"]]
    [eve] = await stored("accounts")

    assert timedelta(days=29) < kept[0]["expires_at"] - clock.wall() <= timedelta(days=30)
    account = await accounts_db.find(eve["_id"])
    await erasure.erase(acting(account), NEW_PASSWORD)
    assert await stored("one_time_tokens") == []
    with pytest.raises(LinkNotGood) as refused:
        await verification.confirm(secret)
    assert type(refused.value) is LinkNotGood


async def accepted(secret: str) -> str:
    await invitations.sign_up(secret, "Ines", PASSWORD)
    return "This invitation was accepted on {}. Sign in to continue."


async def withdrawn(_secret: str) -> str:
    [row] = await stored("invitations")
    [admin] = await stored("accounts", role="admin")
    await invitations.revoke(acting(await accounts_db.find(admin["_id"])), row["_id"])
    return "This invitation was withdrawn on {}. Ask the person who invited you for a new one."


async def expired(_secret: str) -> str:
    await collection("invitations").update_many({}, {"$set": {"expires_at": USED}})
    return "This invitation expired on {}. Ask the person who invited you for a new one."


@pytest.mark.parametrize("ended", [accepted, withdrawn, expired])
async def test_an_invitation_that_is_over_says_how_and_when(database, ended):
    secret = await invited()
    said = await ended(secret)
    if ended is not expired:
        await collection("invitations").update_many({}, {"$set": {"ended_at": USED}})

    with pytest.raises(InvitationEnded) as refused:
        await invitations.look_at(None, secret)

    assert refused.value.message == said.format("3 Nov 2026")


async def test_what_is_no_link_says_nothing_of_others(database):
    await an_admin()
    await confirmed()

    with pytest.raises(InvitationNotGood) as invitation:
        await invitations.look_at(None, "x" * 43)
    with pytest.raises(LinkNotGood) as link:
        await verification.confirm("x" * 43)

    assert type(invitation.value) is InvitationNotGood
    assert type(link.value) is LinkNotGood
