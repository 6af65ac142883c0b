"""The one row about the school itself: which kind of database this is, and what was loaded."""

from datetime import datetime

from courseflow_admin.db.client import Duplicate, collection

SCHOOL = "school"


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


async def seeded_at() -> datetime | None:
    row = await collection("school").find_one({"_id": SCHOOL}, projection={"seeded_at": 1})
    found: datetime | None = row.get("seeded_at") if row else None
    return found


async def set_seeded(at: datetime) -> None:
    await collection("school").update_one({"_id": SCHOOL}, {"$set": {"seeded_at": at}}, upsert=True)
