"""The demo school satisfies the rules of the product, for every single document."""

from collections import Counter

import pytest

from courseflow_admin.config import settings
from courseflow_admin.db.core.client import collection
from courseflow_admin.development.demo.loader import NotEmpty, load_demo_school
from courseflow_admin.errors import Conflict, SettingsInvalid
from courseflow_admin.models.core import clock
from courseflow_admin.models.money.payment_parts import RefundState
from courseflow_admin.models.money.payments import Payment, state_of
from courseflow_admin.models.money.receipts import Receipt
from courseflow_admin.models.school.settings import POLICIES
from courseflow_admin.models.teaching.courses import Course
from courseflow_admin.models.teaching.enrollments import Enrollment
from courseflow_admin.models.teaching.progress import percent_of
from courseflow_admin.services.identity import accounts
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.school import startup as school
from tests.builders import an_account, stored


async def test_the_demo_school_keeps_every_rule_of_the_product(demo_school):
    payments = [Payment.from_mongo(row) for row in await stored("payments")]
    enrollments = [Enrollment.from_mongo(row) for row in await stored("enrollments")]
    receipts = [Receipt.from_mongo(row) for row in await stored("receipts")]
    courses = {row["_id"]: Course.from_mongo(row) for row in await stored("courses")}
    people = {row["_id"]: row for row in await stored("accounts")}
    emails = await stored("emails")
    instant = clock.business()

    assert (len(courses), len(payments)) == (20, 1500)
    roles = Counter(person["role"] for person in people.values())
    assert roles == {"admin": 1, "instructor": 6, "student": 300}
    assert {payment.state.value for payment in payments} == {
        "created", "pending", "authorized", "paid", "partially_refunded", "refunded",
        "failed", "expired", "disputed", "needs_review",
    }  # fmt: skip

    paid = {payment.id: payment for payment in payments if payment.accepted_minor}
    grants = {
        grant.payment_id: (enrollment, grant)
        for enrollment in enrollments
        for grant in enrollment.grants
        if grant.payment_id
    }
    assert grants.keys() == paid.keys()
    assert sorted(receipt.payment_id for receipt in receipts) == sorted(paid)
    for payment in payments:
        buyer = people[payment.account_id]
        assert payment.state is state_of(payment)
        assert payment.amount == courses[payment.course_id].price
        assert payment.owner_id == courses[payment.course_id].owner_id
        assert buyer["created_at"] <= payment.created_at <= instant
        assert payment.created_at >= courses[payment.course_id].published_at
        assert payment.refunded_minor + payment.reserved_minor <= payment.amount.minor
        assert payment.provider == "stripe" or payment.amount.currency == "INR"
    for payment_id, (enrollment, grant) in grants.items():
        payment = paid[payment_id]
        assert (enrollment.account_id, enrollment.course_id) == (
            payment.account_id,
            payment.course_id,
        )
        wholly = payment.refunded_minor == payment.amount.minor
        assert bool(grant.ended) == wholly
        assert all(refund.state is RefundState.SETTLED for refund in payment.refunds)

    age_days = [(instant - payment.created_at).days for payment in payments]
    assert {days // 30 for days in age_days} >= set(range(12))
    assert any(0 < enrollment.percent < 100 for enrollment in enrollments)
    for enrollment in enrollments:
        lessons = courses[enrollment.course_id].lesson_ids
        assert set(enrollment.done) <= set(lessons)
        assert enrollment.percent == percent_of(len(enrollment.done), len(lessons))
        assert bool(enrollment.completed_at) == (enrollment.percent == 100)

    for series in {receipt.series for receipt in receipts}:
        numbers = sorted(
            (receipt.paid_at, receipt.number) for receipt in receipts if receipt.series == series
        )
        assert sorted(number for _, number in numbers) == list(range(1, len(numbers) + 1))
        assert [at for at, _ in numbers] == sorted(at for at, _ in numbers)

    kinds = Counter((row["kind"], row["payment_id"]) for row in emails if row["payment_id"])
    assert all(kinds["access_granted", payment_id] == 1 for payment_id in paid)
    assert all(kinds["receipt", payment_id] == 1 for payment_id in paid)
    assert sum(row["kind"] == "welcome" for row in emails) == 300
    assert {row["kind"] for row in await stored("jobs")} == {"payment-look"}


async def test_the_demo_school_is_loaded_once_and_its_people_can_sign_in(demo_school):
    again = await load_demo_school()
    student = await accounts.authenticate("student@demo.test", settings().demo_sign_in_password)

    assert again is False
    assert (student.name, student.role) == ("Asha Nair", "student")


async def test_a_load_that_was_interrupted_begins_anew(demo_school):
    await collection("school").update_one({"_id": "school"}, {"$unset": {"seeded_at": ""}})
    await collection("payments").delete_many({"provider": "stripe"})

    assert await load_demo_school() is True

    assert len(await stored("payments")) == 1500


async def test_the_demo_school_is_never_loaded_beside_people_of_your_own(database):
    mine = await an_account("me@school.example")

    with pytest.raises(NotEmpty):
        await load_demo_school()

    assert [row["_id"] for row in await stored("accounts")] == [mine.id]
    assert await stored("payments") == []


async def test_demo_people_are_never_loaded_into_a_live_database(database):
    await collection("school").insert_one({"_id": "school", "stamp": "live"})

    with pytest.raises((Conflict, SettingsInvalid)):
        await load_demo_school()

    assert await stored("accounts") == []


async def test_a_rehearsal_database_never_takes_a_live_key(database, configure):
    await school.check_stamp(settings())
    configure(
        STRIPE_SECRET_KEY="sk_live_" + "a" * 24,
        RAZORPAY_KEY_ID="rzp_live_abc",
        RAZORPAY_KEY_SECRET="x" * 20,
    )

    with pytest.raises(SettingsInvalid, match="Stripe: this database is stamped rehearsal"):
        await school.check_stamp(settings())


async def test_a_live_database_takes_live_keys_only(database, configure):
    live = {"RAZORPAY_KEY_ID": "rzp_live_abc", "RAZORPAY_KEY_SECRET": "x" * 20}
    configure(STRIPE_SECRET_KEY="sk_live_" + "a" * 24, **live)
    assert await school.check_stamp(settings()) == "live"

    test = {**live, "RAZORPAY_KEY_ID": "rzp_test_abc"}
    configure(STRIPE_SECRET_KEY="sk_test_" + "a" * 24, **test)
    with pytest.raises(SettingsInvalid, match="Stripe: this database is stamped live"):
        await school.check_stamp(settings())


async def test_a_live_and_a_sandbox_gateway_together_are_refused_and_stamp_nothing(
    database, configure
):
    configure(STRIPE_SECRET_KEY="sk_live_" + "a" * 24)

    with pytest.raises(SettingsInvalid, match="Stripe: a live key does not go with Razorpay"):
        await school.check_stamp(settings())

    assert await stored("school") == []


async def test_the_demo_school_has_settings_worth_reading_to_which_every_buyer_agreed(demo_school):
    settings = await school_settings.get()
    payments = [Payment.from_mongo(row) for row in await stored("payments")]

    assert settings.policy_versions == {"terms": 1, "privacy": 1, "refunds": 1}
    assert min(len(settings.policy(name).text) for name in POLICIES) > 500
    assert (settings.seller_lines[0], settings.tax_id_label) == (
        "CourseFlow Demo Learning LLP",
        "GSTIN",
    )
    assert {str(payment.consent) for payment in payments} == {
        "the terms (version 1) and the refund policy (version 1)"
    }
    assert settings.terms.changed_at < min(payment.consent.at for payment in payments)
