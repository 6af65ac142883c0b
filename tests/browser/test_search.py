"""Typing into a search box: it narrows while one types, loses no letter and never pulls back."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.answers import Answers, address
from tests.browser.conftest import accessibility, layout_shift, settled
from tests.course_builders import a_course, an_instructor

BEES, HIVES = "Bees in the Garden", "Hives for Beginners"


@contextmanager
def scripts_held(page: Page) -> Iterator[list[Route]]:
    """No script arrives before the end of the block."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/assets/*.js", hold)
    yield held
    page.unroute("**/assets/*.js")  # which lets those held go on


@pytest.fixture(scope="module")
def courses(school) -> None:
    async def on_sale() -> None:
        author = await an_instructor("search@demo.test")
        for title in (BEES, HIVES):
            await a_course(author, title)

    school.run(on_sale)


@pytest.fixture
def page(courses, visitor) -> Page:
    return visitor()


def shows_all(page: Page) -> None:
    """The catalog, not narrowed; other tests sell courses of their own in it."""
    for title in (BEES, HIVES):
        expect(page.get_by_role("link", name=title)).to_be_visible()


@pytest.mark.parametrize("after", [0, 100, 280, 320, 600])
def test_a_click_right_after_typing_wins(page, after):
    answers = Answers(page)
    page.goto("/")
    link = page.get_by_role("link", name=BEES)
    expect(link).to_be_visible()
    answers.hold()

    page.get_by_role("searchbox").fill("bees")
    page.wait_for_timeout(after)
    link.click()
    page.wait_for_url("**/courses/bees-in-the-garden")
    page.wait_for_timeout(400)
    answers.release()

    expect(page.get_by_role("heading", level=1)).to_have_text(BEES)
    page.wait_for_timeout(200)
    assert address(settled(page)) == "/courses/bees-in-the-garden"


def test_a_click_wins_while_the_page_it_leads_to_is_still_coming(page):
    page.goto("/")
    link = page.get_by_role("link", name=BEES)
    expect(link).to_be_visible()

    page.clock.install()  # the time stands still: what was typed is not looked for before the click
    page.clock.pause_at("2040-01-01")
    with scripts_held(page) as held:
        page.get_by_role("searchbox").fill("bees")
        with page.expect_request("**/assets/*.js"):
            link.click()
        page.clock.run_for(600)
        page.clock.resume()
        assert (address(page), held != []) == ("/", True)

    expect(page.get_by_role("heading", level=1)).to_have_text(BEES)
    assert address(settled(page)) == "/courses/bees-in-the-garden"


def test_typing_narrows_without_a_step_in_the_history(page):
    page.goto("/terms")
    page.goto("/")
    shows_all(page)
    box, steps = page.get_by_role("searchbox"), page.evaluate("history.length")

    for text in ("h", "hi", "hives"):
        box.fill(text)
        page.wait_for_url(f"**/?q={text}")

    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("link", name=HIVES)).to_be_visible()
    expect(box).to_be_focused()
    assert page.evaluate("history.length") == steps
    assert layout_shift(page) < 0.01
    assert accessibility(settled(page)) == []
    page.go_back()
    page.wait_for_url("**/terms")


def test_enter_looks_at_once_and_the_cross_takes_the_words_away(page):
    page.goto("/?level=beginner")
    expect(page.get_by_text("2 courses")).to_have_count(0)
    box = page.get_by_role("searchbox")
    box.fill(" trees & co ")

    page.clock.install()  # the time stands still: nothing happens by waiting
    page.clock.pause_at("2040-01-01")
    box.press("Enter")
    page.wait_for_url("**/?level=beginner&q=trees+%26+co")
    expect(box).to_have_value(" trees & co ")
    page.clock.resume()
    size = box.bounding_box()
    box.click(position={"x": size["width"] - 18, "y": size["height"] / 2})

    page.wait_for_url("**/?level=beginner")
    expect(box).to_have_value("")


def test_letters_typed_while_the_answer_is_under_way_are_kept(page):
    answers = Answers(page)
    page.goto("/")
    shows_all(page)
    box = page.get_by_role("searchbox")
    answers.hold()

    box.press_sequentially("gard")
    page.wait_for_url("**/?q=gard")
    box.press_sequentially("en z")
    answers.release()
    page.wait_for_url("**/?q=garden+z")

    expect(page.get_by_role("heading", name="No courses found")).to_be_visible()
    expect(box).to_have_value("garden z")


def test_the_box_shows_what_the_address_says_when_that_was_changed_elsewhere(page):
    page.goto("/?q=bees")
    box = page.get_by_role("searchbox")
    expect(box).to_have_value("bees")
    box.fill("zebra")
    page.get_by_role("link", name="Show all courses").click()
    page.wait_for_url(re.compile("/$"))
    expect(box).to_have_value("")
    shows_all(page)

    page.go_back()
    expect(box).to_have_value("zebra")
    page.go_forward()
    expect(box).to_have_value("")
    box.fill("hives")
    page.wait_for_url("**/?q=hives")
    page.get_by_role("link", name=HIVES).click()
    page.wait_for_url("**/courses/*")
    page.go_back()

    expect(page.get_by_role("searchbox")).to_have_value("hives")
    expect(page.get_by_text("1 course", exact=True)).to_be_visible()


def test_a_word_still_being_composed_is_not_looked_for(page):
    page.goto("/")
    shows_all(page)
    box = page.get_by_role("searchbox")
    keyboard = page.context.new_cdp_session(page)
    box.focus()

    keyboard.send("Input.imeSetComposition", {"text": "ひ", "selectionStart": 1, "selectionEnd": 1})
    page.wait_for_timeout(600)
    assert address(page) == "/"
    keyboard.send("Input.insertText", {"text": "蜂"})

    page.wait_for_url("**/?q=%E8%9C%82")
    expect(box).to_have_value("蜂")


def test_what_is_typed_before_the_page_is_awake_is_looked_for(page):
    with scripts_held(page):
        page.goto("/", wait_until="commit")
        page.get_by_role("searchbox").fill("hives")

    page.wait_for_url("**/?q=hives")
    expect(page.get_by_role("searchbox")).to_have_value("hives")
    expect(page.get_by_text("1 course", exact=True)).to_be_visible()


def test_each_list_looks_by_its_own_filter_keeps_the_others_and_begins_at_its_first_page(
    school, visitor
):
    school.account("looks@demo.test", "admin", "Rosa Admin")
    page = visitor()
    school.sign_in(page, "looks@demo.test")
    found = {}

    for path in (
        "/payments?state=paid&after=x&first=51",
        "/emails?kind=receipt&before=x&first=51",
        "/people?role=admin",
        "/learners?from=2026-01-01",
        "/audit?act=account.created",
    ):
        page.goto(path)
        page.get_by_role("searchbox").fill(" looks@ ")
        page.wait_for_url("**looks%40*")
        found[path] = address(settled(page))

    assert list(found.values()) == [
        "/payments?state=paid&email=looks%40",
        "/emails?kind=receipt&to=looks%40",
        "/people?role=admin&q=looks%40",
        "/learners?from=2026-01-01&email=looks%40",
        "/audit?act=account.created&q=looks%40",
    ]
