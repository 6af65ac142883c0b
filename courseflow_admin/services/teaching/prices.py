"""What a course may cost: in a currency the school sells, and so that a gateway can take it."""

from courseflow_admin.db.teaching import catalog as catalog_db
from courseflow_admin.errors import Invalid
from courseflow_admin.field_sentences import listed
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.teaching.courses import Course
from courseflow_admin.models.teaching.studio import Check, CheckCode, checks_of, price_checks
from courseflow_admin.providers.gateways import gateways_for
from courseflow_admin.services.school import settings as school_settings


async def checks(course: Course) -> list[Check]:
    """What blocks publishing.

    A course that is on sale keeps its currency, also when the school has since given it up.
    """
    found = checks_of(course, _gateways(course.price.currency))
    currency = course.price.currency
    if not course.free and not course.sold and currency not in await for_sale():
        found.append(Check(CheckCode.CURRENCY_NOT_SOLD, "price", price=course.price))
    return found


async def for_sale() -> list[str]:
    """The currencies the school sells."""
    return (await school_settings.get()).currencies


async def choices(course: Course) -> list[str]:
    """What its authors may choose from; an own currency that was given up stays with it."""
    sold, own = await for_sale(), course.price.currency
    return sold if own in sold else [own, *sold]


async def require_sold(currency: str, field: str) -> None:
    """Invalid unless the school sells in it."""
    sold = await for_sale()
    if currency not in sold:
        raise Invalid(f"Choose a currency the school sells in: {listed(sold)}.", field)


async def priced(before: Course, course: Course) -> Course:
    """A free course costs nothing; one that is on sale can always be paid."""
    if course.free and course.price.minor:
        course = course.model_copy(update={"price": Money.of(0, course.price.currency)})
    if course.price != before.price and not course.free:
        course.price.require_payable("price")
        await require_sold(course.price.currency, "price")
    changed = (course.price, course.free) != (before.price, before.free)
    if course.sold and changed:
        standing = price_checks(course.price, course.free, _gateways(course.price.currency))
        if standing:
            raise Invalid(standing[0].sentence, "price")
    return course


def _gateways(currency: str) -> list[str]:
    return [gateway.name for gateway in gateways_for(currency)]


async def currencies_in_use(actor: Actor) -> dict[str, int]:
    """How many published courses cost something in each currency: they keep it."""
    actor.require(Permission.SETTINGS_CHANGE)
    return await catalog_db.currencies()
