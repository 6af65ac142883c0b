"""One payment: what happened, the breakdown, who and what for, and the acts on it."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import email_badge, payment_badge, refund_badge
from courseflow_admin.components.cards import avatar, card, fact, fact_if, line, list_card, sums
from courseflow_admin.components.detail_page import detail_page, tab_title
from courseflow_admin.components.dialogs import dialog, effects_of
from courseflow_admin.components.forms import button, field, form, problem, select
from courseflow_admin.components.icons import copyable, icon, text_link
from courseflow_admin.components.sidebar import may
from courseflow_admin.components.timeline import timeline
from courseflow_admin.models.core.amounts import LONGEST_WRITTEN
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.money.payment_parts import SettledBy
from courseflow_admin.models.money.payments import LONGEST_NOTE, LONGEST_REASON
from courseflow_admin.state.money.payment_detail import PaymentDetailState
from courseflow_admin.state.money.payment_rows import EmailLine, Reference, RefundLine

SHOWN = PaymentDetailState.shown
FORM, REVIEW_FORM = "refund-form", "review-form"


@rx.page(
    route=f"{routes.PAYMENTS}/[payment_id]",
    title=tab_title(PaymentDetailState, SHOWN.title, "Payment"),
    on_load=PaymentDetailState.load,
)
def payment() -> rx.Component:
    return detail_page(
        PaymentDetailState,
        "Payment",
        there(),
        name=SHOWN.title,
        skeletons=3,
        here="Payments",
        path=[("Money", ""), ("Payments", routes.PAYMENTS)],
        permission=Permission.PAYMENTS_READ,
    )


def there() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            head(),
            rx.cond(SHOWN.warning, warning()),
            card(
                "History",
                timeline(PaymentDetailState.steps),
                aside=rx.el.span(PaymentDetailState.zone, class_name="cf-sm cf-mut"),
            ),
            rx.cond(PaymentDetailState.refunds, refunds()),
            emails(),
            class_name="cf-stack",
        ),
        rx.el.div(breakdown(), learner(), references(), class_name="cf-stack"),
        capture_dialog(),
        refund_dialog(),
        review_dialog(),
        class_name="cf-detail",
    )


def head() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(
                rx.el.span(SHOWN.amount, class_name="cf-amount"),
                payment_badge(SHOWN.state),
                class_name="cf-row",
                style={"gap": "12px"},
            ),
            rx.el.div(SHOWN.subtitle, class_name="cf-mut cf-13"),
            class_name="cf-col cf-grow",
            style={"minWidth": "min(100%, 280px)"},
        ),
        rx.cond(
            may(Permission.PAYMENTS_SYNC),
            button(
                icon("recheck", 14),
                "Re-check",
                busy=PaymentDetailState.checking,
                on_click=PaymentDetailState.recheck,
            ),
        ),
        rx.cond(
            may(Permission.PAYMENTS_CAPTURE) & (SHOWN.lapses != ""),
            button(
                icon("capture", 14),
                "Capture",
                busy=PaymentDetailState.capturing,
                on_click=PaymentDetailState.show_capture_dialog(True),
            ),
        ),
        rx.cond(
            may(Permission.PAYMENTS_REVIEW) & (SHOWN.review != ""),
            button(
                icon("resolve", 14),
                "Resolve review",
                on_click=PaymentDetailState.show_review_dialog(True),
            ),
        ),
        rx.cond(
            may(Permission.PAYMENTS_REFUND) & (SHOWN.refundable != ""),
            button(
                icon("refund", 14),
                "Refund",
                busy=PaymentDetailState.refunding,
                on_click=PaymentDetailState.show_dialog(True),
            ),
        ),
        class_name="cf-row cf-wrap",
    )


def warning() -> rx.Component:
    return rx.el.div(
        icon("warning", 16),
        rx.el.span(SHOWN.warning),
        class_name="cf-said",
        custom_attrs={"data-tone": "amber"},
    )


def refunds() -> rx.Component:
    return list_card("Refunds", PaymentDetailState.refunds, refund_line)


def refund_line(refund: RefundLine) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(refund.amount, class_name="cf-med cf-num"),
            rx.el.span(refund.note, class_name="cf-sm cf-mut"),
            class_name="cf-col cf-grow",
        ),
        refund_badge(refund.state),
        class_name="cf-line",
    )


def emails() -> rx.Component:
    return list_card(
        "E-mails",
        PaymentDetailState.emails,
        email_line,
        none="None yet. The first is sent when the payment is confirmed.",
    )


def email_line(email: EmailLine) -> rx.Component:
    return line(
        rx.el.span(email.subject, class_name="cf-13 cf-med cf-trunc"),
        rx.el.span(email.note, class_name="cf-sm cf-mut cf-trunc"),
        href=email.href,
        aside=email_badge(email.state),
    )


def breakdown() -> rx.Component:
    return card(
        "Breakdown",
        sums(
            ("List price", SHOWN.listed, False),
            ("Charged", SHOWN.charged, True),
            ("Refunded", SHOWN.refunded, False),
        ),
        rx.cond(SHOWN.taken_back, sums(("Charged back", SHOWN.taken_back, False))),
        rx.cond(SHOWN.held, sums(("Held, not accepted", SHOWN.held, False))),
        sums(("Net", SHOWN.net, True)),
        rx.cond(
            SHOWN.pending_refund,
            rx.el.p(
                "A refund of ",
                SHOWN.pending_refund,
                " is pending.",
                class_name="cf-help cf-pad",
            ),
        ),
    )


def learner() -> rx.Component:
    return card(
        "Learner",
        rx.el.div(
            rx.el.div(
                avatar(SHOWN.initials),
                rx.el.div(
                    rx.el.span(SHOWN.learner, class_name="cf-med"),
                    rx.el.span(SHOWN.email, class_name="cf-13 cf-mut cf-trunc"),
                    class_name="cf-col cf-grow",
                ),
                class_name="cf-row",
                style={"gap": "12px"},
            ),
            rx.el.dl(
                fact("Course", text_link(SHOWN.course, href=SHOWN.course_href)),
                fact_if(SHOWN.billed_to, "Billed to", SHOWN.billed_to),
                fact_if(SHOWN.agreed_to, "Agreed to", SHOWN.agreed_to),
                fact("Payments", text_link("All payments", href=SHOWN.learner_href)),
                rx.cond(
                    may(Permission.ACCESS_READ_ALL),
                    rx.fragment(
                        fact("Person", text_link("Profile", href=SHOWN.person_href)),
                        fact("Access", text_link("Access check", href=SHOWN.why_href)),
                    ),
                ),
                class_name="cf-dl",
            ),
            class_name="cf-pad cf-stack",
        ),
    )


def references() -> rx.Component:
    return card(
        "References",
        rx.el.dl(rx.foreach(PaymentDetailState.references, reference), class_name="cf-dl cf-pad"),
    )


def reference(one: Reference) -> rx.Component:
    return rx.fragment(rx.el.dt(one.word), rx.el.dd(copyable(one.value, one.word)))


def capture_dialog() -> rx.Component:
    return dialog(
        "Capture " + SHOWN.amount + " of " + SHOWN.learner,
        PaymentDetailState.capture_about,
        rx.cond(PaymentDetailState.capture_problem, problem(PaymentDetailState.capture_problem)),
        effects_of(PaymentDetailState.capture_effects, "done", "access", "mail"),
        open_=PaymentDetailState.capture_dialog,
        on_open_change=PaymentDetailState.show_capture_dialog,
        act=button(
            "Capture " + SHOWN.amount,
            look="primary",
            busy=PaymentDetailState.capturing,
            on_click=PaymentDetailState.capture,
        ),
    )


def refund_dialog() -> rx.Component:
    return dialog(
        "Refund " + SHOWN.learner,
        SHOWN.paid_for,
        rx.cond(PaymentDetailState.refund_problem, problem(PaymentDetailState.refund_problem)),
        form(
            field(
                "Amount",
                "amount",
                field_id="refund-amount",
                help_text=SHOWN.refundable + " can be refunded.",
                error=PaymentDetailState.amount_problem,
                default_value=PaymentDetailState.refund_amount,
                key=PaymentDetailState.dialog_key,
                input_mode="decimal",
                auto_complete="off",
                max_length=LONGEST_WRITTEN,
                on_change=PaymentDetailState.preview,
            ),
            field(
                "Reason",
                "reason",
                field_id="refund-reason",
                help_text="Kept in the payment history, not in the e-mail.",
                error=PaymentDetailState.reason_problem,
                multiline=True,
                max_length=LONGEST_REASON,
                rows="2",
            ),
            on_submit=PaymentDetailState.refund,
            id=FORM,
        ),
        rx.cond(
            PaymentDetailState.refund_effects,
            effects_of(PaymentDetailState.refund_effects, "refund", "access", "progress", "mail"),
        ),
        open_=PaymentDetailState.dialog,
        on_open_change=PaymentDetailState.show_dialog,
        act=button(
            PaymentDetailState.refund_act,
            look="danger",
            type="submit",
            form=FORM,
            busy=PaymentDetailState.refunding,
            disabled=PaymentDetailState.amount_problem != "",
        ),
    )


def review_dialog() -> rx.Component:
    return dialog(
        "Resolve review",
        PaymentDetailState.review_about,
        rx.cond(PaymentDetailState.review_problem, problem(PaymentDetailState.review_problem)),
        form(
            rx.cond(
                PaymentDetailState.review_held,
                select(
                    "What happens to the money",
                    "how",
                    [
                        (SettledBy.ACCEPTED.value, "Accept it and open the course"),
                        (SettledBy.REFUNDED.value, "Refund it"),
                    ],
                    value=PaymentDetailState.review_how,
                    on_change=PaymentDetailState.choose_settlement,
                    help_text=PaymentDetailState.review_held,
                    field_id="review-how",
                ),
            ),
            field(
                "Findings",
                "note",
                field_id="review-note",
                help_text="Only admins see it, in the payment history.",
                error=PaymentDetailState.note_problem,
                multiline=True,
                max_length=LONGEST_NOTE,
                rows="3",
            ),
            on_submit=PaymentDetailState.resolve_review,
            id=REVIEW_FORM,
        ),
        effects_of(PaymentDetailState.review_effects, "done", "access", "note"),
        open_=PaymentDetailState.review_dialog,
        on_open_change=PaymentDetailState.show_review_dialog,
        act=button(
            "Resolve review",
            look="primary",
            type="submit",
            form=REVIEW_FORM,
            busy=PaymentDetailState.resolving,
        ),
    )
