"""One's own data: all of it, nothing of others, no secret."""

import json

import pytest
from pydantic_core import to_jsonable_python

from courseflow_admin.errors import NotPermitted, TooMany
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.money.payment_parts import (
    Dispute,
    DisputeState,
    Refund,
    RefundCause,
    Review,
    ReviewState,
    SyncNote,
)
from courseflow_admin.services.identity import accounts, data_export, password_resets
from courseflow_admin.services.money import payments
from tests.account_builders import a_newcomer, an_enrollment, kinds_of_emails, secret_of, signed_in
from tests.builders import acting, an_account, audited, stored
from tests.money_builders import a_payment


async def test_everything_about_oneself_and_nothing_of_others(database):
    eve = await a_newcomer()
    actor = await signed_in(eve)
    await an_account("bob@demo.test", name="Bob Secretive")
    await a_payment(account_id=eve.id, name=eve.name, email=eve.email)
    await an_enrollment(account_id=eve.id)
    await accounts.change_role(
        acting(await an_account("root@demo.test", "admin", "Ruth Root")), eve.id, "instructor"
    )

    found = await data_export.export(actor)

    counted = {name: len(rows) for name, rows in found.items() if isinstance(rows, list)}
    assert counted == {
        "account": 1,
        "sessions": 1,
        "second_factor": 0,
        "devices": 1,
        "links": 1,
        "invitations": 0,
        "courses": 0,
        "enrollments": 1,
        "payments": 1,
        "receipts": 0,
        "emails": 3,  # welcome, the new role, and of this export
        "audit": 4,
    }
    text = json.dumps(to_jsonable_python(found))
    assert "Secretive" not in text
    assert "Ruth" not in text
    assert "account.role_changed" in text
    assert (await audited())[-1] == ("account.exported", eve.id)
    assert (await kinds_of_emails())[-1] == ("data_exported", "eve@demo.test")


async def test_no_hash_and_no_link_that_works_is_in_it(database):
    eve = await a_newcomer()
    await password_resets.ask(eve.email)

    text = str(await data_export.export(acting(eve)))

    [account] = await stored("accounts")
    hashes = [row["token_hash"] for row in await stored("one_time_tokens")]
    secrets = [await secret_of("welcome"), await secret_of("password_reset")]
    assert [one for one in [account["password_hash"], *hashes, *secrets] if one in text] == []


async def test_of_a_payment_it_says_what_its_page_says_and_nothing_written_for_the_school(database):
    eve = await a_newcomer()
    refund = Refund(
        id="ref_1",
        amount_minor=100,
        cause=RefundCause.ADMIN,
        reason="suspected fraudster",
        by="acc_root",
        provider_refund_id="re_x",
        at=clock.business(),
    )
    await a_payment(
        account_id=eve.id,
        billing_name="Eve & Sons",
        refunds=[refund],
        review=Review(state=ReviewState.OPEN, reason="Looks like a stolen card."),
        disputes=[Dispute(state=DisputeState.OPEN, reason="fraudulent", provider_id="dp_x")],
        syncs=[
            SyncNote(at=clock.business(), source="Re-check by Ruth Root", result="Nothing new.")
        ],
    )

    [payment] = (await data_export.export(acting(eve)))["payments"]

    shown = (await payments.get(acting(eve), payment["_id"])).payment
    [told] = payment["refunds"]
    assert (told["id"], told["amount_minor"], payment["billing_name"]) == (
        "ref_1",
        100,
        "Eve & Sons",
    )
    assert {"reason", "by", "provider_refund_id"}.isdisjoint(told)
    assert payment["review"] == {"state": "open", "at": None, "settled_by": None}
    for text in (str(payment), str(shown)):
        for word in ("fraud", "acc_root", "re_x", "stolen", "dp_x", "Ruth"):
            assert word not in text


async def test_the_sixth_within_an_hour_is_refused(database):
    eve = acting(await a_newcomer())
    for _ in range(5):
        await data_export.export(eve)

    with pytest.raises(TooMany):
        await data_export.export(eve)

    assert (await audited()).count(("account.exported", eve.id)) == 5


async def test_without_a_role_nothing_is_given(database):
    with pytest.raises(NotPermitted):
        await data_export.export(Actor((await a_newcomer()).id, ""))
