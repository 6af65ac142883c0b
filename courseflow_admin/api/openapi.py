"""What `/api/v1/openapi.json` says: each route with the refusals it can answer with.

They follow from the permission table and from the shape of the route, so that none is forgotten;
a route names in its own `responses` only what no one could derive.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from courseflow_admin import routes
from courseflow_admin.api.core.errors import refusals
from courseflow_admin.api.permissions import RULES, Rule
from courseflow_admin.config import settings

# Counted per person, address or object: `services/school/limits`.
LIMITED = {
    "DELETE": {"me/second-factor"},
    "GET": {"me/export"},
    "POST": {
        *("accounts/{account_id}/verification", "accounts/{account_id}/view-as"),
        *("auth/forgot", "auth/refresh", "auth/reset", "auth/sign-in"),
        *("auth/sign-up", "auth/verify", "auth/verify/resend"),
        *("invitations", "invitations/accept", "invitations/sign-up"),
        "invitations/{invitation_id}/resend",
        *("me/deletion", "me/email", "me/email/resend", "me/password"),
        *("me/second-factor", "me/second-factor/confirm"),
        *("me/second-factor/recovery-codes", "payments/checkout", "webhooks/{provider}"),
    },
    "PUT": {"courses/{course_id}/co-instructors"},
}
AUTH = f"{routes.API}/auth"
PAID = f"{routes.API}/payments"
OF_ALL = "Successful Response"
LED_ON: dict[str, Any] = {
    "description": "The browser's form is led on to a page.",
    "headers": {
        "Location": {
            "description": "Where to: a page of ours, or the gateway's.",
            "required": True,
            "schema": {"type": "string", "format": "uri-reference"},
        }
    },
}
OF_FASTAPI = ("HTTPValidationError", "ValidationError")  # never sent: ours are problems

ABOUT = """Everything the CourseFlow screens can do, as an API.

Sign in at `/api/v1/auth/sign-in` with JSON for an access token, sent as `Authorization: Bearer`; \
browsers send the cookie of their session. Each refusal is a problem (RFC 9457) with a `code`. \
Amounts in answers (`..._minor`) are whole numbers of the smallest unit; an amount that is sent is \
text as people write it, such as `"499.00"`. Times are UTC, and lists are paged by the `next` \
and `previous` they answer with."""
ANY_OTHER = "Every other error is returned as a problem too."
TAGS = {
    "access": "Why a person can or cannot open a course.",
    "accounts": "Accounts, and what admins can do with them.",
    "audit": "Who did what, to what, and when.",
    "auth": "Sign-up, sign-in, sign-out, tokens, and links in e-mails.",
    "catalog": "Courses on sale. Public.",
    "courses": "Writing and selling courses, and their authors.",
    "emails": "E-mails and their delivery history.",
    "enrollments": "Your courses and your progress.",
    "health": "Liveness and readiness.",
    "invitations": "Inviting people to a role, and accepting.",
    "me": "Your account: name, e-mail address, password, sessions, data.",
    "metrics": "The figures of the overview, by day.",
    "payments": "Checkout, and payments with their refunds, review and history.",
    "school": "Name, logo, policies and settings of the school.",
    "second factor": "A code from an authenticator app in addition to the password.",
    "webhooks": "Events from Stripe, Razorpay and Resend, and retrying them.",
}
ONE_OF: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]  # either will do


def describe(api: FastAPI) -> None:
    """Make the description ours, in the way FastAPI offers: by another `openapi`."""

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _described(api)
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]


def _described(api: FastAPI) -> dict[str, Any]:
    found = get_openapi(
        title=api.title,
        version=api.version,
        description=ABOUT,
        routes=api.routes,
        servers=[{"url": settings().origin}],
        tags=[{"name": name, "description": about} for name, about in TAGS.items()],
    )
    found.setdefault("components", {})["securitySchemes"] = _schemes()
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            rule = RULES[f"{method.upper()} {path}"]
            if rule.needs is not None:
                operation["security"] = ONE_OF
            answers = operation["responses"]
            if "303" in answers or _takes_a_form(operation):
                answers["303"] = LED_ON | _said_of(answers.get("303", {}))
            if _is_fastapis(answers.get("422")):
                del answers["422"]
            for status, refusal in refusals(*_statuses(rule, path, method, operation)).items():
                answers.setdefault(str(status), refusal)
            answers.setdefault("default", refusals(500)[500] | {"description": ANY_OTHER})
            operation["responses"] = dict(sorted(answers.items()))
    schemas = found["components"].setdefault("schemas", {})
    for path_operations in found["paths"].values():
        for operation in path_operations.values():
            schemas.update(_taken_out(operation.get("requestBody", {})))
    for name in OF_FASTAPI:
        schemas.pop(name, None)
    return found


def _takes_a_form(operation: dict[str, Any]) -> bool:
    content = operation.get("requestBody", {}).get("content", {})
    return "application/x-www-form-urlencoded" in content


def _said_of(answer: dict[str, Any]) -> dict[str, str]:
    """A route's own sentence about where it leads, unless it is only FastAPI's word for all."""
    about = answer.get("description", OF_ALL)
    return {} if about == OF_ALL else {"description": about}


def _taken_out(body: dict[str, Any]) -> dict[str, Any]:
    """The models within the models of a body, which belong where all others stand."""
    found: dict[str, Any] = {}
    for content in body.get("content", {}).values():
        found |= content["schema"].pop("$defs", {})
    return found


def _schemes() -> dict[str, Any]:
    cookie = routes.session_cookie(secure=settings().secure)
    return {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie},
    }


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
        414: bool(operation.get("parameters")),
        429: path.removeprefix(f"{routes.API}/") in LIMITED.get(method.upper(), ()),
        502: path.startswith(PAID) and writes,  # a gateway is not responding
        503: path.startswith(routes.API),  # the database is not responding
    }
    return sorted(status for status, holds in by_case.items() if holds)
