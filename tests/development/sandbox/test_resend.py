"""Resend's official SDK against the sandbox: one mail, many mails, what becomes of them."""

import json
from typing import Any

import httpx
import pytest
import resend
from resend.exceptions import ResendError
from standardwebhooks import Webhook

from courseflow_admin.development.sandbox.server import Sandbox
from tests.development.sandbox.conftest import School, mail


def test_a_mail_is_taken_and_can_be_read_again(box: Sandbox, mailer: type[resend.Emails]) -> None:
    tags = [{"name": "kind", "value": "welcome"}]

    sent = mailer.send(mail(reply_to="help@demo.test", tags=tags))

    found = mailer.get(sent["id"])
    assert (found["object"], found["last_event"]) == ("email", "sent")
    assert (found["from"], found["to"]) == ("School <school@demo.test>", ["student@demo.test"])
    assert (found["subject"], found["html"], found["text"]) == ("Welcome", "<p>Hello</p>", "Hello")
    assert (found["cc"], found["reply_to"]) == ([], ["help@demo.test"])
    assert [(each.subject, each.tags) for each in box.mails("student@demo.test")] == [
        ("Welcome", {"kind": "welcome"})
    ]


def test_a_batch_is_one_answer_for_many(box: Sandbox, mailer: type[resend.Emails]) -> None:
    answer = resend.Batch.send([mail(to="a@demo.test"), mail(to="b@demo.test", subject="Second")])

    ids = [item["id"] for item in answer["data"]]
    assert [each.id for each in box.mails()] == ids
    assert [each.subject for each in box.mails("b@demo.test")] == ["Second"]


def test_the_same_key_sends_once_and_refuses_another_body(
    box: Sandbox, mailer: type[resend.Emails]
) -> None:
    options: Any = {"idempotency_key": "receipt/pay_1"}
    first = mailer.send(mail(), options)

    again = mailer.send(mail(), options)
    with pytest.raises(ResendError) as other:
        mailer.send(mail(subject="Changed"), options)

    assert again["id"] == first["id"]
    assert (other.value.code, other.value.error_type) == (409, "invalid_idempotent_request")
    assert len(box.mails()) == 1


@pytest.mark.parametrize(
    ("changes", "status", "name"),
    [
        ({"to": []}, 422, "missing_required_field"),
        ({"subject": ""}, 422, "missing_required_field"),
        ({"html": "", "text": ""}, 422, "missing_required_field"),
        ({"to": "nobody"}, 422, "validation_error"),
    ],
)
def test_a_wrong_mail_is_refused(
    box: Sandbox, mailer: type[resend.Emails], changes: dict[str, Any], status: int, name: str
) -> None:
    with pytest.raises(ResendError) as refused:
        mailer.send(mail(**changes))

    assert (refused.value.code, refused.value.error_type) == (status, name)
    assert box.mails() == []


def test_unknown_ids_and_wrong_keys_are_refused(
    box: Sandbox, mailer: type[resend.Emails], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ResendError) as unknown:
        mailer.get("nothing")
    monkeypatch.setattr(resend, "api_key", "re_wrong")
    with pytest.raises(ResendError) as stranger:
        mailer.send(mail())

    assert (unknown.value.code, unknown.value.error_type) == (404, "not_found")
    assert (stranger.value.code, stranger.value.message) == (401, "API key is invalid")
    assert httpx.post(f"{box.world.url('resend')}/emails").status_code == 401
    assert box.mails() == []


@pytest.mark.parametrize(
    ("to", "events"),
    [
        ("student@demo.test", ["sent", "delivered"]),
        ("bounce+1@demo.test", ["sent", "bounced"]),
        ("complain@demo.test", ["sent", "delivered", "complained"]),
        ("delay@demo.test", ["sent", "delivery_delayed"]),
        ("fail@demo.test", ["sent", "failed"]),
    ],
)
async def test_the_recipients_name_decides_what_becomes_of_a_mail(
    box: Sandbox, school: School, mailer: type[resend.Emails], to: str, events: list[str]
) -> None:
    sent = mailer.send(mail(to=to, tags=[{"name": "kind", "value": "welcome"}]))

    await box.deliver()

    assert school.types() == [f"email.{event}" for event in events]
    assert mailer.get(sent["id"])["last_event"] == events[-1]
    _, headers, raw = school.seen[-1]
    secret = box.world.keys["resend_webhook_secret"]
    names = ("id", "timestamp", "signature")
    standard = {f"webhook-{name}": headers[f"svix-{name}"] for name in names}
    told = Webhook(secret).verify(raw, standard)
    assert told["data"]["email_id"] == sent["id"]
    assert (told["data"]["to"], told["data"]["tags"]) == ([to], {"kind": "welcome"})
    resend.Webhooks.verify(
        {
            "payload": raw.decode(),
            "headers": {name: headers[f"svix-{name}"] for name in names},
            "webhook_secret": secret,
        }
    )


async def test_a_bounce_says_why(box: Sandbox, school: School, mailer: type[resend.Emails]) -> None:
    sent = mailer.send(mail())
    await box.deliver()

    box.mark_mail(sent["id"], "bounced")
    await box.deliver()

    told = json.loads(school.seen[-1][2])
    assert told["type"] == "email.bounced"
    assert told["data"]["bounce"]["type"] == "Permanent"


async def test_mail_arrives_by_itself_after_a_moment(
    box: Sandbox, mailer: type[resend.Emails]
) -> None:
    sent = mailer.send(mail())
    box.sweep()
    before = mailer.get(sent["id"])["last_event"]

    box.clock(1)
    box.sweep()

    assert (before, mailer.get(sent["id"])["last_event"]) == ("sent", "delivered")
