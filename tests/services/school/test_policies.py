"""Policies: their versions, and the consent that each payment keeps."""

import pytest

from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import Invalid, NotFound
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.school.settings import SchoolChange
from courseflow_admin.services.money import checkout, payments
from courseflow_admin.services.money.checkout import BuyForm, PolicyChanged
from courseflow_admin.services.school import policies
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.state.money.payment_steps import step_rows
from tests.builders import stored
from tests.services.money.buying import BOTH, a_sale, buying


async def written(**texts):
    revision = (await school_settings.get()).revision
    return await school_settings.change(SYSTEM, SchoolChange(**texts), revision)


async def buy(student, course, provider="stripe", **agreed):
    form = BuyForm(**buying(course, provider).model_dump() | agreed)
    start = await checkout.open_checkout(student, form)
    return await payments_db.get(start.payment_id)


async def test_a_policy_is_read_as_it_is_and_as_it_was(database):
    await written(terms="One.")
    await written(terms="Two.")

    assert (await policies.get("terms")).text == "Two."
    assert (await policies.get("terms", 1)).text == "One."
    assert await policies.in_force("terms") == 2


@pytest.mark.parametrize(("name", "version"), [("privacy", 0), ("terms", 9), ("terms", 0)])
async def test_a_policy_that_is_not_there_is_not_found(database, name, version):
    await written(terms="One.")
    await written(terms="")

    with pytest.raises(NotFound):
        await policies.get(name, version)


@BOTH
async def test_a_payment_keeps_when_and_to_which_versions_its_buyer_agreed(
    database, sandbox, provider
):
    course, student = await a_sale()
    await written(terms="One.")
    await written(terms="Two.", refunds="In 14 days.", privacy="Little.")

    payment = await buy(student, course, provider, agreed_terms=2, agreed_refunds=1)

    assert payment.consent.versions == {"terms": 2, "refunds": 1}
    assert payment.consent.at <= payment.created_at
    detail = await payments.get(SYSTEM, payment.id)
    agreed = "Agreed to: the terms (version 2) and the refund policy (version 1)"
    assert agreed in step_rows(detail)[0].evidence.splitlines()


async def test_a_school_without_policies_asks_for_no_consent(database, sandbox):
    course, student = await a_sale()
    await written(privacy="Little.")

    payment = await buy(student, course)

    assert payment.consent is None
    assert (await checkout.offer(student, course.slug)).agreed_by_paying == {}


async def test_without_consent_nothing_is_opened(database, sandbox):
    course, student = await a_sale()
    await written(terms="One.", refunds="In 14 days.")

    with pytest.raises(
        Invalid, match=r"you agree to the refund policy. Read it at .*/refunds"
    ) as refused:
        await buy(student, course, agreed_terms=1)

    assert refused.value.field == "agreed_refunds"
    assert await stored("payments") == []


async def test_a_policy_changed_while_it_was_read_is_read_again(database, sandbox):
    course, student = await a_sale()
    await written(terms="One.")
    await written(terms="Two.")

    with pytest.raises(PolicyChanged, match="Nothing was charged"):
        await buy(student, course, agreed_terms=1)

    assert await stored("payments") == []


async def test_an_open_checkout_under_an_older_policy_is_replaced_by_one_under_the_new(
    database, sandbox
):
    course, student = await a_sale()
    await written(terms="One.")
    old = await buy(student, course, agreed_terms=1)
    same = await buy(student, course, agreed_terms=1)
    await written(terms="Two.")

    new = await buy(student, course, agreed_terms=2)

    assert same.id == old.id
    assert new.id != old.id
    assert new.consent.versions == {"terms": 2}
    assert [row["open"] for row in await stored("payments")] == [False, True]
