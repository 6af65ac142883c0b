"""Queries on enrollments and their grants."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from courseflow_admin.db.core.client import collection, require_transaction
from courseflow_admin.models.teaching.enrollments import EndReason, Enrollment, Grant


async def find(account_id: str, course_id: str) -> Enrollment | None:
    row = await collection("enrollments").find_one(
        {"account_id": account_id, "course_id": course_id}
    )
    return Enrollment.from_mongo(row) if row else None


async def of_account(account_id: str) -> list[Enrollment]:
    """All enrollments of one learner, the last studied first."""
    rows = await collection("enrollments").find(
        {"account_id": account_id}, sort=[("last_seen_at", -1)], limit=500, batch_size=500
    )
    return [Enrollment.from_mongo(row) for row in rows]


async def in_courses(account_id: str, course_ids: Sequence[str]) -> list[Enrollment]:
    """The enrollments of one learner in these courses, as far as there are any."""
    rows = await collection("enrollments").find(
        {"account_id": account_id, "course_id": {"$in": list(course_ids)}},
        limit=len(course_ids),
        projection={"done": 0},
    )
    return [Enrollment.from_mongo(row) for row in rows]


async def add_grant(new: Enrollment, grant: Grant) -> bool:
    """Give `grant` to the learner of `new`, making the enrollment if there is none.

    False when this payment's grant is already there. Two transactions doing this at once for one
    learner and course conflict, and the second runs again and finds the grant.
    """
    where = {"account_id": new.account_id, "course_id": new.course_id}
    existing = await collection("enrollments").find_one(where, projection={"_id": 1})
    if existing is None:
        row = new.model_copy(update={"grants": [grant]}).to_mongo()
        await collection("enrollments").insert_one(row)
        return True
    guard: dict[str, Any] = {"_id": existing["_id"]}
    if grant.payment_id:
        # A multikey unique index does not hold within one document, so the query has to.
        guard["grants.payment_id"] = {"$ne": grant.payment_id}
    result = await collection("enrollments").update_one(
        guard, {"$push": {"grants": grant.to_mongo()}}
    )
    return result.modified_count == 1


async def end_grant(payment_id: str, at: datetime, reason: EndReason) -> bool:
    """End the one grant this payment gave; False when there is none or it has ended before."""
    return await _set_grant(
        {"payment_id": payment_id, "ended": None},
        {"grants.$.ended": at, "grants.$.end_reason": reason, "grants.$.suspended": None},
    )


async def restore_grant(payment_id: str) -> bool:
    """Open the grant this payment gave again; False when there is none that has ended."""
    return await _set_grant(
        {"payment_id": payment_id, "ended": {"$ne": None}},
        {"grants.$.ended": None, "grants.$.end_reason": ""},
    )


async def suspend_grant(payment_id: str, since: datetime | None) -> bool:
    """Mark the one grant this payment gave as suspended, or (None) as no longer so."""
    as_it_is = {"$ne": None} if since is None else None
    return await _set_grant(
        {"payment_id": payment_id, "suspended": as_it_is}, {"grants.$.suspended": since}
    )


async def _set_grant(which: dict[str, Any], changes: dict[str, Any]) -> bool:
    result = await collection("enrollments").update_one(
        {"grants": {"$elemMatch": which}}, {"$set": changes}
    )
    return result.modified_count == 1


async def count_by_course(course_ids: Iterable[str]) -> dict[str, int]:
    """Course id -> number of enrollments; a course without any is left out."""
    rows = await collection("enrollments").aggregate(
        [
            {"$match": {"course_id": {"$in": sorted(set(course_ids))}}},
            {"$group": {"_id": "$course_id", "enrolled": {"$sum": 1}}},
        ]
    )
    return {row["_id"]: row["enrolled"] for row in rows}


async def note_seen(enrollment_id: str, lesson_id: str, at: datetime) -> None:
    """Where the learner is now, so that Continue leads back there."""
    await collection("enrollments").update_one(
        {"_id": enrollment_id}, {"$set": {"last_lesson_id": lesson_id, "last_seen_at": at}}
    )


async def record_progress(enrollment: Enrollment) -> None:
    """Write the progress of an enrollment that was read in the same transaction.

    A change in between (a second tab) makes the transaction conflict and run again, so that no
    lesson is lost; the percentage never falls and the day of completion stays.
    """
    require_transaction()
    await collection("enrollments").update_one(
        {"_id": enrollment.id},
        {
            "$addToSet": {"done": {"$each": enrollment.done}},
            "$max": {"percent": enrollment.percent},
            "$set": {
                "progress_version": enrollment.progress_version,
                "completed_at": enrollment.completed_at,
                "last_lesson_id": enrollment.last_lesson_id,
                "last_seen_at": enrollment.last_seen_at,
            },
        },
    )
