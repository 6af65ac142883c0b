"""Accounts: signing up, proving who one is, and what admins do with people."""

import asyncio

import bcrypt
import pytest
from pydantic import ValidationError

from courseflow_admin.db.core import client
from courseflow_admin.errors import TooMany
from courseflow_admin.logs import request_context
from courseflow_admin.models.core.accounts import SignUpForm
from courseflow_admin.services.identity import accounts, passwords
from tests.account_builders import CommandsHeard
from tests.builders import PASSWORD, an_account, audited, stored


def a_form(email="ada@demo.test", name="Ada Lovelace", password=PASSWORD) -> SignUpForm:
    return SignUpForm(email=email, name=name, password=password)


async def test_sign_up_makes_a_learner_with_one_welcome_and_one_audit_entry(database):
    await accounts.sign_up(a_form(email=" Ada@Demo.TEST ", name="  Ada   Lovelace "))

    [row] = await stored("accounts")
    [email] = await stored("emails")
    assert (row["email"], row["name"], row["role"]) == ("ada@demo.test", "Ada Lovelace", "student")
    assert row["verified_at"] is None
    assert PASSWORD not in str(row)
    assert (email["kind"], email["to"], email["account_id"]) == (
        "welcome",
        "ada@demo.test",
        row["_id"],
    )
    assert await audited() == [("account.signed_up", row["_id"])]


async def test_an_address_signs_up_once_whatever_its_case(database):
    await accounts.sign_up(a_form())
    [before] = await stored("accounts")

    await accounts.sign_up(a_form(email="ADA@demo.test", password="another quiet kestrel"))
    await accounts.sign_up(a_form(email="ada@demo.test", name="Somebody Else"))

    assert await stored("accounts") == [before]
    assert [(row["kind"], row["to"]) for row in await stored("emails")] == [
        ("welcome", "ada@demo.test"),
        ("account_exists", "ada@demo.test"),  # once a day is enough
    ]
    assert [act for act, _ in await audited()] == [
        "account.signed_up",
        "account.sign_up_repeated",
        "account.sign_up_repeated",
    ]


async def test_of_ten_sign_ups_with_one_address_at_once_one_makes_an_account(database):
    await asyncio.gather(*(accounts.sign_up(a_form(name=f"Ada {n}")) for n in range(10)))

    [account] = await stored("accounts")
    assert sorted(row["kind"] for row in await stored("emails")) == ["account_exists", "welcome"]
    assert (await audited()).count(("account.sign_up_repeated", account["_id"])) == 9


async def test_a_taken_address_costs_the_same_commands_in_the_same_order(mongod_uri, database):
    await an_account("ada@demo.test")
    heard = CommandsHeard()
    await client.connect(mongod_uri, database, listeners=[heard])

    costs = []
    for email in ("eve@demo.test", "ada@demo.test"):
        heard.heard.clear()
        await accounts.sign_up(a_form(email=email))
        costs.append([(act, name.replace("decoys", "accounts")) for act, name in heard.heard])

    assert costs[0] == [
        ("findAndModify", "limits"),
        ("find", "school"),
        ("find", "accounts"),
        ("insert", "accounts"),
        ("delete", "one_time_tokens"),
        ("insert", "one_time_tokens"),
        ("find", "school"),
        ("update", "emails"),
        ("update", "jobs"),
        ("insert", "audit"),
        ("commitTransaction", ""),
    ]
    assert costs[1] == costs[0]


@pytest.mark.parametrize(
    "sent",
    [
        {"role": "admin"},
        {"email": "nobody"},
        {"email": "a@localhost"},
        {"email": "ada@demo.test\nBcc: all@demo.test"},
        {"email": {"$ne": None}},
        {"name": "  "},
        {"name": "Ada\x00"},
        {"name": "Ada\u202elecaL"},
        {"name": "x" * 81},
        {"password": None},
    ],
)
def test_a_sign_up_form_takes_nothing_else(sent):
    fields = {"email": "ada@demo.test", "name": "Ada", "password": PASSWORD}

    with pytest.raises(ValidationError) as refused:
        SignUpForm.model_validate({**fields, **sent})

    assert PASSWORD not in str(refused.value)


def test_names_in_indian_scripts_keep_their_joiners():
    form = a_form(name="ക്‍ഷമ \u0d28\u0d4d\u200d")

    assert form.name == "ക്‍ഷമ \u0d28\u0d4d\u200d"


def test_a_test_address_is_refused_in_production(configure):
    configure(
        ENV="production",
        MONGODB_URI="mongodb://db.example/",
        PUBLIC_URL="https://school.example",
        BCRYPT_COST="12",
    )

    with pytest.raises(ValidationError):
        a_form(email="ada@demo.test")
    assert a_form(email="ada@example.com").email == "ada@example.com"


async def test_address_and_password_prove_who_one_is(database):
    account = await an_account()

    proved = await accounts.authenticate(" ADA@demo.test ", PASSWORD)

    assert proved.id == account.id


async def test_unknown_address_and_wrong_password_read_and_write_the_same(database):
    account = await an_account()

    with pytest.raises(accounts.WrongCredentials) as wrong:
        await accounts.authenticate("ada@demo.test", "not the password")
    after_wrong = await counted()
    with pytest.raises(accounts.WrongCredentials) as unknown:
        await accounts.authenticate("nobody@demo.test", "not the password")
    after_unknown = await counted()

    assert str(wrong.value) == str(unknown.value)
    assert after_wrong == {"limits": [1, 1, 1], "refusals": [account.id]}
    assert after_unknown == {"limits": [1, 1, 1, 1, 2], "refusals": [account.id, "acc_unknown"]}


async def counted() -> dict:
    refusals = await stored("audit", act="session.refused")
    return {
        "limits": sorted(row["count"] for row in await stored("limits")),
        "refusals": [row["object_id"] for row in refusals],
    }


async def test_no_address_stands_in_the_limits_or_in_the_audit_log(database):
    with pytest.raises(accounts.WrongCredentials), request_context("r", "203.0.113.9"):
        await accounts.authenticate("nobody@demo.test", "not the password")

    rows = str(await stored("limits")) + str([row["facts"] for row in await stored("audit")])
    assert "nobody@demo.test" not in rows
    assert "203.0.113.9" not in rows


async def test_after_five_failures_even_the_right_password_waits(database):
    await an_account()
    for _ in range(5):
        with pytest.raises(accounts.WrongCredentials):
            await accounts.authenticate("ada@demo.test", "not the password")

    with pytest.raises(TooMany) as refused:
        await accounts.authenticate("ada@demo.test", PASSWORD)

    assert 290 <= refused.value.wait_seconds <= 300


async def test_fifty_guesses_at_once_get_no_more_than_five_answers(database):
    await an_account()

    results = await asyncio.gather(
        *(accounts.authenticate("ada@demo.test", f"guess number {number}") for number in range(50)),
        return_exceptions=True,
    )

    answers = [type(result) for result in results]
    assert answers.count(accounts.WrongCredentials) == 5
    assert answers.count(TooMany) == 45


async def test_ten_failures_from_one_address_close_it_for_every_account(database):
    await an_account()
    with request_context("r", "203.0.113.9"):
        for number in range(10):
            with pytest.raises(accounts.WrongCredentials):
                await accounts.authenticate(f"nobody{number}@demo.test", "not the password")

        with pytest.raises(TooMany) as refused:
            await accounts.authenticate("ada@demo.test", PASSWORD)
    with request_context("r", "203.0.113.10"):
        elsewhere = await accounts.authenticate("ada@demo.test", PASSWORD)

    assert refused.value.wait_seconds <= 60
    assert elsewhere.email == "ada@demo.test"


async def test_a_success_forgets_the_failures_before_it(database):
    await an_account()
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(accounts.WrongCredentials):
                await accounts.authenticate("ada@demo.test", "not the password")
        await accounts.authenticate("ada@demo.test", PASSWORD)

    rows = await stored("limits")
    assert sorted(row["_id"].partition(":")[0] for row in rows) == [
        "sign-in-address",  # that they came from
        "sign-in-everywhere",
    ]
    assert [row["count"] for row in rows] == [8, 8]


async def test_twenty_one_sign_ups_in_a_minute_from_one_address_are_too_many(database):
    with request_context("r", "203.0.113.9"):
        for number in range(20):
            await accounts.sign_up(a_form(email=f"learner{number}@demo.test"))

        with pytest.raises(TooMany):
            await accounts.sign_up(a_form(email="one-more@demo.test"))

    assert len(await stored("accounts")) == 20


async def test_a_hash_of_another_cost_is_renewed_at_the_next_sign_in(database, configure):
    account = await an_account()
    configure(BCRYPT_COST="5")

    await accounts.authenticate("ada@demo.test", PASSWORD)

    [row] = await stored("accounts")
    assert account.password_hash.startswith("$2b$04$")
    assert row["password_hash"].startswith("$2b$05$")
    assert (await accounts.authenticate("ada@demo.test", PASSWORD)).id == account.id


@pytest.fixture
def work(monkeypatch) -> list[int]:
    """The rounds of each comparison, as its cost says."""
    done: list[int] = []
    compare = bcrypt.checkpw

    def counted(password: bytes, password_hash: bytes) -> bool:
        done.append(2 ** int(password_hash.split(b"$")[2]))
        return compare(password, password_hash)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    return done


@pytest.mark.parametrize("cost", ["4", "5", "7"])
async def test_after_a_rise_of_the_cost_nobody_learns_by_time_who_is_known(configure, work, cost):
    kept = await passwords.hash_of(PASSWORD)
    configure(BCRYPT_COST=cost)

    fits = [await passwords.matches(text, kept) for text in (PASSWORD, "not it")]
    rounds_of_two, work[:] = sum(work), []
    nobody = await passwords.matches("not it", "")

    assert kept.startswith("$2b$04$")
    assert [*fits, nobody] == [True, False, False]
    assert (rounds_of_two, sum(work)) == (2 * 2 ** int(cost), 2 ** int(cost))


async def test_after_a_fall_of_the_cost_nobody_learns_by_time_who_is_known(
    database, configure, work
):
    configure(BCRYPT_COST="6")
    await an_account("old@demo.test")
    configure(BCRYPT_COST="4")
    await an_account("new@demo.test")

    async def rounds() -> list[int]:
        done = []
        for name in ("old", "new", "nobody"):
            work[:] = []
            with pytest.raises(accounts.WrongCredentials):
                await accounts.authenticate(f"{name}@demo.test", "not it")
            done.append(sum(work))
        return done

    before = await rounds()
    await accounts.authenticate("old@demo.test", PASSWORD)  # which renews the last dear one

    assert before == [2**6] * 3
    assert await rounds() == [2**4] * 3


async def test_passwords_differ_also_behind_the_72nd_byte():
    long = "x" * 100
    kept = await passwords.hash_of(long)

    assert await passwords.matches(long, kept)
    assert not await passwords.matches(long[:-1] + "y", kept)
    assert not await passwords.matches("x" * 72, kept)
    assert not await passwords.matches("", "")


async def test_a_password_may_hold_any_letter_however_it_was_composed():
    kept = await passwords.hash_of("pass\x00wörd 密码")

    assert await passwords.matches("pass\x00wo\u0308rd 密码", kept)
    assert not await passwords.matches("pass", kept)
