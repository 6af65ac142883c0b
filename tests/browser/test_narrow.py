"""Windows that are narrow, fingers that are wide, paper, and rings that nothing cuts off."""

import pytest
from playwright.sync_api import Page, expect

from courseflow_admin.models.core import clock
from tests.browser.conftest import accessibility, layout_shift, settled
from tests.course_builders import a_course, an_instructor
from tests.money_builders import a_payment
from tests.services.figures.figures import enrolled

ADMIN, AUTHOR = "narrow@demo.test", "narrow.author@demo.test"
LISTS = ("/payments", "/people", "/emails", "/webhooks", "/audit", "/learners", "/my/payments")
THUMB = 40  # pixels
# What is pressed, except links within a sentence and what its label makes larger.
TOO_SMALL = """least => [...document.querySelectorAll(
  'button, select, summary, [role=menuitem], a.cf-btn, a.cf-item, a.cf-tab, a.cf-sort, ' +
  'input:not([type=hidden], [type=checkbox], [type=radio], [type=file])')]
  .filter(one => one.checkVisibility({visibilityProperty: true}) && one.offsetWidth > 1)
  .filter(one => !one.closest('.cf-sandbox, [hidden], [aria-hidden=true]'))
  .map(one => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
  .filter(([, box]) => box.height < least - 0.5 || box.width < least - 0.5)
  .map(([html, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`)"""
# Whether each ring is wholly within what clips it. Half a pixel is rounding.
CUT_OFF = """() => {
  const found = [];
  const all = document.querySelectorAll('main :is(a, button, input, select, textarea, summary)');
  for (const one of [...all].slice(0, 80)) {
    if (!one.checkVisibility({visibilityProperty: true}) || one.disabled) continue;
    one.focus();
    if (document.activeElement !== one) continue;
    one.scrollIntoView({block: 'center', inline: 'nearest'});
    const style = getComputedStyle(one);
    if (style.outlineStyle === 'none' || one.closest('.cf-sr')) continue;
    const far = parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset);
    const box = one.getBoundingClientRect();
    for (let above = one.parentElement; above && above !== document.body;
         above = above.parentElement) {
      const clips = getComputedStyle(above);
      if (clips.overflowX === 'visible' && clips.overflowY === 'visible') continue;
      const edge = above.getBoundingClientRect();
      if (box.left - far < edge.left - 0.5 || box.right + far > edge.right + 0.5 ||
          box.top - far < edge.top - 0.5 || box.bottom + far > edge.bottom + 0.5)
        found.push(`${one.outerHTML.slice(0, 100)} in ${above.className}`);
    }
  }
  return found;
}"""


@pytest.fixture(scope="module")
def course_id(school) -> str:
    """A course with a learner, a payment and an admin to look at them; its id."""
    school.account(ADMIN, "admin", "Nell Narrow")

    async def furnished() -> str:
        author = await an_instructor(AUTHOR, "Nat Narrow")
        course = await a_course(author, "Narrow Boats")
        await enrolled(
            clock.business(), author.id, course_id=course.id, course_title="Narrow Boats"
        )
        await a_payment(course_id=course.id, course_title="Narrow Boats", owner_id=author.id)
        return course.id

    return school.run(furnished)


@pytest.fixture
def at(school, course_id, visitor):
    """`at(768, "/payments")`: the admin's page at this width."""

    def come(width: int, path: str, who: str = ADMIN) -> Page:
        page = visitor(width=width)
        school.sign_in(page, who, next_path=path)
        return settled(page)

    return come


@pytest.mark.parametrize("width", [390, 768, 1024])
def test_no_column_vanishes(at, width):
    page = at(1440, "/payments")
    wide = page.get_by_role("columnheader").all_inner_texts()
    page.set_viewport_size({"width": width, "height": 900})

    row = page.get_by_role("table", name="Payments").get_by_role("row").nth(1)
    expect(row).to_be_visible()
    cells = row.get_by_role("cell").all()
    assert len(cells) == len(wide) == 6
    for cell, title in zip(cells, wide, strict=True):
        expect(cell).to_be_visible()
        label = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
        assert label == ("none" if title == "Learner" else f'"{title}"')
    expect(page.get_by_role("link", name="Amount")).to_be_visible()  # it still sorts
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.reload()
    assert accessibility(settled(page)) == []
    assert layout_shift(page) < 0.01


def test_the_rail_names_its_icons_and_unfolds_for_good(at):
    page = at(1024, "/payments")
    side = page.locator(".cf-side")
    people = side.get_by_role("link", name="People")

    people.hover()
    expect(page.locator(".cf-tip")).to_have_text("People")
    page.mouse.move(600, 500)
    expect(page.locator(".cf-tip")).to_have_count(0)
    page.keyboard.press("Tab")
    side.get_by_role("link", name="Studio").focus()
    expect(page.locator(".cf-tip")).to_have_text("Studio")
    assert accessibility(page) == []
    page.get_by_role("button", name="Expand sidebar").click()

    assert side.bounding_box()["width"] == 240
    expect(people.get_by_text("People")).to_be_visible()
    page.reload()
    settled(page)
    assert side.bounding_box()["width"] == 240
    assert layout_shift(page) < 0.01
    page.get_by_role("button", name="Collapse sidebar").click()
    assert side.bounding_box()["width"] == 56


def test_on_a_phone_a_thumb_finds_everything(at, course_id):
    page = at(390, "/payments")
    found = {}
    for path in (*LISTS, "/account", "/settings", f"/studio/{course_id}", "/overview", "/"):
        page.goto(path)
        page.get_by_role("heading", level=1).first.wait_for()
        found |= {path: small} if (small := settled(page).evaluate(TOO_SMALL, THUMB)) else {}
    page.emulate_media(reduced_motion="reduce")  # it would be measured while it grows
    page.get_by_role("button", name="Open menu").click()
    found |= {"menu": small} if (small := page.evaluate(TOO_SMALL, THUMB)) else {}

    assert found == {}


def test_no_focus_ring_is_cut_off(at, course_id):
    page = at(1440, "/payments")
    found = {}
    for path in ("/payments", "/audit", f"/studio/{course_id}", "/account", "/settings", "/"):
        page.goto(path)
        page.get_by_role("heading", level=1).first.wait_for()
        settled(page)
        page.keyboard.press("Tab")  # rings are for the keyboard
        found |= {path: cut} if (cut := page.evaluate(CUT_OFF)) else {}

    assert found == {}


def test_on_paper_stands_what_the_page_says_black_on_white(at):
    page = at(1440, "/payments")
    page.emulate_media(media="print", color_scheme="dark")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("columnheader", name="Provider")).to_be_visible()
    for gone in (".cf-side", ".cf-sandbox", ".cf-tools", ".cf-notices", ".cf-ib >> nth=0"):
        expect(page.locator(gone)).to_be_hidden()
    cell = page.get_by_role("cell", name="Narrow Boats").first
    colours = (
        "one => [getComputedStyle(one).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert cell.evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def test_a_payment_is_printed_with_its_history_and_its_sums_and_without_its_buttons(at):
    page = at(1440, "/payments")
    page.locator("a[href^='/payments/pay_']").first.click()
    page.wait_for_url("**/payments/pay_*")
    settled(page)

    page.emulate_media(media="print", color_scheme="dark")

    for title in ("Breakdown", "Learner"):
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    net = page.locator(".cf-sum.total").last
    expect(net).to_be_visible()
    expect(page.get_by_role("button", name="Refund")).to_be_hidden()
    expect(page.get_by_role("button", name="Re-check")).to_be_hidden()
    expect(page.locator(".cf-side")).to_be_hidden()
    assert net.evaluate("one => getComputedStyle(one).color") == "rgb(0, 0, 0)"
