"""The checkout page: the course, what it costs, who pays and by which gateway."""

from dataclasses import dataclass
from operator import itemgetter

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.field_sentences import counted
from courseflow_admin.models.core import countries
from courseflow_admin.models.teaching.courses import Course, Thumbnail
from courseflow_admin.services.money import checkout
from courseflow_admin.state.core.address import last_part, query_of
from courseflow_admin.state.core.auth import AuthState, problem_text
from courseflow_admin.state.core.details import DetailState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.marks import PUBLIC
from courseflow_admin.state.core.words import short

COUNTRIES = [("", "Choose a country"), *sorted(countries.NAMES.items(), key=itemgetter(1))]
LINES = {
    "stripe": "Cards and wallets, on Stripe",
    "razorpay": "UPI, netbanking, cards and wallets, on Razorpay",
}
PROBLEMS = {
    "payment_under_way": "A payment for this course is being confirmed. Please don't pay again. "
    "See My payments.",
    "policy_changed": "The terms or the refund policy have just changed. Nothing was charged. "
    "Please read them below and try again.",
    "already_enrolled": "You are already enrolled in this course.",
    "not_found": "This course or payment method is not available right now.",
    "provider_refused": "The payment provider declined this payment. Nothing was charged. Try "
    "another payment method.",
    "provider_unreachable": "The payment provider is not responding. Nothing was charged. Try "
    "again in a minute.",
    "too_many": "Too many attempts. Wait ten minutes and try again.",
    "unavailable": "The database is not responding. Please try again in a moment.",
    "invalid": "Check the fields and try again.",
    "invalid_provider": "Choose a payment method.",
    "invalid_billing_name": "Enter the name for the receipt.",
    "invalid_billing_country": "Choose your country.",
    "not_permitted": "Your account can't buy courses.",
}


@dataclass
class Choice:
    """One way to pay."""

    key: str
    name: str
    line: str
    first: bool


class CheckoutState(DetailState, rx.State):
    problem: str = ""
    cancelled: bool = False
    course_key: str = ""  # what the form sends: course id and the slug in the address
    course_slug: str = ""
    title: str = ""
    subtitle: str = ""
    author: str = ""
    lessons: str = ""
    access: str = ""
    price: str = ""
    pattern: str = "waves"
    hue: str = "iris"
    short: str = ""
    course_href: str = ""
    learn_href: str = ""
    choices: list[Choice] = []
    billing_name: str = ""
    billing_country: str = ""
    terms: str = ""  # the version of the policy that stands behind its link, if there is one
    refunds: str = ""
    support: str = ""
    waits: str = ""  # what is to be waited for instead of paying again
    payment_href: str = ""

    @event(PUBLIC, supersedes=True)
    async def load(self):
        slug = last_part(self)
        if self._turn_to(slug):
            yield
        async with self._refusals():
            yield await self._load(slug)

    def _forget(self) -> None:
        self.title = self.course_slug = self.course_href = ""

    async def _load(self, slug: str) -> rx.event.EventSpec | None:
        """Show the offer, or where to go instead."""
        auth = await self.get_state(AuthState)
        if not auth.signed_in:
            return rx.redirect(routes.sign_in(routes.checkout(slug)), replace=True)
        query = query_of(self.router.url, "problem", "cancelled")
        offer = await checkout.offer(auth.actor(), slug)
        self.problem = await problem_text(PROBLEMS, query["problem"])
        self.cancelled = query["cancelled"] == "1"
        course = offer.course
        if course.slug != slug:
            return rx.redirect(routes.checkout(course.slug), replace=True)
        if course.free or course.price.minor == 0:
            return rx.redirect(routes.course(course.slug), replace=True)
        self._show(course)
        self.choices = [
            Choice(name, name.capitalize(), LINES.get(name, ""), number == 0)
            for number, name in enumerate(offer.gateways)
        ]
        self.terms = str(offer.agreed_by_paying.get("terms", ""))
        self.refunds = str(offer.agreed_by_paying.get("refunds", ""))
        self.support = offer.support
        self.billing_name = offer.billing_name
        self.billing_country = offer.billing_country or countries.HOME_OF.get(
            course.price.currency, ""
        )
        if offer.owned:
            self.view = "owned"
        elif offer.under_way:
            self.waits = offer.under_way.sentence
            self.payment_href = routes.my_payment(offer.under_way.payment_id)
            self.view = "under_way"
        else:
            self.view = "there" if self.choices else "closed"
        return None

    def _show(self, course: Course) -> None:
        listed = course.listed
        art = (listed and listed.thumbnail) or course.thumbnail or Thumbnail()
        lessons = listed.lessons if listed else len(course.lesson_ids)
        self.course_key, self.course_slug = course.id, course.slug
        self.title = listed.title if listed else course.title
        self.subtitle = listed.subtitle if listed else course.subtitle
        self.author = course.owner_name
        self.lessons = counted(lessons, "lesson")
        self.access = (
            f"for {counted(course.access_days, 'day')}" if course.access_days else "lifetime"
        )
        self.price = str(course.price)
        self.pattern, self.hue = art.pattern, art.hue
        self.short = short(self.title)
        self.course_href = routes.course(course.slug)
        self.learn_href = routes.learn(course.slug)
