"""The checkout page as a tab holds it."""

import pytest

from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.teaching.courses import Thumbnail
from courseflow_admin.services.money import checkout
from courseflow_admin.services.money.checkout import BuyForm
from courseflow_admin.state.money.checkout import COUNTRIES, CheckoutState
from courseflow_admin.worker import run_until_idle
from tests.builders import stored
from tests.course_builders import a_course, a_draft, a_student, an_instructor
from tests.edge import led_to
from tests.state.conftest import run
from tests.state.money.money_tabs import a_tab_of
from tests.view_builders import viewing

FIELDS = {
    "description": "Something to learn.",
    "category": "Data",
    "thumbnail": Thumbnail(pattern="grid", hue="jade"),
}


async def opened(actor, path):
    root = await a_tab_of(actor, path)
    steps = await run(root, CheckoutState, "load")
    return await root.get_state(CheckoutState), steps


async def test_while_somebody_is_viewed_it_is_closed_as_other_pages_are(database, sandbox):
    course = await a_course(await an_instructor())
    _, _, as_maya = await viewing()

    state, _ = await opened(as_maya, f"/checkout/{course.slug}")

    assert (state.view, state.error) == ("forbidden", "")


async def test_it_shows_the_price_and_both_ways_to_pay(database, sandbox):
    course, student = await a_course(await an_instructor()), await a_student()

    state, steps = await opened(student, f"/checkout/{course.slug}")

    assert (state.view, steps) == ("there", [])
    assert (state.title, state.price, state.lessons, state.access, state.author) == (
        "Data Structures in Practice",
        "₹4,999.00",
        "3 lessons",
        "lifetime",
        "Ines Weber",
    )
    assert [(one.key, one.first) for one in state.choices] == [
        ("stripe", True),
        ("razorpay", False),
    ]
    assert (state.course_key, state.course_slug) == (course.id, course.slug)
    assert (state.billing_name, state.billing_country) == ("Ada Lovelace", "IN")


async def test_another_course_never_stands_under_the_price_of_the_one_before(database, sandbox):
    course, student = await a_course(await an_instructor()), await a_student()
    state, _ = await opened(student, f"/checkout/{course.slug}")
    state._about = "another"

    steps = state.event_handlers["load"].fn(state)
    await anext(steps)

    assert state.view == "loading"
    assert [step async for step in steps] == [None]
    assert (state.view, state.course_slug) == ("there", course.slug)


async def test_only_gateways_that_sell_in_the_currency_are_offered(database, sandbox):
    price = Money(minor=4900, currency="USD")
    course = await a_course(await an_instructor(), price=price, **FIELDS)

    state, _ = await opened(await a_student(), f"/checkout/{course.slug}")

    assert (state.price, [one.key for one in state.choices]) == ("$49.00", ["stripe"])


async def test_billing_is_asked_once(database, sandbox):
    course, student = await a_course(await an_instructor()), await a_student()
    form = BuyForm(
        course_id=course.id, provider="stripe", billing_name="Ada L.", billing_country="GB"
    )
    await checkout.open_checkout(student, form)

    state, _ = await opened(student, f"/checkout/{course.slug}")

    assert (state.billing_name, state.billing_country) == ("Ada L.", "GB")


async def test_who_is_not_signed_in_signs_in_first_and_comes_back(database, sandbox):
    course = await a_course(await an_instructor())

    state, steps = await opened(None, f"/checkout/{course.slug}")

    assert led_to(steps) == "/sign-in?next=%2Fcheckout%2Fdata-structures-in-practice"
    assert (state.title, state.price) == ("", "")


async def test_who_has_the_course_is_told_so(database, sandbox):
    course, student = await a_course(await an_instructor()), await a_student()
    form = BuyForm(course_id=course.id, provider="stripe", billing_name="Ada", billing_country="IN")
    await checkout.open_checkout(student, form)
    (row,) = await stored("payments")
    sandbox.pay(row["provider_checkout_id"])
    await sandbox.deliver()
    await run_until_idle()

    state, _ = await opened(student, f"/checkout/{course.slug}")

    assert (state.view, state.learn_href) == ("owned", f"/learn/{course.slug}")


async def test_a_free_course_leads_to_its_own_page(database, sandbox):
    price = Money(minor=0, currency="INR")
    course = await a_course(await an_instructor(), price=price, free=True, **FIELDS)

    _, steps = await opened(await a_student(), f"/checkout/{course.slug}")

    assert led_to(steps) == f"/courses/{course.slug}"


async def test_what_is_not_sold_is_not_there(database, sandbox):
    draft, student = await a_draft(await an_instructor()), await a_student()

    for slug in (draft.slug, "no-such-course", "%2e%2e"):
        state, _ = await opened(student, f"/checkout/{slug}")
        assert state.view == "missing"


@pytest.mark.parametrize(
    ("query", "problem", "cancelled"),
    [
        ("", "", False),
        ("?cancelled=1", "", True),
        ("?problem=invalid_billing_country", "Choose your country.", False),
        ("?problem=already_enrolled", "You are already enrolled in this course.", False),
        (
            "?problem=not_permitted",
            "Your account can't buy courses. For help, write to support@demo.test.",
            False,
        ),
        ("?problem=Call+555-1234+now", "", False),
    ],
)
async def test_only_known_problems_are_said(database, sandbox, query, problem, cancelled):
    course, student = await a_course(await an_instructor()), await a_student()

    state, _ = await opened(student, f"/checkout/{course.slug}{query}")

    assert (state.problem, state.cancelled) == (problem, cancelled)


def test_countries_are_countries_by_name():
    (unchosen, *countries) = COUNTRIES
    codes = [code for code, _ in countries]

    assert unchosen == ("", "Choose a country")
    assert len(set(codes)) == len(codes)
    assert {"IN", "GB", "US", "JP"} <= set(codes)
    assert not {"EU", "ZZ", "UN"} & set(codes)
    assert [name for _, name in countries] == sorted(name for _, name in countries)


@pytest.mark.parametrize(
    ("currency", "country"), [("INR", "IN"), ("GBP", "GB"), ("EUR", ""), ("USD", "")]
)
async def test_a_country_is_guessed_only_from_the_currency_of_one(
    database, sandbox, currency, country
):
    price = Money(minor=49_900, currency=currency)
    course = await a_course(await an_instructor(), price=price, **FIELDS)

    state, _ = await opened(await a_student(), f"/checkout/{course.slug}")

    assert state.billing_country == country
