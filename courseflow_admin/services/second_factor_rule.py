"""Whether the school asks somebody for a second factor."""

from courseflow_admin.models.permissions import PERMISSIONS, Permission
from courseflow_admin.services import school_settings


def concerns(role: str) -> bool:
    """Who may change accounts is asked for one, where the school's settings say so."""
    return Permission.ACCOUNTS_CHANGE in PERMISSIONS.get(role, frozenset())


async def asks(role: str) -> bool:
    """Whether somebody of this role is asked for one now."""
    return concerns(role) and (await school_settings.get()).second_factor_for_admins
