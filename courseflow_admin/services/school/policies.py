"""The school's policies for everyone: as they are, and as they were when someone agreed."""

from courseflow_admin.db.school import settings as school_db
from courseflow_admin.errors import NotFound
from courseflow_admin.models.school.settings import Policy, PolicyName
from courseflow_admin.services.school import settings as school_settings


async def get(name: PolicyName, version: int = 0) -> Policy:
    """The policy in force, or the `version` of it; NotFound when there is none."""
    if version:
        found = await school_db.find_policy(name, version)
    else:
        found = (await school_settings.get()).policy(name)
    if found is None or not found.text:
        raise NotFound("policy")
    return found


async def in_force(name: PolicyName) -> int:
    """Which version holds now; 0 when there is none."""
    return (await school_settings.get()).policy_versions.get(name, 0)
