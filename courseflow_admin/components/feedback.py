"""What a page says while it waits, when it has nothing, and when it cannot."""

from typing import Any

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.forms import button, link_button
from courseflow_admin.components.icons import toned_icon
from courseflow_admin.components.types import Text
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.school import SchoolState


def empty(
    icon_name: str, title: Text, why: Text, *acts: rx.Component, level: int = 2
) -> rx.Component:
    """One sentence, why, and the next act."""
    heading = rx.el.h1 if level == 1 else rx.el.h2
    return rx.el.div(
        toned_icon(icon_name),
        heading(title, class_name="cf-h2", dir="auto"),
        rx.el.p(why),
        rx.el.div(*acts, class_name="cf-row") if acts else rx.fragment(),
        class_name="cf-empty",
    )


def error(text: Text, retry: Any = None, back: tuple[Text, Text] | None = None) -> rx.Component:
    """A sentence and a way to try again (`retry` is the page's loader).

    `back`: instead of that, address and words of a link, where trying again would not help.
    """
    again = button("Retry", on_click=retry) if retry is not None else None
    if back is not None and again is not None:
        href, words = (rx.Var.create(one).to(str) for one in back)
        again = rx.cond(href != "", link_button(words, href=href), again)
    return rx.el.div(
        toned_icon("problem", "red"),
        rx.el.h2("Couldn't load this", class_name="cf-h2"),
        rx.el.p(text),
        rx.el.div(again, class_name="cf-row") if again is not None else rx.fragment(),
        class_name="cf-empty",
        role="alert",
    )


def bar(width: str, height: str = "10px") -> rx.Component:
    """One grey line that stands for text to come."""
    return rx.el.span(class_name="cf-skel", style={"width": width, "height": height})


def skeleton_cards(count: int = 2) -> rx.Component:
    """A page whose content is not known yet."""
    card = rx.el.div(bar("160px"), bar("70%"), bar("55%"), bar("62%"), class_name="cf-skelcard")
    return rx.el.div(
        *[card for _ in range(count)],
        rx.el.span("Loading", class_name="cf-sr"),
        class_name="cf-stack",
        aria_busy="true",
        # A key of its own: what follows replaces it as a whole, so that nothing moves.
        key="loading",
    )


def forbidden() -> rx.Component:
    """403: the page exists, this account may not see it, or is only looked at."""
    return rx.cond(AuthState.viewing != "", _shut_while_viewing(), _not_permitted())


def _shut_while_viewing() -> rx.Component:
    return empty(
        "hidden",
        "This page isn't available while you view as someone else",
        "It is private or makes changes. End view-as below to continue as yourself.",
        link_button("Go to overview", href=routes.OVERVIEW),
    )


def _not_permitted() -> rx.Component:
    return empty(
        "locked",
        "You don't have access to this page",
        rx.fragment(
            "If you need access, ask an admin of the school to change your role.", support()
        ),
        link_button("Go to overview", href=routes.OVERVIEW),
    )


def support() -> rx.Component:
    """Whom to write to, where the state has said that it helps."""
    return rx.cond(
        SchoolState.support != "",
        rx.el.span(" For help, write to ", SchoolState.support, "."),
    )


def second_factor_first() -> rx.Component:
    """403 until it is set up; who comes here by a link is led on by the guard."""
    return empty(
        "protected",
        "Set up your second factor first",
        "Your school requires it for admins. You need an authenticator app; it takes a minute.",
        link_button("Set up", href=routes.ACCOUNT, look="primary"),
    )


def not_found(what: str = "page", it: str = "It") -> rx.Component:
    """404 inside the frame: for what does not exist, or is someone else's."""
    return empty(
        "not_found",
        f"{what.capitalize()} not found",
        f"{it} may have been removed, or the link may be incomplete.",
        link_button("Go to overview", href=routes.OVERVIEW),
    )


def sign_in_first(href: Text = routes.SIGN_IN) -> rx.Component:
    return empty(
        "sign_in",
        "Sign in to see this page",
        "You need an account to see it.",
        link_button("Sign in", href=href, look="primary"),
    )
