"""One e-mail: exactly as it was sent, and its delivery history."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import email_badge
from courseflow_admin.components.cards import card, fact, fact_if
from courseflow_admin.components.detail_page import detail_page, tab_title
from courseflow_admin.components.forms import button, problem
from courseflow_admin.components.icons import copyable, text_link
from courseflow_admin.components.timeline import timeline
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.mail.email import EmailDetailState

SHOWN = EmailDetailState.shown
ERASED = "Its content and address were erased together with the recipient's account."


@rx.page(
    route=f"{routes.EMAILS}/[email_id]",
    title=tab_title(EmailDetailState, EmailDetailState.shown.subject, "E-mail"),
    on_load=EmailDetailState.load,
)
def email() -> rx.Component:
    return detail_page(
        EmailDetailState,
        "E-mail",
        there(),
        name=SHOWN.subject,
        here="E-mails",
        path=[(EmailDetailState.back_text, EmailDetailState.back_href)],
        permission=Permission.ACCOUNT_OWN,
    )


def there() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.cond(SHOWN.problem, problem(SHOWN.problem)),
            card(
                "Preview",
                rx.cond(
                    SHOWN.erased,
                    rx.el.p(ERASED, class_name="cf-mut cf-13 cf-pad"),
                    rx.cond(
                        SHOWN.body_gone,
                        rx.el.p(SHOWN.body_gone, class_name="cf-mut cf-13 cf-pad"),
                        rx.cond(EmailDetailState.as_text, plain(), body()),
                    ),
                ),
                aside=rx.cond(SHOWN.erased | (SHOWN.body_gone != ""), rx.fragment(), views()),
            ),
            class_name="cf-stack",
        ),
        rx.el.div(about(), history(), class_name="cf-stack"),
        class_name="cf-detail",
    )


def views() -> rx.Component:
    return rx.fragment(
        view("HTML", as_text=False),
        view("Plain text", as_text=True),
    )


def view(text: str, *, as_text: bool) -> rx.Component:
    return button(
        text,
        size="small",
        on_click=EmailDetailState.show_text(as_text),
        custom_attrs={
            "aria-pressed": rx.cond(EmailDetailState.as_text == as_text, "true", "false")
        },
    )


def body() -> rx.Component:
    """Nothing in the sandbox may run, send a form, or lead the page away."""
    return rx.el.iframe(
        src_doc=SHOWN.html,
        sandbox="",
        title="Preview of the e-mail",
        class_name="cf-letter",
    )


def plain() -> rx.Component:
    return rx.el.pre(SHOWN.text, class_name="cf-plaintext", tab_index=0)


def about() -> rx.Component:
    return card(
        "About",
        rx.el.dl(
            fact("Status", email_badge(SHOWN.state)),
            rx.el.dt("To"),
            rx.cond(
                SHOWN.erased,
                rx.el.dd("Deleted account"),
                rx.el.dd(
                    SHOWN.receiver_name, rx.el.br(), rx.el.span(SHOWN.receiver, class_name="cf-mut")
                ),
            ),
            fact("Kind", SHOWN.kind),
            fact("Queued", SHOWN.queued),
            fact_if(SHOWN.sent, "Sent", SHOWN.sent),
            fact_if(SHOWN.attempts, "Attempts", SHOWN.attempts),
            fact_if(
                SHOWN.payment_href, "Payment", text_link("Payment history", href=SHOWN.payment_href)
            ),
            fact_if(
                SHOWN.course_href, "Course", text_link("Open in studio", href=SHOWN.course_href)
            ),
            fact_if(
                SHOWN.same_receiver_href,
                "Recipient",
                text_link(SHOWN.same_receiver_text, href=SHOWN.same_receiver_href),
            ),
            rx.cond(
                EmailDetailState.log,
                rx.fragment(
                    fact("E-mail", copyable(SHOWN.id, "e-mail ID")),
                    fact_if(SHOWN.provider_id, "Resend", copyable(SHOWN.provider_id, "Resend ID")),
                ),
            ),
            class_name="cf-dl cf-pad",
        ),
    )


def history() -> rx.Component:
    return card(
        "Delivery history",
        timeline(EmailDetailState.steps),
        aside=rx.el.span(EmailDetailState.zone, class_name="cf-sm cf-mut"),
    )
