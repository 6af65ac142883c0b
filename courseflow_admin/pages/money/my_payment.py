"""One own payment: "confirming" until it is so, then the result and the next act."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import my_payment_badge
from courseflow_admin.components.cards import card, fact, fact_if, sums
from courseflow_admin.components.detail_page import detail_page, tab_title
from courseflow_admin.components.feedback import not_found
from courseflow_admin.components.forms import link_button
from courseflow_admin.components.icons import copyable, text_link, toned_icon
from courseflow_admin.components.js.repeat import repeat
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.money.my_payment import MyPaymentState

SHOWN = MyPaymentState.shown
NAMED = "Payment for " + SHOWN.course


@rx.page(
    route=f"{routes.MY_PAYMENTS}/[payment_id]",
    title=tab_title(MyPaymentState, NAMED, "My payment"),
    on_load=MyPaymentState.load,
)
def my_payment() -> rx.Component:
    return detail_page(
        MyPaymentState,
        "My payment",
        there(),
        name=NAMED,
        missing=not_found("payment"),
        # Asked by the browser: so it ends with the page, and each look passes the guard.
        beside=(
            rx.cond(MyPaymentState.waiting, repeat(1, MyPaymentState.look)),
            rx.cond(MyPaymentState.following, repeat(10, MyPaymentState.look)),
        ),
        here="My payments",
        path=[("My payments", routes.MY_PAYMENTS)],
        permission=Permission.ACCOUNT_OWN,
    )


def there() -> rx.Component:
    return rx.el.div(
        outcome(),
        rx.el.div(breakdown(), references(), class_name="cf-stack"),
        class_name="cf-detail",
    )


def outcome() -> rx.Component:
    return rx.el.section(
        rx.match(
            SHOWN.look,
            ("waiting", rx.el.span(class_name="cf-wait", aria_hidden="true")),
            ("done", toned_icon("done", "green")),
            ("failed", toned_icon("failed", "red")),
            ("person", toned_icon("reviewer", "amber")),
            ("bank", toned_icon("bank", "amber")),
            ("over", toned_icon("clock")),
            toned_icon("refund"),
        ),
        rx.el.div(
            rx.el.h2(SHOWN.title, class_name="cf-outcometitle", dir="auto"),
            rx.el.p(SHOWN.sentence, class_name="cf-mut"),
            role="status",
        ),
        rx.el.div(
            rx.cond(
                SHOWN.act,
                link_button(SHOWN.act, href=SHOWN.act_href, look="primary", size="large"),
            ),
            rx.cond(
                SHOWN.look == "person",
                rx.el.a("Contact the school", href="mailto:" + SHOWN.support, class_name="cf-link"),
            ),
            class_name="cf-row",
        ),
        class_name="cf-card cf-outcome",
    )


def breakdown() -> rx.Component:
    return card(
        "Summary",
        sums(
            ("Price", SHOWN.amount, False),
            ("Charged", SHOWN.charged, True),
        ),
        rx.cond(SHOWN.refunded, sums(("Refunded", SHOWN.refunded, False))),
        rx.cond(SHOWN.taken_back, sums(("Returned by your bank", SHOWN.taken_back, False))),
        rx.cond((SHOWN.refunded != "") | (SHOWN.taken_back != ""), sums(("Net", SHOWN.net, True))),
        aside=my_payment_badge(SHOWN.state),
    )


def references() -> rx.Component:
    return card(
        "Details",
        rx.el.dl(
            fact("Course", text_link(SHOWN.course, href=SHOWN.course_href)),
            fact("Started", SHOWN.date),
            fact_if(SHOWN.paid_on, "Paid on", SHOWN.paid_on),
            fact("Payment method", SHOWN.method),
            fact_if(SHOWN.billed_to, "Billed to", SHOWN.billed_to),
            fact_if(SHOWN.receipt, "Receipt", copyable(SHOWN.receipt, "number")),
            fact("Payment", copyable(SHOWN.reference, "payment ID")),
            class_name="cf-dl cf-pad",
        ),
    )
