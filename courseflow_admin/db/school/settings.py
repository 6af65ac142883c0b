"""The one row about the school itself: which kind of database this is, its settings, what was
loaded; and beside it every version of its policies.
"""

from datetime import datetime, timedelta

from courseflow_admin.db.core.client import Duplicate, collection, require_transaction
from courseflow_admin.models.school.settings import Logo, Policy, PolicyName, SchoolSettings

SCHOOL, LOGO = "school", "logo"


async def stamp(wanted: str) -> str:
    """Stamp a new database `wanted`; what the database is stamped, now or from before."""
    known = await find_stamp()
    if known:
        return known
    try:
        await collection("school").update_one(
            {"_id": SCHOOL, "stamp": {"$exists": False}}, {"$set": {"stamp": wanted}}, upsert=True
        )
    except Duplicate:
        return await stamp(wanted)
    return wanted


async def find_stamp() -> str | None:
    row = await collection("school").find_one({"_id": SCHOOL})
    return str(row["stamp"]) if row and "stamp" in row else None


async def clock_ahead(stamp: str) -> timedelta:
    """How far business time runs ahead of the machine's, in a database stamped `stamp`."""
    row = await collection("school").find_one(
        {"_id": SCHOOL, "stamp": stamp}, projection={"clock_ahead_seconds": 1}
    )
    return timedelta(seconds=row.get("clock_ahead_seconds", 0) if row else 0)


async def move_clock(stamp: str, ahead: timedelta) -> bool:
    """Further ahead than it is, in a database stamped `stamp`; False if nothing has changed."""
    require_transaction()
    seconds = int(ahead.total_seconds())
    behind = {"clock_ahead_seconds": {"$not": {"$gte": seconds}}}
    result = await collection("school").update_one(
        {"_id": SCHOOL, "stamp": stamp, **behind}, {"$set": {"clock_ahead_seconds": seconds}}
    )
    return result.modified_count == 1


async def seeded_at() -> datetime | None:
    row = await collection("school").find_one({"_id": SCHOOL}, projection={"seeded_at": 1})
    found: datetime | None = row.get("seeded_at") if row else None
    return found


async def set_seeded(at: datetime) -> None:
    await collection("school").update_one({"_id": SCHOOL}, {"$set": {"seeded_at": at}}, upsert=True)


async def find_settings() -> SchoolSettings | None:
    """None until they were changed for the first time."""
    row = await collection("school").find_one({"_id": SCHOOL}, projection={"settings": 1})
    return SchoolSettings.from_mongo(row["settings"]) if row and "settings" in row else None


async def save_settings(settings: SchoolSettings) -> None:
    """Replace them, in the transaction that read them: who came between makes it run again.

    Duplicate when another process made the row at the same moment.
    """
    require_transaction()
    await collection("school").update_one(
        {"_id": SCHOOL}, {"$set": {"settings": settings.to_mongo()}}, upsert=True
    )


async def add_policy(name: PolicyName, policy: Policy) -> None:
    """Keep this version forever."""
    await collection("school").insert_one({"_id": f"{name}-{policy.version}", **policy.to_mongo()})


async def find_policy(name: PolicyName, version: int) -> Policy | None:
    row = await collection("school").find_one({"_id": f"{name}-{version}"})
    return Policy.from_mongo(row) if row else None


async def set_logo(logo: Logo | None, content: bytes) -> None:
    """Replace the bytes of the logo, or throw them away."""
    if logo is None:
        await collection("school").delete_one({"_id": LOGO})
        return
    await collection("school").update_one(
        {"_id": LOGO},
        {"$set": {"content_hash": logo.content_hash, "content": content}},
        upsert=True,
    )


async def find_logo(content_hash: str) -> bytes | None:
    row = await collection("school").find_one({"_id": LOGO, "content_hash": content_hash})
    return bytes(row["content"]) if row else None


async def forget_settings() -> None:
    """Back to the first values, and no policy was ever kept; for the demo school alone."""
    await collection("school").update_one({"_id": SCHOOL}, {"$unset": {"settings": ""}})
    await collection("school").delete_many({"_id": {"$ne": SCHOOL}})
