"""Filters above a list: a pick is a link, so it is there at once and never pulls back."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from courseflow_admin.models.core import clock
from tests.browser.answers import Answers, address
from tests.browser.conftest import accessibility, layout_shift, settled
from tests.course_builders import a_course, an_instructor
from tests.money_builders import a_payment
from tests.services.figures.figures import enrolled

OAKS, ELMS = "Oaks in the City", "Elms for Beginners"
PICKER = "picks@demo.test"


@pytest.fixture(scope="module")
def courses(school) -> dict[str, str]:
    """Two courses on sale and a learner in one of them; the id of each by its title."""

    async def on_sale() -> dict[str, str]:
        author = await an_instructor("filters@demo.test", "Fern Filter")
        made = [await a_course(author, title) for title in (OAKS, ELMS)]
        await enrolled(
            clock.business(),
            author.id,
            course_id=made[0].id,
            course_title=OAKS,
            learner_name="Olive Oak",
            learner_email="olive.oak@demo.test",
        )
        return {course.title: course.id for course in made}

    return school.run(on_sale)


@pytest.fixture
def catalog(courses, visitor) -> Page:
    page = visitor()
    page.goto("/")
    expect(page.get_by_role("link", name=OAKS)).to_be_visible()
    return page


@pytest.fixture(scope="module")
def picker(school) -> str:
    school.account(PICKER, "admin", "Petra Picks")
    return PICKER


@pytest.fixture
def desk(school, picker, visitor) -> Page:
    page = visitor()
    school.sign_in(page, picker)
    return page


def chip(page: Page, label: str) -> Locator:
    """The button of a filter; once something is picked that stands behind its label."""
    return page.get_by_role("group", name="Filters").get_by_role(
        "button", name=re.compile(rf"^{label}")
    )


def item(page: Page, text: str) -> Locator:
    return page.get_by_role("menuitem", name=text, exact=True)


def pick(page: Page, label: str, text: str) -> None:
    """Pick, and see the menu close and its button get the focus, as a person would."""
    chip(page, label).click()
    item(page, text).click()
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(chip(page, label)).to_be_focused()


@pytest.mark.parametrize("after", [0, 100, 400])
def test_a_click_right_after_a_pick_wins(catalog, after):
    answers = Answers(catalog)
    catalog.reload()
    link = catalog.get_by_role("link", name=OAKS)
    expect(link).to_be_visible()
    answers.hold()

    pick(catalog, "Level", "Advanced")
    catalog.wait_for_timeout(after)
    link.click()
    catalog.wait_for_url("**/courses/oaks-in-the-city")
    answers.release()

    expect(catalog.get_by_role("heading", level=1)).to_have_text(OAKS)
    catalog.wait_for_timeout(300)
    assert address(settled(catalog)) == "/courses/oaks-in-the-city"


def test_two_picks_in_a_row_both_count_before_any_answer_comes(desk):
    answers = Answers(desk)
    desk.goto("/payments?after=x&first=51")
    expect(chip(settled(desk), "Status")).to_be_visible()
    answers.hold()

    pick(desk, "Status", "Failed")
    pick(desk, "Provider", "Stripe")
    assert address(desk) == "/payments?state=failed&provider=stripe"
    answers.release()

    expect(chip(desk, "Status")).to_have_text("StatusFailed")
    expect(chip(desk, "Provider")).to_have_text("ProviderStripe")
    assert address(settled(desk)) == "/payments?state=failed&provider=stripe"


def test_the_next_menu_opens_whenever_the_list_of_the_pick_before_arrives(desk):
    answers = Answers(desk)
    desk.goto("/webhooks")
    expect(chip(settled(desk), "Status")).to_be_visible()
    answers.hold()
    pick(desk, "Status", "Failed")
    expect(chip(desk, "Status")).to_have_text("StatusFailed")  # known before the list is
    box = chip(desk, "Provider").bounding_box()
    desk.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    answers.release()  # between aiming and clicking
    settled(desk)
    desk.mouse.down()
    desk.mouse.up()

    expect(item(desk, "Stripe")).to_be_visible()
    assert address(desk) == "/webhooks?state=failed"


@pytest.mark.parametrize("after", [0, 500])
def test_a_pick_keeps_the_words_typed_before_it(catalog, after):
    answers = Answers(catalog)
    catalog.reload()
    expect(catalog.get_by_role("link", name=OAKS)).to_be_visible()
    answers.hold()

    catalog.get_by_role("searchbox").fill("elms")
    catalog.wait_for_timeout(after)
    pick(catalog, "Level", "Beginner")
    catalog.wait_for_url(lambda url: "level=beginner" in url and "q=elms" in url)
    answers.release()

    expect(chip(catalog, "Level")).to_have_text("LevelBeginner")
    expect(catalog.get_by_role("link", name=ELMS)).to_be_visible()
    expect(catalog.get_by_role("link", name=OAKS)).to_have_count(0)
    expect(catalog.get_by_role("searchbox")).to_have_value("elms")


def test_a_filter_taken_away_at_once_takes_no_other_with_it(desk):
    answers = Answers(desk)
    desk.goto("/people?role=admin")
    cross = desk.get_by_role("link", name="Remove filter Role")
    expect(cross).to_be_visible()
    answers.hold()

    pick(desk, "Status", "Active")
    cross.click()
    assert address(desk) == "/people?state=active"
    answers.release()

    expect(cross).to_have_count(0)
    expect(chip(desk, "Status")).to_have_text("StatusActive")


def test_sorting_at_once_loses_neither_a_pick_nor_a_word(school, desk):
    school.run(lambda: a_payment(60_000, "failed", email="sorts@demo.test"))
    answers = Answers(desk)
    desk.goto("/payments?email=sorts")
    amount = desk.get_by_role("link", name="Amount")
    expect(desk.get_by_role("cell", name="sorts@demo.test")).to_be_visible()
    answers.hold()

    desk.get_by_role("searchbox").fill("sorts@")
    desk.wait_for_url("**/payments?email=sorts%40")
    pick(desk, "Status", "Failed")
    amount.click()
    assert address(desk) == "/payments?email=sorts%40&state=failed&sort=amount"
    answers.release()

    heading = desk.get_by_role("columnheader", name="Amount")
    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(desk.get_by_role("searchbox")).to_have_value("sorts@")
    amount.click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    query = "email=sorts%40&state=failed&sort=amount&order=rising"
    assert address(settled(desk)) == f"/payments?{query}"


def test_a_name_in_the_log_narrows_it_further(desk):
    desk.goto("/audit?act=session.opened&first=51")
    name = settled(desk).get_by_role("cell").get_by_role("link", name="Petra Picks").first
    name.click()
    desk.wait_for_url(re.compile(r"/audit\?act=session\.opened&actor=acc_\w+$"))

    expect(desk.get_by_role("link", name="Remove filter By")).to_be_visible()
    expect(name).to_have_attribute("aria-current", "true")


def test_a_filter_is_picked_by_the_keyboard_alone(desk):
    desk.goto("/payments")
    button = chip(settled(desk), "Status")
    keys = desk.keyboard

    button.focus()
    keys.press("Enter")
    expect(item(desk, "Paid")).to_be_focused()
    keys.press("ArrowDown")
    expect(item(desk, "Needs review")).to_be_focused()
    keys.type("fai")
    expect(item(desk, "Failed")).to_be_focused()
    keys.press("Escape")
    expect(desk.get_by_role("menu")).to_have_count(0)
    expect(button).to_be_focused()
    assert address(desk) == "/payments"

    # A Space right after letters belongs to them, as in every Radix menu.
    for opens, looks, text, picks in (
        ("Enter", "f", "Failed", "Enter"),
        ("Space", "End", "Lapsed", "Space"),
    ):
        keys.press(opens)
        expect(item(desk, "Paid")).to_be_focused()
        keys.press(looks)
        expect(item(desk, text)).to_be_focused()
        keys.press(picks)
        desk.wait_for_url(f"**/payments?state={text.lower()}")
        expect(desk.get_by_role("menu")).to_have_count(0)
        expect(button).to_have_text(f"Status{text}")
        expect(button).to_be_focused()


def test_a_filter_is_picked_by_the_mouse_and_each_pick_is_a_step_back(desk):
    desk.goto("/emails?to=olive&before=x&first=51")
    settled(desk)
    pick(desk, "Status", "Bounced")
    desk.wait_for_url("**/emails?to=olive&state=bounced")
    expect(chip(desk, "Status")).to_have_text("StatusBounced")

    chip(desk, "Status").click()
    expect(item(desk, "Bounced")).to_have_attribute("aria-current", "true")
    expect(desk.locator("[role=menuitem][aria-current]")).to_have_count(1)
    item(desk, "Sent").click()
    desk.wait_for_url("**/emails?to=olive&state=sent")
    expect(chip(desk, "Status")).to_have_text("StatusSent")

    desk.go_back()
    expect(chip(desk, "Status")).to_have_text("StatusBounced")
    assert address(settled(desk)) == "/emails?to=olive&state=bounced"
    assert layout_shift(desk) < 0.01


def test_a_pick_leads_out_of_a_list_refused_for_what_its_address_says_twice(desk):
    desk.goto("/people?role=student&role=admin&q=petra")
    expect(desk.get_by_text("“role” appears twice")).to_be_visible()

    pick(desk, "Status", "Active")

    expect(desk.get_by_role("row", name="Petra Picks")).to_be_visible()
    assert address(settled(desk)) == "/people?q=petra&state=active"


@pytest.mark.parametrize("how", [{"modifiers": ["Control"]}, {"button": "middle"}])
def test_a_pick_opens_in_a_tab_of_its_own(catalog, how):
    chip(catalog, "Level").click()

    with catalog.context.expect_page() as opened:
        item(catalog, "Advanced").click(**how)

    expect(chip(opened.value, "Level")).to_have_text("LevelAdvanced")
    assert (address(opened.value), address(catalog)) == ("/?level=advanced", "/")


def test_courses_and_days_are_picked_from_what_the_page_brings(desk, courses):
    answers = Answers(desk)
    desk.goto("/payments")
    expect(chip(settled(desk), "Status")).to_be_enabled()
    answers.hold()
    desk.get_by_role("link", name="Learners").click()
    expect(chip(desk, "Course")).to_be_disabled()
    answers.release()
    desk.get_by_role("searchbox").fill("olive")
    desk.wait_for_url("**/learners?email=olive")
    pick(desk, "Course", ELMS)
    expect(desk.get_by_role("heading", name="No learners found")).to_be_visible()
    assert address(desk) == f"/learners?email=olive&course={courses[ELMS]}"
    pick(desk, "Course", OAKS)
    expect(chip(desk, "Course")).to_have_text(f"Course{OAKS}")
    expect(desk.get_by_role("row", name="Olive Oak")).to_be_visible()
    assert address(settled(desk)) == f"/learners?email=olive&course={courses[OAKS]}"

    desk.goto("/audit?act=account.created")
    today = clock.business().date()
    pick(desk, "Date", "Last 7 days")
    desk.wait_for_url("**from=*")
    assert address(desk) == f"/audit?act=account.created&from={today - timedelta(6)}&to={today}"
    desk.get_by_role("link", name="Remove filter Date").click()
    desk.wait_for_url("**/audit?act=account.created")


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (1440, True), (390, False)])
def test_an_open_menu_breaks_no_rule_of_accessibility(
    school, picker, courses, visitor, width, dark
):
    page = visitor(width=width, dark=dark)
    school.sign_in(page, picker)

    for path, label in (("/payments?state=paid", "Status"), ("/learners", "Course")):
        page.goto(path)
        chip(settled(page), label).click()
        expect(page.get_by_role("menu")).to_be_visible()

        assert accessibility(page) == []
