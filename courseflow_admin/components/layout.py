"""The frame of every page: sidebar by permission, top bar, notices, and what stands for content."""

from collections.abc import Sequence
from typing import Any, TypedDict

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components import feedback
from courseflow_admin.components.forms import native_form, submit
from courseflow_admin.components.icons import (
    NativeLink,
    icon,
    icon_button,
    link,
)
from courseflow_admin.components.js.page_change import page_change
from courseflow_admin.components.js.reload import reload_button
from courseflow_admin.components.js.repeat import repeat
from courseflow_admin.components.js.side_rail import side_rail
from courseflow_admin.components.js.when_offline import when_offline
from courseflow_admin.components.js.zone import zone
from courseflow_admin.components.sidebar import SIGN_OUT_FORM, may, sidebar
from courseflow_admin.components.types import Piece, Shown, Text
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state import edge
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.notices import NoticesState

TRY_AGAIN_SECONDS = 3
BUILD = "courseflow-build"  # the name of the mark in each page that says of which build it is
LOADED = edge.expression(
    f"(globalThis.document?.querySelector('meta[name=\"{BUILD}\"]')?.content ?? '')"
)
VIEW_SECONDS = 20


class Frame(TypedDict, total=False):
    """What each page says of its frame; the words are those of `page`."""

    here: str
    path: Sequence[tuple[Text, Text]]
    permission: Permission | None
    actions: Sequence[rx.Component]


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
    `permission`: without it the page shows its 403 instead of `children`; None is for everyone.
    `rail`: sidebar of icons at every width. `bare`: no padding and no largest width.
    """
    return rx.el.div(
        NativeLink.create("Skip to content", href="#main", class_name="cf-skip"),
        bars(),
        rx.el.div(
            rx.el.aside(
                sidebar(here, "Sections"), side_rail(), class_name="cf-side", aria_label="Sidebar"
            ),
            rx.el.main(
                _top(title, path, here, actions),
                rx.el.div(_content(children, permission), class_name="" if bare else "cf-body"),
                id="main",
                tab_index=-1,
                class_name="cf-main",
            ),
            class_name="cf-frame rail" if rail else "cf-frame",
        ),
        rx.el.div(native_form(action=routes.API_SIGN_OUT, id=SIGN_OUT_FORM), hidden=True),
        on_every_page(),
        zone(AuthState.tell_zone),
        class_name="cf-root",
    )


def on_every_page() -> rx.Component:
    """What is told whatever page it is: that it loads, what was done, what is lost."""
    return rx.fragment(page_change(), notices(), offline())


def _content(children: Sequence[Piece], permission: Permission | None) -> Piece:
    if permission is None:
        return rx.fragment(*children)
    return rx.cond(
        AuthState.known,
        rx.cond(
            may(permission),
            rx.fragment(*children),
            rx.cond(
                AuthState.second_factor_due,
                feedback.second_factor_first(),
                rx.cond(AuthState.signed_in, feedback.forbidden(), feedback.sign_in_first()),
            ),
        ),
        feedback.skeleton_cards(),
    )


def bars() -> rx.Component:
    """What is shown on every page, whatever it is."""
    return rx.fragment(sandbox_bar(), view_bar())


def view_bar() -> rx.Component:
    """Whose eyes an admin uses. Fixed at the foot, so that nothing moves when it appears."""
    return rx.cond(
        AuthState.viewing != "",
        rx.el.div(
            icon("view", 16),
            rx.el.span(
                rx.el.span("Viewing as ", rx.el.b(AuthState.viewing)),
                rx.el.span("; read-only; ", AuthState.viewing_ends),
            ),
            native_form(
                submit("End", look="", size="small"), action=routes.API_VIEW_END, class_name=""
            ),
            repeat(VIEW_SECONDS, AuthState.look_again),
            class_name="cf-viewbar",
            role="region",
            aria_label="View as",
        ),
    )


def sandbox_bar() -> rx.Component:
    """Hidden unless /school.css shows it: the built pages know no setting."""
    return rx.el.div(
        icon("sandbox", 12),
        "Sandbox: no money moves",
        rx.el.a("Dashboard", href="/sandbox/dashboard", target="_blank", rel="noopener"),
        rx.el.a("Mailbox", href="/sandbox/mailbox", target="_blank", rel="noopener"),
        class_name="cf-sandbox",
        role="region",
        aria_label="Sandbox",
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
                rx.el.h1(title, class_name="cf-h1 cf-trunc", dir="auto"),
                class_name="cf-col cf-grow",
            ),
            *actions,
            recent_notices(),
            class_name="cf-topin",
        ),
        class_name="cf-top",
    )


def _crumbs(path: Sequence[tuple[Text, Text]]) -> rx.Component:
    steps = [
        rx.el.li(icon("next", 12) if number else rx.fragment(), _crumb(text, href))
        for number, (text, href) in enumerate(path)
    ]
    return rx.el.nav(
        rx.el.ol(*steps, class_name="cf-crumbs"), aria_label="Breadcrumbs", class_name="cf-hide-s"
    )


def _crumb(text: Text, href: Text) -> rx.Component:
    """A link, once it has a text; it may never get one, where something is not there."""
    if isinstance(href, str) and not href:
        return rx.el.span(text)
    step = link(text, href=href)
    return step if isinstance(text, str) else rx.cond(text != "", step)


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
            rx.dialog.description("All sections", class_name="cf-sr"),
            rx.dialog.close(
                rx.el.button(
                    icon("close"),
                    type="button",
                    aria_label="Close menu",
                    class_name="cf-ib b cf-close",
                )
            ),
            sidebar(here, "Navigation (drawer)", in_drawer=True),
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
        *_said(notice),
        icon_button("close", "Close notice", on_click=NoticesState.close(notice.id)),
        class_name="cf-notice",
        custom_attrs={"data-tone": notice.tone},
        key=notice.id,
    )


def _said(notice: Shown) -> list[Piece]:
    return [
        rx.match(
            notice.tone,
            ("success", icon("success", color="var(--green-11)")),
            ("error", icon("error", color="var(--red-11)")),
            icon("info", color="var(--blue-11)"),
        ),
        rx.el.span(
            notice.text,
            rx.cond(
                notice.reference != "",
                rx.el.span(" Reference ", notice.reference, class_name="cf-mut"),
            ),
        ),
    ]


def recent_notices() -> rx.Component:
    """What was said of late, to be read again: a success goes after eight seconds."""
    return rx.popover.root(
        rx.popover.trigger(
            rx.el.button(
                icon("notices", 16),
                type="button",
                aria_label="Recent messages",
                title="Recent messages",
                class_name="cf-ib b",
            )
        ),
        rx.popover.content(
            rx.el.h2("Recent messages", class_name="cf-h2"),
            rx.cond(
                NoticesState.history,
                rx.el.ul(
                    rx.foreach(
                        NoticesState.history,
                        lambda notice: rx.el.li(*_said(notice), key=notice.id),
                    ),
                    class_name="cf-list cf-history",
                ),
                rx.el.p("No messages yet.", class_name="cf-mut cf-13"),
            ),
            align="end",
            width="360px",
            max_width="calc(100vw - 32px)",
            aria_label="Recent messages",
        ),
    )


def offline() -> rx.Component:
    """Said while the network, the server or the database is away; disappears automatically."""
    return rx.fragment(
        when_offline(
            _offline_banner("offline", "Connection lost. Reconnecting…"),
            lost=edge.has_connection_errors,
        ),
        rx.cond(
            NoticesState.database_away & ~edge.has_connection_errors,
            _offline_banner(
                "database_away",
                "The database is not responding. Reconnecting… Your saved changes are safe.",
            ),
        ),
        rx.cond(NoticesState.database_away, repeat(TRY_AGAIN_SECONDS, NoticesState.try_again)),
        updated(),
    )


def updated() -> rx.Component:
    """Said in a tab that stayed open while the server got other screens; reloads nothing itself."""
    other = (NoticesState.build != "") & (LOADED != "") & (NoticesState.build != LOADED)
    return rx.cond(
        other,
        rx.el.div(
            icon("sync"),
            rx.el.span("CourseFlow was updated."),
            reload_button(),
            class_name="cf-offline cf-updated",
            role="status",
        ),
    )


def _offline_banner(icon_name: str, text: str) -> rx.Component:
    return rx.el.div(icon(icon_name), rx.el.span(text), class_name="cf-offline", role="status")


def bare_page(*children: Any) -> rx.Component:
    """A page without the frame (404): the sandbox bar and one centred answer."""
    return rx.el.div(
        bars(),
        rx.el.main(*children, id="main", class_name="cf-whole"),
        on_every_page(),
        class_name="cf-root",
    )
