"""In a real browser: nothing axe complains about, and the way back from Razorpay by itself."""

from collections.abc import Iterator

import pytest
import razorpay
import resend
import stripe
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from courseflow_admin.development.sandbox.server import Sandbox
from tests.chromium import executable
from tests.development.sandbox.conftest import School, mail, session_params


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def razorpay_form(box: Sandbox, school: School, razorpay_client: razorpay.Client) -> str:
    """A page of the school's with the form that opens Razorpay's checkout."""
    order = razorpay_client.order.create({"amount": 49_900, "currency": "INR"})
    fields = {
        "key_id": box.world.keys["razorpay_key_id"],
        "order_id": order["id"],
        "amount": "49900",
        "description": "Ink & paper",
        "callback_url": f"{school.url}/return",
        "cancel_url": "http://localhost:3000/",
    }
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    action = f"{box.world.url('razorpay')}/v1/checkout/embedded"
    return f'<form method="post" action="{action}">{inputs}<button>Go</button></form>'


def violations(page: Page) -> list[str]:
    """All rules in light; in dark only what colours can break."""
    page.emulate_media(color_scheme="light")
    found = Axe().run(page).response["violations"]
    page.emulate_media(color_scheme="dark")
    contrast = {"runOnly": ["color-contrast"]}
    found += Axe().run(page, options=contrast).response["violations"]
    return [f"{rule['id']}: {node['html'][:80]}" for rule in found for node in rule["nodes"]]


def test_no_page_breaks_an_accessibility_rule(
    box: Sandbox,
    chromium: Browser,
    stripe_client: stripe.StripeClient,
    razorpay_client: razorpay.Client,
    mailer: type[resend.Emails],
    razorpay_form: str,
) -> None:
    session = stripe_client.v1.checkout.sessions.create(session_params())
    box.switch("stripe", webhooks="never")
    paid = box.pay(stripe_client.v1.checkout.sessions.create(session_params()).id)
    box.fail_refund(box.refund(paid, 100))
    box.refund(paid, 200)
    box.pay_later(stripe_client.v1.checkout.sessions.create(session_params()).id)
    order = razorpay_client.order.create({"amount": 49_900, "currency": "INR"})
    for _ in range(3):
        paid = box.pay_twice(order["id"])[1]
        settlement = box.make_settlement()
        box.process_settlement(settlement)
    box.fail_settlement(settlement)
    box.make_settlement()
    box.dispute(paid)
    box.switch("stripe", balance="late", settlement="usd")
    box.close_dispute(box.dispute(box.other_product()[0], 300), won=False)
    box.switch("stripe", balance="at_once")
    for payment_id in box.other_product(2):
        box.dispute(payment_id, inquiry=True)
    box.fail_payout(box.pay_out()[0])
    box.pay_out()
    sent = mailer.send(mail())
    mailbox = f"{box.world.url('resend')}/mailbox"
    context = chromium.new_context(bypass_csp=True)
    page = context.new_page()

    found = {}
    for url in (f"{box.world.url('stripe')}/", session.url, mailbox, f"{mailbox}/{sent['id']}"):
        page.goto(url or "")
        found[url] = violations(page)
    page.set_content(razorpay_form)
    page.get_by_role("button", name="Go").click()
    page.get_by_role("heading", name="Ink & paper").wait_for()
    found["razorpay"] = violations(page)

    context.close()
    assert {url: problems for url, problems in found.items() if problems} == {}


def test_after_paying_at_razorpay_the_browser_goes_back_by_itself(
    box: Sandbox, chromium: Browser, school: School, razorpay_form: str
) -> None:
    page = chromium.new_page()
    page.set_content(razorpay_form)
    page.get_by_role("button", name="Go").click()

    with page.expect_navigation(url=f"{school.url}/return"):
        page.get_by_role("button", name="Pay INR 499.00").click()

    page.close()
    name, headers, raw = school.seen[-1]
    assert name == "return"
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert raw.startswith(b"razorpay_payment_id=pay_")
    assert box.store.newest("payment")[0]["status"] == "captured"
