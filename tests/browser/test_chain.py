"""The whole chain by three people: written and published, bought and read, seen in every detail."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import School, accessibility, settled, sign_in, sign_up

TEXT = "A hive is a clock that runs on honey."


@dataclass(frozen=True)
class Gateway:
    """What one gateway calls things; `port` is the sandbox's."""

    key: str
    name: str
    port: int
    method: str
    event: str

    @property
    def course(self) -> str:
        return f"Keeping Bees with {self.name}"

    @property
    def slug(self) -> str:
        return f"keeping-bees-with-{self.key}"

    @property
    def learner(self) -> str:
        return f"lena-{self.key}@demo.test"


GATEWAYS = [
    Gateway("stripe", "Stripe", 1, "Visa •••• 4242", "checkout.session.completed"),
    Gateway("razorpay", "Razorpay", 2, "UPI", "order.paid"),
]


@pytest.mark.parametrize("gateway", GATEWAYS, ids=lambda gateway: gateway.key)
def test_a_course_is_written_bought_read_and_accounted_for(
    school: School, visitor, gateway: Gateway
):
    school.account(f"ines-{gateway.key}@demo.test", "instructor", "Ines Weber")
    school.account(f"stranger-{gateway.key}@demo.test", name="Stan Stranger")
    school.account(f"root-{gateway.key}@demo.test", "admin", "Rosa Admin")
    instructor, learner, stranger, admin = visitor(), visitor(), visitor(), visitor()

    writes_and_publishes(instructor, gateway)
    cannot_read_before_paying(learner, gateway)
    buys(learner, school, gateway)
    lesson = reads_to_the_end(learner, gateway)

    is_still_closed(stranger, f"stranger-{gateway.key}@demo.test", lesson)
    sees_the_payment(admin, gateway)
    sees_the_emails(admin, gateway)
    sees_learner_and_revenue(instructor, gateway)


# The instructor


def writes_and_publishes(page: Page, gateway: Gateway) -> None:
    sign_in(page, f"ines-{gateway.key}@demo.test", next_path="/studio")
    page.get_by_role("button", name="New course").click()
    dialog = page.get_by_role("dialog", name="New course")
    dialog.get_by_label("Title").fill(gateway.course)
    dialog.get_by_label("Currency").select_option("INR")
    dialog.get_by_role("button", name="Create course").click()

    editor = page.get_by_role("region", name="Editor")
    editor.get_by_label("Description").fill("What a keeper does, **month by month**.")
    editor.get_by_label("Category").select_option("Science")
    editor.get_by_role("button", name="Waves").click()
    publish = page.get_by_role("region", name="Publish")
    publish.get_by_label("Price").fill("1,499.00")
    publish.get_by_label("Price").press("Enter")
    expect(publish.get_by_label("Price")).to_have_value("1499.00")

    outline = page.get_by_role("region", name="Outline")
    outline.get_by_label("Title of section 1").fill("Spring")
    outline.get_by_label("Title of section 1").press("Enter")
    outline.get_by_role("button", name="Add a lesson to Spring").click()
    editor.get_by_label("Lesson title").fill("The first inspection")
    editor.get_by_label("Lesson text in Markdown").fill(f"## In April\n\n{TEXT}")
    editor.get_by_label("Ready").check()
    expect(editor.get_by_role("status")).to_contain_text("Saved")

    expect(publish.get_by_text("Ready to publish.")).to_be_visible()
    publish.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Version 1 is live.")).to_be_visible()
    expect(publish.get_by_text(re.compile("^Version 1, .* by Ines Weber$"))).to_be_visible()

    page.goto("/")
    card = page.get_by_role("article").filter(has=page.get_by_role("link", name=gateway.course))
    expect(card).to_contain_text("Ines Weber")
    expect(card).to_contain_text("₹1,499.00")


# The learner


def cannot_read_before_paying(page: Page, gateway: Gateway) -> None:
    """A new learner finds the course; it is closed and says why."""
    sign_up(page, "Lena Learner", gateway.learner)
    page.wait_for_url("**/overview")

    page.get_by_role("link", name="Catalog", exact=True).click()
    page.get_by_role("searchbox", name="Search courses").fill(gateway.course)
    expect(page.get_by_text("1 course", exact=True)).to_be_visible()
    page.get_by_role("link", name=gateway.course).click()
    page.wait_for_url(f"**/courses/{gateway.slug}")
    expect(page.get_by_role("heading", level=1)).to_have_text(gateway.course)
    expect(page.get_by_text("The first inspection")).to_be_visible()
    expect(page.get_by_role("link", name="The first inspection")).to_have_count(0)

    page.goto(f"/learn/{gateway.slug}")
    is_closed(page)


def is_closed(page: Page) -> None:
    why = page.get_by_role("region", name="Why you don't have access")
    expect(why).to_contain_text("The course has not been bought yet.")
    expect(why).to_contain_text("Buy it to start right away.")
    expect(page.get_by_text(TEXT)).to_have_count(0)


def buys(page: Page, school: School, gateway: Gateway) -> None:
    page.goto(f"/courses/{gateway.slug}")
    page.get_by_role("link", name="Buy course").click()
    page.wait_for_url(f"**/checkout/{gateway.slug}")
    expect(page.get_by_label("Name on the receipt")).to_have_value("Lena Learner")
    page.get_by_label("Country").select_option("IN")
    page.get_by_role("radio", name=gateway.name).check()
    page.get_by_role("button", name="Pay ₹1,499.00").click()

    # At the gateway, which from now on fails: so "confirming" is on screen until it is seen.
    page.wait_for_url(f"{school.sandbox(gateway.port)}/**")
    expect(page.get_by_role("heading", level=1)).to_have_text(gateway.course)
    gateway_is(page, school, gateway, "500")
    page.get_by_role("button", name="Pay INR 1,499.00").click()

    page.wait_for_url(re.compile(r"/my/payments/pay_\w{26}$"))
    expect(page.get_by_role("heading", level=2, name="Confirming your payment")).to_be_visible()
    gateway_is(page, school, gateway, "ok")
    paid = page.get_by_role("heading", level=2, name="Paid", exact=True)
    expect(paid).to_be_visible(timeout=60_000)  # it is asked again less and less often
    expect(page.get_by_text(f"You now have access to {gateway.course}.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^SANDBOX-\d{4}-\d{5}$"))).to_be_visible()


def gateway_is(page: Page, school: School, gateway: Gateway, outage: str) -> None:
    answer = page.request.post(
        f"{school.sandbox(1)}/_control/switch", data={"provider": gateway.key, "outage": outage}
    )
    assert answer.ok


def reads_to_the_end(page: Page, gateway: Gateway) -> str:
    """The lesson's own address."""
    page.get_by_role("link", name="Start learning").click()
    page.wait_for_url(re.compile(rf"/learn/{gateway.slug}/les_\w{{26}}$"))
    lesson = urlsplit(page.url).path
    expect(page.get_by_role("heading", level=2, name="The first inspection")).to_be_visible()
    expect(page.get_by_text(TEXT)).to_be_visible()
    progress = page.get_by_role("progressbar", name="Progress in this course")
    expect(progress).to_have_attribute("aria-valuenow", "0")

    page.get_by_role("button", name="Mark as complete").click()

    expect(progress).to_have_attribute("aria-valuenow", "100")
    expect(page.get_by_text("Done", exact=True)).to_be_visible()
    page.get_by_role("link", name="My courses", exact=True).last.click()
    finished = page.get_by_role("progressbar", name=f"Progress in {gateway.course}")
    expect(finished).to_have_attribute("aria-valuenow", "100")
    return lesson


def is_still_closed(page: Page, email: str, lesson: str) -> None:
    """Somebody else's purchase opens nothing: ancestor's fault 2."""
    sign_in(page, email, next_path=lesson)
    is_closed(page)


# The admin


def sees_the_payment(page: Page, gateway: Gateway) -> None:
    sign_in(page, f"root-{gateway.key}@demo.test", next_path="/payments")
    page.get_by_role("button", name="Provider").click()
    page.get_by_role("menuitem", name=gateway.name).click()
    page.wait_for_url(f"**/payments?provider={gateway.key}")
    row = page.get_by_role("row").filter(has_text=gateway.learner)
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Lena Learner")
    expect(row).to_contain_text(gateway.course)
    expect(row).to_contain_text("₹1,499.00")
    expect(row).to_contain_text("Paid")
    expect(row).to_contain_text(f"{gateway.name} · {gateway.method}")

    row.get_by_role("link", name="Lena Learner").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment from Lena Learner")
    steps = page.get_by_role("listitem")
    for said in (
        f"Checkout opened at {gateway.name}",
        f"{gateway.name} reported {gateway.event}",
        f"Checked with {gateway.name}",
        "Payment confirmed and matched to the order",
        "Receipt numbered",
        f"E-mail “Your access to {gateway.course}” delivered",
    ):
        expect(steps.filter(has_text=said).first).to_be_visible()
    webhook = steps.filter(has_text=f"{gateway.name} reported {gateway.event}")
    webhook.get_by_text("Evidence: signature valid").click()
    expect(webhook).to_contain_text("Delivered: 1 time")
    assert accessibility(settled(page)) == []


def sees_the_emails(page: Page, gateway: Gateway) -> None:
    page.get_by_role("link", name="E-mails", exact=True).click()
    page.get_by_label("Search by the start of the recipient's address").fill(gateway.learner)
    page.wait_for_url(re.compile("to=lena"))
    rows = page.get_by_role("row").filter(has_text=gateway.learner)
    expect(rows).to_have_count(3)
    for kind in ("Access", "Receipt", "Welcome"):
        expect(rows.filter(has_text=kind).filter(has_text="Delivered")).to_have_count(1)

    rows.filter(has_text="Access").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(gateway.course)
    letter = page.get_by_title("Preview of the e-mail")
    expect(letter).to_have_attribute("sandbox", "")
    inside = letter.content_frame
    expect(inside.get_by_role("heading").first).to_contain_text(gateway.course)


# The instructor again


def sees_learner_and_revenue(page: Page, gateway: Gateway) -> None:
    page.goto("/overview")
    expect(page.get_by_role("link", name=re.compile("^Enrollments 1"))).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^Net revenue ₹1,499.00"))).to_be_visible()
    newest = page.get_by_role("listitem").filter(has_text="Lena Learner")
    expect(newest).to_contain_text(gateway.course)
    expect(newest).to_contain_text("100%")
