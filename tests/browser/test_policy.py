"""The CSP with production's values: not violated on the way to both gateways, yet it stops."""

import re
import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests import servers
from tests.browser import production_policy
from tests.browser.conftest import School, settled, sign_in
from tests.course_builders import a_course, an_instructor

COURSE, SLUG = "Letters by Hand", "letters-by-hand"
SAY_VIOLATIONS = """document.addEventListener('securitypolicyviolation', event =>
  console.error(`violated ${event.effectiveDirective}`))"""

FORBIDDEN = (
    ("script-src-elem", "const it = document.createElement('script'); it.text = '1'; put(it)"),
    ("script-src", "setTimeout(() => { try { Function('return 1')() } catch {} })"),
    ("connect-src", "fetch('https://evil.example/').catch(() => {})"),
    ("img-src", "const it = new Image(); it.src = 'https://evil.example/'; put(it)"),
    (
        "form-action",
        "const it = document.createElement('form'); it.method = 'post'; "
        "it.action = 'https://evil.example/'; put(it); it.submit()",
    ),
)


@pytest.fixture(scope="module")
def production(school: School, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The school once more, its pages served as in production; the address."""

    async def course_on_sale() -> None:
        await a_course(await an_instructor("letters@demo.test"), COURSE)

    school.run(course_on_sale)
    port, log = servers.free_ports()[0], tmp_path_factory.mktemp("production") / "log"
    companies = ("STRIPE", "RAZORPAY", "CLOUDINARY", "RESEND")
    environ = {
        **school.environ,
        "PORT": str(port),
        "PUBLIC_URL": f"http://localhost:{port}",
        **{f"{name}_BASE_URL": school.sandbox(n) for n, name in enumerate(companies, 1)},
    }
    module = ["uvicorn", "--factory", f"{production_policy.__name__}:app", "--port", str(port)]
    with servers.running([*module, "--no-access-log"], environ, log) as process:
        servers.wait_for(f"{environ['PUBLIC_URL']}/api/health/live", process, log)
        yield environ["PUBLIC_URL"]


@pytest.fixture
def buyer(school: School, production: str, visitor) -> Page:
    """Somebody who is signed in, in a browser that says each violation as an error."""
    email = f"buyer-{secrets.token_hex(4)}@demo.test"
    school.account(email)
    page = visitor(base_url=production)
    page.add_init_script(SAY_VIOLATIONS)
    sign_in(page, email, next_path="/my/courses")
    return page


@pytest.mark.parametrize(
    ("gateway", "leads_to"),
    [
        ("Stripe", rf"^{production_policy.STRIPE}/c/pay/cs_\w+$"),
        ("Razorpay", rf"^{production_policy.RAZORPAY}/v1/checkout/embedded$"),
    ],
    ids=["stripe", "razorpay"],
)
def test_the_policy_of_production_lets_a_buyer_through_to_the_gateway(
    buyer: Page, complaints, gateway, leads_to
):
    served = buyer.goto("/")
    settled(buyer)
    buyer.get_by_role("link", name=COURSE).click()
    buyer.get_by_role("link", name="Buy course").click()
    buyer.get_by_label("Country").select_option("IN")
    buyer.get_by_role("radio", name=gateway).check()
    # Chromium knows no name but localhost's, so that this is as far as it gets.
    with buyer.expect_event(
        "requestfailed", lambda request: re.match(leads_to, request.url)
    ) as reached:
        buyer.get_by_role("button", name="Pay ₹4,999.00").click()

    assert served is not None
    assert served.headers["content-security-policy"] == production_policy.policy()
    assert reached.value.is_navigation_request()
    assert reached.value.failure == "net::ERR_NAME_NOT_RESOLVED"
    assert complaints.found == []


def test_what_the_policy_forbids_is_stopped_and_seen(buyer: Page, complaints):
    """So that the test above could fail."""
    for part in ("violated", "Content Security Policy", "page error"):
        complaints.expect(part)
    buyer.goto("/")
    expect(settled(buyer).get_by_role("heading", level=1)).to_have_text("Catalog")

    for directive, script in FORBIDDEN:
        with buyer.expect_console_message(lambda said, by=directive: said.text == f"violated {by}"):
            buyer.evaluate(f"() => {{ const put = node => document.body.append(node); {script} }}")
