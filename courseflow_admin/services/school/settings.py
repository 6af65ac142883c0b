"""The school's settings: read by everyone with every use, changed by admins.

`SCHOOL_NAME` and `SUPPORT_EMAIL` are the first values; with the first change the row in the
database owns all of them. There is no cache: one read by `_id`, so that every process and worker
sees a change with its next use.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from courseflow_admin import config
from courseflow_admin.db.core.client import Duplicate, transaction
from courseflow_admin.db.school import settings as school_db
from courseflow_admin.errors import Conflict, Invalid
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.differences import Difference
from courseflow_admin.models.core.permissions import SYSTEM, Actor, Permission
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.school.settings import (
    POLICIES,
    Policy,
    SchoolChange,
    SchoolSettings,
    SettingsChangedMeanwhile,
)
from courseflow_admin.services.school import audit

TRIES = 3
TAX = {"tax_id_label", "tax_id"}


async def get() -> SchoolSettings:
    """The settings as they are now; all of it is public."""
    return await school_db.find_settings() or first()


def first() -> SchoolSettings:
    """What holds until something was changed."""
    keys = config.settings()
    return SchoolSettings(name=keys.school_name, support_email=keys.support_email)


async def all_of_them(actor: Actor) -> SchoolSettings:
    """The same, for the page and the address where they are changed."""
    actor.require(Permission.SETTINGS_CHANGE)
    return await get()


async def change(
    actor: Actor,
    changes: SchoolChange,
    revision: int | Mapping[str, int],
    *,
    has_second_factor: bool = False,
) -> SchoolSettings:
    """Change what `changes` gives.

    Only an actor who has a second factor may require it of all admins; the room that knows says
    so (`second_factor_rule.change_settings`). Without `has_second_factor` it is refused.

    `revision`: of the settings the actor looked at, or of each field. SettingsChangedMeanwhile
    when one of these fields was changed since then to something else; other fields never get in
    the way.
    """
    actor.require(Permission.SETTINGS_CHANGE)
    given = changes.given
    seen = dict.fromkeys(given, revision) if isinstance(revision, int) else revision

    async def body() -> SchoolSettings:
        before = await get()
        changed = {name: value for name, value in given.items() if before.value(name) != value}
        if not changed:
            return before  # the same save sent once more
        stale = [name for name in changed if before.revisions.get(name, 0) > seen.get(name, 0)]
        if stale:
            found = [Difference(name, given[name], before.value(name)) for name in stale]
            raise SettingsChangedMeanwhile(found, before.revision)
        _require_both_or_none(before, changed)
        if changed.get("second_factor_for_admins"):
            _require_own_second_factor(actor, has_second_factor=has_second_factor)
        return await _write(actor, before, changed, clock.business())

    return await written(body)


def _require_both_or_none(before: SchoolSettings, changed: dict[str, Any]) -> None:
    """A tax number and what kind of number it is: receipts tell both, or neither."""
    if not TAX.intersection(changed):
        return
    label = changed.get("tax_id_label", before.tax_id_label)
    number = changed.get("tax_id", before.tax_id)
    if number and not label:
        raise Invalid("Enter the type, such as GSTIN, or leave both empty.", "tax_id_label")
    if label and not number:
        raise Invalid(f"Enter the {label}, or leave both empty.", "tax_id")


def _require_own_second_factor(actor: Actor, *, has_second_factor: bool) -> None:
    """Who asks it of all admins would else have shut themselves out with this very save."""
    if actor != SYSTEM and not has_second_factor:
        raise Invalid(
            "You don't have a second factor yet. Set it up on your account page first.",
            "second_factor_for_admins",
        )


async def written(body: Callable[[], Awaitable[SchoolSettings]]) -> SchoolSettings:
    """Run `body`, which saves the settings, in a transaction."""
    for _ in range(TRIES):
        with suppress(Duplicate):  # the row was made at the same moment: now it is there
            return await transaction(body)
    raise Conflict("The settings are being changed right now. Please try again.")


async def _write(
    actor: Actor, before: SchoolSettings, changed: dict[str, Any], at: datetime
) -> SchoolSettings:
    revision = before.revision + 1
    update: dict[str, Any] = dict(changed)
    for name in POLICIES:
        if name in changed:
            version = before.policy(name).version + 1
            update[name] = Policy(text=changed[name], version=version, changed_at=at)
            await school_db.add_policy(name, update[name])
    revisions = before.revisions | dict.fromkeys(changed, revision)
    after = before.model_copy(update={**update, "revision": revision, "revisions": revisions})
    await school_db.save_settings(after)
    await audit.record(
        actor,
        Act.SCHOOL_CHANGED,
        school_db.SCHOOL,
        before={name: _noted(before, name) for name in changed},
        after={name: _noted(after, name) for name in changed},
    )
    return after


def _noted(settings: SchoolSettings, name: str) -> Any:
    """A field for the audit log; of a policy the version, because each is kept word for word."""
    found = getattr(settings, name)
    if not isinstance(found, Policy):
        return found
    return f"version {found.version}" if found.text else "none"
