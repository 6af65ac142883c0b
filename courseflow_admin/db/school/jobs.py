"""Leases: of several workers one does a job at a time, and a dead one's lease runs out."""

from datetime import datetime

from courseflow_admin.db.core.client import Duplicate, collection


async def lease(job: str, owner: str, at: datetime, until: datetime) -> bool:
    """Take or prolong the lease of `job`; False while another owner holds it."""
    try:
        await collection("jobs").update_one(
            {"_id": job, "$or": [{"owner": owner}, {"until": {"$lte": at}}]},
            {"$set": {"owner": owner, "until": until}},
            upsert=True,
        )
    except Duplicate:
        return False
    return True
