"""The one row about the school itself: which kind of database this is, and what was loaded."""

from datetime import datetime

from courseflow_admin.db.client import Duplicate, collection

SCHOOL = "school"


async def stamp(wanted: str) -> str:
    """Stamp a new database `wanted`; what the database is stamped, now or from before."""
    row = await collection("school").find_one({"_id": SCHOOL})
    if row is None:
        try:
            await collection("school").insert_one({"_id": SCHOOL, "stamp": wanted})
        except Duplicate:
            return await stamp(wanted)
        return wanted
    return str(row["stamp"])


async def seeded_at() -> datetime | None:
    row = await collection("school").find_one({"_id": SCHOOL}, projection={"seeded_at": 1})
    found: datetime | None = row.get("seeded_at") if row else None
    return found


async def set_seeded(at: datetime) -> None:
    await collection("school").update_one({"_id": SCHOOL}, {"$set": {"seeded_at": at}}, upsert=True)
