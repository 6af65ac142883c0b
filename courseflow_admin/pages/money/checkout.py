"""Checkout: what is bought, for how much, who pays, and by which gateway."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components import feedback
from courseflow_admin.components.cards import card, sums, thumb
from courseflow_admin.components.detail_page import detail_page, tab_title
from courseflow_admin.components.feedback import not_found
from courseflow_admin.components.forms import (
    field,
    hidden,
    link_button,
    native_form,
    problem,
    select,
    submit,
)
from courseflow_admin.components.icons import icon, text_link
from courseflow_admin.components.policies import policy_links_below
from courseflow_admin.models.money.payments import LONGEST_BILLING_NAME
from courseflow_admin.state.money.checkout import COUNTRIES, CheckoutState, Choice


@rx.page(
    route="/checkout/[slug]",
    title=tab_title(CheckoutState, "Buy " + CheckoutState.title, "Checkout"),
    on_load=CheckoutState.load,
)
def checkout() -> rx.Component:
    return detail_page(
        CheckoutState,
        "Checkout",
        there(),
        looks=(("owned", owned()), ("under_way", under_way()), ("closed", closed())),
        missing=not_found("course"),
        beside=[policy_links_below(CheckoutState.view)],
        here="Catalog",
        path=[("Catalog", routes.HOME), (CheckoutState.title, CheckoutState.course_href)],
    )


def there() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.cond(CheckoutState.problem, problem(CheckoutState.problem)),
            rx.cond(
                CheckoutState.cancelled & (CheckoutState.problem == ""),
                rx.el.div(
                    icon("info", 16),
                    rx.el.span("You returned without paying. Nothing was charged."),
                    class_name="cf-said",
                    role="status",
                ),
            ),
            card("Pay", rx.el.div(pay_form(), class_name="cf-pad")),
            class_name="cf-stack",
        ),
        summary(),
        class_name="cf-detail",
    )


def pay_form() -> rx.Component:
    return native_form(
        hidden("course_id", CheckoutState.course_key),
        hidden("slug", CheckoutState.course_slug),
        field(
            "Name on the receipt",
            "billing_name",
            required=True,
            max_length=LONGEST_BILLING_NAME,
            auto_complete="name",
            default_value=CheckoutState.billing_name,
            key="for " + CheckoutState.billing_name,  # drawn again once it is known
        ),
        select(
            "Country",
            "billing_country",
            COUNTRIES,
            required=True,
            auto_complete="country",
            default_value=CheckoutState.billing_country,
            key="in " + CheckoutState.billing_country,
        ),
        rx.el.fieldset(
            rx.el.legend("Payment method", class_name="cf-label"),
            rx.foreach(CheckoutState.choices, choice),
            class_name="cf-choices",
        ),
        hidden("agreed_terms", CheckoutState.terms),
        hidden("agreed_refunds", CheckoutState.refunds),
        submit(icon("locked", 14), "Pay " + CheckoutState.price, size="large", wide=True),
        agreement(),
        rx.el.p(
            "You pay on the provider's page. We never see your card details. You get access as "
            "soon as the payment is confirmed.",
            class_name="cf-help",
        ),
        action=f"{routes.API}/payments/checkout",
    )


def agreement() -> rx.Component:
    """Opened beside the form, so that what was filled in stays."""
    terms = CheckoutState.terms != ""
    refunds = CheckoutState.refunds != ""
    return rx.cond(
        terms | refunds,
        rx.el.p(
            "By paying you agree to ",
            rx.cond(terms, policy_link("terms", "the terms")),
            rx.cond(terms & refunds, rx.el.span(" and ")),
            rx.cond(refunds, policy_link("refunds", "the refund policy")),
            ".",
            class_name="cf-13",
        ),
    )


def policy_link(name: str, text: str) -> rx.Component:
    return text_link(text, href=routes.policy(name), target="_blank")


def choice(one: Choice) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="provider",
            value=one.key,
            required=True,
            default_checked=one.first,
        ),
        rx.el.span(
            rx.el.span(one.name, class_name="cf-med"),
            rx.el.span(one.line, class_name="cf-sm cf-mut"),
            class_name="cf-col",
        ),
        class_name="cf-choice",
    )


def summary() -> rx.Component:
    return card(
        "Order summary",
        rx.el.div(
            thumb(CheckoutState.pattern, CheckoutState.hue, CheckoutState.short),
            rx.el.div(
                text_link(CheckoutState.title, href=CheckoutState.course_href),
                rx.el.span(CheckoutState.subtitle, class_name="cf-13 cf-mut"),
                rx.el.span(
                    "By ",
                    CheckoutState.author,
                    ", ",
                    CheckoutState.lessons,
                    class_name="cf-sm cf-mut",
                ),
                class_name="cf-col",
            ),
            class_name="cf-pad cf-stack",
        ),
        sums(
            ("Access", CheckoutState.access, False),
            ("Total", CheckoutState.price, True),
        ),
    )


def owned() -> rx.Component:
    return feedback.empty(
        "done",
        "You are already enrolled in this course",
        CheckoutState.title,
        link_button("Continue learning", href=CheckoutState.learn_href, look="primary"),
    )


def under_way() -> rx.Component:
    return feedback.empty(
        "waiting",
        "Please don't pay again",
        CheckoutState.waits,
        link_button("View payment", href=CheckoutState.payment_href, look="primary"),
    )


def closed() -> rx.Component:
    return feedback.empty(
        "payments",
        "This course can't be bought right now",
        "The school has no payment provider for this currency. Please write to "
        + CheckoutState.support
        + ".",
        link_button("Back to course", href=CheckoutState.course_href),
    )
