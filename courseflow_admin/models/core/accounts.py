"""An account: anybody who signs in; and the forms that make one."""

import unicodedata
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from courseflow_admin.config import settings
from courseflow_admin.models.core.base import Document, Piece
from courseflow_admin.models.core.texts import as_title
from courseflow_admin.models.core.words import words_of

AccountRole = Literal["student", "instructor", "admin"]
ROLES: tuple[str, ...] = get_args(AccountRole)
AS_ROLE = {"student": "a learner", "instructor": "an instructor", "admin": "an admin"}
# What a role may do, after "may".
MAY = {
    "student": "buy and study courses",
    "instructor": "also make and sell own courses",
    "admin": "see and change everything in this school, people and payments too",
}
STANDINGS = ("active", "unverified", "suspended", "deleted")
PRESENT = "present"  # in a search: all but the deleted
DELETED_NAME = "Deleted person"
# In East Asia scripts stand beside one another, and beside Latin.
WRITTEN_TOGETHER = {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"}


def as_email(text: str) -> str:
    """The address in its one stored form, lower-cased; ValueError when it is not an address."""
    try:
        # `.test` is the demo school's own domain, which no production school can reach.
        found = validate_email(
            text.strip(),
            check_deliverability=False,
            allow_smtputf8=False,
            test_environment=not settings().production,
        )
    except EmailNotValidError as error:
        raise ValueError("This does not look like an e-mail address.") from error
    if any(_mixed(label) for label in found.domain.split(".")):
        raise ValueError("The domain of this address mixes letters that only look alike.")
    return found.normalized.lower()


def _mixed(label: str) -> bool:
    """Whether letters of two scripts stand in it, as `dеmo` with a Cyrillic letter."""
    scripts = {unicodedata.name(sign, "?").split()[0] for sign in label if sign.isalpha()}
    return len(scripts - WRITTEN_TOGETHER) > 1


def as_name(text: str) -> str:
    """A name with single spaces; ValueError for control signs, which would forge e-mail headers."""
    try:
        return as_title(text)
    except ValueError as error:
        raise ValueError("Please tell us your name.") from error


EmailAddress = Annotated[str, StringConstraints(max_length=254), AfterValidator(as_email)]
LONGEST_NAME = 80
LONGEST_REASON = 300  # why somebody is suspended
PersonName = Annotated[str, StringConstraints(max_length=LONGEST_NAME), AfterValidator(as_name)]
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128


def _as_typed(value: object, read: ValidatorFunctionWrapHandler) -> SecretStr:
    """With the spaces that a form strips off its texts; as JSON, only a text becomes a secret."""
    secret: SecretStr = read(value)
    return SecretStr(value) if isinstance(value, str) else secret


# One that is there already: with the spaces around it, and too long is as wrong as any other.
AnyPassword = Annotated[SecretStr, WrapValidator(_as_typed), Field(max_length=1000)]

# One that is chosen: services/identity/password_rules.py says what it must be; this is for OpenAPI.
_LENGTH: dict[str, Any] = {"minLength": SHORTEST_PASSWORD, "maxLength": LONGEST_PASSWORD}
NewPassword = Annotated[SecretStr, WrapValidator(_as_typed), Field(json_schema_extra=_LENGTH)]


class Billing(Piece):
    """What a receipt is made out to; asked once, at the first checkout."""

    name: str
    country: str
    gstin: str = ""


class Account(Document):
    email: str  # lower-cased; unique
    name: str
    role: str = ""  # a row without one holds no permission, instead of passing a check
    password_hash: str = Field(default="", repr=False)
    verified_at: datetime | None = None
    suspended_at: datetime | None = None
    created_at: datetime
    signed_in_at: datetime | None = None
    bio: str = ""
    billing: Billing | None = None
    erased_at: datetime | None = None

    @property
    def standing(self) -> str:
        """One of STANDINGS."""
        if self.erased_at:
            return "deleted"
        if self.suspended_at:
            return "suspended"
        return "active" if self.verified_at else "unverified"

    def to_mongo(self) -> dict[str, Any]:
        """With the words that a search finds it by."""
        words = [] if self.erased_at else words_of(self.name)
        return {**super().to_mongo(), "name_words": words}


class Form(BaseModel):
    """What somebody sends: no field that nobody declared, and nothing of it repeated in errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SignUpForm(Form):
    """Has no role: who signs up by themselves is a learner, whatever they send."""

    name: PersonName
    email: EmailAddress
    password: NewPassword


class SignInForm(Form):
    """The address is not checked for form: a wrong one reads like an unknown one."""

    email: Annotated[str, StringConstraints(max_length=254, strip_whitespace=True, to_lower=True)]
    password: AnyPassword


class ApiSignInForm(SignInForm):
    """`code`: of the authenticator app or a recovery code, where a second factor is on."""

    code: Annotated[SecretStr, Field(max_length=100)] = SecretStr("")
