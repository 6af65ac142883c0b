"""Whether the school asks somebody for a second factor."""

from courseflow_admin.models.permissions import PERMISSIONS, Permission
from courseflow_admin.services import school_settings


async def asks(role: str) -> bool:
    """Who may change accounts is asked for one, where the school's settings say so."""
    if Permission.ACCOUNTS_CHANGE not in PERMISSIONS.get(role, frozenset()):
        return False
    return (await school_settings.get()).second_factor_for_admins
