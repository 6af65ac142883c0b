"""What `/api/v1/openapi.json` says: each route with the refusals it can answer with.

They follow from the permission table and from the shape of the route, so that none is forgotten;
a route names in its own `responses` only what nobody could derive.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from courseflow_admin import routes
from courseflow_admin.api.errors import refusals
from courseflow_admin.api.permissions import RULES, Rule

LIMITED = tuple(
    f"{routes.API}/{part}" for part in ("auth", "me", "invitations", "accounts", "payments")
)
AUTH = f"{routes.API}/auth"
PAID = f"{routes.API}/payments"
OF_FASTAPI = ("HTTPValidationError", "ValidationError")  # never sent: ours are problems


def describe(api: FastAPI) -> None:
    """Make the description ours, in the way FastAPI offers: by another `openapi`."""

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _described(api)
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]


def _described(api: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=api.title, version=api.version, routes=api.routes)
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            rule = RULES[f"{method.upper()} {path}"]
            answers = operation["responses"]
            if _is_fastapis(answers.get("422")):
                del answers["422"]
            for status, refusal in refusals(*_statuses(rule, path, method, operation)).items():
                answers.setdefault(str(status), refusal)
            operation["responses"] = dict(sorted(answers.items()))
    for name in OF_FASTAPI:
        found.get("components", {}).get("schemas", {}).pop(name, None)
    return found


def _is_fastapis(answer: Any) -> bool:
    return OF_FASTAPI[0] in str(answer)


def _statuses(rule: Rule, path: str, method: str, operation: dict[str, Any]) -> list[int]:
    writes, takes = method != "get", "requestBody" in operation
    by_case = {
        401: rule.needs is not None or path.startswith(AUTH),
        403: rule.needs is not None or writes,  # of the permission; of a foreign page
        404: "{" in path,
        409: writes and rule.needs is not None,
        413: takes,
        415: takes,
        422: takes or bool(operation.get("parameters")),
        429: path.startswith(LIMITED) and writes,
        502: path.startswith(PAID) and writes,  # a gateway does not answer
        503: path.startswith(routes.API),  # the database does not answer
    }
    return [status for status, holds in by_case.items() if holds]
