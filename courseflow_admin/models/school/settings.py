"""The school as its settings say it is: name, money, policies and rules; and how it is changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from courseflow_admin.errors import Conflict
from courseflow_admin.models.core.accounts import Form
from courseflow_admin.models.core.addresses import EmailAddress
from courseflow_admin.models.core.amounts import CURRENCIES
from courseflow_admin.models.core.base import Piece
from courseflow_admin.models.core.differences import Difference, as_facts
from courseflow_admin.models.core.texts import as_line, as_text
from courseflow_admin.models.school.pictures import PictureType

PolicyName = Literal["terms", "privacy", "refunds"]
POLICIES: tuple[PolicyName, ...] = get_args(PolicyName)
POLICY_WORDS = {
    "terms": "the terms",
    "privacy": "the privacy policy",
    "refunds": "the refund policy",
}
LONGEST_POLICY = 50_000
LONGEST_NAME = 60
LONGEST_LINE = 100  # of seller and tax
LONGEST_TAX_LABEL, LONGEST_TAX_ID, LONGEST_TAX_NOTE = 30, 40, 200
MOST_SELLER_LINES = 6
LONGEST_SELLER = MOST_SELLER_LINES * (LONGEST_LINE + 1)  # with line breaks
LONGEST_KEPT = 3650  # days: ten years


def _as_school_name(text: str) -> str:
    name = as_line(text)
    if not name:
        raise ValueError("Enter a name for the school.")
    return name


def _as_lines(lines: list[str]) -> list[str]:
    return [line for line in lines if line]


def _as_sold(codes: list[str]) -> list[str]:
    """Each once, in the order of our table."""
    unknown = [code for code in codes if code not in CURRENCIES]
    if unknown:
        raise ValueError(f"'{unknown[0][:20]}' is not a supported currency.")
    if not codes:
        raise ValueError("Choose at least one currency.")
    return [code for code in CURRENCIES if code in codes]


def _as_policy(text: str) -> str:
    return as_text(text).strip()


Line = Annotated[str, StringConstraints(max_length=LONGEST_LINE), AfterValidator(as_line)]
PolicyText = Annotated[
    str, StringConstraints(max_length=LONGEST_POLICY), AfterValidator(_as_policy)
]


class Policy(Piece):
    """Markdown, and which version of it this is; each version is kept for who agreed to it."""

    model_config = ConfigDict(strict=True, frozen=True)

    text: str = ""
    version: int = 0  # 0: there has never been one
    changed_at: datetime | None = None


class Logo(Piece):
    """What is known of the picture; its bytes lie apart."""

    model_config = ConfigDict(strict=True, frozen=True)

    content_hash: str
    media_type: PictureType
    width: int
    height: int

    def fitted(self, width: int, height: int) -> tuple[int, int]:
        """Its size within a box; never larger than it is."""
        scale = min(1, width / self.width, height / self.height)
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))


class SchoolSettings(Piece):
    """What `services/school/settings.get` gives everyone; nothing in it is secret."""

    model_config = ConfigDict(strict=True, frozen=True)

    name: str
    support_email: str
    logo: Logo | None = None
    currencies: list[str] = Field(default_factory=lambda: list(CURRENCIES))
    seller_lines: list[str] = Field(default_factory=list)
    tax_id_label: str = ""
    tax_id: str = ""
    tax_note: str = ""
    terms: Policy = Policy()
    privacy: Policy = Policy()
    refunds: Policy = Policy()
    second_factor_for_admins: bool = False
    disputes_suspend: bool = True
    tell_about_view_as: bool = True
    webhook_bodies_days: int = 90
    email_bodies_days: int = 365
    rejections_days: int = 30
    sessions_days: int = 30
    links_days: int = 30
    revision: int = 0
    revisions: dict[str, int] = Field(default_factory=dict)  # when each field was last changed

    def policy(self, name: PolicyName) -> Policy:
        found: Policy = getattr(self, name)
        return found

    @property
    def policy_versions(self) -> dict[str, int]:
        """The versions in force of the policies there are."""
        return {name: self.policy(name).version for name in POLICIES if self.policy(name).text}

    @property
    def agreed_by_paying(self) -> dict[str, int]:
        """Of the policies a buyer agrees to, the versions in force."""
        return {
            name: version for name, version in self.policy_versions.items() if name != "privacy"
        }

    def value(self, field: str) -> Any:
        """A field as a change would give it: of a policy its text."""
        found = getattr(self, field)
        return found.text if isinstance(found, Policy) else found


class SchoolChange(Form):
    """What an admin sends; what is left out stays as it is."""

    model_config = ConfigDict(strict=True)

    name: (
        Annotated[str, StringConstraints(max_length=LONGEST_NAME), AfterValidator(_as_school_name)]
        | None
    ) = None
    support_email: EmailAddress | None = None
    currencies: (
        Annotated[list[str], Field(max_length=len(CURRENCIES)), AfterValidator(_as_sold)] | None
    ) = None
    seller_lines: (
        Annotated[list[Line], Field(max_length=MOST_SELLER_LINES), AfterValidator(_as_lines)] | None
    ) = None
    tax_id_label: Annotated[Line, StringConstraints(max_length=LONGEST_TAX_LABEL)] | None = None
    tax_id: Annotated[Line, StringConstraints(max_length=LONGEST_TAX_ID)] | None = None
    tax_note: (
        Annotated[str, StringConstraints(max_length=LONGEST_TAX_NOTE), AfterValidator(as_line)]
        | None
    ) = None
    terms: PolicyText | None = None
    privacy: PolicyText | None = None
    refunds: PolicyText | None = None
    second_factor_for_admins: bool | None = None
    disputes_suspend: bool | None = None
    tell_about_view_as: bool | None = None
    webhook_bodies_days: Annotated[int, Field(ge=14, le=LONGEST_KEPT)] | None = None
    email_bodies_days: Annotated[int, Field(ge=14, le=LONGEST_KEPT)] | None = None
    rejections_days: Annotated[int, Field(ge=1, le=LONGEST_KEPT)] | None = None
    sessions_days: Annotated[int, Field(ge=1, le=30)] | None = None
    links_days: Annotated[int, Field(ge=1, le=LONGEST_KEPT)] | None = None

    @property
    def given(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


class SettingsChangedMeanwhile(Conflict):
    """A save on top of a newer change of the same field: nothing was overwritten."""

    code = "stale_revision"

    def __init__(self, differences: list[Difference], revision: int) -> None:
        fields = ", ".join(one.field.replace("_", " ") for one in differences)
        super().__init__(
            f"These fields were changed elsewhere: {fields}. Nothing was overwritten. Compare "
            "both versions and save again."
        )
        self.differences, self.revision = differences, revision

    @property
    def facts(self) -> Mapping[str, Any]:
        return as_facts(self.differences, self.revision)
