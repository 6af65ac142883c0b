"""Writes docs/permissions.md: every API route and every event handler, and who may call it."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from courseflow_admin import pages  # noqa: E402, F401 - after the path; registers every handler
from courseflow_admin.api.permissions import RULES, Rule  # noqa: E402
from courseflow_admin.models.core.permissions import PERMISSIONS, Permission  # noqa: E402
from courseflow_admin.state.core.marks import PUBLIC, SIGNED_IN, mark_of  # noqa: E402
from courseflow_admin.state.edge import FRAMEWORK, handlers  # noqa: E402

ROLES = ("student", "instructor", "admin")
HEAD = """# Who may do what

Made by `python docs/permissions.py` from `models/core/permissions.py`, `api/permissions.py` and the
marks on the event handlers. `tests/security/test_matrix.py` fails when this page is not current,
when a route or handler is missing, and when one behaves otherwise.

Who is not signed in gets 401 where anything is needed (a page: the sign-in page). Who is, but lacks
the permission, gets 403. The service asks again, on the object: what somebody may not know of is
404.
"""


def text() -> str:
    return "\n".join([HEAD, *_roles(), *_routes(), *_handlers(), *_frameworks()])


def _roles() -> list[str]:
    lines = ["## Permissions by role", "", f"| | {' | '.join(ROLES)} |", "|---|---|---|---|"]
    for permission in Permission:
        held = ["yes" if permission in PERMISSIONS[role] else "-" for role in ROLES]
        lines.append(f"| `{permission.value}` | {' | '.join(held)} |")
    return [*lines, ""]


def _routes() -> list[str]:
    lines = ["## API routes", "", "| route | needs | of an object |", "|---|---|---|"]
    for route in sorted(RULES, key=lambda key: (key.partition(" ")[2], key)):
        rule = RULES[route]
        needs = f"`{rule.needs.value}`" if rule.needs else "nothing"
        lines.append(f"| `{route}` | {needs} | {_object(rule)} |")
    lines.append("| `GET /api/v1/openapi.json` | nothing | |")
    return [*lines, ""]


def _object(rule: Rule) -> str:
    if rule.seen_by:
        return f"without it: {' and '.join(rule.seen_by)} 403, others 404"
    if not rule.parties:
        return ""
    whose = " and ".join(rule.parties)
    all_of_them = f", all with `{rule.everyones.value}`" if rule.everyones else ""
    return f"{whose}{all_of_them}; others {rule.strangers}"


def _handlers() -> list[str]:
    lines = ["## Event handlers", "", "| state | handler | needs |", "|---|---|---|"]
    found: set[tuple[str, str, str]] = set()
    for one in handlers().values():
        state, function = one.state, one.function
        mark = mark_of(function)
        if not state.__module__.startswith("courseflow_admin.") or mark is None:
            continue
        if isinstance(mark, Permission):
            needs = f"`{mark.value}`"
        else:
            needs = {id(PUBLIC): "nothing", id(SIGNED_IN): "to be signed in"}[id(mark)]
        found.add((state.__name__, function.__name__, needs))
    lines += [f"| {state} | `{handler}` | {needs} |" for state, handler, needs in sorted(found)]
    return [*lines, ""]


def _frameworks() -> list[str]:
    lines = [
        "## Reflex's own event handlers",
        "",
        "They open a page, count its loaders and report faults of the browser, for everybody; what",
        "they lead on to is a handler of the table above. An event that is in neither table is",
        "refused to everybody, also `setvar` of any state.",
        "",
        "| state | handler | needs |",
        "|---|---|---|",
    ]
    own = FRAMEWORK["reflex.state"]
    return (
        lines
        + [
            f"| {state} | `{name}` | nothing |"
            for state in sorted(own)
            for name in sorted(own[state])
        ]
        + [""]
    )


if __name__ == "__main__":
    (HERE / "permissions.md").write_text(text(), encoding="utf-8")
