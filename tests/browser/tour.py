"""A tour of every page there is, as those it is for, light and dark."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

from courseflow_admin import frontend, pages
from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.services.identity import invitations
from courseflow_admin.state import edge
from tests import servers
from tests.browser.conftest import (
    Complaints,
    School,
    accessibility,
    settled,
    watch,
)
from tests.builders import PASSWORD, an_account
from tests.invitation_builders import secret_of_newest

ROLES = ("student", "instructor", "admin")
NOBODY = (
    *("/sign-in", "/sign-in/code", "/sign-up", "404", "/"),
    *("/courses/[slug]", "/invitations/[token]", "/terms", "/privacy", "/refunds"),
)
BY_PREFIX = {
    "/my/": ("student",),
    "/learn/": ("student",),
    "/checkout/": ("student",),
    "/overview": ROLES,
    "/studio": ("instructor",),
    "/learners": ("instructor",),
}
EMAILS = {role: f"{role}@demo.test" for role in ROLES}
LARGEST_SHIFT = 0.01
# All that another colour scheme, and all that another width can break: the rest is the same page.
OF_COLOURS = ["color-contrast"]
OF_LAYOUT = ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block"]
WATCH_SHIFTS = """
window.shifted = {sum: 0, what: []};
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
    window.shifted.sum += entry.value;
    for (const {node} of entry.sources) window.shifted.what.push(
      `${node?.nodeName} ${node?.className ?? ''} ${(node?.textContent ?? '').slice(0, 40)}`);
  }
}).observe({type: 'layout-shift', buffered: true})"""


def all_routes() -> list[str]:
    assert pages.__all__
    return sorted(str(options["route"]) for options in edge.page_options())


def those_for(route: str) -> tuple[str, ...]:
    """Whose page it is; what nobody has spoken for is an admin's, who may open everything."""
    if route in NOBODY:
        return ("",)
    return next((who for start, who in BY_PREFIX.items() if route.startswith(start)), ("admin",))


# The schools


@dataclass
class Furnished:
    """A school without worker and sandbox: only its pages are looked at."""

    product: School
    parts: dict[str, str] = field(default_factory=dict)  # what stands for [slug] and the like

    def path(self, route: str) -> str:
        if route == "404":
            return "/nowhere"
        for name in (
            *("slug", "lesson", "course_id", "email_id", "account_id", "payment_id"),
            "token",
        ):
            own = f"my_{name}" if route.startswith(("/my/", "/learn/")) else name
            route = route.replace(f"[{name}]", self.parts.get(own, "none"))
        assert "[" not in route, f"Say what stands in {route}."
        return route


@contextmanager
def a_school(folder: Path, uri: str, *, full: bool) -> Iterator[Furnished]:
    """The demo school, or one with nothing but three people."""
    frontend.ensure_built()
    database = f"test_pages_{'full' if full else 'empty'}"
    environ = servers.environment(servers.free_ports()[0], folder, uri, database)
    environ["DEMO_PASSWORD"] = PASSWORD
    act = "seed" if full else "migrate"
    subprocess.run([sys.executable, "-m", "courseflow_admin", act], env=environ, check=True)
    with servers.web(environ, folder / "log") as address:
        school = School(address, environ, folder / "log")
        yield Furnished(school, school.run(parts if full else people))


async def people() -> dict[str, str]:
    for role, email in EMAILS.items():
        await an_account(email, role, "Ada Lovelace")
    return {}


async def parts() -> dict[str, str]:
    """One of each that has much to show; `my_` those of the student who looks."""
    student = await one("accounts", email=EMAILS["student"])
    teacher = await one("accounts", email=EMAILS["instructor"])
    taught = await one("courses", owner_id=teacher["_id"], state="published")
    mine = await one("enrollments", account_id=student["_id"])
    learnt = await one("courses", _id=mine["course_id"])
    owned = [
        row["course_id"]
        for row in await collection("enrollments").find({"account_id": student["_id"]})
    ]
    new = await one("courses", _id={"$nin": owned}, state="published", free=False)
    refunded = await one("payments", state="partially_refunded")
    await invitations.create(SYSTEM, "invited@demo.test", "instructor")
    return {
        "course_id": taught["_id"],
        "slug": new["slug"],
        "my_slug": learnt["slug"],
        "my_lesson": learnt["outline"][0]["lessons"][0]["id"],
        "account_id": student["_id"],
        "email_id": (await one("emails", kind="receipt"))["_id"],
        "payment_id": refunded["_id"],
        "token": await secret_of_newest(),
        "my_payment_id": (await one("payments", account_id=student["_id"]))["_id"],
    }


async def one(name: str, **where: Any) -> dict[str, Any]:
    found = await collection(name).find_one(where)
    assert found is not None, f"The demo school has nothing in {name} with {where}."
    return found


# Looking


class Tour:
    """Browsers of all roles at one school, and what they found wrong."""

    def __init__(
        self, browser: Browser, school: Furnished, width: int, *, only_layout: bool
    ) -> None:
        self.browser, self.school, self.width = browser, school, width
        self.only_layout = only_layout
        self.complaints = Complaints()
        self.pages: dict[str, Page] = {}
        self.problems: dict[str, list[str]] = {}

    def page(self, role: str) -> Page:
        if role not in self.pages:
            context = self.browser.new_context(
                viewport={"width": self.width, "height": 900},
                base_url=self.school.product.address,
                reduced_motion="reduce",
            )
            context.set_default_timeout(20_000)
            context.add_init_script(WATCH_SHIFTS)
            self.pages[role] = page = context.new_page()
            watch(page, self.complaints)
            if role:
                self.school.product.let_in(context, EMAILS[role])
        return self.pages[role]

    def visit(self, route: str, role: str) -> None:
        page, path = self.page(role), self.school.path(route)
        page.emulate_media(color_scheme="light")
        try:
            page.goto(path)
            page.get_by_role("heading", level=1).first.wait_for()
            found = looked_at(settled(page), self.width, only_layout=self.only_layout)
        except PlaywrightError as error:  # the other pages still want their turn
            found = [error.message[:200]]
        found += [one for one in self.complaints.found if "(404" not in one and "404 (" not in one]
        self.complaints.found.clear()
        if found:
            self.problems[f"{path} {role}"] = found

    def end(self) -> dict[str, list[str]]:
        for page in self.pages.values():
            page.context.close()
        return self.problems


def looked_at(page: Page, width: int, *, only_layout: bool) -> list[str]:
    found = accessibility(page, OF_LAYOUT if only_layout else ())
    shifted = page.evaluate("window.shifted")
    if shifted["sum"] > LARGEST_SHIFT:
        found.append(f"moves by {shifted['sum']:.3f}: {shifted['what']}")
    if (headings := page.get_by_role("heading", level=1).count()) != 1:
        found.append(f"{headings} headings of level 1")
    if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
        found.append(f"{wide} pixels wide")
    if page.evaluate("document.documentElement.lang") != "en":
        found.append("without a language")
    if not page.title().endswith("CourseFlow"):
        found.append(f"title {page.title()!r}")
    if only_layout:
        return found
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("() => document.documentElement.classList.contains('dark')")
    return found + [f"dark: {one}" for one in accessibility(page, OF_COLOURS)]


def visit_every_page(
    browser: Browser, school: Furnished, width: int, *, only_layout: bool = False
) -> dict[str, list[str]]:
    """What is wrong with which page; nothing at best.

    `only_layout`: what the same pages showed at another width is not asked again.
    """
    tour = Tour(browser, school, width, only_layout=only_layout)
    for route in all_routes():
        for role in those_for(route):
            tour.visit(route, role)
    return tour.end()
