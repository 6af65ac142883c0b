"""Notices: they cover nothing for longer than they are read, and can be read again."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import accessibility, settled
from tests.course_builders import a_course, an_instructor

AUTHOR = "noted@demo.test"


@pytest.fixture(scope="module")
def course_id(school) -> str:
    async def on_sale() -> str:
        return (await a_course(await an_instructor(AUTHOR, "Nora Noted"), "Notes on Notes")).id

    return school.run(on_sale)


@pytest.fixture
def studio(school, visitor, course_id) -> Page:
    page = visitor()
    school.sign_in(page, AUTHOR, next_path=f"/studio/{course_id}")
    return settled(page)


def take_off_sale_and_put_back(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^(Take off sale|Stop selling)")).click()
    page.get_by_role("dialog").get_by_role(
        "button", name=re.compile("Take off sale|Stop selling")
    ).click()
    page.get_by_role("button", name=re.compile("^(Sell it again|Put back on sale)")).click()
    # The one of before made room for it.
    expect(page.locator(".cf-notice[data-tone=success]")).to_have_text(re.compile("^Version"))


def test_what_lies_below_the_layer_of_notices_can_be_clicked(studio):
    take_off_sale_and_put_back(studio)
    layer, add = studio.locator(".cf-notices"), studio.get_by_text("Add a co-instructor")

    # As large as it may become, so that the button is certainly behind it.
    layer.evaluate("layer => {layer.style.height = '800px'; layer.style.minWidth = '100vw'}")
    add.click()

    expect(studio.get_by_role("dialog")).to_be_visible()


def test_a_success_stays_eight_seconds_and_can_be_read_again(studio):
    take_off_sale_and_put_back(studio)
    notice = studio.locator(".cf-notice[data-tone=success]")
    said = notice.inner_text().strip()

    leaves = notice.evaluate("one => one.getAnimations()[0].effect.getTiming().delay")
    assert leaves == 8_000
    notice.evaluate("one => one.getAnimations()[0].finish()")
    expect(notice).to_be_hidden()
    studio.get_by_role("button", name="Recent messages").click()

    messages = studio.get_by_role("dialog", name="Recent messages").get_by_role("listitem")
    expect(messages.first).to_have_text(said)
    expect(messages).to_have_count(2)
    assert accessibility(studio) == []
