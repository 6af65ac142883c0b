"""The school's settings, for admins: six forms, each saved by itself."""

from typing import Any

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components import feedback
from courseflow_admin.components.cards import card
from courseflow_admin.components.dialogs import dialog, effect, effects
from courseflow_admin.components.forms import button
from courseflow_admin.components.icons import icon, mark, text_link
from courseflow_admin.components.js.logo_picker import logo_picker
from courseflow_admin.components.js.unsaved import unsaved
from courseflow_admin.components.layout import page
from courseflow_admin.components.types import Text
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.school.settings import LONGEST_POLICY
from courseflow_admin.pages.school.settings_forms import group, text
from courseflow_admin.state.school.settings import CurrencyRow, SettingsState

State, V = SettingsState, SettingsState.values


@rx.page(route=routes.SETTINGS, title="Settings · CourseFlow", on_load=SettingsState.load)
def settings() -> rx.Component:
    return page(
        "Settings",
        rx.match(
            State.view,
            ("there", there()),
            ("error", feedback.error(State.error, State.load)),
            feedback.skeleton_cards(4),
        ),
        here="Settings",
        path=[("System", "")],
        permission=Permission.SETTINGS_CHANGE,
    )


def there() -> rx.Component:
    return rx.el.div(
        rx.el.div(school(), logo(), currencies(), class_name="cf-stack"),
        rx.el.div(receipts(), rules(), retention(), class_name="cf-stack"),
        rx.el.div(policies(), class_name="cf-stack cf-wide"),
        unsaved(State.settled),
        class_name="cf-settings",
        key="there",
    )


def school() -> rx.Component:
    return group(
        "school",
        "School",
        "On every page, in tab titles and in every e-mail.",
        text("Name", "name", "school", V.name, required=True, max_length=60),
        text(
            "Support address",
            "support_email",
            "school",
            V.support_email,
            required=True,
            type="email",
            max_length=254,
            help_text="Where people write who cannot help themselves.",
        ),
        on_submit=State.save_school,
    )


def logo() -> rx.Component:
    return card(
        "Logo",
        rx.el.div(
            rx.el.div(
                rx.cond(
                    V.logo != "",
                    rx.el.img(src=V.logo, alt="The logo as it is now"),
                    mark(),
                ),
                class_name="cf-logobox",
            ),
            rx.el.div(
                rx.el.p(
                    "PNG, JPEG or WebP of at most 200 kB. In the sidebar, at sign-in and in "
                    "e-mails. ",
                    V.logo_size,
                    class_name="cf-help",
                    id="logo-help",
                ),
                rx.el.div(
                    rx.cond(
                        State.logo_problem != "",
                        rx.el.p(
                            icon("circle_alert", 14), State.logo_problem, class_name="cf-error"
                        ),
                    ),
                    id="logo-error",
                    role="alert",
                ),
            ),
            rx.el.div(
                logo_picker(routes.API_SETTINGS_LOGO, V.logo, State.logo_sent),
                rx.cond(
                    V.logo != "",
                    button(icon("trash_2", 14), "Remove", on_click=State.ask_remove_logo(True)),
                ),
                class_name="cf-row",
            ),
            class_name="cf-pad cf-stack",
        ),
        remove_logo_dialog(),
    )


def remove_logo_dialog() -> rx.Component:
    return dialog(
        "Remove the logo",
        "The picture is not kept. To have it back, choose the file again.",
        effects(effect("image_off", "Pages and new e-mails show the mark of CourseFlow instead.")),
        open_=State.removing_logo,
        on_open_change=State.ask_remove_logo,
        act=button("Remove the logo", look="danger", on_click=State.remove_logo),
    )


def currencies() -> rx.Component:
    return group(
        "currencies",
        "Currencies",
        "A course gets its price in one of these. One that has a price keeps it.",
        rx.el.fieldset(
            rx.el.legend("Sold in", class_name="cf-label"),
            rx.el.div(
                rx.foreach(State.currencies, currency),
                class_name="cf-checks",
                key=rx.Var.create(State.keys["currencies"]).to(str),
            ),
            rx.cond(
                State.wrong["currencies"],
                rx.el.p(
                    icon("circle_alert", 14),
                    State.wrong["currencies"],
                    class_name="cf-error",
                    role="alert",
                ),
            ),
            class_name="cf-choices",
        ),
        on_submit=State.save_currencies,
    )


def currency(row: CurrencyRow) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name="sells_" + row.code, default_checked=row.sold),
        row.code,
        rx.el.span(row.note, class_name="cf-sm cf-mut"),
        class_name="cf-check",
    )


def receipts() -> rx.Component:
    return group(
        "receipts",
        "Receipts",
        "Who sells, as tax law wants it on receipts.",
        text(
            "Seller",
            "seller_lines",
            "receipts",
            V.seller_lines,
            multiline=True,
            rows="4",
            max_length=620,
            help_text="Name and address, up to 6 lines.",
        ),
        rx.el.div(
            text(
                "Kind of tax number",
                "tax_id_label",
                "receipts",
                V.tax_id_label,
                max_length=30,
                placeholder="GSTIN, VAT ID",
            ),
            text("Tax number", "tax_id", "receipts", V.tax_id, max_length=40),
            class_name="cf-twofields",
        ),
        text(
            "Note about tax",
            "tax_note",
            "receipts",
            V.tax_note,
            max_length=200,
            help_text="One line under the amounts, such as “Prices include GST.”",
        ),
        on_submit=State.save_receipts,
    )


def rules() -> rx.Component:
    return group(
        "rules",
        "Rules",
        "Effective with the next thing anybody does.",
        rx.el.div(
            rule(
                "second_factor_for_admins",
                V.second_factor_for_admins,
                "Admins need a second factor",
                f"A code from an app, besides the password. {State.without_factor}",
            ),
            own_factor(),
            rule(
                "disputes_suspend",
                V.disputes_suspend,
                "An open dispute suspends access",
                "Only what the disputed payment bought, until the bank has decided.",
            ),
            rule(
                "tell_about_view_as",
                V.tell_about_view_as,
                "Tell people when an admin used View as",
                "By e-mail, with who it was and when.",
            ),
            class_name="cf-choices",
            key=rx.Var.create(State.keys["rules"]).to(str),
        ),
        on_submit=State.save_rules,
    )


def own_factor() -> rx.Component:
    """Why one who has none cannot ask it of all, before the save and at its refusal."""
    wrong = State.wrong["second_factor_for_admins"]
    set_up = text_link("Set up yours", href=routes.ACCOUNT)
    return rx.el.div(
        rx.cond(
            wrong,
            rx.el.p(
                icon("circle_alert", 14),
                rx.el.span(wrong, " ", set_up),
                class_name="cf-error",
                role="alert",
            ),
            rx.cond(
                State.own_missing & ~V.second_factor_for_admins,
                rx.el.p("You have none yourself, so first: ", set_up, class_name="cf-help"),
            ),
        ),
        id="second_factor_for_admins-error",
    )


def rule(name: str, value: Any, title: str, what: Text) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name=name,
            default_checked=value,
            custom_attrs={
                "aria-invalid": rx.cond(State.wrong[name], "true", "false"),
                "aria-describedby": f"{name}-error",
            },
        ),
        rx.el.span(
            rx.el.span(title, class_name="cf-med"),
            rx.el.span(what, class_name="cf-sm cf-mut"),
            class_name="cf-col",
        ),
        class_name="cf-choice",
    )


def retention() -> rx.Component:
    return group(
        "retention",
        "Data retention",
        "What is older is deleted once a day. Payments, receipts and the activity log are kept; of "
        "an e-mail or a webhook its status and history stay.",
        days(
            "Webhook bodies",
            "webhook_bodies_days",
            V.webhook_bodies_days,
            "What Stripe, Razorpay and Resend sent. Without its body a failed webhook cannot be "
            "retried. 14 to 3650 days.",
        ),
        days(
            "E-mail content",
            "email_bodies_days",
            V.email_bodies_days,
            "The text of e-mails in the log. 14 to 3650 days.",
        ),
        days(
            "Rejected webhooks",
            "rejections_days",
            V.rejections_days,
            "Deliveries with a wrong signature, kept as evidence. 1 to 3650 days.",
        ),
        days(
            "Ended sessions",
            "sessions_days",
            V.sessions_days,
            "Device and IP address of a sign-in, after signing out. 1 to 30 days.",
        ),
        days(
            "Used and expired links",
            "links_days",
            V.links_days,
            "Links to confirm an address or reset a password, after they end. 1 to 3650 days.",
        ),
        on_submit=State.save_retention,
    )


def days(label: str, name: str, value: Any, help_text: str) -> rx.Component:
    return text(
        f"{label} (days)",
        name,
        "retention",
        rx.Var.create(value).to(str),
        required=True,
        input_mode="numeric",
        max_length=4,
        help_text=help_text,
    )


def policies() -> rx.Component:
    return group(
        "policies",
        "Policies",
        "In Markdown. Buyers agree to the terms and the refund policy by paying, and each payment "
        "keeps which version it was.",
        policy("Terms", "terms", V.terms),
        policy("Privacy policy", "privacy", V.privacy),
        policy("Refund policy", "refunds", V.refunds),
        on_submit=State.save_policies,
    )


def policy(label: str, name: str, value: Any) -> rx.Component:
    return text(
        label,
        name,
        "policies",
        value,
        multiline=True,
        rows="8",
        max_length=LONGEST_POLICY,
        help_text=V.policy_notes[name],
        beside=text_link("See the page", href=routes.policy(name), target="_blank"),
    )
