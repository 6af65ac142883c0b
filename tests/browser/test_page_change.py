"""Going from page to page: where the focus is, what is said, and that something is happening."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.answers import Answers
from tests.browser.conftest import settled

WALKER = "walker@demo.test"


@pytest.fixture(scope="module")
def walker(school) -> str:
    school.account(WALKER, "admin", "Wanda Walker")
    return WALKER


@pytest.fixture
def desk(school, walker, visitor) -> Page:
    page = visitor()
    school.sign_in(page, walker, next_path="/payments")
    return settled(page)


def follow(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Sections", exact=True).get_by_role(
        "link", name=name, exact=True
    ).click()


def test_after_a_change_of_page_its_heading_has_the_focus_and_its_title_is_said(desk):
    expect(desk.get_by_role("main").get_by_role("heading", level=1)).to_have_text("Payments")
    expect(desk.locator("#cf-arrival")).to_have_text("")  # the browser itself said this one

    follow(desk, "People")

    heading = desk.get_by_role("main").get_by_role("heading", level=1)
    expect(heading).to_have_text("People")
    expect(heading).to_be_focused()
    expect(desk.get_by_role("status").and_(desk.locator("#cf-arrival"))).to_have_text(
        re.compile("^People")
    )


def test_a_filter_takes_no_focus_away(desk):
    desk.get_by_role("searchbox").fill("nobody")
    desk.wait_for_url("**/payments?email=nobody")
    settled(desk)
    desk.wait_for_timeout(300)

    expect(desk.get_by_role("searchbox")).to_be_focused()
    expect(desk.locator("#cf-arrival")).to_have_text("")


def test_a_bar_at_the_top_is_there_while_a_page_loads(desk):
    answers = Answers(desk)
    desk.reload()
    bar = desk.locator(".cf-loading")
    expect(bar).to_have_attribute("data-on", "false")
    answers.hold()

    follow(desk, "People")
    expect(bar).to_have_attribute("data-on", "true")
    answers.release()

    expect(bar).to_have_attribute("data-on", "false")
