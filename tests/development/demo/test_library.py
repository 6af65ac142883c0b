"""The demo school is complete, keeps the rules of the product, and is worth reading."""

import re
from collections import Counter

import pytest

from courseflow_admin.development.demo import library

CATEGORIES = {"Programming", "Data", "Business", "Writing", "Languages", "Life"}
LEVELS = {"beginner", "intermediate", "advanced"}
PATTERNS = {"dots", "rings", "waves", "tri", "grid", "bars"}
HUES = {"iris", "jade", "amber", "cyan", "ruby", "plum"}
LEAST_MINOR = {"INR": 5_000, "USD": 50, "EUR": 50, "GBP": 30, "JPY": 50}

COURSES = library.courses()
LESSONS = [
    pytest.param(course, lesson, id=f"{course.slug}: {lesson.title}")
    for course in COURSES
    for lesson in course.lessons
]
each_course = pytest.mark.parametrize("course", COURSES, ids=lambda course: course.slug)
each_lesson = pytest.mark.parametrize(("course", "lesson"), LESSONS)


def without_code(markdown):
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", markdown, flags=re.S | re.M))


def test_there_are_twenty_courses_with_slugs_of_their_own():
    slugs = [course.slug for course in COURSES]

    assert len(slugs) == 20
    assert len(set(slugs)) == 20
    assert len({course.title for course in COURSES}) == 20


def test_eighteen_courses_are_published_one_is_a_draft_and_one_is_archived():
    states = Counter(course.state for course in COURSES)

    assert states == {"published": 18, "draft": 1, "archived": 1}


def test_two_courses_are_free_and_two_close_after_a_time():
    assert sum(course.free for course in COURSES) == 2
    assert sum(course.access_days is not None for course in COURSES) == 2


def test_the_school_sells_in_five_currencies_and_mostly_in_rupees():
    sold_in = Counter(course.currency for course in COURSES)

    assert set(sold_in) == set(LEAST_MINOR)
    assert sold_in["INR"] > 10


def test_only_one_lesson_is_empty_and_it_lies_in_the_draft():
    empty = [course.state for course in COURSES for lesson in course.lessons if not lesson.body]

    assert empty == ["draft"]


@each_course
def test_a_course_uses_only_words_the_product_knows(course):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", course.slug)
    assert course.category in CATEGORIES
    assert course.level in LEVELS
    assert course.language == "en"
    assert course.pattern in PATTERNS
    assert course.hue in HUES


@each_course
def test_a_price_is_chargeable_or_the_course_says_that_it_is_free(course):
    if course.free:
        assert course.price_minor == 0
    else:
        assert course.price_minor >= LEAST_MINOR[course.currency]


@each_course
def test_a_course_is_described_and_divided(course):
    assert course.subtitle
    assert 80 <= len(course.description.split()) <= 200
    assert 3 <= len(course.sections) <= 5
    assert all(section.lessons for section in course.sections)
    assert 6 <= len(course.lessons) <= 16


@each_course
def test_a_course_can_be_tried_by_its_first_lesson_only(course):
    assert [lesson.preview for lesson in course.lessons] == [True] + [False] * (
        len(course.lessons) - 1
    )


@each_course
def test_the_lessons_of_a_course_have_titles_of_their_own(course):
    titles = [lesson.title for lesson in course.lessons]

    assert len(set(titles)) == len(titles)


@each_course
def test_every_lesson_file_belongs_to_the_outline(course):
    files = list((library.FOLDER / "courses" / course.slug).glob("*/*.md"))

    assert len(files) == len(course.lessons)


@each_course
def test_a_course_belongs_to_an_instructor_of_the_school(course):
    assert course.instructor in {person.email for person in library.instructors()}


@each_lesson
def test_a_lesson_is_long_enough_to_read_and_short_enough_to_finish(course, lesson):
    if course.state != "draft" or lesson.body:
        assert 100 <= len(lesson.body.split()) <= 450
    assert 2 <= lesson.minutes <= 40


@each_lesson
def test_a_lesson_is_plain_markdown_without_leftovers(course, lesson):
    text = without_code(lesson.body)

    assert not re.search(r"<[a-zA-Z/!]", text)
    assert not re.search(r"^# ", text, flags=re.M)
    assert "```" not in text
    assert "lorem" not in text.lower()


def test_the_school_has_six_instructors_an_admin_and_a_student():
    instructors = library.instructors()

    assert len(instructors) == 6
    assert instructors[0].name == "Meera Iyer"
    assert instructors[0].email == "instructor@demo.test"
    assert library.admin().email == "admin@demo.test"
    assert (library.student().name, library.student().email) == ("Asha Nair", "student@demo.test")


def test_everybody_has_an_address_of_their_own_that_cannot_exist():
    emails = [person.email for person in [*library.instructors(), library.admin()]]

    assert len(set(emails)) == 7
    assert all(email.endswith("@demo.test") for email in emails)


def test_there_are_names_enough_for_three_hundred_learners():
    names = library.names()

    assert len(set(names.first)) == len(names.first) == 120
    assert len(set(names.last)) == len(names.last) == 120
