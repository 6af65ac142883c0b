"""The lists of enrollments: of learners, and one's own; newest first."""

from courseflow_admin.db.core import addresses, keyset
from courseflow_admin.db.core.client import Row, collection
from courseflow_admin.db.teaching import catalog
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.teaching.enrollments import Enrollment, EnrollmentFilter

# Which lessons are done is for the classroom only, and long.
LEFT_OUT: Row = {"done": 0}
MOST_COURSES = 500  # in the list's filter


async def search(wanted: EnrollmentFilter, request: PageRequest) -> Page[Enrollment]:
    where, hint = plan(wanted)
    return await keyset.page(
        "enrollments",
        where,
        "enrolled_at",
        request,
        Enrollment.from_mongo,
        hint=hint,
        projection=LEFT_OUT,
    )


def plan(wanted: EnrollmentFilter) -> tuple[Row, list[tuple[str, int]] | None]:
    """The query, and the keys of the index that serves it; what leaves fewest rows comes first.

    No keys for own and co-taught courses together: MongoDB merges the indexes of both by date.
    """
    co_taught = wanted.course_id in wanted.co_taught
    named = {
        "account_id": wanted.account_id,
        "course_id": wanted.course_id,
        "owner_id": "" if co_taught else wanted.owner_id,
    }
    where: Row = {name: value for name, value in named.items() if value}
    by_date = [("enrolled_at", -1), ("_id", -1)]
    if wanted.period:
        where["enrolled_at"] = {"$gte": wanted.period.start, "$lt": wanted.period.end}
    if wanted.co_taught and not wanted.course_id:
        # The period is in both branches: beside them it would make MongoDB read all its rows.
        theirs = {key: value for key, value in where.items() if key != "owner_id"}
        where = {"$or": [where, {**theirs, "course_id": {"$in": list(wanted.co_taught)}}]}
    if wanted.email_prefix:
        where["learner_email"] = addresses.starting(wanted.email_prefix)
        if not wanted.account_id:
            return where, [("learner_email", 1), *by_date]
    if wanted.co_taught and not wanted.course_id:
        return where, None
    first = next((name for name in named if name in where), "")
    return where, [*([(first, 1)] if first else []), *by_date]


async def co_taught(account_id: str) -> tuple[str, ...]:
    """Ids of the courses of others that this person writes too, the last changed ones."""
    rows = await collection("courses").find(
        {"co_instructor_ids": account_id},
        projection={"_id": 1},
        sort=[("updated_at", -1), ("_id", -1)],
        limit=MOST_COURSES,
    )
    return tuple(row["_id"] for row in rows)


async def courses(author_id: str | None = None) -> list[tuple[str, str]]:
    """Id and title of all courses, or of those someone writes; the last changed, by title."""
    rows = await collection("courses").find(
        catalog.author_query(author_id),
        projection={"title": 1},
        sort=[("updated_at", -1), ("_id", -1)],
        limit=MOST_COURSES,
    )
    return sorted(((row["_id"], row["title"]) for row in rows), key=lambda one: one[1].casefold())
