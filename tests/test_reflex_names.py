"""Only state/edge.py, and for tests tests/edge.py, touch what Reflex does not promise."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import reflex as rx
from reflex.app import EventNamespace
from reflex.istate.proxy import StateProxy
from reflex_base.event import Event
from reflex_base.vars.base import Var

from courseflow_admin import frontend
from courseflow_admin.state.edge import BaseHTML, NamedFieldsForm, ReactRouterLink

PACKAGE, TESTS = frontend.ROOT / "courseflow_admin", frontend.ROOT / "tests"
EDGES = {PACKAGE / "state/edge.py", TESTS / "edge.py", TESTS / "state/core/test_edge.py"}
CLASSES = (rx.App, rx.State, rx.Component, Var, Event, EventNamespace, StateProxy)
CLASSES_OF_PAGES = (BaseHTML, NamedFieldsForm, ReactRouterLink)
ARGUMENTS = {"_js_expr", "_var_type", "_var_data", "_reflex_internal_init"}
PRIVATE = ARGUMENTS | {
    name
    for one in (*CLASSES, *CLASSES_OF_PAGES)
    for name in dir(one)
    if name.startswith("_") and not name.startswith("__")
}
# Without an underscore, and yet nowhere in Reflex's documentation.
UNDOCUMENTED = {
    *("app_wraps", "event_handlers", "event_namespace", "get_load_events", "decorated_pages"),
    *("is_hydrated", "router_data", "sid_to_token", "token_to_sid", "on_load_internal"),
}
ON_THE_WIRE = ("reflex___", "_rx_state_")


def faults(source: str, *, in_tests: bool = False) -> Iterator[str]:
    """What of Reflex's own a module touches."""
    tree = ast.parse(source)
    in_classes = [
        one for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for one in node.body
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.name.startswith("reflex") and name.name != "reflex":
                    yield f"{node.lineno}: import {name.name}"
        elif isinstance(node, ast.ImportFrom) and not node.level:
            if (node.module or "").startswith("reflex"):
                yield f"{node.lineno}: from {node.module}"
        elif isinstance(node, ast.Attribute):
            hidden = node.attr in PRIVATE or (node.attr in UNDOCUMENTED and not in_tests)
            if hidden:
                yield f"{node.lineno}: .{node.attr}"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name in PRIVATE and node in in_classes:
                yield f"{node.lineno}: def {node.name}"
        elif isinstance(node, ast.keyword) and node.arg in ARGUMENTS:
            yield f"{node.value.lineno}: {node.arg}="
        elif isinstance(node, ast.Constant) and any(
            text in str(node.value) for text in ON_THE_WIRE
        ):
            yield f"{node.lineno}: {node.value!r}"


def modules(folder: Path) -> list[Path]:
    return sorted(set(folder.rglob("*.py")) - EDGES - {Path(__file__)})


@pytest.mark.parametrize("folder", [PACKAGE, TESTS], ids=lambda folder: folder.name)
def test_no_other_module_touches_what_reflex_does_not_promise(folder):
    found = [
        f"{path.relative_to(frontend.ROOT)}:{fault}"
        for path in modules(folder)
        for fault in faults(path.read_text(), in_tests=folder == TESTS)
    ]

    assert found == []
    assert len(modules(folder)) > 100  # else it looked at nothing


def test_nor_do_the_settings_and_documents():
    files = [frontend.ROOT / "rxconfig.py", *(frontend.ROOT / "docs").glob("*.py")]

    assert [(file.name, *faults(file.read_text())) for file in files] == [
        (file.name,) for file in files
    ]


@pytest.mark.parametrize(
    "source",
    [
        "from reflex.state import OnLoadInternalState",
        "from reflex_base.registry import RegistrationContext",
        "import reflex.app",
        "import reflex_components_core",
        "root._clean()",
        "(await state.get_state(X))._get_root_state()",
        "namespace._build_static_router_data = 1",
        "rx.Var(_js_expr='x')",
        "rx.State(_reflex_internal_init=True)",
        "root._update_router_vars({}, {})",
        "app.app_wraps.pop(1)",
        "class Mine(rx.State):\n    def _clean(self): ...",
        "name = 'reflex___state____state.hydrate'",
    ],
)
def test_what_is_planted_is_found(source):
    assert list(faults(source)) != []


def test_what_reflex_promises_is_let_through():
    source = (
        "import reflex as rx\nrx.redirect('/')\nself._actor = None\nself.router.url.path\n"
        "rx.plugins.SitemapPlugin\nstate.get_state(X)\n"
    )

    assert list(faults(source)) == []
