"""The whole product on free ports, and people with real browsers in front of it."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from courseflow_admin import frontend, routes
from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core import client
from courseflow_admin.services.identity import sessions
from tests import servers
from tests.builders import PASSWORD, an_account
from tests.chromium import executable as chromium_path

DATABASE = f"test_browser_{os.environ.get('PYTEST_XDIST_WORKER', 'only')}"
Result = TypeVar("Result")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    # Nothing leaves this machine: every other name is unknown.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
expect.set_options(timeout=15_000)  # two cores may be busy with everything else
ROWS = 20
SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(sum), 250);
})"""
# What fades in has no contrast yet. What turns for ever, or waits for its beginning, is no matter.
AT_REST = """() => document.getAnimations().every(one => {
  const {endTime, progress} = one.effect.getComputedTiming();
  return one.playState !== 'running' || endTime === Infinity || progress === null;
})"""
# How often something has begun to move or fade, since this was first asked.
MOVES = """() => {
  if (window.moves === undefined) {
    window.moves = 0;
    for (const kind of ['animationstart', 'transitionrun'])
      addEventListener(kind, () => { window.moves += 1 }, true);
  }
  return window.moves;
}"""
LOOKS = 5
# In the frame of every page the browser tells its zone, a moment after the page is there.
SETTLED = """() => !document.querySelector('[aria-busy=true]') &&
  (!document.querySelector('.cf-frame') || document.cookie.includes('cf_zone='))"""


@dataclass
class School:
    """The running product: `school.address`, `school.sandbox(1)`, `school.account(...)`."""

    address: str
    environ: dict[str, str]
    log: Path

    def sandbox(self, offset: int) -> str:
        """1 Stripe, 2 Razorpay, 3 Cloudinary, 4 Resend."""
        return f"http://127.0.0.1:{int(self.environ['PORT']) + offset}"

    def account(self, email: str, role: str = "student", name: str = "Ada Lovelace") -> str:
        """A new account that may sign in with `PASSWORD`; its id."""
        return self.run(lambda: an_account(email, role, name)).id

    def sign_in(self, page: Page, email: str, next_path: str = routes.OVERVIEW) -> None:
        """By a cookie; the form has tests of its own."""
        self.let_in(page.context, email)
        page.goto(next_path)

    def let_in(self, context: BrowserContext, email: str) -> None:
        token = self.run(lambda: _a_session(email))
        name = routes.session_cookie(secure=False)
        context.add_cookies([{"name": name, "value": token, "url": self.address}])

    def run(self, make: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Await something of the services over the school's database."""

        async def connected() -> Result:
            await client.connect(self.environ["MONGODB_URI"], self.environ["MONGODB_DATABASE"])
            try:
                return await make()
            finally:
                await client.close()

        # Playwright keeps a loop running in this thread, so that ours needs another one.
        with ThreadPoolExecutor(1) as other_thread:
            return other_thread.submit(asyncio.run, connected()).result()


async def _a_session(email: str) -> str:
    account = await accounts_db.find_by_email(email)
    assert account is not None, f"Nobody has the address {email}."
    return await sessions.open_browser(account)


@pytest.fixture(scope="package")
async def disconnected() -> None:
    """Who comes after other tests: their connection is closed in their loop; we use others."""
    await client.close()


@pytest.fixture(scope="package")
def school(
    disconnected: None, mongod_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[School]:
    """Sandbox, worker and web with an empty database, one for all browser tests of a run.

    Of a package, so that nothing of it runs on beside the tests that come after.
    """
    frontend.ensure_built()
    folder = tmp_path_factory.mktemp("school")
    environ = servers.environment(servers.free_ports()[0], folder, mongod_uri, DATABASE)
    log = folder / "log"
    with servers.whole_product(environ, log) as address:
        yield School(address, environ, log)


@pytest.fixture(scope="package")
def chromium(disconnected: None) -> Iterator[Browser]:
    """Of a package, not of the run: while it is open no other test could run a loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Complaints:
    """What browsers complained about: errors in the console, violations of the CSP."""

    found: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, part: str) -> None:
        """A test that provokes a complaint says so."""
        self.expected.append(part)

    def unexpected(self) -> list[str]:
        return [one for one in self.found if not any(part in one for part in self.expected)]


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def visitor(
    school: School, chromium: Browser, complaints: Complaints
) -> Iterator[Callable[..., Page]]:
    """`visitor()`: a page of a new person's browser; `width=390` for a phone, `dark=True`."""
    contexts: list[BrowserContext] = []

    def come(
        *,
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
        base_url: str = "",
        zone: str = "UTC",
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            base_url=base_url or school.address,
            timezone_id=zone,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        watch(page, complaints)
        context.on("page", lambda other: watch(other, complaints))
        return page

    yield come
    for context in contexts:
        context.close()
    assert complaints.unexpected() == []


def watch(page: Page, complaints: Complaints) -> None:
    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.found.append(f"{message.text} ({message.location.get('url', '')})")

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.found.append(f"page error: {error}"))


def sign_in(page: Page, email: str, password: str = PASSWORD, next_path: str = "") -> None:
    """Through the form, as a person does."""
    page.goto(f"/sign-in?next={next_path}" if next_path else "/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def sign_up(page: Page, name: str, email: str, next_path: str = "") -> None:
    """Through the form, as a person does; ends where the school leads."""
    page.goto(f"/sign-up?next={next_path}" if next_path else "/sign-up")
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url(lambda url: "/sign-" not in url)


def settled(page: Page) -> Page:
    """Wait until nothing is loading any more, nor a page about to ask anything by itself."""
    page.wait_for_load_state("load")
    page.wait_for_function(SETTLED)
    return page


def at_rest(page: Page) -> Page:
    """Wait until nothing fades or slides any more, as before every look at colours and places."""
    page.wait_for_function(AT_REST)
    return page


def accessibility(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """The axe rules the page breaks, each with where; of a long list the first rows are enough.

    Radix puts an open menu outside all landmarks; only that rule does not look there. What began
    to move while axe looked, such as a dialog that was still to come, is looked at once more.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    context = {"include": [["html"]], "exclude": [[f"tbody tr:nth-child(n+{ROWS + 1})"]]}
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    for _ in range(LOOKS):
        moves = at_rest(page).evaluate(MOVES)
        found = page.evaluate(
            "([context, options]) => axe.run(context, options)", [context, options]
        )
        if page.evaluate(MOVES) == moves:
            break
    return [
        f"{broken['id']}: {node['html'][:200]}"
        for broken in found["violations"]
        for node in broken["nodes"]
        if not (broken["id"] == "region" and "radix-popper" in node["html"])
    ]


def layout_shift(page: Page) -> float:
    """How much has moved since the page was opened (CLS)."""
    return float(page.evaluate(SHIFTS))
