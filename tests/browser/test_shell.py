"""The frame of every page: what it shows to whom, on a phone, in the dark."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import accessibility, layout_shift, settled

LEARNER = ["Overview", "Catalog", "My courses", "My payments", "My e-mails"]


def links(page) -> list[str]:
    nav = page.get_by_role("navigation", name="Sections", exact=True)
    expect(nav.get_by_role("link").first).to_be_visible()
    return nav.get_by_role("link").all_inner_texts()


def test_the_sidebar_shows_what_the_permissions_give(school, visitor):
    shown = {}
    for role in ("student", "instructor", "admin"):
        school.account(f"side-{role}@demo.test", role)
        page = visitor()
        school.sign_in(page, f"side-{role}@demo.test")
        shown[role] = links(page)

    assert shown["student"] == LEARNER
    assert set(LEARNER) < set(shown["instructor"]) < set(shown["admin"])
    assert "Studio" in shown["instructor"]
    assert "People" not in shown["instructor"]
    assert {"Payments", "People", "E-mails", "Webhooks"} <= set(shown["admin"])


def test_every_link_of_the_sidebar_leads_to_its_page(school, visitor):
    school.account("tour@demo.test", "admin")
    page = visitor()
    school.sign_in(page, "tour@demo.test")

    for name in links(page):
        page.get_by_role("navigation", name="Sections", exact=True).get_by_role(
            "link", name=name, exact=True
        ).click()
        here = page.locator(".cf-side .cf-item[aria-current=page]")
        expect(here).to_have_text(name)
        settled(page)
        assert page.get_by_role("heading", level=1).count() == 1, name


def test_a_page_one_may_not_see_says_so_and_shows_nothing(school, visitor):
    school.account("curious@demo.test")
    page = visitor()
    school.sign_in(page, "curious@demo.test", next_path="/people")

    expect(page.get_by_text("You don't have access to this page")).to_be_visible()
    expect(page.get_by_text("For help, write to support@demo.test.")).to_be_visible()
    expect(page.get_by_role("table")).to_have_count(0)
    assert accessibility(settled(page)) == []


@pytest.mark.parametrize(
    ("path", "name", "way_out"),
    [("/?q=sql&q=bees", "q", "/?q=sql"), ("/sign-in?next=%2Fstudio&next=%2F", "next", "/sign-in")],
)
def test_an_address_that_says_something_twice_is_refused_in_words(visitor, path, name, way_out):
    page = visitor()
    sentence = f"“{name}” appears twice in this page's address."

    page.goto(path)

    expect(page.get_by_text(sentence)).to_be_visible()
    assert accessibility(settled(page)) == []
    page.goto(way_out)
    settled(page)
    expect(page.get_by_text(sentence)).to_have_count(0)


def test_a_visitor_sees_the_catalog_and_the_way_in(school, visitor):
    page = visitor()

    page.goto("/")

    assert links(page) == ["Catalog"]
    page.get_by_role("complementary").get_by_role("link", name="Sign in").click()
    page.wait_for_url(re.compile(r"/sign-in\?next="))


def test_a_phone_has_the_sidebar_in_a_drawer(school, visitor):
    school.account("phone@demo.test")
    page = visitor(width=390, height=844)
    school.sign_in(page, "phone@demo.test", next_path="/my/courses")
    settled(page)

    page.get_by_role("button", name="Open menu").click()
    drawer = page.get_by_role("dialog", name="Menu")
    expect(drawer.get_by_text("Ada Lovelace")).to_be_visible()
    assert accessibility(page) == []
    drawer.get_by_role("link", name="My payments").click()

    page.wait_for_url("**/my/payments")
    expect(drawer).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_theme_is_kept_over_a_reload(school, visitor):
    school.account("night@demo.test")
    page = visitor()
    school.sign_in(page, "night@demo.test", next_path="/my/courses")

    page.get_by_role("complementary").get_by_role("button", name=re.compile("Ada")).click()
    page.get_by_role("menuitem", name="Theme").click()
    page.get_by_role("menuitem", name="Dark").click()
    page.reload()

    expect(page.locator("html")).to_have_class(re.compile("dark"))
    assert accessibility(settled(page)) == []


def test_on_a_tablet_nothing_moves_after_it_has_appeared(school, visitor):
    school.account("still@demo.test")
    page = visitor(width=1024)
    school.sign_in(page, "still@demo.test", next_path="/my/payments")
    settled(page)

    page.reload()
    settled(page)

    assert layout_shift(page) < 0.01
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024


def test_the_sandbox_bar_leads_to_dashboard_and_mailbox(school, visitor):
    page = visitor()
    page.goto("/")

    bar = page.get_by_role("region", name="Sandbox")

    expect(bar).to_contain_text("Sandbox: no money moves")
    with page.context.expect_page() as opened:
        bar.get_by_role("link", name="Mailbox").click()
    assert opened.value.url == f"{school.sandbox(4)}/mailbox"
    assert page.request.get("/sandbox/dashboard").url == f"{school.sandbox(1)}/"
