"""A course gets a price only in a currency the school sells; one that has it keeps it."""

import pytest

from courseflow_admin.errors import Invalid
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.school.settings import SchoolChange
from courseflow_admin.models.teaching.studio import FieldsForm, NotPublishable
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.teaching import prices, studio
from tests.course_builders import a_course, a_draft, an_admin, an_instructor, everything

DOLLARS = Money(minor=4900, currency="USD")


async def sells(*codes):
    settings = await school_settings.get()
    change = SchoolChange(currencies=list(codes))
    return await school_settings.change(SYSTEM, change, settings.revision)


async def price(author, course, money):
    return await studio.save_fields(
        author, course.id, FieldsForm(price=money), course.fields_revision
    )


async def test_a_new_course_begins_in_the_schools_first_currency(database, sandbox):
    author = await an_instructor()
    await sells("EUR", "USD")

    course = await studio.create(author, "Trees")

    assert course.price == Money(minor=0, currency="USD")


async def test_a_course_is_not_made_in_a_currency_the_school_does_not_sell(database, sandbox):
    author = await an_instructor()
    await sells("INR", "EUR")
    before = await everything()

    said = r"Choose a currency the school sells in: INR and EUR\."
    with pytest.raises(Invalid, match=said) as no:
        await studio.create(author, "Trees", "USD")

    assert no.value.field == "currency"
    assert await everything() == before


async def test_a_price_between_two_steps_of_its_currency_is_refused_at_entry(database, sandbox):
    author = await an_instructor()
    course = await a_draft(author)
    await sells("USD", "KWD")
    before = await everything()

    with pytest.raises(Invalid, match=r"steps of 0\.010\. Enter 18\.600 or 18\.610\.$") as refused:
        await price(author, course, Money(minor=18_605, currency="KWD"))

    assert refused.value.field == "price"
    assert await everything() == before


async def test_a_price_in_a_currency_that_is_not_sold_is_refused(database, sandbox):
    author = await an_instructor()
    course = await a_draft(author)
    await sells("INR", "EUR")
    before = await everything()

    with pytest.raises(
        Invalid, match="Choose a currency the school sells in: INR and EUR"
    ) as refused:
        await price(author, course, DOLLARS)

    assert refused.value.field == "price"
    assert await everything() == before


async def test_what_is_on_sale_keeps_its_currency_and_can_still_be_published(database, sandbox):
    author = await an_instructor()
    course = await a_course(author, price=DOLLARS)
    await sells("INR")

    form = FieldsForm(subtitle="Newly said")
    course = await studio.save_fields(author, course.id, form, course.fields_revision)
    version = await studio.publish(author, course.id)

    assert (version.price, version.number) == (DOLLARS, 2)
    assert (await studio.sheet(author, course.id)).currencies == ["USD", "INR"]
    assert await prices.currencies_in_use(SYSTEM) == {"USD": 1}


async def test_a_draft_in_a_currency_given_up_is_not_put_on_sale(database, sandbox):
    author = await an_instructor()
    course = await price(author, await a_draft(author), DOLLARS)
    await sells("INR")

    with pytest.raises(NotPublishable, match=r"The school does not sell in USD\. Choose"):
        await studio.publish(author, course.id)

    assert (await studio.get(author, course.id)).version == 0


async def test_the_currencies_in_use_are_counted_for_admins(database, sandbox):
    author, root = await an_instructor(), await an_admin()
    await a_course(author, "One", price=DOLLARS)
    await a_course(author, "Two")
    await a_course(author, "Three", free=True, price=Money(minor=0, currency="EUR"))
    await a_draft(author, "Four")

    assert await prices.currencies_in_use(root) == {"USD": 1, "INR": 1}


@pytest.mark.parametrize("make", [a_course, a_draft])
async def test_no_course_costs_more_than_a_gateway_takes(database, sandbox, make):
    author = await an_instructor()
    course = await make(author)
    before = await everything()

    with pytest.raises(Invalid) as refused:
        await price(author, course, Money(minor=100_000_000, currency="INR"))

    assert refused.value.message == "The largest amount a gateway accepts is ₹9,99,999.99."
    assert refused.value.field == "price"
    assert await everything() == before
    dearest = await price(author, course, Money(minor=99_999_999, currency="INR"))
    assert dearest.price.minor == 99_999_999
