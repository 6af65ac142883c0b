"""The second factor of an account: its key, its recovery codes, and half a sign-in that waits."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import Field

from courseflow_admin.errors import Conflict, Invalid, NotSignedIn
from courseflow_admin.models.core.base import Document

STEP_SECONDS = 30
DIGITS = 6
SET_UP_WITHIN = timedelta(minutes=30)
SIGN_IN_WITHIN = timedelta(minutes=5)
RECOVERY_CODES = 10
RECOVERY_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is misread on paper
RECOVERY_LENGTH = 24  # 117 bits of chance: from 112 on a plain hash is enough (ASVS 6.5.2)
WRONG_CODE = (
    "This code is incorrect or has already been used. Wait for the next one, or use a "
    "recovery code."
)
WRONG_FIRST_CODE = (
    "This code doesn't match. Enter the one your app shows now. If it still fails, check the "
    "clock on your phone."
)


class SecondFactor(Document):
    """One row per account, in a collection that no list and no search reads."""

    account_id: str
    secret: str = Field(repr=False)  # base32, as authenticator apps take it
    begun_at: datetime
    confirmed_at: datetime | None = None  # on from here; before, it is only being set up
    last_step: int = 0  # of the last code that was accepted; it and older ones are refused
    recovery_hashes: list[str] = Field(default_factory=list, repr=False)  # of those not used yet


class PendingSignIn(Document):
    """The password was right and the code is still to come. It opens nothing on its own."""

    token_hash: str = Field(repr=False)
    account_id: str
    password_mark: str = Field(repr=False)  # of the password's hash then: a new one ends this
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class SecondFactorStatus:
    """What its owner may know of it at any time."""

    since: datetime | None = None  # None: it is off
    recovery_codes_left: int = 0
    setting_up: bool = False
    required: bool = False  # by the school, of this account

    @property
    def on(self) -> bool:
        return self.since is not None


@dataclass(frozen=True)
class SetUp:
    """What an authenticator app needs; shown while it is set up and never again."""

    key: str = field(repr=False)
    address: str = field(repr=False)  # otpauth://…, what the QR code says
    qr_svg: str = field(repr=False)


class SecondFactorNeeded(NotSignedIn):
    code = "second_factor_needed"

    def __init__(self) -> None:
        super().__init__("Enter the code from your authenticator app to continue.")


class WrongCode(Invalid):
    """The same for a wrong, an old and a used code, of either kind."""

    code = "wrong_code"

    def __init__(self, message: str = WRONG_CODE) -> None:
        super().__init__(message, "code")


class CodeRefused(NotSignedIn):
    """A wrong code at sign-in: refused as wrong credentials are."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__(WRONG_CODE)


class SignInOver(NotSignedIn):
    """The same for expired, used, changed meanwhile and made up."""

    code = "sign_in_over"

    def __init__(self) -> None:
        super().__init__("This sign-in has expired. Please start again.")


class SecondFactorOn(Conflict):
    code = "second_factor_on"

    def __init__(self) -> None:
        super().__init__("Your second factor is already on. To set it up again, turn it off first.")


class SecondFactorOff(Conflict):
    code = "second_factor_off"

    def __init__(self) -> None:
        super().__init__("Your second factor is not on. Reload the page.")


class SetUpOver(Conflict):
    code = "set_up_over"

    def __init__(self) -> None:
        super().__init__("This setup has expired. Start again to get a new key.")


def as_code(text: str) -> str:
    """Without the spaces and dashes people type; letters upper-case."""
    return "".join(text.split()).replace("-", "").upper()[:100]


def is_app_code(code: str) -> bool:
    return len(code) == DIGITS and code.isascii() and code.isdecimal()


def recovery_hash(account_id: str, code: str) -> str:
    """What is stored of a recovery code: bound to its account, so that equal ones differ."""
    return hashlib.sha256(f"{account_id}:{as_code(code)}".encode(errors="replace")).hexdigest()
