"""Every act on accounts, sessions, invitations and settings: its e-mails and its audit entry.

One table: an act that is not in it fails the last test.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.errors import NotSignedIn
from courseflow_admin.logs import request_context
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account, SignUpForm
from courseflow_admin.models.core.permissions import SYSTEM, Actor
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.school.settings import SchoolChange
from courseflow_admin.services.identity import (
    accounts,
    data_export,
    erasure,
    invitations,
    my_account,
    password_resets,
    people,
    second_factor,
    second_step,
    sessions,
    verification,
    view_as,
)
from courseflow_admin.services.school import retention, school_logo
from courseflow_admin.services.school import settings as school_settings
from tests.account_builders import NEW_PASSWORD, a_newcomer, later, secret_of, signed_in
from tests.builders import PASSWORD, an_account, stored
from tests.invitation_builders import secret_of_newest
from tests.job_builders import due_at
from tests.pictures import a_picture
from tests.second_factor_builders import code_of, with_second_factor

ADA, EVE, NEW, INES = "ada@demo.test", "eve@demo.test", "ada@new.test", "ines@demo.test"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass
class Cast:
    """Ada in her browser, and an admin in hers."""

    account: Account
    ada: Actor
    root: Actor

    async def again(self) -> Actor:
        """Ada in another browser."""
        return await signed_in(self.account, device=FIREFOX)

    async def invite(self, email: str = INES) -> str:
        return (await invitations.create(self.root, email, "instructor")).id


# Each is set up, then yields, then does its one act.
Doing = AsyncIterator[None]


async def sign_up(_: Cast) -> Doing:
    yield
    await a_newcomer()


async def sign_up_again(_: Cast) -> Doing:
    yield
    await accounts.sign_up(SignUpForm(email=ADA, name="Ada", password=PASSWORD))


async def create(_: Cast) -> Doing:
    yield
    await accounts.create(SYSTEM, email=EVE, name="Eve", role="admin", password=PASSWORD)


async def change_role(cast: Cast) -> Doing:
    yield
    await accounts.change_role(cast.root, cast.ada.id, "instructor")


async def suspend(cast: Cast) -> Doing:
    yield
    await accounts.suspend(cast.root, cast.ada.id)


async def restore(cast: Cast) -> Doing:
    await accounts.suspend(cast.root, cast.ada.id)
    yield
    await accounts.restore(cast.root, cast.ada.id)


async def view(cast: Cast) -> Doing:
    yield
    await view_as.begin(cast.root, cast.ada.id)


async def end_view(cast: Cast) -> Doing:
    await view_as.begin(cast.root, cast.ada.id)
    session = await collection("sessions").find_one({"_id": cast.root.session_id})
    assert session is not None
    viewed = Actor(cast.ada.id, "student", session_id=cast.root.session_id, viewer=cast.root)
    yield
    await view_as.end(viewed)


async def sign_out_everywhere(cast: Cast) -> Doing:
    yield
    await people.sign_out_everywhere(cast.root, cast.ada.id)


async def send_verification(cast: Cast) -> Doing:
    eve = await a_newcomer()
    await later()
    yield
    await verification.resend_to(cast.root, eve.id)


async def verify(_: Cast) -> Doing:
    await a_newcomer()
    secret = await secret_of("welcome")
    yield
    await verification.confirm(secret)


async def ask_reset(_: Cast) -> Doing:
    yield
    await password_resets.ask(ADA)


async def reset(_: Cast) -> Doing:
    await password_resets.ask(ADA)
    secret = await secret_of("password_reset")
    yield
    await password_resets.set_new(secret, NEW_PASSWORD)


async def change_password(cast: Cast) -> Doing:
    yield
    await my_account.change_password(cast.ada, PASSWORD, NEW_PASSWORD)


async def rename(cast: Cast) -> Doing:
    yield
    await my_account.rename(cast.ada, "Ada King")


async def choose_zone(cast: Cast) -> Doing:
    yield
    await my_account.choose_zone(cast.ada, "Europe/Zurich")


async def ask_new_email(cast: Cast) -> Doing:
    yield
    await verification.ask_for_new_email(cast.ada, NEW, PASSWORD)


async def new_email_again(cast: Cast) -> Doing:
    await verification.ask_for_new_email(cast.ada, NEW, PASSWORD)
    await later()
    yield
    await verification.send_change_again(cast.ada)


async def cancel_new_email(cast: Cast) -> Doing:
    await verification.ask_for_new_email(cast.ada, NEW, PASSWORD)
    yield
    await verification.cancel_change(cast.ada)


async def change_email(cast: Cast) -> Doing:
    await verification.ask_for_new_email(cast.ada, NEW, PASSWORD)
    secret = await secret_of("email_change")
    yield
    await verification.confirm(secret)


async def end_others(cast: Cast) -> Doing:
    await cast.again()
    yield
    await my_account.end_other_sessions(cast.ada)


async def end_one(cast: Cast) -> Doing:
    other = await cast.again()
    yield
    await my_account.end_session(cast.ada, other.session_id)


async def sign_out(cast: Cast) -> Doing:
    yield
    await sessions.end(cast.ada)


async def export(cast: Cast) -> Doing:
    yield
    await data_export.export(cast.ada)


async def keep_to_periods(_: Cast) -> Doing:
    await password_resets.ask(ADA)
    ended = {"$set": {"expires_at": clock.wall() - timedelta(days=31)}}
    await collection("one_time_tokens").update_many({}, ended)
    yield
    await retention.apply()


async def erase(cast: Cast) -> Doing:
    yield
    await erasure.erase(cast.ada, PASSWORD)


async def invite(cast: Cast) -> Doing:
    yield
    await cast.invite()


async def invite_again(cast: Cast) -> Doing:
    invitation_id = await cast.invite()
    yield
    await invitations.resend(cast.root, invitation_id)


async def revoke(cast: Cast) -> Doing:
    invitation_id = await cast.invite()
    yield
    await invitations.revoke(cast.root, invitation_id)


async def accept(cast: Cast) -> Doing:
    await cast.invite(ADA)
    secret = await secret_of_newest()
    yield
    await invitations.accept(cast.ada, secret)


async def accept_anew(cast: Cast) -> Doing:
    await cast.invite()
    secret = await secret_of_newest()
    yield
    await invitations.sign_up(secret, "Ines Weber", PASSWORD)


async def begin_factor(cast: Cast) -> Doing:
    yield
    await second_factor.begin(cast.ada, PASSWORD)


async def factor_on(cast: Cast) -> Doing:
    made = await second_factor.begin(cast.ada, PASSWORD)
    yield
    await second_factor.confirm(cast.ada, code_of(made.key))


async def factor_off(cast: Cast) -> Doing:
    owner = await with_second_factor(cast.account)
    yield
    await second_factor.switch_off(owner.actor, PASSWORD, code_of(owner.key))


async def factor_removed(cast: Cast) -> Doing:
    await with_second_factor(cast.account)
    yield
    await second_factor.remove(cast.root, cast.ada.id)


async def new_codes(cast: Cast) -> Doing:
    owner = await with_second_factor(cast.account)
    yield
    await second_factor.renew_recovery_codes(owner.actor, PASSWORD, code_of(owner.key))


async def use_recovery_code(cast: Cast) -> Doing:
    owner = await with_second_factor(cast.account)
    half = await second_step.ask_for_code(await accounts.authenticate(ADA, PASSWORD))
    yield
    await second_step.open_browser(half, owner.codes[0])


async def half_sign_in(cast: Cast) -> Doing:
    await with_second_factor(cast.account)
    yield
    await second_step.ask_for_code(await accounts.authenticate(ADA, PASSWORD))


async def sign_in_elsewhere(cast: Cast) -> Doing:
    yield
    await cast.again()


async def fail(_: Cast) -> Doing:
    yield
    with suppress(accounts.WrongCredentials):
        await accounts.authenticate(ADA, "not it")


async def reuse(cast: Cast) -> Doing:
    first = await sessions.open_api(cast.account)
    await sessions.refresh(first.refresh_token)
    long_ago = {"$set": {"rotated_at": clock.business() - timedelta(seconds=11)}}
    await collection("sessions").update_one({"kind": "api"}, long_ago)
    yield
    with pytest.raises(NotSignedIn):
        await sessions.refresh(first.refresh_token)


async def change_settings(cast: Cast) -> Doing:
    yield
    await school_settings.change(cast.root, SchoolChange(name="Lakeside"), 0)


async def change_logo(cast: Cast) -> Doing:
    yield
    await school_logo.put(cast.root, a_picture(120, 40))


@dataclass(frozen=True)
class Row:
    act: Act
    do: Callable[[Cast], Doing]
    by: str = "ada"  # ada, root, system, nobody; "new": whoever it makes
    mails: tuple[tuple[str, str], ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)  # all of them, or a part of them


def changed(name: str, before: Any, after: Any) -> dict[str, Any]:
    return {"before": {name: before}, "after": {name: after}}


# Nobody is written to where the act is their own and visible at once, where it opens and closes
# nothing (a failed try, half a sign-in, a key that is not confirmed), or where it concerns all.
TABLE = [
    Row(Act.ACCOUNT_SIGNED_UP, sign_up, "new", (("welcome", EVE),)),
    Row(Act.ACCOUNT_SIGN_UP_REPEATED, sign_up_again, "nobody", (("account_exists", ADA),)),
    Row(Act.ACCOUNT_CREATED, create, "system", facts={"role": "admin"}),
    Row(Act.ACCOUNT_ROLE_CHANGED, change_role, "root", (("role_changed", ADA),),
        changed("role", "student", "instructor")),
    Row(Act.ACCOUNT_SUSPENDED, suspend, "root", (("account_suspended", ADA),),
        changed("suspended", before=False, after=True)),
    Row(Act.ACCOUNT_RESTORED, restore, "root", (("account_restored", ADA),),
        changed("suspended", before=True, after=False)),
    Row(Act.ACCOUNT_VIEW_BEGUN, view, "root", (("viewed_as", ADA),)),
    Row(Act.ACCOUNT_VIEW_ENDED, end_view, "root", facts={"reason": "ended"}),
    Row(Act.ACCOUNT_SIGNED_OUT, sign_out_everywhere, "root", (("signed_out_everywhere", ADA),),
        {"sessions": 1}),
    Row(Act.ACCOUNT_VERIFICATION_SENT, send_verification, "root", (("verify_email", EVE),)),
    Row(Act.ACCOUNT_VERIFIED, verify, "new"),
    Row(Act.ACCOUNT_RESET_ASKED, ask_reset, "nobody", (("password_reset", ADA),)),
    Row(Act.ACCOUNT_PASSWORD_RESET, reset, mails=(("password_changed", ADA),)),
    Row(Act.ACCOUNT_PASSWORD_CHANGED, change_password, mails=(("password_changed", ADA),)),
    Row(Act.ACCOUNT_RENAMED, rename, facts=changed("name", "Ada Lovelace", "Ada King")),
    Row(Act.ACCOUNT_ZONE_CHANGED, choose_zone, facts=changed("zone", "", "Europe/Zurich")),
    Row(Act.ACCOUNT_EMAIL_CHANGE_ASKED, ask_new_email,
        mails=(("email_change", NEW), ("email_change_asked", ADA))),
    Row(Act.ACCOUNT_EMAIL_CHANGE_SENT_AGAIN, new_email_again, mails=(("email_change", NEW),)),
    Row(Act.ACCOUNT_EMAIL_CHANGE_CANCELLED, cancel_new_email),
    Row(Act.ACCOUNT_EMAIL_CHANGED, change_email, mails=(("email_changed", ADA),)),
    Row(Act.ACCOUNT_OTHERS_SIGNED_OUT, end_others, mails=(("sessions_ended", ADA),),
        facts={"sessions_ended": 1}),
    Row(Act.SESSION_ENDED, end_one, mails=(("sessions_ended", ADA),)),
    Row(Act.SESSION_ENDED, sign_out, facts={"reason": "signed_out"}),
    Row(Act.ACCOUNT_EXPORTED, export, mails=(("data_exported", ADA),)),
    Row(Act.ACCOUNT_ERASED, erase, mails=(("account_erased", ADA),)),
    Row(Act.INVITATION_SENT, invite, "root", (("invitation", INES),), {"role": "instructor"}),
    Row(Act.INVITATION_SENT_AGAIN, invite_again, "root", (("invitation", INES),)),
    Row(Act.INVITATION_REVOKED, revoke, "root"),
    Row(Act.INVITATION_ACCEPTED, accept, mails=(("role_changed", ADA),)),
    Row(Act.INVITATION_ACCEPTED, accept_anew, "new", (("welcome", INES),)),
    Row(Act.ACCOUNT_SECOND_FACTOR_BEGUN, begin_factor),
    Row(Act.ACCOUNT_SECOND_FACTOR_ON, factor_on, mails=(("second_factor_on", ADA),)),
    Row(Act.ACCOUNT_SECOND_FACTOR_OFF, factor_off, mails=(("second_factor_off", ADA),)),
    Row(Act.ACCOUNT_SECOND_FACTOR_REMOVED, factor_removed, "root",
        (("second_factor_removed", ADA),)),
    Row(Act.ACCOUNT_RECOVERY_CODES_RENEWED, new_codes, mails=(("recovery_codes_renewed", ADA),)),
    Row(Act.ACCOUNT_RECOVERY_CODE_USED, use_recovery_code,
        mails=(("recovery_code_used", ADA), ("new_device", ADA)), facts={"left": 9}),
    Row(Act.SESSION_CODE_ASKED, half_sign_in),
    Row(Act.SESSION_OPENED, sign_in_elsewhere, mails=(("new_device", ADA),)),
    Row(Act.SESSION_REFUSED, fail, "nobody"),
    Row(Act.TOKEN_REUSED, reuse, mails=(("token_reuse", ADA),)),
    Row(Act.SCHOOL_CHANGED, change_settings, "root"),
    Row(Act.SCHOOL_CHANGED, change_logo, "root"),
    Row(Act.SCHOOL_OLD_DATA_DELETED, keep_to_periods, "system",
        facts={"what": "links", "count": 1}),
]  # fmt: skip
CONCERNED = ("account.", "session.", "invitation.", "token.", "school.")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.do.__name__)
async def test_each_act_is_in_the_log_once_and_tells_whom_it_concerns(database, row):
    account = await an_account()
    root = await signed_in(await an_account("root@demo.test", "admin", "Rosa Admin"))
    cast = Cast(account, await signed_in(account), root)
    steps = row.do(cast)
    await anext(steps)
    known = {one["_id"] for name in ("audit", "emails") for one in await stored(name)}

    with request_context("K7QF-2M9X", "203.0.113.5"), suppress(StopAsyncIteration):
        await anext(steps)

    mails = [one for one in await stored("emails") if one["_id"] not in known]
    made = [one for one in await stored("audit", act=row.act) if one["_id"] not in known]
    assert sorted((one["kind"], one["to"]) for one in mails) == sorted(row.mails)
    assert all([await due_at(one["_id"]) for one in mails])
    [entry] = made
    assert (entry["request_id"], entry["ip"]) == ("K7QF-2M9X", "203.0.113.5")
    actors = {"ada": account.id, "root": root.id, "system": SYSTEM.id, "nobody": "nobody"}
    if row.by == "new":
        [newest] = [one["_id"] for one in await stored("accounts", email={"$in": [EVE, INES]})]
        actors["new"] = newest
    assert entry["actor_id"] == actors[row.by]
    assert entry["facts"].items() >= row.facts.items()


OF_A_REHEARSAL = {Act.SCHOOL_SEEDED, Act.SCHOOL_CLOCK_MOVED}


def test_the_table_has_every_act_of_these_kinds():
    concerned = {act for act in Act if act.value.startswith(CONCERNED)}

    assert concerned - {row.act for row in TABLE} == OF_A_REHEARSAL
