"""Buttons, fields and forms: labelled, with their error in words, and sent once."""

from typing import Any

import reflex as rx

from courseflow_admin.components.icons import NativeLink, client_act, icon, link
from courseflow_admin.components.js.counter import counter
from courseflow_admin.components.types import Flag, Shown, Text
from courseflow_admin.state import edge

WORTH_COUNTING = 60  # characters: what takes less is seen whole
# A native form is sent once; after ten seconds without an answer it may be tried again.
SEND_ONCE = (
    "(event) => {{const form = event.currentTarget; "
    "if (form.dataset.sent) {{event.preventDefault(); return;}} form.dataset.sent = 'true'; "
    "setTimeout(() => delete form.dataset.sent, 10000)}}"
)


class NativeForm(edge.BaseHTML):
    """A form the browser sends automatically; Reflex's own always prevent that."""

    tag = "form"
    action: rx.Var[str]
    method: rx.Var[str]


def native_form(*children: Any, action: Text, **props: Any) -> rx.Component:
    """POST to an API route, which answers with a redirect."""
    props.setdefault("class_name", "cf-form")
    attributes = {"onSubmit": client_act(SEND_ONCE), **props.pop("custom_attrs", {})}
    return NativeForm.create(
        *children, action=action, method="post", custom_attrs=attributes, **props
    )


def form(*children: Any, on_submit: Any, **props: Any) -> rx.Component:
    """A form whose values go to an event handler, by the names of its fields."""
    props.setdefault("class_name", "cf-form")
    return edge.NamedFieldsForm.create(*children, on_submit=on_submit, **props)


def hidden(name: str, value: Text) -> rx.Component:
    return rx.el.input(type="hidden", name=name, value=value, read_only=True)


def button(
    *children: Any,
    look: str = "",
    size: str = "",
    wide: bool = False,
    busy: Flag = False,
    **props: Any,
) -> rx.Component:
    """`look`: "" outlined, "primary", "danger", "quiet". `size`: "small", "", "large".

    `busy` is the state's var while the act runs: the button turns a wheel and takes no click.
    """
    attributes = _look(look, size, wide) | props.pop("custom_attrs", {})
    attributes["aria-busy"] = (
        rx.cond(busy, "true", "false") if isinstance(busy, rx.Var) else "false"
    )
    props.setdefault("type", "button")
    return rx.el.button(
        rx.el.span(class_name="cf-spin", aria_hidden="true"),
        *children,
        class_name="cf-btn",
        custom_attrs=attributes,
        **props,
    )


def submit(*children: Any, busy: Flag = False, look: str = "primary", **props: Any) -> rx.Component:
    """The button that sends the form around it, once."""
    return button(*children, type="submit", look=look, busy=busy, **props)


def link_button(
    *children: Any,
    href: Text,
    look: str = "",
    size: str = "",
    wide: bool = False,
    external: bool = False,
    **props: Any,
) -> rx.Component:
    """A link that looks like a button; `external` for addresses that are not our pages.

    Those the browser follows automatically: the router would look for a page of that address.
    """
    attributes = _look(look, size, wide) | props.pop("custom_attrs", {})
    make = NativeLink.create if external else link
    return make(*children, href=href, class_name="cf-btn", custom_attrs=attributes, **props)


def _look(look: str, size: str, wide: bool) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    if look:
        attributes["data-look"] = look
    if size:
        attributes["data-size"] = size
    if wide:
        attributes["data-wide"] = "true"
    return attributes


# Hidden again before it is sent, so that no browser keeps it as ordinary text.
SHOW = (
    "(event) => {{const button = event.currentTarget; "
    "const input = document.getElementById({0}); "
    "const show = (yes) => {{input.type = yes ? 'text' : 'password'; "
    "button.toggleAttribute('data-shown', yes)}}; "
    "show(input.type === 'password'); "
    "input.form?.addEventListener('submit', () => show(false), {{once: true}})}}"
)


def field(
    label: str,
    name: str,
    *,
    help_text: Text = "",
    error: Text = "",
    beside: rx.Component | None = None,
    control: rx.Component | None = None,
    multiline: bool = False,
    field_id: str = "",
    **props: Any,
) -> rx.Component:
    """Label above, help below, the error under the field in words.

    `props` go to the input (type, required, default_value, on_change, auto_complete …);
    `control` replaces the input and must carry `id=field_id or name` itself, and be tied to
    help and error as `select` is. `max_length` is said, counted near its end and refused, never
    enforced by the browser, which would cut off what is pasted without a word.
    """
    longest = props.pop("max_length", 0)
    is_counted = longest >= WORTH_COUNTING
    own_id = field_id or name
    if longest:
        props.setdefault("title", f"At most {longest:,} characters")
        if not multiline:
            props["pattern"] = rf"[\s\S]{{0,{longest}}}"  # else the server says it
    count = counter(own_id, longest, key=props.get("key")) if is_counted else rx.fragment()
    if control is None:
        make = rx.el.textarea if multiline else rx.el.input
        props.setdefault("dir", "auto")
        attributes = described(own_id, error, is_counted=is_counted) | props.pop("custom_attrs", {})
        control = make(
            id=own_id, name=name, class_name="cf-input", custom_attrs=attributes, **props
        )
        if props.get("type") == "password":
            control = _secret(control, own_id)
    return rx.el.div(
        rx.el.div(
            rx.el.label(label, html_for=own_id, class_name="cf-label"),
            beside or rx.fragment(),
            class_name="cf-labelrow",
        ),
        control,
        rx.el.p(help_text, class_name="cf-help", id=f"{own_id}-help")
        if isinstance(help_text, rx.Var) or help_text
        else rx.fragment(),
        count,
        error_line(own_id, error),
    )


def error_line(own_id: str, error: Text) -> rx.Component:
    """What is wrong with the control of this id, which `described` ties to it."""
    if not isinstance(error, rx.Var):
        return rx.fragment()
    line = rx.el.p(
        icon("problem", 14), error, class_name="cf-error", id=f"{own_id}-error", role="alert"
    )
    return rx.cond(error != "", line)


def described(own_id: str, error: Text, *, is_counted: bool = False) -> dict[str, Any]:
    """What ties a control to its help, its error and, if it has one, its counter."""
    count = f" {own_id}-count" if is_counted else ""
    found: dict[str, Any] = {"aria-describedby": f"{own_id}-help {own_id}-error{count}"}
    if isinstance(error, rx.Var):
        found["aria-invalid"] = rx.cond(error != "", "true", "false")
    return found


def _secret(control: rx.Component, own_id: str) -> rx.Component:
    """A password is typed once, and shown to whoever wants to see it."""
    show = rx.el.button(
        rx.el.span("Show", rx.el.span(" password", class_name="cf-sr"), class_name="todo"),
        rx.el.span("Hide", rx.el.span(" password", class_name="cf-sr"), class_name="done"),
        type="button",
        class_name="cf-show",
        custom_attrs={"onClick": client_act(SHOW, own_id), "aria-controls": own_id},
    )
    return rx.el.div(control, show, class_name="cf-secret")


def select(
    label: str,
    name: str,
    options: Shown,
    **props: Any,
) -> rx.Component:
    """A field with a closed list of `(value, text)`."""
    help_text, error = props.pop("help_text", ""), props.pop("error", "")
    own_id = props.pop("field_id", "") or name
    choices = (
        rx.foreach(options, lambda option: rx.el.option(option[1], value=option[0]))
        if isinstance(options, rx.Var)
        else rx.fragment(*[rx.el.option(text, value=value) for value, text in options])
    )
    attributes = described(own_id, error) | props.pop("custom_attrs", {})
    control = rx.el.select(
        choices, id=own_id, name=name, class_name="cf-input", custom_attrs=attributes, **props
    )
    return field(label, name, control=control, help_text=help_text, error=error, field_id=own_id)


def checkbox(label: str, name: str, **props: Any) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name=name, **props), label, class_name="cf-check"
    )


def done(text: Text) -> rx.Component:
    """What went well, and what comes next."""
    return rx.el.div(
        icon("done", 16),
        rx.el.span(text),
        class_name="cf-problem",
        role="status",
        custom_attrs={"data-tone": "green"},
    )


def problem(text: Text) -> rx.Component:
    """What went wrong with the whole form."""
    return rx.el.div(icon("problem", 16), rx.el.span(text), class_name="cf-problem", role="alert")
