"""The dashboard and the mailbox: what is on them, and what their buttons do."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
import razorpay
import resend
import stripe

from courseflow_admin.development.sandbox.server import Sandbox
from tests.development.sandbox.conftest import School, mail, session_params


@pytest.fixture
def paid(box: Sandbox, stripe_client: stripe.StripeClient) -> str:
    return box.pay(stripe_client.v1.checkout.sessions.create(session_params()).id)


@pytest.fixture
def paid_in_india(box: Sandbox, razorpay_client: razorpay.Client) -> str:
    return box.pay(razorpay_client.order.create({"amount": 100_000, "currency": "INR"})["id"])


@pytest.fixture
def press(box: Sandbox, browser: httpx.Client) -> Callable[..., str]:
    """Press a button of the dashboard; returns the page that follows."""

    def act(name: str, **values: str) -> str:
        url = f"{box.world.url('stripe')}/dashboard/{name}"
        return browser.post(url, data=values, follow_redirects=True).text

    return act


def test_both_gateways_payments_are_on_the_dashboard(
    box: Sandbox, browser: httpx.Client, paid: str, paid_in_india: str
) -> None:
    page = browser.get(f"{box.world.url('stripe')}/").text

    assert paid in page
    assert paid_in_india in page
    assert page.index("INR 1,000.00") > 0
    assert "checkout.session.completed" in page
    assert "order.paid" in page


def test_refunds_are_given_and_fail_from_the_dashboard(
    box: Sandbox, press: Callable[..., str], paid: str, paid_in_india: str
) -> None:
    given = press("refund", id=paid, amount="9900", act="now")
    press("refund", id=paid_in_india, amount="", act="now")
    failed = press("refund", id=paid, amount="100", act="fails")
    press("fail-refund", id=box.refund_objects(paid_in_india)[0]["id"])
    too_much = press("refund", id=paid, amount="99999", act="now")
    nonsense = press("refund", id=paid, amount="9,99", act="now")

    assert 'role="status">Refunded INR 99.00.' in given
    assert "and then the refund failed" in failed
    assert 'role="alert">Refund amount (99999) is greater' in too_much
    assert "whole number of minor units" in nonsense
    assert box.refunds(paid) == [9_900]
    assert [item["status"] for item in box.refund_objects(paid)] == ["succeeded", "failed"]
    assert [item["status"] for item in box.refund_objects(paid_in_india)] == ["failed"]


@pytest.mark.parametrize("act", ["won", "lost"])
def test_disputes_are_opened_and_decided_from_the_dashboard(
    box: Sandbox, press: Callable[..., str], paid: str, paid_in_india: str, act: str
) -> None:
    for payment_id in (paid, paid_in_india):
        press("dispute", id=payment_id, act="open")
        page = press("dispute", id=payment_id, act=act)
        assert f"The dispute is {act}." in page

    assert [item["status"] for item in box.store.newest("dispute")] == [act]
    assert [item["status"] for item in box.store.newest("rzp_dispute")] == [act]


def test_late_money_arrives_from_the_dashboard(
    box: Sandbox,
    press: Callable[..., str],
    stripe_client: stripe.StripeClient,
    razorpay_client: razorpay.Client,
) -> None:
    session = stripe_client.v1.checkout.sessions.create(session_params())
    late = box.pay_later(session.id)
    order = razorpay_client.order.create({"amount": 100_000, "currency": "INR"})
    late_in_india = box.pay_later(order["id"])

    press("settle", id=late, act="succeed")
    press("settle", id=late_in_india, act="late")

    assert box.store.get("session", session.id)["payment_status"] == "paid"
    assert box.store.get("payment", late_in_india)["status"] == "authorized"


def test_time_is_moved_forward_from_the_dashboard(
    box: Sandbox, press: Callable[..., str], stripe_client: stripe.StripeClient
) -> None:
    session = stripe_client.v1.checkout.sessions.create(session_params())
    before = box.world.now()

    moved = press("move-time", days="365")
    again = press("move-time", days="1")
    nonsense = press("move-time", days="soon")
    nothing = press("move-time", days="0")
    too_far = press("move-time", days="9999")

    assert 'role="status">Time moved forward by 365 days.' in moved
    assert "Time moved forward by 1 day." in again
    assert "Moved 366 days so far." in again
    assert 'role="alert">Enter the days as a whole number.' in nonsense
    assert 'role="alert">Time only moves forward.' in nothing
    assert 'role="alert">Time can be moved at most 20 years ahead.' in too_far
    assert 0 <= box.world.now() - before - 366 * 86_400 < 60
    assert stripe_client.v1.checkout.sessions.retrieve(session.id).status == "expired"


def test_switches_and_clock_are_set_from_the_dashboard(
    box: Sandbox, press: Callable[..., str], paid: str
) -> None:
    press("switch", provider="razorpay", outage="slow", webhooks="twice", capture="manual")
    press("switch", provider="stripe", refunds="pending")
    press("clock", hours="25")
    wrong = press("switch", provider="razorpay", outage="sometimes")

    world = box.world
    assert (world.outage("razorpay"), world.webhooks("razorpay")) == ("slow", "twice")
    assert (world.capture, world.clock_hours) == ("manual", 25.0)
    assert (world.refunds("stripe"), world.refunds("razorpay")) == ("pending", "at_once")
    assert "outage must be one of ok, 500, timeout, slow, rubbish" in wrong
    assert "Unknown action." in press("rob", id=paid)


async def test_a_webhook_is_sent_again_from_the_dashboard(
    box: Sandbox, school: School, press: Callable[..., str], paid: str
) -> None:
    await box.deliver()
    school.seen.clear()

    press("send-again", id=str(box.deliveries()[0].seq))
    await box.deliver()

    assert school.types() == ["checkout.session.completed"]


def test_the_mailbox_is_searched_by_recipient(
    box: Sandbox, browser: httpx.Client, mailer: type[resend.Emails]
) -> None:
    mailer.send(mail(subject="For <Asha>", to="Asha@demo.test"))
    mailer.send(mail(subject="For Ben", to="ben@demo.test"))
    url = f"{box.world.url('resend')}/mailbox"

    everything = browser.get(url).text
    one = browser.get(url, params={"to": "asha@"}).text
    nobody = browser.get(url, params={"to": "<nobody>"}).text

    assert everything.index("For Ben") < everything.index("For &lt;Asha&gt;")
    assert ("For &lt;Asha&gt;" in one, "For Ben" in one) == (True, False)
    assert "No mail to &lt;nobody&gt;." in nobody


def test_a_mails_html_is_shown_where_it_can_do_nothing(
    box: Sandbox, browser: httpx.Client, mailer: type[resend.Emails]
) -> None:
    sent = mailer.send(mail(html="<h1>Hi</h1><script>alert(1)</script>", text="Hi <you>"))
    url = f"{box.world.url('resend')}/mailbox/{sent['id']}"

    page = browser.get(url).text
    html = browser.get(f"{url}/html")

    assert "Hi &lt;you&gt;" in page
    assert "<script>alert" not in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert html.headers["content-security-policy"].startswith("sandbox allow-popups")
    assert "default-src 'none'" in html.headers["content-security-policy"]


@pytest.mark.parametrize("event", ["delivered", "bounced", "complained"])
def test_a_mail_is_marked_in_the_mailbox(
    box: Sandbox,
    school: School,
    browser: httpx.Client,
    mailer: type[resend.Emails],
    deliver: Callable[[], Any],
    event: str,
) -> None:
    sent = mailer.send(mail())
    deliver()
    school.seen.clear()
    url = f"{box.world.url('resend')}/mailbox/{sent['id']}"

    page = browser.post(url, data={"event": event}, follow_redirects=True).text
    deliver()

    assert f"Marked {event}; the school has been notified." in page
    assert school.types() == [f"email.{event}"]
    assert mailer.get(sent["id"])["last_event"] == event
    assert browser.post(url, data={"event": "eaten"}).status_code == 404
    assert browser.get(f"{box.world.url('resend')}/mailbox/nothing").status_code == 404


class Outline(HTMLParser):
    """What a screen reader goes by."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lang, self.headings, self.labels = "", list[str](), set[str]()
        self.controls, self.ids = list[dict[str, Any]](), list[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "html":
            self.lang = values.get("lang") or ""
        elif re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        elif tag == "label":
            self.labels.add(values["for"] or "")
        elif tag in {"input", "select"} and values.get("type") != "hidden":
            self.controls.append(values)
        if "id" in values:
            self.ids.append(values["id"] or "")


def test_every_page_has_a_language_one_h1_and_a_label_for_each_field(
    box: Sandbox,
    browser: httpx.Client,
    stripe_client: stripe.StripeClient,
    mailer: type[resend.Emails],
    paid: str,
    paid_in_india: str,
) -> None:
    session = stripe_client.v1.checkout.sessions.create(session_params())
    sent = mailer.send(mail())
    mailbox = f"{box.world.url('resend')}/mailbox"
    pages = (f"{box.world.url('stripe')}/", session.url, mailbox, f"{mailbox}/{sent['id']}")

    for address in pages:
        outline = Outline(browser.get(address or "").text)

        assert outline.lang == "en"
        assert outline.headings.count("h1") == 1
        assert {control.get("id") for control in outline.controls} <= outline.labels
        assert len(outline.ids) == len(set(outline.ids))
