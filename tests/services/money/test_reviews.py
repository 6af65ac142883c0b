"""A payment that wants a person, and the person who has looked at it."""

import asyncio

import pytest

from courseflow_admin.db.core.client import collection, transaction
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import Invalid, NotFound, NotPermitted
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.money.payment_parts import (
    Capture,
    PaymentState,
    Review,
    ReviewState,
    SettledBy,
)
from courseflow_admin.models.money.payments import PaymentFilter
from courseflow_admin.models.teaching.access import ReasonCode
from courseflow_admin.services.figures.attention import needs_attention
from courseflow_admin.services.money import payments, reviews
from courseflow_admin.services.money.refunds import Disputed
from courseflow_admin.services.money.reviews import MoneyHeld, NothingToResolve
from courseflow_admin.services.money.sync import sync
from courseflow_admin.services.teaching import access
from courseflow_admin.state.money.my_payment import outcome_of
from courseflow_admin.state.money.payment_steps import step_rows
from tests.builders import audited, stored
from tests.job_builders import make_due
from tests.money_builders import a_payment
from tests.services.money.buying import BOTH, a_sale, books, buy, kinds_of_mail, work
from tests.services.money.test_refunds import ADMIN, a_purchase, a_second_payment, give_back

NOTE = "Given back by bank transfer."
REASON = "The gateway reports ₹4,999.00, but our payment is ₹1.00."
ROOM = "Stripe reports a refund of ₹1.00, which is more than is left of this payment."


async def a_mismatch(sandbox, provider="stripe"):
    """Money came in, and not as much as our payment asks for: course, learner, payment."""
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    one = Money(minor=100, currency="INR").to_mongo()
    await collection("payments").update_one({"_id": payment.id}, {"$set": {"amount": one}})
    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)
    return course, student, await payments_db.get(payment.id)


async def in_review(state="needs_review", **fields):
    review = Review(state=ReviewState.OPEN, reason=ROOM, at=clock.business())
    return await a_payment(1, state, review=review, **{"capture": Capture.PAID, **fields})


async def rows_in_review():
    wanted = PaymentFilter(state="needs_review")
    page = await payments.search(ADMIN, wanted, payments.NEWEST_FIRST, PageRequest())
    return [row.id for row in page.rows]


async def test_a_resolved_review_needs_nobody_any_more_and_the_log_says_who_and_why(database):
    first, second = await in_review(), await in_review()
    (before,) = await needs_attention(ADMIN)

    resolved = await reviews.resolve(ADMIN, first.id, f"  {NOTE} ", ROOM)

    (after,) = await needs_attention(ADMIN)
    assert (before.count, after.count) == (2, 1)
    assert await rows_in_review() == [second.id]
    assert (resolved.state, resolved.review.state) == (PaymentState.PAID, ReviewState.RESOLVED)
    (entry,) = await stored("audit", object_id=first.id)
    assert (entry["act"], entry["actor_id"]) == ("payment.review_resolved", ADMIN.id)
    assert entry["facts"] == {
        "why": NOTE,
        "reason": ROOM,
        "before": "needs_review",
        "after": "paid",
    }


async def test_the_timeline_tells_of_it_and_only_admins_read_the_note(database):
    payment = await in_review()
    await reviews.resolve(ADMIN, payment.id, NOTE)

    inside = step_rows(await payments.get(ADMIN, payment.id))[-1]
    owner = Actor(payment.owner_id, "instructor", "Ines Weber")
    outside = step_rows(await payments.get(owner, payment.id))[-1]

    assert (inside.what, inside.who) == (f"Review resolved: {NOTE}", "Rosa Admin")
    assert inside.evidence == f"Reason: {ROOM}\nBefore: needs_review\nAfter: paid"
    assert (outside.what, outside.who, outside.evidence) == (
        "Review resolved",
        "The school",
        "",
    )


@pytest.mark.parametrize("role", ["student", "instructor"])
async def test_nobody_but_an_admin_resolves_a_review(database, role):
    payment = await in_review(account_id="acc_me", owner_id="acc_me")

    with pytest.raises(NotPermitted):
        await reviews.resolve(Actor("acc_me", role), payment.id, NOTE)

    assert (await payments_db.get(payment.id)).review == payment.review
    assert await audited() == []


@pytest.mark.parametrize("note", ["", "  \n ", "\x00\u202e", "x" * 501])
async def test_a_review_is_resolved_with_a_note_of_1_to_500_characters(database, note):
    payment = await in_review()

    with pytest.raises(Invalid, match="1 to 500 characters") as error:
        await reviews.resolve(ADMIN, payment.id, note)

    assert error.value.field == "note"
    assert (await payments_db.get(payment.id)).review.state is ReviewState.OPEN
    assert await audited() == []
    await reviews.resolve(ADMIN, payment.id, "x" * 500)


async def test_what_no_review_is_open_for_cannot_be_resolved(database):
    never, resolved = await a_payment(1), await in_review()
    await reviews.resolve(ADMIN, resolved.id, NOTE)
    before = await stored("payments"), await audited()

    for payment_id in (never.id, resolved.id):
        with pytest.raises(NothingToResolve):
            await reviews.resolve(ADMIN, payment_id, "Once more")
    with pytest.raises(NotFound):
        await reviews.resolve(ADMIN, "pay_none", NOTE)

    assert (await stored("payments"), await audited()) == before


async def test_of_two_admins_at_once_one_resolves_a_review(database):
    payment = await in_review()

    answers = await asyncio.gather(
        *(reviews.resolve(ADMIN, payment.id, note) for note in ("Mine", "No, mine")),
        return_exceptions=True,
    )

    assert [type(answer).__name__ for answer in answers if isinstance(answer, Exception)] == [
        "NothingToResolve"
    ]
    assert [act for act, _ in await audited()] == ["payment.review_resolved"]


async def test_nobody_resolves_what_was_asked_while_they_read_something_else(database):
    payment = await in_review()

    async def asked_meanwhile():
        await reviews.open_review(payment.id, "Another reason.")

    await transaction(asked_meanwhile)
    after = await reviews.resolve(ADMIN, payment.id, NOTE, ROOM)

    assert (after.review.state, after.review.reason) == (ReviewState.OPEN, "Another reason.")
    with pytest.raises(NothingToResolve):
        await reviews.resolve(ADMIN, payment.id, NOTE, ROOM)


@BOTH
async def test_what_the_gateway_holds_is_not_settled_by_a_note(database, sandbox, provider):
    course, student, payment = await a_mismatch(sandbox, provider)

    for how in (SettledBy.NOTED, SettledBy.NOTHING_CAPTURED):
        with pytest.raises(MoneyHeld, match=r"holds ₹4,999\.00 of this payment. Accept it, or re"):
            await reviews.settle(ADMIN, payment.id, how, NOTE)

    after = await payments_db.get(payment.id)
    assert (after, after.held_minor) == (payment, 499_900)
    assert (payment.state, payment.review.reason) == (PaymentState.NEEDS_REVIEW, REASON)
    verdict = await access.verdict(student.id, course.id)
    assert verdict.under_way.code is ReasonCode.PAYMENT_IN_REVIEW


@BOTH
async def test_what_was_captured_goes_back_and_its_buyer_may_begin_anew(
    database, sandbox, provider
):
    course, student, payment = await a_mismatch(sandbox, provider)

    during = await reviews.settle(ADMIN, payment.id, SettledBy.REFUNDED, NOTE, REASON)
    await make_due(payment.id)
    await work(sandbox)
    new = await buy(student, course, provider)

    assert (during.review.state, during.reserved_minor) == (ReviewState.RESOLVED, 499_900)
    after = await payments_db.get(payment.id)
    assert (after.state, after.held_minor, after.open) == (PaymentState.REFUNDED, 0, False)
    assert sandbox.refunds(payment.provider_payment_id) == [499_900]
    assert new.id != payment.id
    assert (await stored("enrollments"), await stored("receipts")) == ([], [])
    assert await books(payment) == {}


@BOTH
async def test_what_was_captured_is_accepted_and_opens_the_course_for_what_it_is(
    database, sandbox, provider
):
    course, student, payment = await a_mismatch(sandbox, provider)

    after = await reviews.settle(ADMIN, payment.id, SettledBy.ACCEPTED, NOTE, REASON)
    await work(sandbox)

    assert (after.state, after.breakdown.net_minor) == (PaymentState.PAID, 499_900)
    assert (await access.verdict(student.id, course.id)).allowed
    (receipt,) = await stored("receipts")
    assert receipt["amount"] == {"minor": 499_900, "currency": "INR"}
    assert await kinds_of_mail() == ["access_granted", "receipt"]
    assert await books(payment) == {"gateway": 499_900, "sales": -499_900}
    with pytest.raises(NothingToResolve):
        await reviews.settle(ADMIN, payment.id, SettledBy.REFUNDED, NOTE)


async def test_what_the_bank_decides_about_is_neither_accepted_nor_refunded(database, sandbox):
    _, _, payment = await a_mismatch(sandbox)
    sandbox.dispute(payment.provider_payment_id)
    await work(sandbox)
    before = await payments_db.get(payment.id)

    for how in (SettledBy.ACCEPTED, SettledBy.REFUNDED):
        with pytest.raises(Disputed):
            await reviews.settle(ADMIN, payment.id, how, NOTE)

    assert await payments_db.get(payment.id) == before
    assert sandbox.refunds(payment.provider_payment_id) == []


@BOTH
async def test_what_is_already_on_its_way_back_is_not_refunded_a_second_time(
    database, sandbox, provider
):
    _, _, payment = await a_mismatch(sandbox, provider)
    sandbox.switch(provider, refunds="pending")
    await give_back(payment, 100_000)

    after = await reviews.settle(ADMIN, payment.id, SettledBy.REFUNDED, NOTE)

    assert [refund.amount_minor for refund in after.refunds] == [100_000, 399_900]
    assert after.refundable.minor == 0


async def test_only_who_may_review_settles_a_review(database, sandbox):
    _, student, payment = await a_mismatch(sandbox)

    for actor in (student, Actor("acc_ines", "instructor")):
        with pytest.raises(NotPermitted):
            await reviews.settle(actor, payment.id, SettledBy.ACCEPTED, NOTE)

    assert await payments_db.get(payment.id) == payment


async def test_a_second_payment_that_a_person_settled_keeps_nobody_from_buying_again(
    database, sandbox
):
    course, student, second = await a_second_payment(sandbox, refunds="pending")
    sandbox.fail_refund(second.refunds[0].provider_refund_id)
    await sync(second.id, "a webhook")
    await collection("enrollments").delete_many({})
    first = {"duplicate_of": "", "account_id": student.id}
    await collection("payments").delete_many(first)
    before = (await access.verdict(student.id, course.id)).under_way

    await reviews.resolve(ADMIN, second.id, NOTE)

    assert before.code is ReasonCode.PAYMENT_IN_REVIEW
    assert (await access.verdict(student.id, course.id)).under_way is None
    row = await payments_db.get(second.id)
    assert row.state is PaymentState.PAID
    told = outcome_of(row, waiting=False, disputes_suspend=True)
    assert "so the school took care of it" in told.sentence
    assert "is taking care of it" not in told.sentence


async def test_resolving_moves_no_money_and_ends_no_access(database, sandbox):
    course, student, payment, paid = await a_purchase(sandbox, "stripe")

    async def ask():
        await reviews.open_review(payment.id, ROOM)

    await transaction(ask)
    mails = await kinds_of_mail()

    await reviews.resolve(ADMIN, payment.id, NOTE)

    assert (await access.verdict(student.id, course.id)).allowed
    assert (sandbox.refunds(paid), await kinds_of_mail()) == ([], mails)
