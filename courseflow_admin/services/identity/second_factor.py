"""The second factor: a code of an app on one's phone (RFC 6238), or a recovery code.

Each code is good once: the time step of the last one is kept, and only a newer one is accepted.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import pyotp
import segno
from pyotp.totp import TOTP

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import Duplicate, transaction
from courseflow_admin.db.identity import second_factors as second_factors_db
from courseflow_admin.db.identity import sessions as sessions_db
from courseflow_admin.errors import Conflict, NotFound, NotPermitted, NotSignedIn
from courseflow_admin.logs import client_ip
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.identity.second_factor import (
    RECOVERY_CODES,
    RECOVERY_LENGTH,
    RECOVERY_LETTERS,
    SET_UP_WITHIN,
    STEP_SECONDS,
    WRONG_FIRST_CODE,
    SecondFactorOff,
    SecondFactorOn,
    SecondFactorStatus,
    SetUp,
    SetUpOver,
    WrongCode,
    as_code,
    is_app_code,
    recovery_hash,
)
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.identity import second_factor_rule, sessions
from courseflow_admin.services.identity.reauthentication import prove
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.school import audit, limits
from courseflow_admin.services.school import settings as school_settings

TRIES = 5  # in five minutes, of one account
WRONG_PER_ADDRESS = 10  # in one minute, from one IP address
WRONG_PER_DAY = 50  # of one account: who tries all day long finds nothing either
Result = TypeVar("Result")


class SecondFactorKept(NotPermitted):
    code = "second_factor_required"

    def __init__(self) -> None:
        super().__init__("Your school requires a second factor, so you can't turn it off.")


async def get(actor: Actor) -> SecondFactorStatus:
    """One's own: whether it is on and since when, never its key or codes."""
    actor.require(Permission.ACCOUNT_PRIVATE)
    found = await second_factors_db.find(actor.id)
    return SecondFactorStatus(
        since=found.confirmed_at if found else None,
        recovery_codes_left=len(found.recovery_hashes) if found else 0,
        setting_up=found is not None and found.confirmed_at is None,
        required=await second_factor_rule.asks(actor.role),
    )


async def begin(actor: Actor, password: str) -> SetUp:
    """A new key to put into an app. Nothing is asked at sign-in before `confirm`."""
    actor.require(Permission.ACCOUNT_PRIVATE)
    account = await prove(actor, password)
    secret = pyotp.random_base32()

    async def body() -> None:
        await second_factors_db.begin(account.id, secret, clock.wall())
        await audit.record(actor, Act.ACCOUNT_SECOND_FACTOR_BEGUN, account.id)

    try:
        await transaction(body)
    except Duplicate as error:
        raise SecondFactorOn from error
    school = await school_settings.get()
    address = TOTP(secret).provisioning_uri(name=account.email, issuer_name=school.name)
    drawing = segno.make(address, error="m").svg_inline(border=2, light="#fff", omitsize=True)
    return SetUp(key=secret, address=address, qr_svg=drawing)


async def confirm(actor: Actor, code: str) -> list[str]:
    """Switch it on by the first code of the app; the recovery codes, told this once.

    All other sessions end: they were opened without it.
    """
    actor.require(Permission.ACCOUNT_PRIVATE)
    codes = _new_recovery_codes()
    hashes = [recovery_hash(actor.id, one) for one in codes]

    async def body() -> None:
        at = clock.wall()
        found = await second_factors_db.find(actor.id)
        if found is not None and found.confirmed_at:
            raise SecondFactorOn
        if found is None or found.begun_at + SET_UP_WITHIN < at:
            raise SetUpOver
        step = _step_of(found.secret, code, at)
        if step is None:
            raise WrongCode(WRONG_FIRST_CODE)
        account = await _held(actor)
        if not await second_factors_db.confirm(found, step, hashes, at):
            raise SetUpOver
        await sessions.end_all(actor.id, at, "second_factor_on", but_id=actor.session_id)
        await sessions_db.set_second_factor(actor.id, on=True)
        await _tell(EmailKind.SECOND_FACTOR_ON, account, at)
        await audit.record(actor, Act.ACCOUNT_SECOND_FACTOR_ON, actor.id)

    await within_limits(actor, body)
    return codes


async def renew_recovery_codes(actor: Actor, password: str, code: str) -> list[str]:
    """New recovery codes, told this once; those before are worth nothing."""
    actor.require(Permission.ACCOUNT_PRIVATE)
    account = await prove(actor, password)
    codes = _new_recovery_codes()
    hashes = [recovery_hash(actor.id, one) for one in codes]

    async def body() -> None:
        await use(actor, account, code)
        if not await second_factors_db.replace_recovery_codes(actor.id, hashes):
            raise SecondFactorOff
        await _tell(EmailKind.RECOVERY_CODES_RENEWED, account, clock.wall())
        await audit.record(actor, Act.ACCOUNT_RECOVERY_CODES_RENEWED, actor.id)

    await within_limits(actor, body)
    return codes


async def switch_off(actor: Actor, password: str, code: str) -> None:
    """Back to the password alone; refused where the school asks for a second factor."""
    actor.require(Permission.ACCOUNT_PRIVATE)
    if await second_factor_rule.asks(actor.role):
        raise SecondFactorKept
    account = await prove(actor, password)

    async def body() -> None:
        await use(actor, account, code)
        await second_factors_db.remove(actor.id)
        await sessions_db.set_second_factor(actor.id, on=False)
        await _tell(EmailKind.SECOND_FACTOR_OFF, account, clock.wall())
        await audit.record(actor, Act.ACCOUNT_SECOND_FACTOR_OFF, actor.id)

    await within_limits(actor, body)


async def since(actor: Actor, account_id: str) -> datetime | None:
    """Since when a person has it on, for those who run the school."""
    actor.require(Permission.ACCOUNTS_READ)
    found = await second_factors_db.find(account_id)
    return found.confirmed_at if found else None


async def remove(actor: Actor, account_id: str) -> int:
    """Take it from someone who lost their device; how many of their sessions ended."""
    actor.require(Permission.ACCOUNTS_CHANGE)
    if account_id == actor.id:
        raise Conflict("Turn off your own second factor on your account page.")
    at = clock.wall()

    async def body() -> int:
        await _held(actor)
        account = await accounts_db.find(account_id)
        if account is None:
            raise NotFound("person")
        if not await second_factors_db.remove(account_id):
            raise SecondFactorOff
        ended = await sessions.end_all(account_id, at, "second_factor_removed")
        await _tell(EmailKind.SECOND_FACTOR_REMOVED, account, at)
        await audit.record(
            actor, Act.ACCOUNT_SECOND_FACTOR_REMOVED, account_id, sessions_ended=ended
        )
        return ended

    return await transaction(body)


# Using a code


async def use(actor: Actor, account: Account, code: str, *, at_sign_in: bool = False) -> None:
    """Use the code up, in the transaction of what it is used for; WrongCode unless it is good."""
    code, at = as_code(code), clock.wall()
    found = await second_factors_db.find(account.id)
    if found is None or found.confirmed_at is None:
        raise SecondFactorOff
    if is_app_code(code):
        step = _step_of(found.secret, code, at)
        if step is None or not await second_factors_db.use_step(found, step):
            raise WrongCode
        return
    left = await second_factors_db.use_recovery_code(account.id, recovery_hash(account.id, code))
    if left is None:
        raise WrongCode
    if at_sign_in:
        rest = (
            f"{left} of {RECOVERY_CODES} codes left."
            if left
            else ("That was the last one. Generate new codes.")
        )
        await _tell(EmailKind.RECOVERY_CODE_USED, account, at, left=rest)
    await audit.record(actor, Act.ACCOUNT_RECOVERY_CODE_USED, account.id, left=left)


async def within_limits(actor: Actor, body: Callable[[], Awaitable[Result]]) -> Result:
    """Run the transaction `body`, which uses a code of the actor, if there were not many before.

    A try is counted before it is looked at, or of many sent at once all would be answered; a right
    one begins the count again.
    """
    ip = client_ip.get()
    await limits.check("code-address", ip, WRONG_PER_ADDRESS)
    await limits.check("code-day", actor.id, WRONG_PER_DAY)
    await limits.count("code-account", actor.id, TRIES, seconds=300)
    try:
        result = await transaction(body)
    except WrongCode:
        await _note_failure(actor, ip)
        raise
    await limits.forget("code-account", actor.id)
    return result


async def _note_failure(actor: Actor, ip: str) -> None:
    async def body() -> None:
        await audit.record(actor, Act.SESSION_REFUSED, actor.id, by="second_factor")

    await transaction(body)
    await limits.count("code-day", actor.id, WRONG_PER_DAY, seconds=86_400)
    await limits.count("code-address", ip, WRONG_PER_ADDRESS, seconds=60)


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    """Which 30 seconds the code belongs to: these, those before or those after; None if none."""
    code, this_step = as_code(code), int(at.timestamp()) // STEP_SECONDS
    app = TOTP(secret)
    for step in (this_step, this_step - 1, this_step + 1):
        if hmac.compare_digest(app.generate_otp(step).encode(), code.encode(errors="replace")):
            return step
    return None


def _new_recovery_codes() -> list[str]:
    return [_new_recovery_code() for _ in range(RECOVERY_CODES)]


def _new_recovery_code() -> str:
    """In groups of four, as people copy them."""
    letters = "".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_LENGTH))
    return "-".join(letters[place : place + 4] for place in range(0, RECOVERY_LENGTH, 4))


async def _held(actor: Actor) -> Account:
    """The actor's account, which no one can change or sign in to before the transaction ends."""
    if not await accounts_db.hold(actor.id, actor.role):
        raise NotPermitted
    account = await accounts_db.find(actor.id)
    if account is None:
        raise NotSignedIn
    return account


async def _tell(kind: EmailKind, account: Account, at: datetime, **facts: str) -> None:
    await outbox.queue(
        kind,
        to=Recipient.of(account),
        dedupe_key=f"{kind}-{account.id}-{at.timestamp():.3f}",
        facts=facts,
    )
