"""Faults found by trying, each as a kind and at both gateways: money as facts answers them."""

import pytest

from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.teaching import enrollments as enrollments_db
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.money.payment_parts import HeldFor, PaymentState, ReviewState
from courseflow_admin.services.identity import accounts, erasure
from courseflow_admin.services.money import payments, refunds
from courseflow_admin.services.money.refunds import Disputed
from courseflow_admin.services.money.sync import sync
from courseflow_admin.services.teaching import access
from tests.account_builders import PASSWORD
from tests.course_builders import an_admin
from tests.job_builders import make_due
from tests.services.money.buying import BOTH, a_sale, books, buy, kinds_of_mail, work
from tests.services.money.test_refunds import ADMIN, a_purchase, give_back


async def paid_again(sandbox, course, student, provider):
    payment = await buy(student, course, provider)
    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)
    return await payments_db.get(payment.id)


async def may_study(student, course):
    return (await access.verdict(student.id, course.id)).allowed


@BOTH
async def test_a_dispute_that_is_lost_ends_access_is_not_revenue_and_leaves_nothing_to_refund(
    database, sandbox, provider
):
    course, student, payment, paid = await a_purchase(sandbox, provider)

    dispute = sandbox.dispute(paid)
    await work(sandbox)
    during = await payments_db.get(payment.id)
    suspended = await may_study(student, course)
    sandbox.dispute_step(dispute, "lost")
    await work(sandbox)

    assert (during.state, during.breakdown.net_minor) == (PaymentState.DISPUTED, 499_900)
    assert (during.refundable.minor, suspended) == (0, False)
    after = await payments_db.get(payment.id)
    assert (after.state, after.breakdown.net_minor) == (PaymentState.LOST, 0)
    assert await may_study(student, course) is False
    with pytest.raises(Disputed):
        await give_back(after, 100)
    assert await books(payment) == {"sales": -499_900, "disputes_lost": 499_900}


@BOTH
@pytest.mark.parametrize(("lost", "net"), [(399_900, 0), (499_900, -100_000)])
async def test_what_is_lost_after_a_part_was_refunded_is_booked_as_it_is(
    database, sandbox, provider, lost, net
):
    _, _, payment, paid = await a_purchase(sandbox, provider)
    await give_back(payment, 100_000)
    await work(sandbox)

    sandbox.dispute_step(sandbox.dispute(paid, lost), "lost")
    await work(sandbox)

    after = await payments_db.get(payment.id)
    assert (after.breakdown.net_minor, after.state) == (net, PaymentState.LOST)
    assert (after.refunded_minor, after.lost_minor) == (100_000, lost)
    said = await books(payment)
    assert said["sales"] + said["refunds"] + said["disputes_lost"] == -net


@BOTH
async def test_each_dispute_is_on_its_own_and_a_lost_one_may_be_won_after_all(
    database, sandbox, provider
):
    course, student, payment, paid = await a_purchase(sandbox, provider)

    sandbox.dispute_step(sandbox.dispute(paid, 100_000), "won")
    await work(sandbox)
    first = await payments_db.get(payment.id)
    second = sandbox.dispute(paid, 200_000)
    sandbox.dispute_step(second, "lost")
    await work(sandbox)
    lost, access_lost = await payments_db.get(payment.id), await may_study(student, course)
    sandbox.dispute_step(second, "won")
    await work(sandbox)

    assert (first.state, await may_study(student, course)) == (PaymentState.PAID, True)
    assert (lost.state, lost.breakdown.net_minor) == (PaymentState.LOST, 299_900)
    assert access_lost is False
    after = await payments_db.get(payment.id)
    assert (after.state, after.breakdown.net_minor) == (PaymentState.PAID, 499_900)
    assert [one.state for one in after.disputes] == ["won", "won"]
    enrollment = await enrollments_db.find(student.id, course.id)
    assert [(one.ended, one.end_reason) for one in enrollment.grants] == [(None, "")]
    assert await books(payment) == {"gateway": 499_900, "sales": -499_900}


@BOTH
async def test_an_inquiry_changes_neither_access_nor_revenue(database, sandbox, provider):
    course, student, payment, paid = await a_purchase(sandbox, provider)

    sandbox.dispute(paid, inquiry=True)
    await work(sandbox)

    after = await payments_db.get(payment.id)
    assert [one.state for one in after.disputes] == ["inquiry"]
    assert (after.state, after.breakdown.net_minor) == (PaymentState.PAID, 499_900)
    assert await may_study(student, course) is True
    assert await books(payment) == {"gateway": 499_900, "sales": -499_900}


@BOTH
async def test_money_for_an_account_that_was_deleted_meanwhile_goes_back(
    database, sandbox, provider
):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    await erasure.erase(student, PASSWORD)

    paid = sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    after = await payments_db.get(payment.id)
    assert (after.state, after.held_for) == (PaymentState.REFUNDED, HeldFor.ACCOUNT_DELETED)
    assert sandbox.refunds(paid) == [499_900]
    assert await enrollments_db.find(student.id, course.id) is None
    assert await books(payment) == {}


@BOTH
async def test_money_of_a_suspended_account_wants_a_person(database, sandbox, provider):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    await accounts.suspend(await an_admin(), student.id)

    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    after = await payments_db.get(payment.id)
    assert (after.state, after.held_minor) == (PaymentState.NEEDS_REVIEW, 499_900)
    assert after.review.reason == ("The account is suspended. Accept the payment or refund it.")
    assert await enrollments_db.find(student.id, course.id) is None
    assert await books(payment) == {"gateway": 499_900, "held": -499_900}


@BOTH
async def test_a_refund_that_fails_after_the_course_was_bought_again_leaves_one_grant(
    database, sandbox, provider
):
    course, student, first, _ = await a_purchase(sandbox, provider)
    given = (await give_back(first, 499_900)).refunds[0].provider_refund_id
    await work(sandbox)
    second = await paid_again(sandbox, course, student, provider)

    sandbox.fail_refund(given)
    await work(sandbox)
    await make_due(first.id)
    await work(sandbox)

    enrollment = await enrollments_db.find(student.id, course.id)
    assert [one.payment_id for one in enrollment.grants if not one.ended] == [second.id]
    kept, back = await payments_db.get(second.id), await payments_db.get(first.id)
    assert (kept.state, back.state) == (PaymentState.PAID, PaymentState.REFUNDED)
    assert [(one.cause, one.state) for one in back.refunds] == [
        ("admin", "failed"),
        ("second_payment", "settled"),
    ]
    assert "second_payment_refunded" in await kinds_of_mail()


@BOTH
async def test_a_lost_dispute_that_is_won_after_the_course_was_bought_again_is_second_money(
    database, sandbox, provider
):
    course, student, first, paid = await a_purchase(sandbox, provider)
    dispute = sandbox.dispute(paid)
    sandbox.dispute_step(dispute, "lost")
    await work(sandbox)
    second = await paid_again(sandbox, course, student, provider)

    sandbox.dispute_step(dispute, "won")
    await work(sandbox)
    await make_due(first.id)
    await work(sandbox)

    enrollment = await enrollments_db.find(student.id, course.id)
    assert [one.payment_id for one in enrollment.grants if not one.ended] == [second.id]
    back = await payments_db.get(first.id)
    assert (back.state, back.breakdown.net_minor) == (PaymentState.REFUNDED, 0)


@BOTH
async def test_fourteen_part_refunds_made_at_the_gateway_without_a_word_are_all_read(
    database, sandbox, provider
):
    _, _, payment, paid = await a_purchase(sandbox, provider)
    sandbox.switch(provider, webhooks="never")
    for number in range(14):
        sandbox.refund(paid, 1_000 + number * 100)

    await payments.recheck(ADMIN, payment.id)

    after = await payments_db.get(payment.id)
    expected = sum(1_000 + number * 100 for number in range(14))
    assert (len(after.refunds), after.refunded_minor) == (14, expected)
    assert (await books(payment))["refunds"] == expected


@BOTH
async def test_the_same_facts_told_again_change_nothing(database, sandbox, provider):
    _, _, payment, paid = await a_purchase(sandbox, provider)
    await give_back(payment, 100_000)
    sandbox.dispute(paid, 50_000)
    await work(sandbox)
    before, booked, mails = (
        await payments_db.get(payment.id),
        await books(payment),
        (await kinds_of_mail()),
    )

    for _ in range(3):
        await sync(payment.id, "a webhook")

    after = await payments_db.get(payment.id)
    assert after.model_copy(update={"syncs": before.syncs}) == before
    assert (await books(payment), await kinds_of_mail()) == (booked, mails)
    assert after.review.state is ReviewState.NONE


async def test_what_was_refunded_of_a_held_payment_by_hand_ends_its_review(database, sandbox):
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    await accounts.suspend(await an_admin(), student.id)
    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    whole = Money(minor=499_900, currency="INR")
    await refunds.refund(ADMIN, payment.id, whole, "Suspended", new_id("ref"))
    await work(sandbox)

    after = await payments_db.get(payment.id)
    assert (after.state, after.review.state) == (PaymentState.REFUNDED, ReviewState.RESOLVED)
    assert await books(payment) == {}
