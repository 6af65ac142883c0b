"""Why?: one person, one course, and what stands between them."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import badge, payment_badge
from courseflow_admin.components.cards import card, facts, line, list_card
from courseflow_admin.components.detail_page import detail_page, tab_title
from courseflow_admin.components.feedback import not_found
from courseflow_admin.components.forms import link_button
from courseflow_admin.components.icons import text_link
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.money.access import AccessState, PaymentLine, ReasonRow

SHOWN = AccessState.shown


@rx.page(
    route="/access/[account_id]/[course_id]",
    title=tab_title(AccessState, SHOWN.headline, "Why?"),
    on_load=AccessState.load,
)
def access() -> rx.Component:
    return detail_page(
        AccessState,
        "Why?",
        there(),
        missing=not_found("person or course"),
        here="People",
        path=[("Teaching", ""), ("People", routes.PEOPLE), (SHOWN.person, SHOWN.person_href)],
        permission=Permission.ACCESS_READ_ALL,
    )


def there() -> rx.Component:
    return rx.el.div(
        rx.el.div(verdict(), reasons(), class_name="cf-stack"),
        rx.el.div(about(), payments(), class_name="cf-stack"),
        class_name="cf-detail",
    )


def verdict() -> rx.Component:
    return card(
        SHOWN.headline,
        rx.cond(
            SHOWN.repair_href != "",
            rx.el.div(
                rx.el.p(SHOWN.because, " ", SHOWN.repair, class_name="cf-13"),
                rx.el.div(
                    link_button(SHOWN.repair_label, href=SHOWN.repair_href, look="primary"),
                    class_name="cf-row",
                ),
                class_name="cf-pad cf-stack",
            ),
            rx.el.p(SHOWN.because, class_name="cf-13 cf-pad"),
        ),
        aside=rx.cond(SHOWN.allowed, badge("green", "Open"), badge("red", "Closed")),
    )


def reasons() -> rx.Component:
    return list_card("Reasons, most important first", AccessState.reasons, reason, ordered=True)


def reason(row: ReasonRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row.number, ". ", row.sentence, class_name="cf-13 cf-med"),
            rx.cond(row.repair != "", rx.el.span(row.repair, class_name="cf-sm cf-mut")),
            class_name="cf-col cf-grow",
        ),
        rx.cond(
            row.payment_href != "",
            text_link("Payment", href=row.payment_href),
        ),
        class_name="cf-line",
    )


def about() -> rx.Component:
    return card(
        "Learner and course",
        rx.el.div(
            facts(
                ("Person", text_link(SHOWN.person, href=SHOWN.person_href)),
                ("Course", text_link(SHOWN.course, href=SHOWN.course_href)),
                ("Progress", SHOWN.progress),
            ),
            class_name="cf-pad",
        ),
    )


def payments() -> rx.Component:
    return list_card("Payments for this course", AccessState.payments, payment, none="None.")


def payment(row: PaymentLine) -> rx.Component:
    return line(
        rx.el.span(row.amount, class_name="cf-13 cf-med"),
        rx.el.span(row.note, class_name="cf-sm cf-mut"),
        href=row.href,
        aside=payment_badge(row.state),
    )
