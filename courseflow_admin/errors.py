"""Every error a person or program can be told, drawn as a tree.

CourseFlowError
├── Unexpected 500       (a fault of ours)
├── NotSignedIn 401
├── NotPermitted 403     (ReadOnly: while an admin views someone)
├── NotFound 404
├── Conflict 409
├── Invalid 422          (with its field)
├── TooMany 429          (with seconds to wait)
├── ProviderRefused 502  (nothing happened)
├── ProviderUnreachable 502  (we do not know what happened)
├── Unavailable 503      (the database is away)
├── TooSlow 503          (a query ran into its time limit)
├── Busy 503             (with seconds to wait)
└── Outdated 503         (the database needs newer code)

SettingsInvalid stands apart: it is said at start, and then nothing starts.
The message is a sentence for the person who clicked; `code` is for programs. Where people cannot
help themselves (`needs_support`), services/school/support.py adds whom to write to.
"""

from collections.abc import Mapping
from typing import Any

LONG_WAIT = 3600  # seconds; who has to wait longer is told whom to write to


class CourseFlowError(Exception):
    status = 500
    code = "error"
    needs_support = False
    outcome_unknown = False  # what was asked for may have happened anyway

    @property
    def message(self) -> str:
        return str(self)

    @property
    def facts(self) -> Mapping[str, Any]:
        """More for programs, in names of its own."""
        return {}


class Unexpected(CourseFlowError):
    needs_support = True
    outcome_unknown = True

    def __init__(self) -> None:
        super().__init__("Something went wrong on our side. Please try again.")


class NotSignedIn(CourseFlowError):
    status = 401
    code = "not_signed_in"

    def __init__(self, message: str = "Please sign in first.") -> None:
        super().__init__(message)


class NotPermitted(CourseFlowError):
    status = 403
    code = "not_permitted"
    needs_support = True

    def __init__(
        self, message: str = "You don't have permission to do this. Ask an admin of the school."
    ) -> None:
        super().__init__(message)


class ReadOnly(NotPermitted):
    """Whoever views someone else's account only looks."""

    code = "read_only"
    needs_support = False

    def __init__(self) -> None:
        super().__init__(
            "View-as is read-only, and private pages are hidden. End it to make changes."
        )


class NotFound(CourseFlowError):
    status = 404
    code = "not_found"

    def __init__(self, what: str = "page") -> None:
        super().__init__(f"{what[:1].upper()}{what[1:]} not found.")


class Conflict(CourseFlowError):
    status = 409
    code = "conflict"


class Invalid(CourseFlowError):
    status = 422
    code = "invalid"

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class TooMany(CourseFlowError):
    status = 429
    code = "too_many"

    def __init__(self, wait_seconds: int) -> None:
        minutes = -(-wait_seconds // 60)
        wait = f"{wait_seconds} seconds" if wait_seconds < 90 else f"{minutes} minutes"
        wait = "a second" if wait_seconds == 1 else wait
        super().__init__(f"Too many attempts. Wait {wait} and try again.")
        self.wait_seconds = wait_seconds
        self.needs_support = wait_seconds > LONG_WAIT


class ProviderRefused(CourseFlowError):
    """The outside company said no: nothing happened."""

    status = 502
    code = "provider_refused"
    needs_support = True

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(f"{provider.capitalize()} declined the request: {reason.rstrip('.')}.")
        self.provider, self.reason = provider, reason


class KeyRefused(ProviderRefused):
    """It does not accept our key: the same for every call, until someone fixes that."""


class ProviderUnreachable(CourseFlowError):
    """The outside company gave no answer: what was asked may or may not have happened."""

    status = 502
    code = "provider_unreachable"
    outcome_unknown = True

    def __init__(self, provider: str) -> None:
        super().__init__(
            f"{provider.capitalize()} is not responding. Nothing is lost; try again in a minute."
        )
        self.provider = provider


class GatewayKeysRefused(ProviderUnreachable):
    """It does not accept our keys, which says nothing of the money that was asked about.

    Buyers read what they read of any silence; `for_admins` names what is to be mended.
    """

    def __init__(self, provider: str, setting: str) -> None:
        super().__init__(provider)
        self.for_admins = KeyRefused(provider, f"our keys are not accepted; check {setting}")


class ProviderFailed(ProviderUnreachable):
    """It answered with a fault of its own, which it may repeat for the same idempotency key."""


def for_admins(error: CourseFlowError) -> CourseFlowError:
    """What admins and logs read of it."""
    return error.for_admins if isinstance(error, GatewayKeysRefused) else error


class Unavailable(CourseFlowError):
    status = 503
    code = "unavailable"
    outcome_unknown = True

    def __init__(self) -> None:
        super().__init__("The database is not responding. Please try again in a moment.")


class TooSlow(CourseFlowError):
    """A query ran into its time limit: the database is there, and this was too much to ask."""

    status = 503
    code = "too_slow"

    def __init__(self) -> None:
        super().__init__("This search took too long. Narrow it and try again.")


class Busy(CourseFlowError):
    """More wait for the same work than can be done in reasonable time: nothing was done."""

    status = 503
    code = "busy"
    wait_seconds = 3

    def __init__(self) -> None:
        super().__init__("Many people are signing in right now. Try again in a few seconds.")


class Outdated(CourseFlowError):
    """A newer release has removed what this process reads; it should be replaced."""

    status = 503
    code = "outdated"

    def __init__(self) -> None:
        super().__init__("This process is older than the database allows. Deploy the new release.")


class SettingsInvalid(Exception):
    """Settings or a database that nothing may start with; `lines` says what is wrong."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class DatabaseNotStarted(Exception):
    """No database to work with; the text says in full what was tried and what would help."""
