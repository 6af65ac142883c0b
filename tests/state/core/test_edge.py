"""Contracts with Reflex: what state/edge.py relies on, each said in words when it no longer holds.

Whoever takes over a new Reflex runs these first: they say what changed, before a page breaks.
"""

import dataclasses
import inspect
import logging
import os
from typing import Any, get_type_hints

import httpx
import pytest
import reflex as rx
from reflex.app import EventNamespace
from reflex.utils.exceptions import EventHandlerArgTypeMismatchError, ImmutableStateError
from reflex_base.event import Event
from reflex_components_core.el.elements.forms import Form

from courseflow_admin.config import settings
from courseflow_admin.courseflow_admin import app
from courseflow_admin.state import edge
from courseflow_admin.state.core.auth import SignInState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.marks import PUBLIC
from tests import edge as theirs


def changed(what: str) -> str:
    return f"Reflex changed {what}: see courseflow_admin/state/edge.py"


class EdgeState(rx.State):
    count: int = 0
    many: list[str]

    @event(PUBLIC)
    async def add(self, number: int): ...

    @rx.event
    async def declared(self, number: int): ...

    @event(PUBLIC, background=True)
    async def wait(self): ...


# Handlers


def test_an_event_is_found_by_its_name_with_its_state_and_our_function():
    found = edge.handler_of(theirs.named(EdgeState.add))

    assert found is not None, changed("how events are named")
    assert found.state is EdgeState, changed("which state a handler is registered with")
    assert found.function is EdgeState.event_handlers["add"].fn, changed("EventHandler.fn")
    assert edge.function_of(EdgeState.add) is found.function, changed("State.handler.fn")
    assert edge.function_of(EdgeState.add(1)) is found.function, changed("EventSpec.handler")
    assert edge.handlers()[theirs.named(EdgeState.add)] == found
    assert edge.handler_of("no.such.event") is None


def test_reflex_compares_declared_types_when_a_page_is_built_but_sees_none_of_ours():
    with pytest.raises(EventHandlerArgTypeMismatchError):
        rx.el.input(on_change=EdgeState.declared)

    assert rx.el.input(on_change=EdgeState.add) is not None, changed("how types are compared")


async def test_reflex_converts_nothing_on_its_way_to_us():
    add = EdgeState.event_handlers["add"]

    hints = get_type_hints(add.fn)
    names = list(inspect.signature(add.fn).parameters)

    assert (hints, names) == ({}, ["self", "number"]), changed("what it reads of a handler")


def test_a_background_handler_is_told_from_others():
    wait, add = (edge.handler_of(theirs.named(one)) for one in (EdgeState.wait, EdgeState.add))

    assert wait
    assert add
    assert (edge.is_background(wait), edge.is_background(add)) == (True, False), changed(
        "EventHandler.is_background"
    )


def test_every_state_brings_a_setter_along_that_carries_no_mark():
    assert "setvar" in EdgeState.event_handlers, changed("setvar; is there another setter now?")


def test_reflexs_own_handlers_take_what_we_let_through():
    for module, states in edge.FRAMEWORK.items():
        for state, known in states.items():
            for name, arguments in known.items():
                function = theirs.STATES[state].event_handlers[name].fn
                takes = set(inspect.signature(function).parameters) - {"self"}
                assert set(arguments.model_fields) == takes, changed(f"{state}.{name}")
                assert function.__module__ == module, changed(f"where {state}.{name} lives")


def test_the_handlers_that_open_a_page_are_those_called_hydrate():
    opening = {
        name
        for name, one in edge.handlers().items()
        if edge.arguments_of(one) is not None and edge.opens_page(one)
    }

    assert opening == {
        theirs.named(theirs.handler("State", name))
        for name in ("hydrate", "hydrate_and_load", "set_is_hydrated")
    } | {theirs.named(theirs.handler("OnLoadInternalState", "set_is_hydrated"))}, changed("hydrate")


def test_a_page_tells_its_loaders():
    tab = theirs.new_tab(pathname="/there", asPath="/there")
    load = edge.handler_of(theirs.named(SignInState.load))
    other = edge.handler_of(theirs.named(EdgeState.add))

    with theirs.another_app() as made:
        made.add_page(rx.text("There"), route="/there", on_load=SignInState.load)
        assert load
        assert other
        assert edge.is_loader(made, tab, load), changed("App.get_load_events")
        assert not edge.is_loader(made, tab, other)


def test_the_loaders_can_be_run_once_more():
    [sent] = Event.from_event_type(edge.RUN_LOADERS)

    assert sent.name == theirs.named(theirs.handler("OnLoadInternalState", "on_load_internal")), (
        changed("OnLoadInternalState.on_load_internal")
    )


def test_a_page_can_be_asked_whether_it_is_loaded():
    name = str(edge.IS_LOADED)

    assert name.endswith(".is_hydrated_rx_state_"), changed("State.is_hydrated")


# Tabs


async def test_a_tab_is_emptied_with_all_its_states_and_stays_open():
    tab = theirs.new_tab()
    tab.is_hydrated = True
    state = await tab.get_state(EdgeState)
    state.count, state.many = 7, ["a"]

    edge.empty(tab)

    assert edge.tab_of(state) is tab, changed("_get_root_state")
    assert ((await tab.get_state(EdgeState)).count, (await tab.get_state(EdgeState)).many) == (
        0,
        [],
    ), changed("State.reset")
    assert tab.is_hydrated is True, changed("State.is_hydrated")


async def test_an_answer_holds_what_changed_once_and_the_event_asked_for():
    tab = theirs.new_tab()
    await edge.answer(tab)
    (await tab.get_state(EdgeState)).count = 7

    first = await edge.answer(tab, rx.redirect("/payments"))
    second = await edge.answer(tab)

    name = EdgeState.get_full_name()
    assert first.delta is not None
    assert second.delta is not None
    assert {theirs.plain(key): value for key, value in first.delta[name].items()} == {"count": 7}, (
        changed("_get_resolved_delta, or how variables are called in it")
    )
    assert name not in second.delta, changed("_clean")
    assert [(one.name, one.payload["path"]) for one in first.events] == [
        ("_redirect", "/payments")
    ], changed("Event.from_event_type")


async def test_a_background_handler_holds_its_state_released_until_it_takes_the_lock():
    tab = theirs.new_tab()

    async with theirs.held(tab, EdgeState, EdgeState.event_handlers["wait"]) as state:
        before = edge.is_released(state)
        with pytest.raises(ImmutableStateError):
            state.count = 1
        async with state:
            within = edge.is_released(state)
            state.count = 2
            other = await state.get_state(SignInState)
            other.email = "ada@demo.test"
        after = edge.is_released(state)

    assert (before, within, after) == (True, False, True), changed("StateProxy._is_mutable")
    assert (await tab.get_state(EdgeState)).count == 2, changed("`async with self`")
    assert (await tab.get_state(SignInState)).email == "ada@demo.test"
    assert edge.is_released(await tab.get_state(EdgeState)) is False


# Events and sockets


def test_an_event_has_the_fields_we_look_at():
    fields = {one.name for one in dataclasses.fields(Event)}

    assert {"name", "payload", "router_data"} <= fields, changed("the fields of an Event")


def test_what_is_no_event_of_ours_is_told_from_one_that_is():
    name = theirs.named(EdgeState.add)

    assert edge.is_event({"name": name})
    assert not edge.is_event({"name": "no.such.event"})
    assert not edge.is_event({"name": name, "router_data": {"asPath": 7}})


ENVIRON: dict[str, Any] = {
    "asgi.scope": {"type": "websocket", "headers": [(b"cookie", b"a=1")], "client": ("::1", 1)},
    "QUERY_STRING": "token=the-tab",
}


async def test_a_connection_is_known_by_its_id_with_its_address_and_only_what_we_want_is_let_in():
    namespace = EventNamespace("/_event", app)
    sockets = edge.Sockets(namespace)
    asked: list[Any] = []

    async def wanted(sid: str, data: Any) -> bool:
        asked.append((sid, data))
        return False

    sockets.let_in_only(wanted)
    sockets.note_address_by(lambda _: "192.0.2.7")
    before = sockets.is_open("sid")
    await namespace.trigger_event("connect", "sid", ENVIRON)
    await namespace.trigger_event("event", "sid", {"name": "x"})

    assert (before, sockets.is_open("sid")) == (False, True), changed("sid_to_token")
    assert asked == [("sid", {"name": "x"})], changed("EventNamespace.on_event")
    assert sockets.address("sid") == "192.0.2.7", changed("_build_static_router_data")
    assert sockets.address("other") == ""


def test_the_address_of_a_connection_reaches_the_handlers():
    tab = theirs.new_tab(ip="192.0.2.7")

    assert tab.router.session.client_ip == "192.0.2.7", changed("RouteVar.CLIENT_IP")


def test_cookie_path_and_query_are_read_from_the_router():
    tab = theirs.new_tab(
        headers={"cookie": "a=1"}, pathname="/payments", asPath="/payments?state=paid"
    )

    url = tab.router.url
    assert tab.router.headers.cookie == "a=1", changed("router.headers")
    assert (url.path, url.query) == ("/payments", "state=paid"), changed("router.url")


# The app


def test_the_overlay_that_needs_eval_is_the_one_taken_out():
    with theirs.another_app() as made:
        before = set(made.app_wraps)

        edge.without_overlay(made)

    assert before - set(made.app_wraps) == {(5, "Overlay")}, changed("App.app_wraps")
    assert (5, "Overlay") not in app.app_wraps


def test_the_socket_trusts_our_own_address_only():
    assert edge.trusted_origins() == [settings().origin], changed("Config.cors_allowed_origins")


def test_serving_what_is_built_compiles_nothing(monkeypatch, tmp_path):
    for name in ("REFLEX_ENV_MODE", "__REFLEX_SKIP_COMPILE", "REFLEX_WEB_WORKDIR"):
        monkeypatch.setenv(name, "")  # so that it is put back

    edge.serve_what_is_built(tmp_path)

    assert os.environ["REFLEX_ENV_MODE"] == "prod", changed("REFLEX_ENV_MODE")
    assert os.environ["__REFLEX_SKIP_COMPILE"].lower() == "true", changed("REFLEX_SKIP_COMPILE")
    assert os.environ["REFLEX_WEB_WORKDIR"] == str(tmp_path), changed("REFLEX_WEB_WORKDIR")


def test_the_loggers_that_say_too_much_are_still_called_so():
    unknown = [name for name in edge.LOGGERS if name not in logging.Logger.manager.loggerDict]

    assert set(unknown) <= {"engineio.server", "socketio.server"}, changed(f"loggers {unknown}")


async def test_files_are_served_packed_and_pages_by_their_route(tmp_path):
    (tmp_path / "app.js").write_text("plain")
    (tmp_path / "app.js.br").write_bytes(b"packed")
    (tmp_path / "404.html").write_text("Not here")
    files = edge.files_of(tmp_path, lambda path: "404" if path == "nothing" else None)

    transport = httpx.ASGITransport(files)
    async with httpx.AsyncClient(transport=transport, base_url="http://school") as site:
        packed = await site.get("/app.js", headers={"accept-encoding": "br"})
        plain = await site.get("/app.js", headers={"accept-encoding": "identity"})
        missing = await site.get("/nothing")

    assert packed.headers.get("content-encoding") == "br", changed("PrecompressedStaticFiles")
    assert plain.text == "plain"
    assert (missing.status_code, missing.text) == (404, "Not here")


def test_pages_tell_their_route_title_and_loader():
    one = next(options for options in edge.page_options() if options["route"] == "/sign-in")

    assert isinstance(one["title"], str | rx.Var), changed("decorated_pages")
    assert "on_load" in one, changed("decorated_pages")


# What pages are made of


def test_a_form_sends_its_fields_by_name_and_not_once_more_by_id():
    def refs(form: type[Form]) -> set[str]:
        made = form.create(rx.el.input(id="by-id", name="by-name"), on_submit=EdgeState.add(1))
        return set(made._get_form_refs())

    assert refs(Form), changed("Form._get_form_refs; is NamedFieldsForm still needed?")
    assert refs(edge.NamedFieldsForm) == set()


def test_icons_are_known_by_name():
    assert edge.has_icon("circle_check"), changed("LUCIDE_ICON_LIST")
    assert not edge.has_icon("no_such_icon")


def test_scripts_are_compiled_into_the_page_with_the_states_they_read():
    text = edge.expression("document.title")
    act = edge.function("() => go({0})", EdgeState.many[0])

    assert str(text) == "document.title", changed("Var(_js_expr=)")
    assert "many_rx_state_" in str(act), changed("the names of variables in the browser")
    data = act._get_all_var_data()
    assert data is not None
    assert data.state == EdgeState.get_full_name(), changed("VarData.merge")


def test_the_browser_knows_its_connection_and_colours():
    assert isinstance(edge.has_connection_errors, rx.Var), changed("has_connection_errors")
    assert isinstance(edge.color_mode, rx.Var), changed("color_mode")
    assert edge.set_color_mode("dark") is not None, changed("set_color_mode")


def test_a_link_inside_the_app_and_one_the_browser_follows_are_drawn_as_such():
    class Plain(edge.BaseHTML):
        tag = "a"
        href: rx.Var[str]

    inside = str(edge.ReactRouterLink.create("x", to="/payments"))
    outside = str(Plain.create("x", href="/payments"))

    assert "ReactRouterLink" in inside, changed("ReactRouterLink")
    assert ('"a"' in outside, "href" in outside) == (True, True), changed("BaseHTML")
