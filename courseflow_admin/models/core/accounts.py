"""An account: anyone who signs in; and the forms that make one."""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

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

from courseflow_admin.models.core.addresses import EmailAddress, SoughtEmail
from courseflow_admin.models.core.base import Document, Piece
from courseflow_admin.models.core.search_words import words_of
from courseflow_admin.models.core.texts import as_line

AccountRole = Literal["student", "instructor", "admin"]
ROLES: tuple[str, ...] = get_args(AccountRole)
AS_ROLE = {"student": "a learner", "instructor": "an instructor", "admin": "an admin"}
# What a role may do, after "may".
MAY = {
    "student": "buy and study courses",
    "instructor": "also create and sell your own courses",
    "admin": "see and change everything in this school, including people and payments",
}
STANDINGS = ("active", "unverified", "suspended", "deleted")
PRESENT = "present"  # in a search: all but the deleted
DELETED_NAME = "Deleted person"


def as_name(text: str) -> str:
    """A name with single spaces; ValueError for control signs, which would forge e-mail headers."""
    name = as_line(text)
    if not name:
        raise ValueError("Enter your name.")
    return name


LONGEST_NAME = 80
LONGEST_CODE = 100  # of an authenticator app, or a recovery code
LONGEST_REASON = 300  # why someone is suspended
PersonName = Annotated[str, StringConstraints(max_length=LONGEST_NAME), AfterValidator(as_name)]
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128


def _as_typed(value: object, read: ValidatorFunctionWrapHandler) -> SecretStr:
    """With the spaces that a form strips off its texts; as JSON, only a text becomes a secret."""
    secret: SecretStr = read(value)
    return SecretStr(value) if isinstance(value, str) else secret


# One that is already there: with the spaces around it, and too long is as wrong as any other.
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
    email: str  # in its stored form (addresses.normalized); unique
    name: str
    role: str = ""  # a row without one holds no permission, instead of passing a check
    password_hash: str = Field(default="", repr=False)
    verified_at: datetime | None = None
    suspended_at: datetime | None = None
    created_at: datetime
    signed_in_at: datetime | None = None
    bio: str = ""
    zone: str = ""  # in which times are shown; "": as the browser says
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
    """What someone sends: no field that no one declared, and nothing of it repeated in errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SignUpForm(Form):
    """Has no role: who signs up by themselves is a learner, whatever they send."""

    name: PersonName
    email: EmailAddress
    password: NewPassword


class SignInForm(Form):
    """The address is not checked for form: a wrong one reads like an unknown one."""

    email: SoughtEmail
    password: AnyPassword


class ApiSignInForm(SignInForm):
    """`code`: of the authenticator app or a recovery code, where a second factor is on."""

    code: Annotated[SecretStr, Field(max_length=LONGEST_CODE)] = SecretStr("")
