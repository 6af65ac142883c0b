"""A job that can be killed in its middle: it says that it has begun, and takes its time."""

import asyncio

from courseflow_admin.db.core.client import collection
from courseflow_admin.models.school.jobs import Job

NAP = 0.5  # seconds


async def nap(job: Job) -> None:
    await collection("decoys").update_one(
        {"_id": job.key}, {"$inc": {"begun": 1}, "$set": {"lane": job.lane}}, upsert=True
    )
    await asyncio.sleep(NAP)
    await collection("decoys").update_one({"_id": job.key}, {"$inc": {"ended": 1}})
