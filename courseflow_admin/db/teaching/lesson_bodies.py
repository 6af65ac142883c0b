"""Lesson texts by content hash: written once, never changed, shared by draft and versions."""

from collections.abc import Iterable
from datetime import datetime

from courseflow_admin.db.core.client import collection
from courseflow_admin.errors import NotFound
from courseflow_admin.models.teaching.courses import body_hash


async def put(text: str, at: datetime) -> str:
    """Keep `text` and return its hash; the same text is kept once."""
    key = body_hash(text)
    if key:
        await collection("lesson_bodies").update_one(
            {"_id": key}, {"$setOnInsert": {"text": text, "created_at": at}}, upsert=True
        )
    return key


async def get(key: str) -> str:
    """The text; nothing for a lesson that has none yet."""
    if not key:
        return ""
    row = await collection("lesson_bodies").find_one({"_id": key})
    if row is None:
        raise NotFound("lesson text")
    return str(row["text"])


async def many(keys: Iterable[str]) -> dict[str, str]:
    rows = await collection("lesson_bodies").find({"_id": {"$in": sorted(set(keys))}})
    return {row["_id"]: row["text"] for row in rows}
