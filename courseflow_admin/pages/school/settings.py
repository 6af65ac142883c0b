"""The school's settings, for admins: six forms, each saved separately."""

from typing import Any

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.cards import card
from courseflow_admin.components.detail_page import detail_page
from courseflow_admin.components.dialogs import dialog, effect, effects
from courseflow_admin.components.forms import button
from courseflow_admin.components.icons import icon, mark, text_link
from courseflow_admin.components.js.logo_picker import logo_picker
from courseflow_admin.components.js.unsaved import unsaved
from courseflow_admin.components.types import Text
from courseflow_admin.models.core.addresses import LONGEST_EMAIL
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.school.settings import (
    LONGEST_KEPT,
    LONGEST_NAME,
    LONGEST_POLICY,
    LONGEST_SELLER,
    LONGEST_TAX_ID,
    LONGEST_TAX_LABEL,
    LONGEST_TAX_NOTE,
    MOST_SELLER_LINES,
)
from courseflow_admin.pages.school.settings_forms import group, text
from courseflow_admin.state.school.settings import CurrencyRow, SettingsState

State, V = SettingsState, SettingsState.values


@rx.page(route=routes.SETTINGS, title="Settings · CourseFlow", on_load=SettingsState.load)
def settings() -> rx.Component:
    return detail_page(
        State,
        "Settings",
        there(),
        skeletons=4,
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
        text("Name", "name", "school", V.name, required=True, max_length=LONGEST_NAME),
        text(
            "Support address",
            "support_email",
            "school",
            V.support_email,
            required=True,
            type="email",
            max_length=LONGEST_EMAIL,
            help_text="Shown to people who need help.",
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
                    rx.el.img(src=V.logo, alt="Current logo"),
                    mark(),
                ),
                class_name="cf-logobox",
            ),
            rx.el.div(
                rx.el.p(
                    "PNG, JPEG or WebP, up to 200 kB. Shown in the sidebar, at sign-in and in "
                    "e-mails. ",
                    V.logo_size,
                    class_name="cf-help",
                    id="logo-help",
                ),
                rx.el.div(
                    rx.cond(
                        State.logo_problem != "",
                        rx.el.p(icon("problem", 14), State.logo_problem, class_name="cf-error"),
                    ),
                    id="logo-error",
                    role="alert",
                ),
            ),
            rx.el.div(
                logo_picker(routes.API_SETTINGS_LOGO, V.logo, State.logo_sent),
                rx.cond(
                    V.logo != "",
                    button(icon("delete", 14), "Remove", on_click=State.ask_remove_logo(True)),
                ),
                class_name="cf-row",
            ),
            class_name="cf-pad cf-stack",
        ),
        remove_logo_dialog(),
    )


def remove_logo_dialog() -> rx.Component:
    return dialog(
        "Remove logo",
        "The image is deleted. To restore it, upload the file again.",
        effects(effect("no_picture", "Pages and new e-mails show the CourseFlow logo instead.")),
        open_=State.removing_logo,
        on_open_change=State.ask_remove_logo,
        act=button("Remove logo", look="danger", on_click=State.remove_logo),
    )


def currencies() -> rx.Component:
    return group(
        "currencies",
        "Currencies",
        "Currencies for course prices. Existing prices don't change.",
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
                    icon("problem", 14),
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
        "Seller details that tax law requires on receipts.",
        text(
            "Seller",
            "seller_lines",
            "receipts",
            V.seller_lines,
            multiline=True,
            rows="4",
            max_length=LONGEST_SELLER,
            help_text=f"Name and address, up to {MOST_SELLER_LINES} lines.",
        ),
        rx.el.div(
            text(
                "Tax ID type",
                "tax_id_label",
                "receipts",
                V.tax_id_label,
                max_length=LONGEST_TAX_LABEL,
                placeholder="GSTIN, VAT ID",
            ),
            text("Tax ID", "tax_id", "receipts", V.tax_id, max_length=LONGEST_TAX_ID),
            class_name="cf-twofields",
        ),
        text(
            "Tax note",
            "tax_note",
            "receipts",
            V.tax_note,
            max_length=LONGEST_TAX_NOTE,
            help_text="One line under the amounts, such as “Prices include GST.”",
        ),
        on_submit=State.save_receipts,
    )


def rules() -> rx.Component:
    return group(
        "rules",
        "Rules",
        "Takes effect immediately.",
        rx.el.div(
            rule(
                "second_factor_for_admins",
                V.second_factor_for_admins,
                "Admins need a second factor",
                f"A code from an app in addition to the password. {State.without_factor}",
            ),
            own_factor(),
            rule(
                "disputes_suspend",
                V.disputes_suspend,
                "An open dispute suspends access",
                "Only for the disputed purchase, until the bank decides.",
            ),
            rule(
                "tell_about_view_as",
                V.tell_about_view_as,
                "E-mail people when an admin uses View as",
                "The e-mail names the admin and the time.",
            ),
            class_name="cf-choices",
            key=rx.Var.create(State.keys["rules"]).to(str),
        ),
        on_submit=State.save_rules,
    )


def own_factor() -> rx.Component:
    """Why one who has none cannot ask it of all, before the save and at its refusal."""
    wrong = State.wrong["second_factor_for_admins"]
    set_up = text_link("Set up your second factor", href=routes.ACCOUNT)
    return rx.el.div(
        rx.cond(
            wrong,
            rx.el.p(
                icon("problem", 14),
                rx.el.span(wrong, " ", set_up),
                class_name="cf-error",
                role="alert",
            ),
            rx.cond(
                State.own_missing & ~V.second_factor_for_admins,
                rx.el.p("You don't have one yet. First:  ", set_up, class_name="cf-help"),
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
        "Older data is deleted daily. Payments, receipts and the audit log are kept. The status "
        "and history of e-mails and webhooks are kept too.",
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
            "Deliveries with an invalid signature, kept as evidence. 1 to 3650 days.",
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
        max_length=len(str(LONGEST_KEPT)),
        help_text=help_text,
    )


def policies() -> rx.Component:
    return group(
        "policies",
        "Policies",
        "In Markdown. Buyers agree to the terms and the refund policy when they pay. Each "
        "payment records the version.",
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
        beside=text_link("View page", href=routes.policy(name), target="_blank"),
    )
