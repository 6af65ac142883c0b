"""The catalog: only what is on sale, searched by words and by nothing else."""

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.teaching import catalog as catalog_db
from courseflow_admin.errors import Invalid, NotFound
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.teaching.courses import Thumbnail
from courseflow_admin.models.teaching.studio import FieldsForm
from courseflow_admin.services.teaching import catalog, enrollments, studio
from tests.course_builders import a_course, a_draft, a_student, an_admin, an_instructor

EVERYTHING = PageRequest()


async def found(q: str = "", category: str = "", level: str = "") -> list[str]:
    page = await catalog.search(q, category, level, EVERYTHING)
    return [entry.title for entry in page.rows]


async def test_the_catalog_shows_what_is_on_sale_and_nothing_else(database):
    author = await an_instructor()
    await a_draft(author, "Draft")
    await a_course(author, "Sold")
    off = await a_course(author, "Off sale")
    gone = await a_course(author, "Archived")
    await studio.unpublish(author, off.id)
    await studio.archive(author, gone.id)

    assert await found() == ["Sold"]


async def test_an_entry_says_what_a_buyer_wants_to_know(database):
    author = await an_instructor()
    await a_course(author)

    [entry] = (await catalog.search("", "", "", EVERYTHING)).rows

    assert (entry.title, entry.subtitle) == (
        "Data Structures in Practice",
        "Arrays, trees and graphs",
    )
    assert (entry.owner_name, entry.slug) == ("Ines Weber", "data-structures-in-practice")
    assert (str(entry.price), entry.free, entry.lessons, entry.minutes) == (
        "₹4,999.00",
        False,
        3,
        21,
    )
    assert (entry.thumbnail, entry.enrolled) == (Thumbnail(pattern="waves", hue="iris"), False)


@pytest.mark.parametrize(
    "q", ["data", "DATA struct", "structures data", "weber", "graphs", "programming", " prac  "]
)
async def test_every_word_is_the_beginning_of_one_of_theirs(database, q):
    author = await an_instructor()
    await a_course(author)

    assert await found(q) == ["Data Structures in Practice"]


@pytest.mark.parametrize(
    "q", [".*", "^data", "d.ta", "data|zzz", "ata", "data zzz", "$ne", "(", "[a-z]+", "\\", "\x00"]
)
async def test_a_search_is_text_and_never_an_expression(database, q):
    """Fault 12 of the ancestor: search took a raw regular expression."""

    author = await an_instructor()
    await a_course(author, "Dxta")
    await a_course(author, "Something")

    assert await found(q) == []


async def test_words_in_every_script_are_found(database):
    author = await an_instructor()
    await a_course(author, "हिन्दी व्याकरण")
    await a_course(author, "ÉCOLE de Straße")

    assert await found("हिन्दी") == ["हिन्दी व्याकरण"]
    for written in ("école", "ecole", "STRASSE"):
        assert await found(written) == ["ÉCOLE de Straße"]


async def test_category_and_level_narrow_the_list(database):
    author = await an_instructor()
    await a_course(author, "One", category="Data", level="advanced")
    await a_course(author, "Two", category="Data")

    assert await found(category="Data") == ["Two", "One"]
    assert await found(category="Data", level="advanced") == ["One"]
    assert await found(category="Music") == []
    assert await catalog.categories() == ["Data"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"category": "{$ne: 1}"}, "“{$ne: 1}” is not a known category."),
        ({"category": "Data", "level": "expert"}, "“expert” is not a known level."),
    ],
)
async def test_a_category_or_level_that_nobody_knows_is_refused(database, asked, said):
    with pytest.raises(Invalid) as refused:
        await found(**asked)

    assert (refused.value.message, refused.value.field) == (said, list(asked)[-1])


async def test_a_changed_draft_does_not_show_before_it_is_published(database):
    author = await an_instructor()
    course = await a_course(author, "Before")
    form = FieldsForm(title="After", subtitle="Hidden")
    await studio.save_fields(author, course.id, form, course.fields_revision)

    page = await catalog.course_page(course.slug, None)
    before = (await found("before"), await found("hidden"), page.title)
    await studio.publish(author, course.id)

    assert before == (["Before"], [], "Before")
    assert (await found("before"), await found("hidden")) == ([], ["After"])


async def test_a_new_price_holds_at_once(database):
    author = await an_instructor()
    course = await a_course(author)
    price = Money(minor=600_000, currency="INR")

    await studio.save_fields(author, course.id, FieldsForm(price=price), course.fields_revision)

    [entry] = (await catalog.search("", "", "", EVERYTHING)).rows
    assert str(entry.price) == "₹6,000.00"


async def test_a_course_page_holds_titles_and_no_text(database):
    author = await an_instructor()
    course = await a_course(author)

    page = await catalog.course_page(course.slug, None)

    [section] = page.outline
    assert [(lesson.title, lesson.preview) for lesson in section.lessons] == [
        ("One", True),
        ("Two", False),
        ("Three", False),
    ]
    assert "<strong>every</strong>" in page.description_html
    assert "Text of" not in repr(page)
    assert all(lesson.body_hash not in repr(page) for lesson in course.lessons())
    assert (page.has_access, page.authored, page.reasons) == (False, False, ())


async def test_an_old_address_leads_to_the_new_one(database):
    author = await an_instructor()
    course = await a_course(author)
    form = FieldsForm(slug="short")
    await studio.save_fields(author, course.id, form, course.fields_revision)

    page = await catalog.course_page("data-structures-in-practice", None)

    assert page.slug == "short"


async def test_what_is_not_on_sale_exists_only_for_those_it_concerns(database):
    author, rival = await an_instructor(), await an_instructor("rival@demo.test", "Rival")
    learner = await a_student()
    stranger = await a_student("bob@demo.test", "Bob")
    admin = await an_admin()
    draft = await a_draft(author, "Draft")
    course = await a_course(author, "Free", free=True)
    await enrollments.enroll_free(learner, course.id)
    await studio.unpublish(author, course.id)

    for actor in (None, stranger, rival):
        for slug in (course.slug, course.id, draft.slug):
            with pytest.raises(NotFound):
                await catalog.course_page(slug, actor)
    with pytest.raises(NotFound):
        await catalog.course_page(draft.slug, learner)
    for actor in (author, admin):
        assert (await catalog.course_page(draft.slug, actor)).authored
    page = await catalog.course_page(course.slug, learner)
    assert (page.has_access, page.sold) == (True, False)


async def test_what_one_has_is_marked_in_the_catalog(database):
    author, learner = await an_instructor(), await a_student()
    course = await a_course(author, "Free", free=True)
    await a_course(author, "Other")
    await enrollments.enroll_free(learner, course.id)

    page = await catalog.search("", "", "", EVERYTHING, learner)

    assert {entry.title: entry.enrolled for entry in page.rows} == {"Free": True, "Other": False}


async def test_pages_of_the_catalog_go_on_where_the_last_one_ended(database):
    author = await an_instructor()
    for number in range(5):
        await a_course(author, f"Course {number}")

    first = await catalog.search("", "", "", PageRequest(size=2))
    request = PageRequest.parse(after=first.next_cursor, first="3")
    second = await catalog.search("", "", "", request)
    back = await catalog.search(
        "", "", "", PageRequest.parse(before=second.previous_cursor, first="1")
    )

    assert [entry.title for entry in first.rows] == ["Course 4", "Course 3"]
    assert [entry.title for entry in second.rows] == ["Course 2", "Course 1", "Course 0"]
    assert [entry.title for entry in back.rows] == ["Course 4", "Course 3"]
    assert (first.total, second.range_text) == (5, "3–5 of 5")


def stages(plan: dict) -> list[str]:
    below = [plan.get("inputStage"), *plan.get("inputStages", [])]
    return [plan["stage"], *(stage for one in below if one for stage in stages(one))]


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        (catalog_db.search_query([]), "state_1_published_at_-1__id_-1"),
        (
            catalog_db.search_query([], "Data"),
            "state_1_listed.category_1_published_at_-1__id_-1",
        ),
        (catalog_db.search_query(["wor123"]), "state_1_listed.search_words_1"),
    ],
)
async def test_lists_of_courses_use_their_own_index(database, where, wanted):
    await collection("courses").insert_many(
        [
            {
                "_id": f"crs_{number:04}",
                "slug": f"c{number}",
                "state": "published",
                "published_at": number,
                "listed": {
                    "category": "Data" if number % 20 == 0 else "Music",
                    "search_words": [f"wor{number}"],
                },
            }
            for number in range(1000)
        ]
    )
    sort = [("published_at", -1), ("_id", -1)]

    plan = await collection("courses").raw.find(where, sort=sort, limit=11).explain()

    winner = plan["queryPlanner"]["winningPlan"]
    ran = plan["executionStats"]
    assert "COLLSCAN" not in stages(winner)
    assert wanted in str(winner)
    assert ran["totalKeysExamined"] <= max(ran["nReturned"] * 11, 1) + 1


@pytest.mark.parametrize("author", ["acc_1", None])
async def test_an_authors_list_is_merged_from_two_indexes_in_order(database, author):
    await collection("courses").insert_many(
        [
            {
                "_id": f"crs_{number:04}",
                "slug": f"c{number}",
                "owner_id": f"acc_{number % 10}",
                "co_instructor_ids": [f"acc_{number % 7}"],
                "updated_at": number,
            }
            for number in range(1000)
        ]
    )
    sort = [("updated_at", -1), ("_id", -1)]
    where = catalog_db.author_query(author)

    plan = await collection("courses").raw.find(where, sort=sort, limit=21).explain()

    used = stages(plan["queryPlanner"]["winningPlan"])
    assert not {"COLLSCAN", "SORT"} & set(used)
    assert plan["executionStats"]["totalKeysExamined"] <= 2 * (21 + 1)
