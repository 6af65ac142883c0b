"""Accounts over HTTP: people for admins, oneself for everybody."""

from datetime import UTC, datetime

import pytest

from courseflow_admin.models.core.paging import Cursor
from tests.builders import PASSWORD, an_account


async def sign_in(api, email: str) -> None:
    answer = await api.post("/api/v1/auth/sign-in", data={"email": email, "password": PASSWORD})
    assert answer.status_code == 303


async def test_an_admin_pages_through_people_there_and_back(api):
    await an_account("admin@demo.test", "admin")
    for number in range(60):
        await an_account(f"learner{number:02}@demo.test")
    await sign_in(api, "admin@demo.test")

    first = (await api.get("/api/v1/accounts?role=student")).json()
    second = (
        await api.get("/api/v1/accounts", params={"role": "student", "after": first["next"]})
    ).json()
    back = (
        await api.get("/api/v1/accounts", params={"role": "student", "before": second["previous"]})
    ).json()

    emails = [account["email"] for account in first["rows"] + second["rows"]]
    assert emails == [f"learner{number:02}@demo.test" for number in reversed(range(60))]
    assert (first["total"], first["previous"], second["next"]) == (60, "", "")
    assert back["rows"] == first["rows"]


@pytest.mark.parametrize("role", ["student", "instructor"])
async def test_nobody_else_sees_people(api, role):
    other = await an_account("bob@demo.test")
    await an_account(role=role)
    await sign_in(api, "ada@demo.test")

    people = await api.get("/api/v1/accounts")
    one = await api.get(f"/api/v1/accounts/{other.id}")
    nobody = await api.get("/api/v1/accounts/acc_unknown")

    assert (people.status_code, one.status_code, nobody.status_code) == (403, 404, 404)
    assert {**one.json(), "reference": ""} == {**nobody.json(), "reference": ""}


async def test_people_are_found_by_state_and_by_the_day_they_joined(api):
    await an_account("root@demo.test", "admin")
    gone = await an_account("gone@demo.test")
    await sign_in(api, "root@demo.test")
    await api.post(f"/api/v1/accounts/{gone.id}/suspend")

    async def found(**asked):
        answer = await api.get("/api/v1/accounts", params=asked)
        return [account["email"] for account in answer.json()["rows"]]

    assert await found(state="suspended") == ["gone@demo.test"]
    assert await found(state="active") == ["root@demo.test"]
    assert await found(**{"from": "2000-01-01", "to": "2000-01-31"}) == []
    assert len(await found(**{"from": "2000-01-01", "to": "2999-01-01"})) == 2
    assert (await api.get("/api/v1/accounts", params={"state": "odd"})).status_code == 422


async def test_people_are_found_by_name_or_address_and_each_question_is_one_text(api):
    await an_account("root@demo.test", "admin", "Rosa Admin")
    await an_account("first@demo.test", name="Ada Núñez")
    await an_account("second@demo.test", name="Ada King")
    await sign_in(api, "root@demo.test")

    async def found(query: str):
        answer = await api.get(f"/api/v1/accounts?{query}")
        return answer.status_code, [one["email"] for one in answer.json().get("rows", [])]

    assert await found("q=ada%20nunez") == (200, ["first@demo.test"])
    assert await found("q=sec") == (200, ["second@demo.test"])
    assert await found("q=ada&email=second") == (200, ["second@demo.test"])
    assert await found("q=.*") == (200, [])
    assert await found("q=ada&q=king") == (422, [])
    assert await found(f"q={'x' * 255}") == (422, [])


async def test_ranges_and_days_of_people_are_true_or_refused(api):
    await an_account("admin@demo.test", "admin")
    await sign_in(api, "admin@demo.test")
    people = "/api/v1/accounts"

    turned = await api.get(f"{people}?from=2026-11-30&to=2026-11-01")
    role = await api.get(f"{people}?role=teacher")
    first = (await api.get(people)).json()
    cursor = Cursor(datetime(2001, 1, 1, tzinfo=UTC), "acc_").encode()
    past = await api.get(people, params={"after": cursor})
    openapi = (await api.get("/api/v1/openapi.json")).json()

    assert turned.status_code == role.status_code == past.status_code == 422
    assert turned.json()["detail"] == "“from” (2026-11-30) is after “to” (2026-11-01)."
    assert (past.json()["code"], past.json()["field"]) == ("past_end", "after")
    assert first["total"] == 1
    said = {
        one["name"]: one.get("description", "")
        for one in openapi["paths"][people]["get"]["parameters"]
    }
    assert said["from"].startswith("The first day, as 2026-11-01")
    assert said["to"].startswith("The last day, itself included")


@pytest.mark.parametrize(
    "path",
    [
        "accounts?state=forgotten",
        "payments?state=forgotten",
        "payments?provider=paypal",
        "payments?sort=name",
        "emails?kind=forgotten",
        "emails?state=forgotten",
        "audit?act=forgotten",
        "audit/export?act=forgotten",
        "catalog?category=forgotten",
        "catalog?level=forgotten",
        "metrics/revenue?currency=XXX",
        "metrics/enrollments?days=0",
    ],
)
async def test_a_value_that_nobody_knows_is_refused_and_never_everything(api, sandbox, path):
    await an_account("admin@demo.test", "admin")
    await sign_in(api, "admin@demo.test")

    answer = await api.get(f"/api/v1/{path}")

    assert answer.status_code == 422
    assert answer.json()["field"] == path.partition("?")[2].partition("=")[0]
