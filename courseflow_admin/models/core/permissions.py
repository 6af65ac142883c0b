"""Who may do what: roles appear only in this table; everything else names a permission."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from courseflow_admin.errors import NotPermitted, ReadOnly

Role = Literal["student", "instructor", "admin", "system"]


class Permission(StrEnum):
    """`subject:act`. Without `_all` it reaches only what is the actor's own."""

    ACCOUNT_OWN = "account:own"
    ACCOUNT_PRIVATE = "account:private"  # password, sessions, own data: never seen by others
    COURSES_BUY = "courses:buy"
    COURSES_STUDY = "courses:study"
    COURSES_EDIT = "courses:edit"
    COURSES_EDIT_ALL = "courses:edit_all"
    ENROLLMENTS_READ = "enrollments:read"
    ENROLLMENTS_READ_ALL = "enrollments:read_all"
    FIGURES_READ = "figures:read"
    FIGURES_READ_ALL = "figures:read_all"
    PAYMENTS_CAPTURE = "payments:capture"
    PAYMENTS_READ = "payments:read"
    PAYMENTS_READ_ALL = "payments:read_all"
    PAYMENTS_REFUND = "payments:refund"
    PAYMENTS_REVIEW = "payments:review"
    PAYMENTS_SYNC = "payments:sync"
    ACCESS_READ_ALL = "access:read_all"
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_CHANGE = "accounts:change"
    ACCOUNTS_VIEW_AS = "accounts:view_as"
    EMAILS_READ = "emails:read"
    EMAILS_READ_ALL = "emails:read_all"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_REPLAY = "webhooks:replay"
    AUDIT_READ = "audit:read"
    SETTINGS_CHANGE = "settings:change"


class SecondFactorRequired(NotPermitted):
    """Of an admin without a second factor, where the school asks admins for one."""

    code = "second_factor_required"
    needs_support = False

    def __init__(self) -> None:
        super().__init__(
            "Your school requires a second factor. Set it up on your account page first."
        )


_STUDENT = frozenset(
    {
        Permission.ACCOUNT_OWN,
        Permission.ACCOUNT_PRIVATE,
        Permission.COURSES_BUY,
        Permission.COURSES_STUDY,
    }
)
_INSTRUCTOR = _STUDENT | {
    Permission.COURSES_EDIT,
    Permission.ENROLLMENTS_READ,
    Permission.FIGURES_READ,
    Permission.PAYMENTS_READ,
    Permission.EMAILS_READ,
}
PERMISSIONS: dict[str, frozenset[Permission]] = {
    "student": _STUDENT,
    "instructor": _INSTRUCTOR,
    "admin": frozenset(Permission),
    "system": frozenset(Permission),
}

# What is left of a role while an admin views someone who has it. Those not named here are shut,
# also those that are still to come; what these would write, the database's own fence refuses.
VIEWABLE = frozenset(
    {
        Permission.ACCOUNT_OWN,
        Permission.COURSES_STUDY,
        Permission.COURSES_EDIT,
        Permission.ENROLLMENTS_READ,
        Permission.FIGURES_READ,
        Permission.PAYMENTS_READ,
        Permission.EMAILS_READ,
    }
)


def role_can(role: str, permission: Permission) -> bool:
    """By the role alone: an actor may have less, see `Actor.can`."""
    return permission in PERMISSIONS.get(role, frozenset())


def raises(former: str, role: str) -> bool:
    """Whether `role` gives more than `former`, and takes nothing away."""
    return PERMISSIONS.get(role, frozenset()) > PERMISSIONS.get(former, frozenset())


@dataclass(frozen=True)
class Actor:
    """The account that is asking now. A missing or unknown role holds no permission at all.

    With a `viewer` it is not that person who asks but an admin who sees with their eyes.
    """

    id: str
    role: str
    name: str = ""
    email: str = ""
    session_id: str = ""
    verified: bool = False
    zone: str = ""  # in which they chose to see times
    second_factor_due: bool = False  # all but the own account is withheld until it is set up
    viewer: "Actor | None" = None
    views_until: datetime | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        held = PERMISSIONS.get(self.role, frozenset())
        if self.second_factor_due:
            return held & {Permission.ACCOUNT_OWN, Permission.ACCOUNT_PRIVATE}
        return held & VIEWABLE if self.viewer else held

    def can(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """NotPermitted unless the actor holds `permission`."""
        if self.can(permission):
            return
        if self.second_factor_due and permission in PERMISSIONS.get(self.role, frozenset()):
            raise SecondFactorRequired
        raise ReadOnly if self.viewer else NotPermitted


SYSTEM = Actor(id="system", role="system", name="CourseFlow")
