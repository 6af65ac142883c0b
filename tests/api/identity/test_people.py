"""What admins do with people, the audit log and Why, over HTTP."""

import csv
import io

import pytest

from courseflow_admin.models.core import clock
from courseflow_admin.services.identity import sessions, verification
from tests.account_builders import a_newcomer, an_enrollment, later, secret_of
from tests.api.identity.test_accounts import sign_in
from tests.builders import PASSWORD, an_account, audited, stored
from tests.course_builders import a_course, an_instructor
from tests.money_builders import a_payment, an_email


async def as_admin(api) -> None:
    await an_account("admin@demo.test", "admin", "Rosa")
    await sign_in(api, "admin@demo.test")


async def test_an_admin_changes_suspends_restores_and_signs_out_a_person(api):
    ada = await an_account()
    await as_admin(api)
    at = f"/api/v1/accounts/{ada.id}"

    role = await api.put(f"{at}/role", json={"role": "instructor"})
    suspended = await api.post(f"{at}/suspend")
    restored = await api.post(f"{at}/restore")
    ended = await api.post(f"{at}/sign-out")

    assert (role.status_code, role.json()["role"]) == (200, "instructor")
    assert (suspended.json()["suspended"], restored.json()["suspended"]) == (True, False)
    assert (ended.status_code, ended.json()) == (200, {"sessions": 0})
    assert [act for act, about in await audited() if about == ada.id] == [
        "account.created",
        "account.role_changed",
        "account.suspended",
        "account.restored",
        "account.signed_out",
    ]


async def test_a_reason_of_a_suspension_is_noted_if_it_fits(api):
    ada = await an_account()
    await as_admin(api)
    at = f"/api/v1/accounts/{ada.id}/suspend"

    refused = [
        (await api.post(at, json=sent)).status_code
        for sent in ({"reason": "x" * 301}, {"reason": {"$ne": ""}}, {"reason": "", "role": "x"})
    ]
    before = (await stored("accounts", _id=ada.id))[0]["suspended_at"]
    suspended = await api.post(at, json={"reason": "Shares the password"})

    assert (refused, before) == ([422, 422, 422], None)
    assert suspended.json()["suspended"] is True
    [noted] = await stored("audit", act="account.suspended")
    assert noted["facts"] == {
        "before": {"suspended": False},
        "after": {"suspended": True},
        "reason": "Shares the password",
    }


@pytest.mark.parametrize(
    "sent",
    [{"role": "owner"}, {"role": ["admin"]}, {"role": {"$ne": ""}}, {"role": "admin", "x": 1}],
)
async def test_a_role_that_does_not_fit_is_refused(api, sent):
    ada = await an_account()
    await as_admin(api)

    answer = await api.put(f"/api/v1/accounts/{ada.id}/role", json=sent)

    assert answer.status_code == 422
    assert (await stored("accounts", _id=ada.id))[0]["role"] == "student"


async def test_an_admin_cannot_lock_themselves_out(api):
    await as_admin(api)
    [admin] = await stored("accounts")

    role = await api.put(f"/api/v1/accounts/{admin['_id']}/role", json={"role": "student"})
    suspended = await api.post(f"/api/v1/accounts/{admin['_id']}/suspend")
    ended = await api.post(f"/api/v1/accounts/{admin['_id']}/sign-out")

    assert [answer.status_code for answer in (role, suspended, ended)] == [403, 403, 409]
    assert (await api.get("/api/v1/me")).json()["role"] == "admin"


async def test_an_admin_sends_the_verification_again_but_not_to_the_verified(api):
    eve = await a_newcomer()
    await later()
    await as_admin(api)

    sent = await api.post(f"/api/v1/accounts/{eve.id}/verification")
    await verification.confirm(await secret_of("verify_email"))
    again = await api.post(f"/api/v1/accounts/{eve.id}/verification")
    nobody = await api.post("/api/v1/accounts/acc_unknown/verification")

    assert sent.status_code == 204
    assert (again.status_code, again.json()["code"]) == (409, "verified_already")
    assert nobody.status_code == 404
    assert len(await stored("emails", kind="verify_email")) == 1


async def test_sessions_show_device_and_address_and_no_secret(api):
    ada = await an_account()
    await api.post(
        "/api/v1/auth/sign-in",
        json={"email": ada.email, "password": PASSWORD},
        headers={"User-Agent": "Firefox/144"},
    )
    await as_admin(api)

    [session] = (await api.get(f"/api/v1/accounts/{ada.id}/sessions")).json()

    assert (session["device"], session["ip"], session["kind"]) == (
        "Firefox/144",
        "203.0.113.9",
        "api",
    )
    assert set(session) == {"id", "kind", "device", "ip", "created_at", "last_used_at"}


async def test_everything_about_a_person_is_answered_in_one_place(api):
    ada = await an_account()
    grant = {"id": "gra_1", "kind": "manual", "by": "acc_root", "started": clock.business()}
    ended = {
        **grant,
        "id": "gra_2",
        "ended": clock.business(),
        "end_reason": "refund",
        "payment_id": "pay_1",
    }
    await an_enrollment(
        account_id=ada.id, course_id="crs_sql", course_title="SQL", percent=40,
        grants=[grant, ended],
    )  # fmt: skip
    payment = await a_payment(state="pending", account_id=ada.id, course_id="crs_sql")
    letter = await an_email(account_id=ada.id, subject="Hello")
    await sessions.open_browser(ada, user_agent="Firefox/144", ip="203.0.113.7")
    await as_admin(api)

    found = (await api.get(f"/api/v1/accounts/{ada.id}/detail")).json()
    unknown = await api.get("/api/v1/accounts/acc_unknown/detail")

    assert (found["account"]["id"], found["account"]["email"]) == (ada.id, "ada@demo.test")
    assert found["second_factor_since"] is None
    [course] = found["courses"]
    assert (course["course"], course["allowed"], course["percent"]) == ("SQL", True, 40)
    kept = [(one["id"], one["kind"], one["end_reason"]) for one in course["grants"]]
    assert kept == [("gra_1", "manual", ""), ("gra_2", "manual", "refund")]
    assert course["grants"][1]["payment_id"] == "pay_1"
    assert [(one["id"], one["state"]) for one in found["payments"]] == [(payment.id, "pending")]
    assert letter.id in [one["id"] for one in found["emails"]]
    assert [(one["device"], one["ip"]) for one in found["sessions"]] == [
        ("Firefox/144", "203.0.113.7")
    ]
    assert [one["act"] for one in found["audit"]] == ["account.created"]
    assert "hash" not in str(found)
    assert unknown.status_code == 404


async def test_the_log_is_filtered_and_exported_alike(api):
    ada = await an_account(name="=cmd()")
    await as_admin(api)
    await api.put(f"/api/v1/accounts/{ada.id}/role", json={"role": "instructor"})
    await api.post(f"/api/v1/accounts/{ada.id}/suspend")

    asked = {"object": ada.id, "act": "account.role_changed"}
    page = (await api.get("/api/v1/audit", params=asked)).json()
    export = await api.get("/api/v1/audit/export", params=asked)

    [row] = page["rows"]
    assert row["facts"] == {"before": {"role": "student"}, "after": {"role": "instructor"}}
    assert (row["actor"], row["ip"], page["range"]) == ("Rosa", "203.0.113.9", "1–1 of 1")
    assert export.headers["content-type"] == "text/csv; charset=utf-8"
    assert export.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    [_, line] = csv.reader(io.StringIO(export.text))
    assert line[3:5] == ["account.role_changed", ada.id]


@pytest.mark.parametrize(
    "query", ["act=account.sold", "from=yesterday", "act=payment.paid&act=x", "object=" + "x" * 61]
)
async def test_a_filter_that_does_not_fit_is_refused(api, query):
    await as_admin(api)

    assert (await api.get(f"/api/v1/audit?{query}")).status_code == 422
    assert (await api.get(f"/api/v1/audit/export?{query}")).status_code == 422


async def test_why_over_http(api):
    ada = await an_account()
    course = await a_course(await an_instructor())
    await as_admin(api)

    answer = (await api.get(f"/api/v1/access/{ada.id}/{course.id}")).json()
    unknown = await api.get(f"/api/v1/access/{ada.id}/crs_unknown")

    assert (answer["allowed"], answer["reasons"][0]["code"]) == (False, "never_bought")
    assert unknown.status_code == 404
