"""For tests of one's own account: a person who signed up, their links, and who listens."""

import re
from typing import Any

from pymongo.monitoring import CommandListener, CommandStartedEvent

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account, SignUpForm
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.teaching.enrollments import Enrollment
from courseflow_admin.services.identity import accounts, sessions
from tests.builders import PASSWORD, stored

NEW_PASSWORD = "seventeen purple lamps"
SECRET = re.compile(r"/(?:verify|reset)\?token=([\w-]+)")


async def a_newcomer(email: str = "eve@demo.test", name: str = "Eve Moneypenny") -> Account:
    """Signed up through the form, so not verified yet."""
    await accounts.sign_up(SignUpForm(email=email, name=name, password=PASSWORD))
    account = await accounts_db.find_by_email(email)
    assert account is not None
    return account


async def signed_in(account: Account, password: str = PASSWORD, device: str = "") -> Actor:
    """The actor of a new browser session."""
    found = await accounts.authenticate(account.email, password)
    actor = await sessions.find(
        await sessions.open_browser(found, user_agent=device, ip="203.0.113.7")
    )
    assert actor is not None
    return actor


async def secret_of(kind: str) -> str:
    """The secret in the newest e-mail of this kind; HTML and text carry the same."""
    email = (await stored("emails", kind=kind))[-1]
    [in_text], [in_html] = SECRET.findall(email["text"]), SECRET.findall(email["html"])
    assert in_text == in_html
    return in_text


async def later(minutes: int = 1) -> None:
    """As if the links that are on their way had been asked for that long ago."""
    past = {"created_at": {"$subtract": ["$created_at", minutes * 60_000]}}
    await collection("one_time_tokens").update_many({}, [{"$set": past}])


async def an_enrollment(**fields: Any) -> Enrollment:
    known = {"_id": new_id("enr"), "course_id": "crs_sql", "owner_id": "acc_ines"}
    enrollment = Enrollment.model_validate({**known, "enrolled_at": clock.business(), **fields})
    await collection("enrollments").insert_one(enrollment.to_mongo())
    return enrollment


async def kinds_of_emails() -> list[tuple[str, str]]:
    return [(row["kind"], row["to"]) for row in await stored("emails")]


async def everything(*names: str) -> dict[str, list[dict[str, Any]]]:
    """What is stored, to compare before and after a refusal."""
    wanted = names or ("accounts", "sessions", "emails", "audit", "one_time_tokens")
    return {name: await stored(name) for name in wanted}


class CommandsHeard(CommandListener):
    """Which commands went to which collections, in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def started(self, event: CommandStartedEvent) -> None:
        name = event.command.get(event.command_name)
        self.heard.append((event.command_name, name if isinstance(name, str) else ""))

    def succeeded(self, event: object) -> None:
        pass

    def failed(self, event: object) -> None:
        pass
