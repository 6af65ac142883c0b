"""Addresses stored before they had one form get it, and two that would be one are named."""

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.migrating import statuses
from courseflow_admin.db.migrations import MIGRATIONS, OneFormOfAddresses, bring_up_to_date
from courseflow_admin.errors import SettingsInvalid
from tests.account_builders import an_enrollment
from tests.builders import an_account, stored
from tests.invitation_builders import invited
from tests.money_builders import a_payment, an_email

pytestmark = pytest.mark.usefixtures("restored_schema")
OLGA, IN_ASCII = "olga@zürich.test", "Olga@xn--zrich-kva.test"


async def from_before(name: str, field: str = "email", old: str = IN_ASCII) -> None:
    await collection(name).update_many({field: OLGA}, {"$set": {field: old}})


async def with_all_copies() -> str:
    """An address in each place that keeps one, in a form of before."""
    olga = await an_account(OLGA, name="Olga")
    await a_payment(account_id=olga.id, email=OLGA)
    await an_enrollment(account_id=olga.id, learner_email=OLGA)
    await an_email(to=OLGA)
    await invited("later@demo.test", "instructor")
    await collection("invitations").update_many({}, {"$set": {"email": OLGA}})
    for name, field in OneFormOfAddresses.WHERE:
        await from_before(name, field)
    await collection("migrations").delete_many({"_id": 2})
    return olga.id


async def everywhere() -> dict[str, list[str]]:
    return {
        name: sorted({row[field] for row in await stored(name) if "olga" in row[field].lower()})
        for name, field in OneFormOfAddresses.WHERE
    }


async def test_every_copy_gets_the_form_in_which_it_is_looked_up(database):
    await with_all_copies()
    kept = await an_account("kept@demo.test")

    await bring_up_to_date()

    assert await everywhere() == {
        name: [] if name == "one_time_tokens" else [OLGA] for name, _ in OneFormOfAddresses.WHERE
    }
    assert (await stored("accounts", _id=kept.id))[0]["email"] == "kept@demo.test"


async def test_more_than_a_batch_is_done_in_several(database):
    for number in range(405):
        await an_enrollment(account_id=f"acc_{number}", learner_email=f"L{number}@demo.test")
    await collection("migrations").delete_many({"_id": 2})

    await bring_up_to_date()

    assert {row["learner_email"] for row in await stored("enrollments")} == {
        f"l{number}@demo.test" for number in range(405)
    }
    [status] = [it for it in await statuses(MIGRATIONS) if it.migration.number == 2]
    assert (status.state, status.row["done"]) == ("done", 405)


async def test_two_accounts_that_would_be_one_are_named_and_nothing_is_changed(database):
    olga = await with_all_copies()
    other = await an_account(OLGA, name="Olga Again")
    before = await everywhere()

    with pytest.raises(SettingsInvalid) as refused:
        await bring_up_to_date()

    first, second = sorted([olga, other.id])
    assert refused.value.lines == [
        f"accounts: {first} and {second} have the same e-mail address, {OLGA}, in two forms. "
        "Change or delete one of them, then run `courseflow migrate` again."
    ]
    assert await everywhere() == before
    [status] = [it for it in await statuses(MIGRATIONS) if it.migration.number == 2]
    assert status.state == "failed"
    assert OLGA in status.row["error"]

    await collection("accounts").delete_one({"_id": other.id})
    await bring_up_to_date()

    assert [row["email"] for row in await stored("accounts", _id=olga)] == [OLGA]
