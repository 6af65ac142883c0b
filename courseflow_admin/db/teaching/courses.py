"""Queries on courses and their published versions."""

from collections.abc import Iterable, Mapping

from courseflow_admin.db.core.client import Row, collection, require_transaction
from courseflow_admin.errors import NotFound
from courseflow_admin.models.teaching.courses import Course, CourseVersion


def _one(row: Row | None) -> Course | None:
    return Course.from_mongo(row) if row else None


async def find(course_id: str) -> Course | None:
    return _one(await collection("courses").find_one({"_id": course_id}))


async def get(course_id: str) -> Course:
    course = await find(course_id)
    if course is None:
        raise NotFound("course")
    return course


async def find_by_slug(slug: str) -> Course | None:
    """By its slug, or by one it had before (then its `slug` is another)."""
    where = {"$or": [{"slug": slug}, {"old_slugs": slug}]}
    rows = await collection("courses").find(where, limit=2)
    return _one(next((row for row in rows if row["slug"] == slug), rows[0] if rows else None))


async def many(ids: Iterable[str]) -> list[Course]:
    wanted = sorted(set(ids))
    rows = await collection("courses").find({"_id": {"$in": wanted}}, batch_size=len(wanted) + 1)
    return [Course.from_mongo(row) for row in rows]


async def slug_is_taken(slug: str, besides: str = "") -> bool:
    """Whether another course has this slug or had it, so that no link changes its meaning."""
    where = {"$or": [{"slug": slug}, {"old_slugs": slug}], "_id": {"$ne": besides}}
    return await collection("courses").find_one(where, projection={"_id": 1}) is not None


async def insert(course: Course) -> None:
    """Duplicate when the slug is taken."""
    await collection("courses").insert_one(course.to_mongo())


async def save(course: Course, *fields: str) -> None:
    """Write these fields of a course that was read in the same transaction.

    Someone else's change in between makes the transaction conflict and run again as a whole,
    so a revision compared after the read is still the newest one here.
    """
    require_transaction()
    row = course.to_mongo()
    changes = {name: row[name] for name in (*fields, "updated_at")}
    await collection("courses").update_one({"_id": course.id}, {"$set": changes})


async def insert_version(version: CourseVersion) -> None:
    """Duplicate when this number is already out; a version is never written again."""
    await collection("course_versions").insert_one(version.to_mongo())


async def find_version(course_id: str, number: int) -> CourseVersion | None:
    row = await collection("course_versions").find_one({"course_id": course_id, "number": number})
    return CourseVersion.from_mongo(row) if row else None


async def outlines(numbers: Mapping[str, Iterable[int]]) -> dict[tuple[str, int], CourseVersion]:
    """Versions of many courses, by course and number, without their descriptions."""
    wanted = [{"course_id": id_, "number": {"$in": sorted(them)}} for id_, them in numbers.items()]
    if not wanted:
        return {}
    rows = await collection("course_versions").find(
        {"$or": wanted}, projection={"description": 0}, batch_size=1000
    )
    return {(row["course_id"], row["number"]): CourseVersion.from_mongo(row) for row in rows}


async def newest_version(course_id: str) -> CourseVersion | None:
    """What learners see; None when nothing was ever published."""
    rows = await collection("course_versions").find(
        {"course_id": course_id}, sort=[("number", -1)], limit=1
    )
    return CourseVersion.from_mongo(rows[0]) if rows else None


async def versions(course_id: str, limit: int = 50) -> list[CourseVersion]:
    """Newest first."""
    rows = await collection("course_versions").find(
        {"course_id": course_id}, sort=[("number", -1)], limit=limit
    )
    return [CourseVersion.from_mongo(row) for row in rows]


async def copy_owner(course_id: str, former_id: str, owner_id: str) -> None:
    """Bring the copies of whose course it is up to date, in the change's transaction."""
    require_transaction()
    for name in ("payments", "enrollments"):
        await collection(name).update_many(
            {"course_id": course_id}, {"$set": {"owner_id": owner_id}}
        )
    await collection("emails").update_many(
        {"course_owner_id": former_id, "course_id": course_id},
        {"$set": {"course_owner_id": owner_id}},
    )
