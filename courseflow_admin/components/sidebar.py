"""The sidebar: sections by permission, and at its foot who is signed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components import feedback
from courseflow_admin.components.forms import link_button
from courseflow_admin.components.icons import client_act, icon, link
from courseflow_admin.components.school import brand
from courseflow_admin.components.types import Flag, Shown
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state import edge
from courseflow_admin.state.core.auth import AuthState

SIGN_OUT_FORM = "cf-sign-out"


@dataclass(frozen=True)
class Item:
    text: str
    icon: str  # a meaning in components/icons.ICONS
    href: str
    permission: Permission | None  # None: everyone, also visitors


NAV: tuple[tuple[str, tuple[Item, ...]], ...] = (
    ("", (Item("Overview", "overview", routes.OVERVIEW, Permission.ACCOUNT_OWN),)),
    (
        "Money",
        (
            Item("Payments", "payments", routes.PAYMENTS, Permission.PAYMENTS_READ),
            Item(
                "Reconciliation", "reconciliation", routes.RECONCILIATION, Permission.PAYMENTS_SYNC
            ),
            Item("Coupons", "coupons", routes.COUPONS, Permission.PAYMENTS_READ),
        ),
    ),
    (
        "Teaching",
        (
            Item("Studio", "studio", routes.STUDIO, Permission.COURSES_EDIT),
            Item("Media", "media", routes.MEDIA, Permission.COURSES_EDIT),
            Item("Learners", "learners", routes.LEARNERS, Permission.ENROLLMENTS_READ),
            Item("People", "people", routes.PEOPLE, Permission.ACCOUNTS_READ),
        ),
    ),
    (
        "System",
        (
            Item("E-mails", "emails", routes.EMAILS, Permission.EMAILS_READ),
            Item("Webhooks", "webhooks", routes.WEBHOOKS, Permission.WEBHOOKS_READ),
            Item("Audit log", "audit", routes.AUDIT, Permission.AUDIT_READ),
            Item("Settings", "settings", routes.SETTINGS, Permission.SETTINGS_CHANGE),
        ),
    ),
    (
        "Learning",
        (
            Item("Catalog", "catalog", routes.HOME, None),
            Item("My courses", "my_courses", routes.MY_COURSES, Permission.COURSES_STUDY),
            Item("My payments", "my_payments", routes.MY_PAYMENTS, Permission.ACCOUNT_OWN),
            Item("My e-mails", "my_emails", routes.MY_EMAILS, Permission.ACCOUNT_OWN),
        ),
    ),
)


def sidebar(here: str, label: str, *, in_drawer: bool = False) -> rx.Component:
    return rx.fragment(
        rx.el.div(brand(), class_name="cf-brand"),
        rx.el.nav(
            rx.cond(AuthState.known, _groups(here, in_drawer=in_drawer), _nav_skeleton()),
            class_name="cf-nav",
            aria_label=label,
        ),
        rx.cond(
            AuthState.known, rx.cond(AuthState.signed_in, _account(), _visitor()), _no_account()
        ),
    )


def _groups(here: str, *, in_drawer: bool) -> rx.Component:
    there = _routes_there()
    shown = []
    for title, items in NAV:
        built = [item for item in items if item.href in there]
        if not built:
            continue
        group = rx.el.div(
            rx.el.div(title, class_name="cf-navlabel") if title else rx.fragment(),
            rx.el.ul(*[_item(item, here, in_drawer=in_drawer) for item in built]),
            class_name="cf-navgroup",
        )
        shown.append(_if_any(group, built))
    return rx.fragment(*shown)


def _routes_there() -> set[str]:
    """The addresses that have a page, so that the sidebar never leads nowhere."""
    return {str(options.get("route", "")) for options in edge.page_options()}


def _if_any(group: rx.Component, items: Sequence[Item]) -> rx.Component:
    needed = [item.permission for item in items]
    if None in needed:
        return group
    first, *others = [may(permission) for permission in needed if permission]
    for other in others:
        first = first | other
    return rx.cond(first, group)


def _item(item: Item, here: str, *, in_drawer: bool) -> rx.Component:
    current = {"aria_current": "page"} if item.text == here else {}
    anchor = link(
        icon(item.icon),
        rx.el.span(item.text),
        href=item.href,
        class_name="cf-item",
        **current,
    )
    entry = rx.el.li(rx.dialog.close(anchor) if in_drawer else anchor)
    return entry if item.permission is None else rx.cond(may(item.permission), entry)


def _nav_skeleton() -> rx.Component:
    return rx.el.ul(
        *[
            rx.el.li(feedback.bar(width, "12px"), class_name="cf-item")
            for width in ("96px", "120px", "88px", "112px")
        ],
        aria_hidden="true",
    )


def _account() -> rx.Component:
    menu = rx.dropdown_menu
    name = rx.el.span(
        rx.el.span(AuthState.name, class_name="cf-13 cf-med cf-trunc"),
        rx.el.span(AuthState.role_label, class_name="cf-sm cf-mut"),
        class_name="cf-col cf-grow cf-accname",
    )
    submit_form = client_act(f"() => document.getElementById('{SIGN_OUT_FORM}').requestSubmit()")
    return menu.root(
        menu.trigger(
            rx.el.button(
                rx.el.span(AuthState.initials, class_name="cf-av", aria_hidden="true"),
                name,
                rx.el.span(icon("choose", 14, color="var(--slate-10)"), class_name="cf-accname"),
                type="button",
                class_name="cf-account",
            )
        ),
        menu.content(
            *_account_page(),
            _theme(),
            menu.separator(),
            menu.item(icon("sign_out", 14), "Sign out", on_select=submit_form.to(rx.EventChain)),
            side="top",
            align="start",
            width="216px",
            variant="soft",
            color_scheme="gray",
        ),
        modal=False,
    )


def _account_page() -> list[rx.Component]:
    if routes.ACCOUNT not in _routes_there():
        return []
    item = rx.dropdown_menu.item(
        link(icon("settings", 14), "Account settings", href=routes.ACCOUNT), as_child=True
    )
    return [item]


def _theme() -> rx.Component:
    menu = rx.dropdown_menu
    looks: tuple[tuple[Any, str, str], ...] = (
        ("light", "light", "Light"),
        ("dark", "dark", "Dark"),
        ("system", "screen", "System"),
    )
    return menu.sub(
        menu.sub_trigger(icon("dark", 14), "Theme"),
        menu.sub_content(
            *[
                menu.item(
                    icon(icon_name, 14),
                    text,
                    rx.spacer(),
                    rx.cond(edge.color_mode == look, icon("picked", 14)),
                    on_select=edge.set_color_mode(look),
                )
                for look, icon_name, text in looks
            ],
            width="160px",
            variant="soft",
            color_scheme="gray",
        ),
    )


def _visitor() -> rx.Component:
    back = "?next=" + AuthState.router.url.path
    return rx.el.div(
        link_button("Sign in", href=routes.SIGN_IN + back, look="primary", wide=True),
        link_button("Create an account", href=routes.SIGN_UP + back, wide=True),
        class_name="cf-visitor",
    )


def _no_account() -> rx.Component:
    return rx.el.div(
        rx.el.span(class_name="cf-av"),
        rx.el.span(feedback.bar("96px"), class_name="cf-accname"),
        class_name="cf-account",
        aria_hidden="true",
    )


def may(permission: Permission) -> Flag:
    held: Shown = AuthState.permissions
    return held.contains(permission.value)
