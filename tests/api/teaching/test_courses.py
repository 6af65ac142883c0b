"""Courses over HTTP: written by their authors, read by everybody once they are on sale."""

import pytest

from tests.builders import PASSWORD, an_account, stored
from tests.course_builders import a_course, a_draft, an_instructor, everything

INR = {"minor": 499_900, "currency": "INR"}
FIELDS = {
    "description": "What **every** programmer meets.",
    "category": "Programming",
    "thumbnail": {"pattern": "waves", "hue": "iris"},
    "price": INR,
}


async def sign_in(api, email: str = "ines@demo.test") -> None:
    answer = await api.post("/api/v1/auth/sign-in", data={"email": email, "password": PASSWORD})
    assert answer.status_code == 303


async def test_a_course_is_written_published_and_found(api):
    await an_instructor()
    await sign_in(api)

    made = await api.post("/api/v1/courses", json={"title": "Trees, drawn"})
    course = made.json()
    path = f"/api/v1/courses/{course['id']}"
    section = await api.post(f"{path}/sections", json={"title": "Roots"})
    lesson = await api.post(
        f"{path}/lessons",
        json={"section_id": section.json()["id"], "title": "One", "text": "# A", "ready": True},
    )
    changed = await api.patch(path, json={"revision": 0, "fields": FIELDS})
    version = await api.post(f"{path}/publish")
    versions = await api.get(f"{path}/versions")
    api.cookies.clear()
    catalog = await api.get("/api/v1/catalog", params={"q": "tree"})
    page = await api.get("/api/v1/courses/trees-drawn")

    assert (made.status_code, section.status_code, lesson.status_code) == (201, 201, 201)
    assert (lesson.json()["has_text"], lesson.json()["ready"]) == (True, True)
    assert (changed.json()["price"], changed.json()["fields_revision"]) == (INR, 1)
    assert (version.json()["number"], version.json()["lessons"]) == (1, 1)
    assert [one["id"] for one in versions.json()] == [version.json()["id"]]
    assert [entry["slug"] for entry in catalog.json()["rows"]] == ["trees-drawn"]
    assert (page.json()["on_sale"], page.json()["has_access"]) == (True, False)
    assert (await api.get(path)).json() == page.json()


async def test_a_course_in_public_holds_no_text_and_no_hash(api):
    course = await a_course(await an_instructor())

    answer = await api.get(f"/api/v1/courses/{course.slug}")

    assert answer.status_code == 200
    assert "Text of" not in answer.text
    assert all(lesson.body_hash not in answer.text for lesson in course.lessons())


async def test_a_stale_change_is_a_conflict(api):
    course = await a_draft(await an_instructor())
    await sign_in(api)
    before = await everything()

    answer = await api.patch(
        f"/api/v1/courses/{course.id}", json={"revision": 0, "fields": {"title": "Late"}}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_revision")
    assert answer.json()["differences"] == {"title": {"mine": "Late", "theirs": course.title}}
    assert await everything() == before


async def test_what_stands_in_the_way_of_publishing_is_said(api):
    await an_instructor()
    await sign_in(api)
    course = (await api.post("/api/v1/courses", json={"title": "Trees"})).json()

    answer = await api.post(f"/api/v1/courses/{course['id']}/publish")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_publishable")
    assert answer.json()["detail"].startswith("4 things to fix before publishing")


@pytest.mark.parametrize(
    "body",
    [
        {"revision": 0, "fields": {"owner_id": "acc_me"}},
        {"revision": 0, "fields": {"price": {"minor": 10.5, "currency": "INR"}}},
        {"revision": 0, "fields": {"price": {"minor": -1, "currency": "INR"}}},
        {"revision": 0, "fields": {"price": {"minor": 5000, "currency": "XXX"}}},
        {"revision": {"$gt": ""}, "fields": {}},
        {"fields": {"title": "No revision"}},
        [],
        "text",
    ],
)
async def test_a_change_of_another_shape_changes_nothing(api, body):
    course = await a_draft(await an_instructor())
    await sign_in(api)
    before = await everything()

    answer = await api.patch(f"/api/v1/courses/{course.id}", json=body)

    assert answer.status_code == 422
    assert await everything() == before


async def test_anyone_can_edit_only_their_own_course(api):
    author = await an_instructor()
    sold = await a_course(author)
    draft = await a_draft(author, "Draft")
    await an_account("rival@demo.test", "instructor")
    await an_account("ada@demo.test")
    before = await everything()

    async def answers(course) -> set[int]:
        path = f"/api/v1/courses/{course.id}"
        section = course.outline[0].id
        return {
            answer.status_code
            for answer in (
                await api.patch(path, json={"revision": 1, "fields": {"title": "Stolen"}}),
                await api.post(f"{path}/sections", json={"title": "Stolen"}),
                await api.post(f"{path}/lessons", json={"section_id": section, "title": "Stolen"}),
                await api.post(f"{path}/publish"),
                await api.get(f"{path}/draft"),
                await api.get(f"{path}/versions"),
            )
        }

    assert await answers(sold) == {401}
    await sign_in(api, "rival@demo.test")
    assert (await answers(sold), await answers(draft)) == ({403}, {404})
    assert (await api.get(f"/api/v1/courses/{draft.id}")).status_code == 404
    await sign_in(api, "ada@demo.test")
    assert (await answers(sold), await answers(draft)) == ({403}, {403})

    after = await everything()
    assert {name: after[name] for name in after if name != "audit"} == {
        name: before[name] for name in before if name != "audit"
    }


async def test_a_lesson_may_be_long_and_has_an_end(api):
    course = await a_draft(await an_instructor())
    await sign_in(api)
    form = {"section_id": course.outline[0].id, "title": "Long"}

    fits = await api.post(
        f"/api/v1/courses/{course.id}/lessons", json={**form, "text": "x" * 200_000}
    )
    too_long = await api.post(
        f"/api/v1/courses/{course.id}/lessons", json={**form, "text": "x" * 200_001}
    )

    assert (fits.status_code, too_long.status_code) == (201, 422)
    [row] = await stored("courses")
    assert len(row["outline"][0]["lessons"]) == 4


async def test_the_catalog_is_searched_by_words_only(api):
    await a_course(await an_instructor())

    regex = await api.get("/api/v1/catalog", params={"q": ".*"})
    twice = await api.get("/api/v1/catalog?q=a&q=b")
    nested = await api.get("/api/v1/catalog?q[$ne]=x")

    assert regex.json()["rows"] == []
    assert twice.status_code == 422
    assert (nested.status_code, nested.json()["field"]) == (422, "q[$ne]")


@pytest.mark.parametrize("cursor", ["x", "e30", "W10", "%00", "WyJ0IiwgIngiLCAiYSJd"])
async def test_a_broken_cursor_is_refused(api, cursor):
    answer = await api.get("/api/v1/catalog", params={"after": cursor})

    assert answer.status_code == 422
