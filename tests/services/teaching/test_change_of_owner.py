"""A course given to somebody else takes its learners, payments, e-mails and figures along."""

import asyncio
from contextvars import Context

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.mail.emails import EmailFilter
from courseflow_admin.models.money.payments import PaymentFilter, Sort
from courseflow_admin.models.teaching.enrollments import EnrollmentFilter
from courseflow_admin.services.figures import metrics
from courseflow_admin.services.identity import erasure
from courseflow_admin.services.mail import emails
from courseflow_admin.services.money import payments
from courseflow_admin.services.teaching import co_instructors, enrollments, studio
from tests.account_builders import an_enrollment
from tests.builders import PASSWORD, stored
from tests.course_builders import a_course, a_student, an_admin, an_instructor
from tests.money_builders import a_payment, an_email
from tests.services.money.buying import buy, work

ALL = PageRequest()


@pytest.fixture
async def sold(database):
    """A course with one of everything, its owner, and who is to have it: a co-instructor."""
    ines = await an_instructor()
    tomas = await an_instructor("tomas@demo.test", "Tomas Berg")
    course = await a_course(ines)
    await co_instructors.add(ines, course.id, tomas.email)
    learner = await a_student()
    ids = {"account_id": learner.id, "course_id": course.id}
    await a_payment(owner_id=ines.id, **ids)
    await an_enrollment(owner_id=ines.id, **ids)
    await an_email(course_owner_id=ines.id, **ids)
    return course, ines, tomas


async def seen_by(actor) -> dict[str, int]:
    board = await metrics.board(actor, ["sales"], days=7)
    return {
        "courses": (await studio.newest(actor, ALL)).total,
        "learners": (await enrollments.search(actor, EnrollmentFilter(), ALL)).total,
        "payments": (await payments.search(actor, PaymentFilter(), Sort(), ALL)).total,
        "emails": (await emails.search(actor, EmailFilter(), ALL)).total,
        "sales": sum(point.number for points in board.points.values() for point in points),
    }


async def test_all_that_belongs_to_a_course_moves_with_it_to_its_new_owner(sold):
    course, ines, tomas = sold
    had = await seen_by(ines)

    changed = await co_instructors.change_owner(await an_admin(), course.id, tomas.email)

    assert (changed.owner_id, changed.owner_name) == (tomas.id, "Tomas Berg")
    assert changed.co_instructor_ids == []
    assert await seen_by(tomas) == had
    assert {name: had[name] for name in ("courses", "learners", "payments", "emails")} == {
        "courses": 1,
        "learners": 1,
        "payments": 1,
        "emails": 1,
    }
    assert had["sales"] > 0
    assert set((await seen_by(ines)).values()) == {0}


async def test_a_change_of_owner_is_noted_and_both_are_told(sold):
    course, ines, tomas = sold
    await collection("emails").delete_many({})

    await co_instructors.change_owner(await an_admin(), course.id, tomas.email)

    [entry] = await stored("audit", act="course.owner_changed")
    assert entry["object_id"] == course.id
    assert entry["facts"] == {"before": {"owner_id": ines.id}, "after": {"owner_id": tomas.id}}
    assert [(one["to"], one["subject"]) for one in await stored("emails")] == [
        ("tomas@demo.test", f"You are now the owner of “{course.title}”"),
        ("ines@demo.test", f"You are no longer the owner of “{course.title}”"),
    ]


async def test_the_catalog_finds_a_given_course_by_its_new_owner(sold):
    course, _, tomas = sold

    await co_instructors.change_owner(await an_admin(), course.id, tomas.email)

    assert "tomas" in (await stored("courses", _id=course.id))[0]["listed"]["search_words"]
    assert "ines" not in (await stored("courses", _id=course.id))[0]["listed"]["search_words"]


async def test_who_gave_all_courses_away_may_delete_their_account(sold):
    course, ines, tomas = sold
    with pytest.raises(erasure.HasCourses):
        await erasure.erase(ines, PASSWORD)

    await co_instructors.change_owner(await an_admin(), course.id, tomas.email)
    await erasure.erase(ines, PASSWORD)

    [account] = await stored("accounts", _id=ines.id)
    assert account["erased_at"] is not None


# At the very moment of a purchase


@pytest.fixture
async def given(database, monkeypatch):
    """`given(course, module, name)`: it gets another owner right before that function is called."""
    admin = await an_admin()
    tomas = await an_instructor("tomas@demo.test", "Tomas Berg")

    def change(course, module, name):
        called = getattr(module, name)

        async def changed_first(*arguments, **options):
            monkeypatch.setattr(module, name, called)
            giving = co_instructors.change_owner(admin, course.id, tomas.email)
            await asyncio.create_task(giving, context=Context())  # not in our transaction
            return await called(*arguments, **options)

        monkeypatch.setattr(module, name, changed_first)
        return tomas

    return change


async def owners_of(course) -> dict[str, set[str]]:
    """By the rows of what was bought; whoever is told of the change itself is told as a person."""
    named = {"payments": "owner_id", "enrollments": "owner_id", "emails": "course_owner_id"}
    return {
        name: {
            row[field]
            for row in await stored(name, course_id=course.id)
            if row.get("kind") != "course_authors"
        }
        for name, field in named.items()
    }


async def test_what_is_paid_belongs_to_who_owned_the_course_when_it_was_paid(sandbox, given):
    """Two transactions at once: neither sees the other's row."""
    course, student = await a_course(await an_instructor()), await a_student()
    tomas = given(course, payments_db, "insert")
    payment = await buy(student, course, "stripe")
    sandbox.pay(payment.provider_checkout_id)

    await work(sandbox)

    assert (await stored("payments"))[0]["state"] == "paid"
    assert await owners_of(course) == {
        "payments": {tomas.id},
        "enrollments": {tomas.id},
        "emails": {tomas.id},
    }


async def test_a_checkout_belongs_to_who_owns_the_course_when_it_is_written(sandbox, given):
    course, student = await a_course(await an_instructor()), await a_student()
    tomas = given(course, payments_db, "of_learner")

    payment = await buy(student, course, "stripe")

    assert payment.owner_id == tomas.id


async def test_a_second_payment_belongs_to_the_owner_of_the_first(sandbox, given):
    course, student = await a_course(await an_instructor()), await a_student()
    payment = await buy(student, course, "razorpay")
    sandbox.pay_twice(payment.provider_checkout_id)
    tomas = given(course, payments_db, "insert")

    await work(sandbox)

    assert len(await stored("payments")) == 2
    assert (await owners_of(course))["payments"] == {tomas.id}
