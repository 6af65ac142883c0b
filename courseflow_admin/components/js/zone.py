"""A React piece that tells the browser's time zone: once, and again after it has changed."""

from typing import Any

import reflex as rx

from courseflow_admin import routes

SCRIPT = rx.asset("zone.js", shared=True)


def _told(zone: rx.Var[str]) -> tuple[rx.Var[str]]:
    return (zone,)


class _Zone(rx.NoSSRComponent):
    library = f"$/public{SCRIPT}"
    tag = "Zone"
    cookie: rx.Var[str]
    on_told: rx.EventHandler[_told]


def zone(on_told: Any) -> rx.Component:
    return _Zone.create(cookie=routes.ZONE_COOKIE, on_told=on_told)
