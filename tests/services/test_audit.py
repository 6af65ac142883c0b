"""No business write without its audit entry: a listener reads every command sent to MongoDB."""

from collections import defaultdict

import pytest
from pymongo.monitoring import CommandListener, CommandStartedEvent

from courseflow_admin.db import client
from courseflow_admin.errors import NotSignedIn
from courseflow_admin.models.accounts import SignUpForm
from courseflow_admin.services import accounts, sessions
from tests.builders import PASSWORD, acting, an_account, stored

WRITES = {"insert", "update", "delete", "findAndModify"}
NOT_BUSINESS = {"limits"}  # counters of tries
ALONE = ""  # outside of every transaction


class Listener(CommandListener):
    """Which collections each transaction wrote to."""

    def __init__(self) -> None:
        self.written: dict[str, set[str]] = defaultdict(set)

    def started(self, event: CommandStartedEvent) -> None:
        name = event.command.get(event.command_name)
        if event.command_name in WRITES and name not in NOT_BUSINESS:
            in_transaction = event.command.get("autocommit") is False
            number = f"{event.command['lsid']} {event.command.get('txnNumber')}"
            self.written[number if in_transaction else ALONE].add(name)

    def succeeded(self, event) -> None:
        pass

    def failed(self, event) -> None:
        pass


@pytest.fixture
async def listener(mongod_uri: str, database: str) -> Listener:
    heard = Listener()
    await client.connect(mongod_uri, database, listeners=[heard])
    return heard


async def sign_up() -> None:
    form = SignUpForm(email="eve@demo.test", name="Eve", password=PASSWORD)
    await accounts.sign_up(form)


async def fail_to_sign_in() -> None:
    with pytest.raises(accounts.WrongCredentials):
        await accounts.authenticate("ada@demo.test", "not it")


async def sign_in_and_out() -> None:
    token = await sessions.open_browser(await accounts.authenticate("ada@demo.test", PASSWORD))
    actor = await sessions.find(token)
    assert actor is not None
    await sessions.end(actor)


async def steal_a_refresh_token() -> None:
    ada = await accounts.authenticate("ada@demo.test", PASSWORD)
    pair = await sessions.open_api(ada)
    family, _, _ = pair.refresh_token.partition(".")
    with pytest.raises(NotSignedIn):
        await sessions.refresh(f"{family}.{'x' * 43}")


async def change_people() -> None:
    [admin] = [row for row in await stored("accounts") if row["role"] == "admin"]
    actor = acting(await accounts.get(accounts.SYSTEM, admin["_id"]))
    ada = await accounts.authenticate("ada@demo.test", PASSWORD)
    await accounts.change_role(actor, ada.id, "instructor")
    await accounts.suspend(actor, ada.id)
    await accounts.restore(actor, ada.id)


@pytest.mark.parametrize(
    ("act", "no_business"),
    [
        (sign_up, set()),
        (fail_to_sign_in, set()),
        (sign_in_and_out, set()),
        (steal_a_refresh_token, {"sessions"}),  # the rotation itself: a use, like "last used"
        (change_people, set()),
    ],
)
async def test_what_is_written_is_audited_in_the_same_transaction(listener, act, no_business):
    await an_account()
    await an_account("admin@demo.test", "admin")
    listener.written.clear()

    await act()

    assert listener.written.pop(ALONE, set()) == no_business
    assert listener.written
    assert [names for names in listener.written.values() if "audit" not in names] == []
