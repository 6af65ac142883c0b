"""A change of a course's fields is noted before and after: what really changed, nothing else."""

import hashlib

import pytest

from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.school.audit import Act, AuditEntry
from courseflow_admin.models.teaching.courses import Thumbnail
from courseflow_admin.models.teaching.studio import FieldsForm
from courseflow_admin.services.identity import accounts
from courseflow_admin.services.teaching import studio
from courseflow_admin.state.school.audit import details_of
from tests.builders import an_account, stored
from tests.course_builders import a_draft, an_admin, an_instructor

CHANGES = {
    "title": ("New", "Data Structures in Practice", "New"),
    "subtitle": ("Graphs", "Arrays, trees and graphs", "Graphs"),
    "category": ("Music", "Programming", "Music"),
    "level": ("advanced", "beginner", "advanced"),
    "language": ("hi", "en", "hi"),
    "slug": ("new-address", "data-structures-in-practice", "new-address"),
    "access_days": (30, None, 30),
    "price": (
        Money(minor=100_000, currency="INR"),
        {"minor": 499_900, "currency": "INR"},
        {"minor": 100_000, "currency": "INR"},
    ),
    "thumbnail": (
        Thumbnail(pattern="waves", hue="amber"),
        Thumbnail(pattern="waves", hue="iris").model_dump(),
        Thumbnail(pattern="waves", hue="amber").model_dump(),
    ),
}


async def noted(course_id: str) -> dict:
    entries = await stored("audit", object_id=course_id, act=Act.COURSE_CHANGED.value)
    return entries[-1]["facts"]


@pytest.mark.parametrize("field", CHANGES)
async def test_a_changed_field_is_noted_before_and_after(database, field):
    new, before, after = CHANGES[field]
    author = await an_instructor()
    course = await a_draft(author)
    form = FieldsForm(**{"description": course.description, field: new})

    await studio.save_fields(author, course.id, form, course.fields_revision)

    assert await noted(course.id) == {"before": {field: before}, "after": {field: after}}


async def test_a_course_made_free_is_noted_with_the_price_it_loses(database):
    author = await an_instructor()
    course = await a_draft(author)

    await studio.save_fields(author, course.id, FieldsForm(free=True), course.fields_revision)

    price = {"minor": 499_900, "currency": "INR"}
    assert await noted(course.id) == {
        "before": {"free": False, "price": price},
        "after": {"free": True, "price": {"minor": 0, "currency": "INR"}},
    }


async def test_another_currency_is_noted_with_its_amounts(database):
    author = await an_instructor()
    course = await a_draft(author)
    dollars = Money(minor=4_900, currency="USD")

    await studio.save_fields(author, course.id, FieldsForm(price=dollars), course.fields_revision)

    assert (await noted(course.id))["after"] == {"price": {"minor": 4_900, "currency": "USD"}}


async def test_of_a_long_text_only_its_length_and_hash_are_noted(database):
    author = await an_instructor()
    course = await a_draft(author)
    text = "word " * 100

    form = FieldsForm(description=text)
    await studio.save_fields(author, course.id, form, course.fields_revision)

    short = hashlib.sha256(text.encode()).hexdigest()[:12]
    assert await noted(course.id) == {
        "before": {"description": "What **every** programmer meets."},
        "after": {"description": f"500 characters, {short}"},
    }


def test_the_audit_page_writes_a_changed_price_as_people_do():
    prices = [{"price": {"minor": minor, "currency": "INR"}} for minor in (499_900, 100_000)]
    facts = {"before": prices[0], "after": prices[1]}
    entry = AuditEntry(
        _id="aud_1",
        at=clock.business(),
        actor_id="acc_1",
        act=Act.COURSE_CHANGED,
        object_id="crs_1",
        facts=facts,
    )

    was, becomes = Money.of(499_900, "INR"), Money.of(100_000, "INR")
    assert details_of(entry).splitlines()[0] == f"Price: {was} → {becomes}"


async def test_suspending_and_restoring_are_noted_with_what_was_so_before(database):
    admin = await an_admin()
    person = await an_account()

    await accounts.suspend(admin, person.id)
    await accounts.suspend(admin, person.id)
    await accounts.restore(admin, person.id)

    entries = await stored("audit", object_id=person.id)
    steps = [one["facts"] for one in entries if one["act"] != Act.ACCOUNT_CREATED.value]
    yes, no = {"suspended": True}, {"suspended": False}
    assert steps == [
        {"before": no, "after": yes},
        {"before": yes, "after": yes},
        {"before": yes, "after": no},
    ]
