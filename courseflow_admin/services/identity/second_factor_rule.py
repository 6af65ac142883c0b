"""Whether the school asks someone for a second factor."""

from collections.abc import Mapping

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.identity import second_factors as second_factors_db
from courseflow_admin.models.core.accounts import ROLES
from courseflow_admin.models.core.permissions import Actor, Permission, role_can
from courseflow_admin.models.school.settings import SchoolChange, SchoolSettings
from courseflow_admin.services.school import settings as school_settings


def concerns(role: str) -> bool:
    """Who may change accounts is asked for one, where the school's settings say so."""
    return role_can(role, Permission.ACCOUNTS_CHANGE)


async def asks(role: str) -> bool:
    """Whether someone of this role is asked for one now."""
    return concerns(role) and (await school_settings.get()).second_factor_for_admins


async def admins_without(actor: Actor) -> set[str]:
    """Those it asks, or would ask, who have none: only their own account is open to them then."""
    actor.require(Permission.SETTINGS_CHANGE)
    asked = await accounts_db.active_with([role for role in ROLES if concerns(role)])
    return asked - await second_factors_db.on_for(asked)


async def change_settings(
    actor: Actor, changes: SchoolChange, revision: int | Mapping[str, int]
) -> SchoolSettings:
    """`school_settings.change`, which wants to know whether the actor has a second factor."""
    actor.require(Permission.SETTINGS_CHANGE)
    held = await second_factors_db.is_on(actor.id)
    return await school_settings.change(actor, changes, revision, has_second_factor=held)
