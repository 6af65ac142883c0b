"""Every link of ours as a function, and the names of our cookies."""

from urllib.parse import quote, unquote, urlencode

HOME = "/"
SIGN_IN = "/sign-in"
SIGN_IN_CODE = "/sign-in/code"
SIGN_UP = "/sign-up"
FORGOT = "/forgot"
RESET = "/reset"
VERIFY = "/verify"
OVERVIEW = "/overview"
STUDIO = "/studio"
MY_COURSES = "/my/courses"
MY_PAYMENTS = "/my/payments"
MY_EMAILS = "/my/emails"
PAYMENTS = "/payments"
PEOPLE = "/people"
INVITATIONS = "/people/invitations"
LEARNERS = "/learners"
EMAILS = "/emails"
MEDIA = "/media"
WEBHOOKS = "/webhooks"
RECONCILIATION = "/reconciliation"
COUPONS = "/coupons"
AUDIT = "/audit"
SETTINGS = "/settings"
METRICS = "/metrics"  # for Prometheus, not for people
ACCOUNT = "/account"
ACCOUNT_EMAIL = f"{ACCOUNT}#email"  # at its form for a new address
TERMS, PRIVACY, REFUNDS = "/terms", "/privacy", "/refunds"

API = "/api/v1"
API_SIGN_IN = f"{API}/auth/sign-in"
API_SIGN_IN_CODE = f"{API}/auth/sign-in/code"
API_SIGN_UP = f"{API}/auth/sign-up"
API_FORGOT = f"{API}/auth/forgot"
API_RESET = f"{API}/auth/reset"
API_VERIFY = f"{API}/auth/verify"
API_INVITED_SIGN_UP = f"{API}/invitations/sign-up"
API_INVITED_ACCEPT = f"{API}/invitations/accept"
API_VIEW_END = f"{API}/view-as/end"
API_EXPORT = f"{API}/me/export"
API_SIGN_OUT = f"{API}/auth/sign-out"
API_AUDIT_EXPORT = f"{API}/audit/export"
API_SETTINGS_LOGO = f"{API}/settings/logo"
SCHOOL_CSS = "/school.css"


def course(slug: str) -> str:
    return f"/courses/{_part(slug)}"


def learn(slug: str, lesson_id: str = "") -> str:
    return f"/learn/{_part(slug)}" + (f"/{_part(lesson_id)}" if lesson_id else "")


def checkout(slug: str) -> str:
    return f"/checkout/{_part(slug)}"


def studio(course_id: str) -> str:
    return f"{STUDIO}/{_part(course_id)}"


def my_payment(payment_id: str) -> str:
    return f"{MY_PAYMENTS}/{_part(payment_id)}"


def payment(payment_id: str) -> str:
    return f"{PAYMENTS}/{_part(payment_id)}"


def person(account_id: str) -> str:
    return f"{PEOPLE}/{_part(account_id)}"


def api_view_as(account_id: str) -> str:
    return f"{API}/accounts/{_part(account_id)}/view-as"


def access(account_id: str, course_id: str) -> str:
    return f"/access/{_part(account_id)}/{_part(course_id)}"


def documents_of(metric: str, about: str, currency: str, first_day: str, last_day: str) -> str:
    """The list that shows exactly the documents (`about` is their collection) of one figure."""
    days = {"from": first_day, "to": last_day}
    if about == "enrollments":
        return with_query(LEARNERS, **days)
    if about == "accounts":
        return with_query(PEOPLE, role="student", **days)
    return with_query(PAYMENTS, figure=metric, currency=currency, **days)


def email(email_id: str) -> str:
    return f"{EMAILS}/{_part(email_id)}"


def webhook(event_id: str) -> str:
    return f"{WEBHOOKS}/{_part(event_id)}"


def invitation(token: str) -> str:
    return f"/invitations/{_part(token)}"


def verify(token: str) -> str:
    return with_query(VERIFY, token=token)


def reset(token: str) -> str:
    return with_query(RESET, token=token)


def sign_in(next_path: str = "", said: str = "") -> str:
    """The sign-in page, which says why (`said`) and afterwards leads on to `next_path`."""
    return with_query(SIGN_IN, said=said, next=safe_next(next_path, ""))


def sign_in_code(next_path: str = "", *, recovery: bool = False, said: str = "") -> str:
    """The second half of signing in; with a field for a recovery code if one is to be used."""
    kind = "recovery" if recovery else ""
    return with_query(SIGN_IN_CODE, by=kind, said=said, next=safe_next(next_path, ""))


def sign_up(next_path: str = "") -> str:
    return with_query(SIGN_UP, next=safe_next(next_path, ""))


def checkout_return(provider: str) -> str:
    return f"{API}/checkout/return/{_part(provider)}"


def without_secret(path: str) -> str:
    """`path` for the log: the secret of an invitation is in it."""
    start = invitation("")
    return f"{start}hidden" if path.startswith(start) else path


def policy(name: str, version: int = 0) -> str:
    """A policy as it is, or as it once was."""
    return with_query(f"/{name}", version=version or None)


def school_logo(content_hash: str) -> str:
    """The address changes with the picture, so that browsers may keep it."""
    return f"{API}/school/logo?v={_part(content_hash)}"


def with_query(path: str, **query: str | int | None) -> str:
    """`path` with the parameters that have a value."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


ZONE_COOKIE = "cf_zone"  # the browser's time zone, told automatically


def session_cookie(*, secure: bool) -> str:
    """The session cookie's name; `__Host-` lets no other host or path set it, but wants https."""
    return "__Host-cf_session" if secure else "cf_session"


def form_cookie(*, secure: bool) -> str:
    """For minutes, what was typed into a form that has to be filled in once more."""
    return "__Host-cf_form" if secure else "cf_form"


def pending_cookie(*, secure: bool) -> str:
    """Says for five minutes that the password was right; no session, and opens nothing alone."""
    return "__Host-cf_sign_in" if secure else "cf_sign_in"


def device_cookie(*, secure: bool) -> str:
    """By which a browser is known again, whoever signs in with it (`models.identity`)."""
    return "__Host-cf_device" if secure else "cf_device"


def safe_next(text: str, otherwise: str = OVERVIEW) -> str:
    """`text` if it is one of our own paths, else `otherwise`.

    Browsers read two slashes, or a slash and a backslash, as the beginning of another site, and
    drop control characters before: any of them makes the text worthless. So does `/api/`, where
    no page is, and what they would resolve to another path than it says.
    """
    printable = all(" " < sign < "\x7f" for sign in text)
    if not printable or not text.startswith("/") or "\\" in text or len(text) > 500:
        return otherwise
    # Not by urlsplit: what follows two slashes would be a host for it and no longer in the path.
    path = unquote(text.partition("?")[0].partition("#")[0])
    moves = {".", ".."} & set(path.split("/")) or any(c < " " or c in "\\\x7f" for c in path)
    return otherwise if moves or "//" in path or path.startswith("/api/") else text


def _part(text: str) -> str:
    return quote(text, safe="")
