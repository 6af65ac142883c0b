"""Payments and e-mails over HTTP: who may see and do what."""

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.mail.emails import EmailState
from courseflow_admin.models.money.payment_parts import Capture, HeldFor, Review, ReviewState
from courseflow_admin.models.school.audit import Act, AuditEntry
from tests.api.identity.test_accounts import sign_in
from tests.builders import an_account, stored
from tests.money_builders import FOR_THE_SCHOOL, a_payment, an_email, told_by_the_school


@pytest.fixture
async def people(database):
    """Ines teaches, Otto teaches something else, Ada learns, Rosa is admin."""
    return {
        name: await an_account(f"{name}@demo.test", role, name.capitalize())
        for name, role in (
            ("ines", "instructor"),
            ("otto", "instructor"),
            ("ada", "student"),
            ("bob", "student"),
            ("rosa", "admin"),
        )
    }


async def a_sale(people, number=0, state="paid", **fields):
    known = {"account_id": people["ada"].id, "owner_id": people["ines"].id}
    return await a_payment(number, state, **known | fields)


async def a_mail(people, number=0, **fields):
    known = {"account_id": people["ada"].id, "course_owner_id": people["ines"].id}
    return await an_email(number, **known | fields)


async def test_admins_list_all_and_instructors_their_own(api, people):
    sale = await a_sale(people, 1)
    other = await a_sale(people, 2, "failed", owner_id=people["otto"].id, provider="razorpay")

    await sign_in(api, "rosa@demo.test")
    everything = (await api.get("/api/v1/payments")).json()
    failed = (await api.get("/api/v1/payments?state=failed&provider=razorpay")).json()
    await sign_in(api, "ines@demo.test")
    own = (await api.get("/api/v1/payments")).json()

    assert [row["id"] for row in everything["rows"]] == [sale.id, other.id]
    assert everything["range"] == "1–2 of 2"
    assert [row["id"] for row in failed["rows"]] == [other.id]
    assert [row["id"] for row in own["rows"]] == [sale.id]
    assert own["rows"][0]["amount_minor"] == 499_900


async def test_one_persons_payments_and_letters_are_asked_for_by_id_and_give_no_others(api, people):
    bob = people["bob"].id
    sale, letter = await a_sale(people, account_id=bob), await a_mail(people, account_id=bob)
    await a_sale(people, 1)
    await a_mail(people, 1)

    async def listed(what):
        rows = (await api.get(f"/api/v1/{what}?account_id={bob}")).json()["rows"]
        return [row["id"] for row in rows]

    await sign_in(api, "rosa@demo.test")
    by_admin = await listed("payments"), await listed("emails")
    await sign_in(api, "otto@demo.test")
    by_another_author = await listed("payments"), await listed("emails")
    await sign_in(api, "ada@demo.test")
    by_ada = await listed("payments"), await listed("emails")

    assert by_admin == ([sale.id], [letter.id])
    assert by_another_author == ([], [])
    assert sale.id not in by_ada[0]
    assert letter.id not in by_ada[1]


@pytest.mark.parametrize(
    "query",
    [
        "state=gone",
        "provider=paypal",
        "sort=name",
        "order=up",
        "after=x",
        "state=paid&state=failed",
    ],
)
async def test_what_cannot_be_asked_for_is_refused(api, people, query):
    await sign_in(api, "rosa@demo.test")

    assert (await api.get(f"/api/v1/payments?{query}")).status_code == 422


async def test_learners_list_and_see_only_their_own_payments(api, people):
    mine = await a_sale(people, 1)
    other = await a_sale(people, 2, account_id=people["bob"].id)
    await sign_in(api, "ada@demo.test")

    listed = await api.get("/api/v1/payments")
    own = await api.get(f"/api/v1/payments/{mine.id}")
    foreign = await api.get(f"/api/v1/payments/{other.id}")
    nobody = await api.get("/api/v1/payments/pay_unknown")

    assert [row["id"] for row in listed.json()["rows"]] == [mine.id]
    assert own.status_code == 200
    assert (foreign.status_code, nobody.status_code) == (404, 404)
    assert {**foreign.json(), "reference": ""} == {**nobody.json(), "reference": ""}


@pytest.mark.parametrize(("who", "reads"), [("ines", False), ("ada", False), ("rosa", True)])
async def test_what_the_school_knows_of_a_payment_is_answered_to_admins_only(
    api, people, who, reads
):
    sale = await a_sale(people, 1, **told_by_the_school(clock.business()))
    await refund_noted(sale.id)
    await sign_in(api, f"{who}@demo.test")

    answer = await api.get(f"/api/v1/payments/{sale.id}")

    said = answer.json()
    assert (answer.status_code, said["amount_minor"], said["state"]) == (200, 499_900, "paid")
    assert (said["learner"], said["refunded_minor"]) == ("Ada Lovelace", 10_000)
    assert ("fraud" in answer.text, "of_stripe" in answer.text) == (reads, reads)
    if not reads:
        assert [text for text in FOR_THE_SCHOOL if text in answer.text] == []


async def refund_noted(payment_id):
    entry = AuditEntry(
        _id=new_id("aud"),
        at=clock.business(),
        actor_id="acc_of_rosa",
        actor_name="Rosa",
        act=Act.PAYMENT_REFUND_STARTED,
        object_id=payment_id,
        facts={"why": "Looks like fraud", "refund": "re_of_stripe"},
    )
    await collection("audit").insert_one(entry.to_mongo())


async def test_another_instructor_finds_nothing(api, people):
    sale, mail = await a_sale(people), await a_mail(people)
    await sign_in(api, "otto@demo.test")

    assert (await api.get("/api/v1/payments")).json()["rows"] == []
    assert (await api.get("/api/v1/emails")).json()["rows"] == []
    assert (await api.get(f"/api/v1/payments/{sale.id}")).status_code == 404
    assert (await api.get(f"/api/v1/emails/{mail.id}")).status_code == 404


@pytest.mark.parametrize("who", ["ada", "ines", "otto"])
async def test_nobody_but_an_admin_refunds_or_rechecks(api, people, sandbox, who):
    sale = await a_sale(people)
    await sign_in(api, f"{who}@demo.test")
    form = {"amount": "1.00", "reason": "Mine", "request_id": new_id("ref")}

    refund = await api.post(f"/api/v1/payments/{sale.id}/refunds", json=form)
    recheck = await api.post(f"/api/v1/payments/{sale.id}/sync")

    assert refund.status_code == (404 if who == "otto" else 403)
    assert recheck.status_code == 403
    (row,) = await stored("payments")
    assert (row["refunds"], row["syncs"]) == ([], [])


async def test_an_admin_resolves_a_review_once_and_for_the_reason_that_was_read(api, people):
    review = Review(state=ReviewState.OPEN, reason="It does not fit.", at=clock.business())
    sale = await a_sale(people, state="needs_review", capture=Capture.PAID, review=review)
    address = f"/api/v1/payments/{sale.id}"
    await sign_in(api, "ines@demo.test")
    hidden = (await api.get(address)).json()["review"]
    refused = await api.post(f"{address}/review", json={"note": "Mine"})
    await sign_in(api, "rosa@demo.test")
    seen = (await api.get(address)).json()["review"]
    empty = await api.post(f"{address}/review", json={"note": "  "})
    other = await api.post(f"{address}/review", json={"note": "Seen", "reason": "Another."})
    resolved = await api.post(f"{address}/review", json={"note": "Seen", "reason": seen["reason"]})
    again = await api.post(f"{address}/review", json={"note": "Seen"})

    assert (hidden, refused.status_code) == (None, 403)
    assert seen == {
        "state": "open",
        "reason": "It does not fit.",
        "held_minor": 0,
        "held_currency": "INR",
    }
    assert (empty.status_code, other.status_code) == (422, 409)
    assert (resolved.status_code, resolved.json()["state"]) == (200, "paid")
    assert (again.status_code, again.json()["code"]) == (409, "no_open_review")
    (entry,) = await stored("audit", act="payment.review_resolved")
    assert (entry["actor_id"], entry["facts"]["why"]) == (people["rosa"].id, "Seen")


@pytest.mark.parametrize(
    "path",
    ["payments", "payments/pay_one", "emails", "emails/eml_one"],
)
async def test_nothing_is_told_to_who_is_not_signed_in(api, people, path):
    assert (await api.get(f"/api/v1/{path}")).status_code == 401


async def test_the_email_log_is_for_admins_and_for_instructors_of_the_course(api, people):
    mail = await a_mail(people, 1, state=EmailState.BOUNCED)
    other = await a_mail(people, 2, course_owner_id="", to="bob@demo.test")

    await sign_in(api, "rosa@demo.test")
    everything = (await api.get("/api/v1/emails")).json()
    bounced = (await api.get("/api/v1/emails?state=bounced&kind=receipt")).json()
    to_bob = (await api.get("/api/v1/emails?to=bob")).json()
    one = (await api.get(f"/api/v1/emails/{mail.id}")).json()
    await sign_in(api, "ines@demo.test")
    own = (await api.get("/api/v1/emails")).json()

    assert [row["id"] for row in everything["rows"]] == [mail.id, other.id]
    assert [row["id"] for row in bounced["rows"]] == [mail.id]
    assert [row["id"] for row in to_bob["rows"]] == [other.id]
    assert [row["id"] for row in own["rows"]] == [mail.id]
    assert (one["subject"], one["html"], one["events"]) == (mail.subject, mail.html, [])
    assert "html" not in everything["rows"][0]


async def test_learners_list_and_read_only_what_they_received(api, people):
    mine = await a_mail(people, 1)
    other = await a_mail(people, 2, account_id=people["bob"].id)
    await sign_in(api, "ada@demo.test")

    listed = (await api.get("/api/v1/emails")).json()
    assert [row["id"] for row in listed["rows"]] == [mine.id]
    assert (await api.get(f"/api/v1/emails/{mine.id}")).json()["text"] == "Thank you."
    assert (await api.get(f"/api/v1/emails/{other.id}")).status_code == 404


async def test_instructors_list_their_own_purchases_and_letters_with_mine(api, people):
    await a_sale(people, 1)
    bought = await a_sale(people, 2, account_id=people["ines"].id, owner_id=people["otto"].id)
    await a_mail(people, 1)
    got = await a_mail(people, 2, account_id=people["ines"].id, course_owner_id="")
    await sign_in(api, "ines@demo.test")

    paid = (await api.get("/api/v1/payments?mine=true")).json()
    failed = (await api.get("/api/v1/payments?mine=true&state=failed")).json()
    letters = (await api.get("/api/v1/emails?mine=true")).json()

    assert [row["id"] for row in paid["rows"]] == [bought.id]
    assert failed["rows"] == []
    assert [row["id"] for row in letters["rows"]] == [got.id]


async def test_the_timeline_is_codes_and_facts_and_outside_without_the_evidence(api, people):
    sale = await a_sale(people)
    entry = AuditEntry(
        _id=new_id("aud"),
        at=clock.business(),
        actor_id=people["rosa"].id,
        actor_name="Rosa",
        act=Act.PAYMENT_REFUND_STARTED,
        object_id=sale.id,
        facts={"why": "Looks like fraud", "amount": {"minor": 100, "currency": "INR"}},
        request_id="req_one",
        ip="203.0.113.7",
    )
    await collection("audit").insert_one(entry.to_mongo())
    read = {}
    for name in ("rosa", "ines"):
        await sign_in(api, f"{name}@demo.test")
        steps = (await api.get(f"/api/v1/payments/{sale.id}")).json()["timeline"]
        (read[name],) = [step for step in steps if step["kind"] == "act"]

    assert read["rosa"]["what"] == read["ines"]["what"] == "payment.refund_started"
    assert (read["rosa"]["who"], read["ines"]["who"]) == ("Rosa", "The school")
    assert read["rosa"]["details"] == {**entry.facts, "request_id": "req_one", "ip": "203.0.113.7"}
    assert read["ines"]["details"] == {}


async def test_money_that_is_held_is_accepted_over_the_api_and_not_settled_by_a_note(api, people):
    review = Review(state=ReviewState.OPEN, reason="It does not fit.", at=clock.business())
    came = Money(minor=124_950, currency="INR")
    sale = await a_sale(
        people,
        state="needs_review",
        capture=Capture.PAID,
        review=review,
        captured=came,
        held_for=HeldFor.MISMATCH,
    )
    address = f"/api/v1/payments/{sale.id}"
    await sign_in(api, "ines@demo.test")
    forbidden = await api.post(f"{address}/review", json={"note": "Mine", "how": "accepted"})
    await sign_in(api, "rosa@demo.test")

    noted = await api.post(f"{address}/review", json={"note": "Seen"})
    unknown = await api.post(f"{address}/review", json={"note": "Seen", "how": "forgotten"})
    seen = (await api.get(address)).json()["review"]

    assert (forbidden.status_code, unknown.status_code) == (403, 422)
    assert (noted.status_code, noted.json()["code"]) == (409, "money_held")
    assert (seen["state"], seen["held_minor"]) == ("open", 124_950)
