"""The school's logo: taken after a look at its bytes, kept in the database, seen by everyone."""

import hashlib

from courseflow_admin.db.school import settings as school_db
from courseflow_admin.errors import Invalid, NotFound
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.school.pictures import picture_of
from courseflow_admin.models.school.settings import Logo, SchoolSettings
from courseflow_admin.services.school import audit
from courseflow_admin.services.school import settings as school_settings

LARGEST_LOGO = 200 * 1024
SMALLEST_SIDE, LARGEST_SIDE = 16, 2000
WRONG_KIND = "Choose a PNG, JPEG or WebP image up to 200 kB."


async def get() -> tuple[Logo, bytes]:
    """The logo and its bytes; NotFound when the school has none."""
    logo = (await school_settings.get()).logo
    content = await school_db.find_logo(logo.content_hash) if logo else None
    if logo is None or content is None:
        raise NotFound("logo")
    return logo, content


async def put(actor: Actor, content: bytes) -> SchoolSettings:
    """Make this picture the logo; Invalid when it is none of the three kinds, or too large."""
    actor.require(Permission.SETTINGS_CHANGE)
    picture = picture_of(content) if len(content) <= LARGEST_LOGO else None
    if picture is None:
        raise Invalid(WRONG_KIND, "logo")
    sides = sorted((picture.width, picture.height))
    if sides[0] < SMALLEST_SIDE or sides[1] > LARGEST_SIDE:
        raise Invalid(
            f"This image is {picture.width} x {picture.height} pixels. Each side must be "
            f"{SMALLEST_SIDE} to {LARGEST_SIDE} pixels.",
            "logo",
        )
    logo = Logo(
        content_hash=hashlib.sha256(content).hexdigest()[:32],
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
    )
    return await _set(actor, logo, content)


async def remove(actor: Actor) -> SchoolSettings:
    """Go back to the product's own mark; the same when there is no logo."""
    actor.require(Permission.SETTINGS_CHANGE)
    return await _set(actor, None, b"")


async def _set(actor: Actor, logo: Logo | None, content: bytes) -> SchoolSettings:
    async def body() -> SchoolSettings:
        before = await school_settings.get()
        if before.logo == logo:
            return before
        revision = before.revision + 1
        revisions = before.revisions | {"logo": revision}
        after = before.model_copy(
            update={"logo": logo, "revision": revision, "revisions": revisions}
        )
        await school_db.set_logo(logo, content)
        await school_db.save_settings(after)
        await audit.record(
            actor,
            Act.SCHOOL_CHANGED,
            school_db.SCHOOL,
            before={"logo": _noted(before.logo)},
            after={"logo": _noted(logo)},
        )
        return after

    return await school_settings.written(body)


def _noted(logo: Logo | None) -> str:
    if logo is None:
        return "none"
    return f"{logo.media_type}, {logo.width} x {logo.height}, {logo.content_hash}"
