"""Queries behind the lists of courses: the catalog, and an author's own."""

import re
from collections.abc import Iterable

from courseflow_admin.db.core import keyset
from courseflow_admin.db.core.client import Row, collection
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.teaching.courses import Course, CourseState

LISTED_ONLY = {"outline": 0, "removed": 0, "description": 0}  # a list needs no outline


def search_query(words: Iterable[str], category: str = "", level: str = "") -> Row:
    """Published courses; each word is the beginning of one of theirs, and nothing but text."""
    where: Row = {"state": CourseState.PUBLISHED}
    if category:
        where["listed.category"] = category
    if level:
        where["listed.level"] = level
    starts = [{"listed.search_words": {"$regex": f"^{re.escape(word)}"}} for word in words]
    return where | ({"$and": starts} if starts else {})


async def search(
    words: Iterable[str], category: str, level: str, request: PageRequest
) -> Page[Course]:
    """The newest first."""
    where = search_query(words, category, level)
    return await keyset.page(
        "courses", where, "published_at", request, Course.from_mongo, projection=LISTED_ONLY
    )


async def categories() -> dict[str, int]:
    """Category -> number of courses on sale."""
    rows = await collection("courses").aggregate(
        [
            {"$match": {"state": CourseState.PUBLISHED}},
            {"$group": {"_id": "$listed.category", "courses": {"$sum": 1}}},
        ]
    )
    return {row["_id"]: row["courses"] for row in rows if row["_id"]}


def author_query(author_id: str | None) -> Row:
    """What one may edit: own and co-taught; None: everything."""
    if author_id is None:
        return {}
    return {"$or": [{"owner_id": author_id}, {"co_instructor_ids": author_id}]}


async def of_author(author_id: str | None, request: PageRequest) -> Page[Course]:
    """The last changed first."""
    return await keyset.page(
        "courses", author_query(author_id), "updated_at", request, Course.from_mongo
    )


async def currencies() -> dict[str, int]:
    """Currency -> number of published courses that cost something in it."""
    rows = await collection("courses").aggregate(
        [
            {"$match": {"state": CourseState.PUBLISHED, "free": False}},
            {"$group": {"_id": "$price.currency", "courses": {"$sum": 1}}},
        ]
    )
    return {row["_id"]: row["courses"] for row in rows}
