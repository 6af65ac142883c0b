"""The frame of every page: sidebar by permission, top bar, notices, and what stands for content."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.style import color_mode, set_color_mode
from reflex_base.registry import RegistrationContext
from reflex_components_core.core.banner import has_connection_errors

from courseflow_admin import routes
from courseflow_admin.components import feedback
from courseflow_admin.components.forms import link_button, native_form
from courseflow_admin.components.icons import (
    NativeLink,
    client_act,
    icon,
    icon_button,
    link,
    mark,
)
from courseflow_admin.components.js.repeat import repeat
from courseflow_admin.components.types import Flag, Piece, Shown, Text
from courseflow_admin.models.permissions import Permission
from courseflow_admin.state.auth import AuthState
from courseflow_admin.state.notices import NoticesState

SIGN_OUT_FORM = "cf-sign-out"
TRY_AGAIN_SECONDS = 3


@dataclass(frozen=True)
class Item:
    text: str
    icon: str
    href: str
    permission: Permission | None  # None: everybody, also visitors


NAV: tuple[tuple[str, tuple[Item, ...]], ...] = (
    ("", (Item("Overview", "gauge", routes.OVERVIEW, Permission.ACCOUNT_OWN),)),
    (
        "Money",
        (
            Item("Payments", "credit_card", routes.PAYMENTS, Permission.PAYMENTS_READ),
            Item("Reconciliation", "scale", routes.RECONCILIATION, Permission.PAYMENTS_SYNC),
            Item("Coupons", "ticket_percent", routes.COUPONS, Permission.PAYMENTS_READ),
        ),
    ),
    (
        "Teaching",
        (
            Item("Studio", "pencil_line", routes.STUDIO, Permission.COURSES_EDIT),
            Item("Media", "clapperboard", routes.MEDIA, Permission.COURSES_EDIT),
            Item("Learners", "users", routes.LEARNERS, Permission.ENROLLMENTS_READ),
            Item("People", "contact_round", routes.PEOPLE, Permission.ACCOUNTS_READ),
        ),
    ),
    (
        "System",
        (
            Item("E-mails", "mail", routes.EMAILS, Permission.EMAILS_READ),
            Item("Webhooks", "webhook", routes.WEBHOOKS, Permission.WEBHOOKS_READ),
            Item("Audit log", "scroll_text", routes.AUDIT, Permission.AUDIT_READ),
            Item("Settings", "settings", routes.SETTINGS, Permission.SETTINGS_CHANGE),
        ),
    ),
    (
        "Learning",
        (
            Item("Catalog", "library", routes.HOME, None),
            Item("My courses", "graduation_cap", routes.MY_COURSES, Permission.COURSES_STUDY),
            Item("My payments", "receipt_text", routes.MY_PAYMENTS, Permission.ACCOUNT_OWN),
            Item("My e-mails", "inbox", routes.MY_EMAILS, Permission.ACCOUNT_OWN),
        ),
    ),
)


def page(
    title: Text,
    *children: Piece,
    here: str = "",
    path: Sequence[tuple[Text, Text]] = (),
    permission: Permission | None = None,
    rail: bool = False,
    bare: bool = False,
    actions: Sequence[rx.Component] = (),
) -> rx.Component:
    """One page in the frame.

    `here`: the sidebar's words for this section. `path`: breadcrumbs, (text, address or "").
    `permission`: without it the page shows its 403 instead of `children`; None is for everybody.
    `rail`: sidebar of icons at every width. `bare`: no padding and no largest width.
    """
    return rx.el.div(
        NativeLink.create("Skip to content", href="#main", class_name="cf-skip"),
        sandbox_bar(),
        rx.el.div(
            rx.el.aside(_side(here, "Sections"), class_name="cf-side", aria_label="Sidebar"),
            rx.el.div(
                _top(title, path, here, actions),
                rx.el.main(
                    _content(children, permission),
                    id="main",
                    tab_index=-1,
                    class_name="" if bare else "cf-body",
                ),
                class_name="cf-main",
            ),
            class_name="cf-frame rail" if rail else "cf-frame",
        ),
        rx.el.div(native_form(action=routes.API_SIGN_OUT, id=SIGN_OUT_FORM), hidden=True),
        notices(),
        offline(),
        class_name="cf-root",
    )


def _content(children: Sequence[Piece], permission: Permission | None) -> Piece:
    if permission is None:
        return rx.fragment(*children)
    return rx.cond(
        AuthState.known,
        rx.cond(
            _may(permission),
            rx.fragment(*children),
            rx.cond(AuthState.signed_in, feedback.forbidden(), feedback.sign_in_first()),
        ),
        feedback.skeleton_cards(),
    )


def _may(permission: Permission) -> Flag:
    held: Shown = AuthState.permissions
    return held.contains(permission.value)


def sandbox_bar() -> rx.Component:
    """Hidden unless /school.css shows it: the built pages know no setting."""
    return rx.el.div(
        icon("flask_conical", 12),
        "Sandbox: no money moves",
        rx.el.a("Dashboard", href="/sandbox/dashboard", target="_blank", rel="noopener"),
        rx.el.a("Mailbox", href="/sandbox/mailbox", target="_blank", rel="noopener"),
        class_name="cf-sandbox",
        role="region",
        aria_label="Sandbox",
    )


# Sidebar


def _side(here: str, label: str, *, in_drawer: bool = False) -> rx.Component:
    return rx.fragment(
        rx.el.div(
            mark(), rx.el.span("CourseFlow", class_name="cf-brandname"), class_name="cf-brand"
        ),
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
    pages = RegistrationContext.get().decorated_pages
    return {str(options.get("route", "")) for _, options in pages}


def _if_any(group: rx.Component, items: Sequence[Item]) -> rx.Component:
    needed = [item.permission for item in items]
    if None in needed:
        return group
    first, *others = [_may(permission) for permission in needed if permission]
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
        title=item.text,
        **current,
    )
    entry = rx.el.li(rx.dialog.close(anchor) if in_drawer else anchor)
    return entry if item.permission is None else rx.cond(_may(item.permission), entry)


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
                rx.el.span(
                    icon("chevrons_up_down", 14, color="var(--slate-10)"), class_name="cf-accname"
                ),
                type="button",
                class_name="cf-account",
            )
        ),
        menu.content(
            *_account_page(),
            _theme(),
            menu.separator(),
            menu.item(icon("log_out", 14), "Sign out", on_select=submit_form.to(rx.EventChain)),
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
        ("light", "sun", "Light"),
        ("dark", "moon", "Dark"),
        ("system", "monitor", "System"),
    )
    return menu.sub(
        menu.sub_trigger(icon("moon", 14), "Theme"),
        menu.sub_content(
            *[
                menu.item(
                    icon(icon_name, 14),
                    text,
                    rx.spacer(),
                    rx.cond(color_mode == look, icon("check", 14)),
                    on_select=set_color_mode(look),
                )
                for look, icon_name, text in looks
            ],
            width="160px",
            variant="soft",
            color_scheme="gray",
        ),
    )


def _visitor() -> rx.Component:
    next_path = routes.SIGN_IN + "?next=" + AuthState.router.url.path
    return rx.el.div(
        link_button("Sign in", href=next_path, look="primary", wide=True),
        link_button("Create an account", href=routes.SIGN_UP, wide=True),
        class_name="cf-visitor",
    )


def _no_account() -> rx.Component:
    return rx.el.div(
        rx.el.span(class_name="cf-av"),
        rx.el.span(feedback.bar("96px"), class_name="cf-accname"),
        class_name="cf-account",
        aria_hidden="true",
    )


# Top bar


def _top(
    title: Text,
    path: Sequence[tuple[Text, Text]],
    here: str,
    actions: Sequence[rx.Component],
) -> rx.Component:
    return rx.el.header(
        rx.el.div(
            _drawer(here),
            rx.el.div(
                _crumbs(path) if path else rx.fragment(),
                rx.el.h1(title, class_name="cf-h1 cf-trunc"),
                class_name="cf-col cf-grow",
            ),
            *actions,
            class_name="cf-topin",
        ),
        class_name="cf-top",
    )


def _crumbs(path: Sequence[tuple[Text, Text]]) -> rx.Component:
    steps = [
        rx.el.li(
            icon("chevron_right", 12) if number else rx.fragment(),
            rx.el.span(text) if isinstance(href, str) and not href else link(text, href=href),
        )
        for number, (text, href) in enumerate(path)
    ]
    return rx.el.nav(
        rx.el.ol(*steps, class_name="cf-crumbs"), aria_label="Breadcrumbs", class_name="cf-hide-s"
    )


def _drawer(here: str) -> rx.Component:
    """The sidebar of a phone; a Radix dialog, for its focus trap and Escape."""
    return rx.dialog.root(
        rx.dialog.trigger(
            rx.el.button(
                icon("menu", 20),
                type="button",
                aria_label="Open menu",
                class_name="cf-ib b cf-burger",
            )
        ),
        rx.dialog.content(
            rx.dialog.title("Menu", class_name="cf-sr", custom_attrs={"as": "h2"}),
            rx.dialog.description("Sections of CourseFlow", class_name="cf-sr"),
            rx.dialog.close(
                rx.el.button(
                    icon("x"), type="button", aria_label="Close menu", class_name="cf-ib b cf-close"
                )
            ),
            _side(here, "Sections (drawer)", in_drawer=True),
            class_name="cf-drawer",
        ),
    )


# Notices, offline


def notices() -> rx.Component:
    """The live region is always in the page; only what it says changes."""
    return rx.el.div(
        rx.foreach(NoticesState.shown, _notice),
        class_name="cf-notices",
        role="status",
        aria_live="polite",
    )


def _notice(notice: Shown) -> rx.Component:
    return rx.el.div(
        rx.match(
            notice.tone,
            ("success", icon("circle_check", 16, color="var(--green-11)")),
            ("error", icon("circle_alert", 16, color="var(--red-11)")),
            icon("info", 16, color="var(--blue-11)"),
        ),
        rx.el.span(
            notice.text,
            rx.cond(
                notice.reference != "",
                rx.el.span(" Reference ", notice.reference, class_name="cf-mut"),
            ),
        ),
        icon_button("x", "Close notice", on_click=NoticesState.close(notice.id)),
        class_name="cf-notice",
        custom_attrs={"data-tone": notice.tone},
        key=notice.id,
    )


def offline() -> rx.Component:
    """Said while the socket is lost or the database is away; goes by itself."""
    return rx.fragment(
        rx.cond(
            has_connection_errors,
            _offline_banner(
                "wifi_off",
                "The school does not answer just now. Trying again by itself; "
                "what you see may be old.",
            ),
            rx.cond(
                NoticesState.database_away,
                _offline_banner(
                    "database_zap",
                    "The database does not answer just now. Trying again by itself; "
                    "nothing you saved is lost.",
                ),
            ),
        ),
        rx.cond(NoticesState.database_away, repeat(TRY_AGAIN_SECONDS, NoticesState.try_again)),
    )


def _offline_banner(icon_name: str, text: str) -> rx.Component:
    return rx.el.div(icon(icon_name), rx.el.span(text), class_name="cf-offline", role="status")


def bare_page(*children: Any) -> rx.Component:
    """A page without the frame (404): the sandbox bar and one centred answer."""
    return rx.el.div(
        sandbox_bar(),
        rx.el.main(*children, id="main", class_name="cf-whole"),
        class_name="cf-root",
    )
