"""Whatever asks a company from a page does so in the background, where it holds no tab."""

import ast
from collections.abc import Iterator
from functools import cache

from courseflow_admin import frontend
from courseflow_admin.state import edge

PACKAGE = frontend.ROOT / "courseflow_admin"
# What hands out a company's adapter; `gateways_for` is only asked for names and currencies.
ASKED = {("gateways", "gateway"), ("resend", "sender")}
WAITING = {"PaymentDetailState.recheck", "PaymentDetailState.capture", "PaymentDetailState.refund"}

Names = dict[str, set[str]]


def calls(modules: dict[str, str]) -> Names:
    """Each function and method -> what of ours it names."""
    found: Names = {}
    for module, source in modules.items():
        tree = ast.parse(source)
        known = {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        known |= {
            node.name: f"{module}.{node.name}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        for owner, function in _functions(tree):
            name = f"{module}.{owner}.{function.name}" if owner else f"{module}.{function.name}"
            found[name] = set(_names(function, known, f"{module}.{owner}"))
    return found


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            for one in node.body:
                if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield node.name, one


def _names(function: ast.AST, known: dict[str, str], owner: str) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in known:
            yield known[node.id]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "self":
                yield f"{owner}.{node.attr}"
            elif node.value.id in known:
                yield f"{known[node.value.id]}.{node.attr}"


def reaches(start: str, graph: Names) -> bool:
    seen, left = {start}, [start]
    while left:
        for name in graph.get(left.pop(), set()) - seen:
            if tuple(name.rsplit(".", 2)[-2:]) in ASKED:
                return True
            seen.add(name)
            left.append(name)
    return False


@cache
def ours() -> Names:
    return calls(
        {
            ".".join(path.relative_to(frontend.ROOT).with_suffix("").parts): path.read_text()
            for path in sorted(PACKAGE.rglob("*.py"))
        }
    )


def waiting(graph: Names) -> set[str]:
    """The handlers from which a company is asked."""
    return {
        f"{one.state.__name__}.{one.function.__name__}"
        for one in edge.handlers().values()
        if one.state.__module__.startswith("courseflow_admin.")
        and reaches(f"{one.state.__module__}.{one.state.__name__}.{one.function.__name__}", graph)
    }


def test_every_handler_that_asks_a_company_is_a_background_one():
    from courseflow_admin.courseflow_admin import pages  # noqa: F401 - registers them

    found = waiting(ours())

    assert found == WAITING  # else a new one: has it its test in tests/state/money/test_waiting.py?
    for one in edge.handlers().values():
        if f"{one.state.__name__}.{one.function.__name__}" in WAITING:
            assert edge.is_background(one), one.function.__qualname__


PLANTED = {
    "a.providers.gateways": "def gateway(name): ...",
    "a.services.refunds": (
        "from a.providers.gateways import gateway\n"
        "async def refund(): await _send()\n"
        "async def _send(): await gateway('stripe').refund()\n"
        "async def read(): ..."
    ),
    "a.state.one": (
        "from a.services import refunds\n"
        "class One:\n"
        "    async def act(self): await self._do()\n"
        "    async def _do(self): await refunds.refund()\n"
        "    async def look(self): await refunds.read()"
    ),
}


def test_it_is_found_through_methods_modules_and_functions():
    graph = calls(PLANTED)

    assert reaches("a.state.one.One.act", graph)
    assert not reaches("a.state.one.One.look", graph)
