"""The list of learners: one row per enrollment, newest first."""

import re

from courseflow_admin.db import keyset
from courseflow_admin.db.client import Row, collection
from courseflow_admin.models.enrollments import Enrollment, EnrollmentFilter
from courseflow_admin.models.paging import Page, PageRequest

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


def plan(wanted: EnrollmentFilter) -> tuple[Row, list[tuple[str, int]]]:
    """The query, and the keys of the index that serves it; what leaves fewest rows comes first."""
    named = {"course_id": wanted.course_id, "owner_id": wanted.owner_id}
    where: Row = {name: value for name, value in named.items() if value}
    by_date = [("enrolled_at", -1), ("_id", -1)]
    if wanted.period:
        where["enrolled_at"] = {"$gte": wanted.period.start, "$lt": wanted.period.end}
    if wanted.email_prefix:
        where["learner_email"] = {"$regex": f"^{re.escape(wanted.email_prefix.lower())}"}
        return where, [("learner_email", 1), *by_date]
    first = next((name for name in named if name in where), "")
    return where, [*([(first, 1)] if first else []), *by_date]


async def courses(owner_id: str = "") -> list[tuple[str, str]]:
    """Id and title of courses that can have learners, the last changed ones, by title."""
    rows = await collection("courses").find(
        {"owner_id": owner_id} if owner_id else {},
        projection={"title": 1},
        sort=[("updated_at", -1), ("_id", -1)],
        limit=MOST_COURSES,
    )
    return sorted(((row["_id"], row["title"]) for row in rows), key=lambda one: one[1].casefold())
