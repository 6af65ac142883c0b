"""Dialogs: within the screen whatever the name, sent once, and the focus comes back."""

from itertools import count

import pytest
from playwright.sync_api import Page, expect

from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.money.payment_parts import (
    Attempt,
    Capture,
    Review,
    ReviewState,
)
from courseflow_admin.services.teaching import co_instructors, studio
from tests.browser.conftest import accessibility, settled
from tests.course_builders import a_draft
from tests.money_builders import a_payment

# 71 characters, as somebody may well be called.
NAME = "Maria del Carmen Fernanda Wilhelmina Othermann of the Northern Shoreway"
OUTSIDE = """dialog => {
  const inner = dialog.getBoundingClientRect();
  const style = getComputedStyle(dialog);
  const left = inner.left + parseFloat(style.paddingLeft);
  const right = inner.right - parseFloat(style.paddingRight);
  const lost = [...dialog.querySelectorAll('button')].filter(one => {
    const {left: from, right: to} = one.getBoundingClientRect();
    return from < left - 0.5 || to > right + 0.5 || one.scrollWidth > one.clientWidth;
  }).map(one => one.textContent);
  if (inner.left < 0 || inner.right > innerWidth) lost.push('the dialog');
  if (dialog.scrollWidth > dialog.clientWidth) lost.push('a wider part');
  return lost;
}"""
numbers = count(1)


def an_author(school) -> Actor:
    email = f"dialogs-{next(numbers)}@demo.test"
    account_id = school.account(email, "instructor", "Ines Weber")
    return Actor(account_id, "instructor", "Ines Weber", email)


def an_admins(page: Page, school) -> Page:
    email = f"dialogs-{next(numbers)}@demo.test"
    school.account(email, "admin", "Rosa Admin")
    school.sign_in(page, email)
    return page


def outside(page: Page, button: str, *, act: str = "") -> list[str]:
    """Opens the dialog of a button, whose act is called `act`; what of it does not fit."""
    settled(page).get_by_role("button", name=button, exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name=act).last).to_be_visible()
    dialog.evaluate("one => Promise.all(one.getAnimations().map(({finished}) => finished))")
    lost = dialog.evaluate(OUTSIDE)
    assert accessibility(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    return lost


@pytest.mark.parametrize("width", [390, 1440])
def test_a_long_name_stays_within_every_dialog_about_a_person(school, visitor, width):
    assert len(NAME) == 71
    person = school.account(f"long-{width}@demo.test", "student", NAME)
    page = an_admins(visitor(width=width), school)
    page.goto(f"/people/{person}")

    found = [
        outside(page, "Suspend", act=f"Suspend {NAME}"),
        outside(page, "Change role"),
        outside(page, "Sign out everywhere", act=f"Sign {NAME} out everywhere"),
    ]

    assert found == [[], [], []]


@pytest.mark.parametrize("width", [390, 1440])
def test_a_long_name_stays_within_every_dialog_about_a_payment(school, visitor, width):
    review = Review(
        state=ReviewState.OPEN, reason="Stripe says another amount.", at=clock.business()
    )
    to_resolve = school.run(
        lambda: a_payment(width, "needs_review", capture=Capture.PAID, review=review, name=NAME)
    )
    paid = school.run(lambda: a_payment(width + 1, "paid", name=NAME))
    attempt = Attempt(
        provider_payment_id=f"pay_{width}",
        at=clock.business(),
        outcome=Capture.AUTHORIZED,
        method="upi",
    )
    held = school.run(
        lambda: a_payment(
            width + 2, "authorized", provider="razorpay", attempts=[attempt], name=NAME
        )
    )
    page = an_admins(visitor(width=width), school)

    page.goto(f"/payments/{paid.id}")
    refund = outside(page, "Refund", act=f"to {NAME}")
    page.goto(f"/payments/{to_resolve.id}")
    resolve = outside(page, "Resolve review")
    page.goto(f"/payments/{held.id}")
    capture = outside(page, "Capture", act="Capture ₹4,999.00")

    assert (refund, resolve, capture) == ([], [], [])


@pytest.mark.parametrize("width", [390, 1440])
def test_a_long_name_stays_within_the_dialog_about_a_co_instructor(school, visitor, width):
    owner, other = an_author(school), f"long-other-{width}@demo.test"
    school.account(other, "instructor", NAME)
    course = school.run(lambda: a_draft(owner, f"Long Trees {width}"))
    school.run(lambda: co_instructors.add(owner, course.id, other))
    page = visitor(width=width)
    school.sign_in(page, owner.email, next_path=f"/studio/{course.id}")

    assert outside(page, f"Remove {NAME}", act=f"Remove {NAME}") == []


def comes_back(page: Page, button: str, dialog_name: str) -> None:
    opener = settled(page).get_by_role("button", name=button, exact=True)
    dialog = page.get_by_role("dialog", name=dialog_name)
    for way in ("Escape", "Cancel"):
        opener.focus()
        page.keyboard.press("Enter")
        expect(dialog).to_be_visible()
        expect(dialog.locator(":focus")).to_have_count(1)
        if way == "Escape":
            page.keyboard.press("Escape")
        else:
            dialog.get_by_role("button", name="Cancel").click()
        expect(dialog).to_have_count(0)
        expect(opener).to_be_focused()


def test_the_focus_comes_back_from_the_dialogs_of_the_studio(school, visitor):
    owner = an_author(school)
    course = school.run(lambda: a_draft(owner, "Focus"))
    page = visitor()
    school.sign_in(page, owner.email, next_path="/studio")

    comes_back(page, "New course", "New course")
    page.goto(f"/studio/{course.id}")
    comes_back(page, "Add a co-instructor", "Add a co-instructor")
    comes_back(page, "Archive", "Archive this course")


def test_the_focus_comes_back_from_the_dialogs_about_people(school, visitor):
    person = school.account("focus-ada@demo.test", "student", "Ada Lovelace")
    page = an_admins(visitor(), school)

    page.goto("/people")
    comes_back(page, "Invite", "Invite someone")
    page.goto(f"/people/{person}")
    comes_back(page, "Suspend", "Suspend Ada Lovelace")


def test_a_double_click_or_two_enters_make_one_course(school, visitor):
    owner = an_author(school)
    page = visitor()
    for title in ("By click", "By keys"):
        if title == "By click":
            school.sign_in(page, owner.email, next_path="/studio")
        else:
            page.goto("/studio")
        settled(page).get_by_role("button", name="New course").click()
        dialog = page.get_by_role("dialog", name="New course")
        dialog.get_by_label("Title").fill(title)
        if title == "By click":
            dialog.get_by_role("button", name="Create course").dblclick()
        else:
            page.keyboard.press("Enter")
            page.keyboard.press("Enter")
        page.wait_for_url("**/studio/crs_*")

    page.goto("/studio")

    expect(settled(page).get_by_role("link", name="By click")).to_have_count(1)
    expect(page.get_by_role("link", name="By keys")).to_have_count(1)
    expect(page.get_by_role("row")).to_have_count(3)


def test_a_double_click_adds_one_section_and_one_lesson(school, visitor):
    owner = an_author(school)
    course = school.run(lambda: a_draft(owner, "Once"))
    page = visitor()
    school.sign_in(page, owner.email, next_path=f"/studio/{course.id}")
    add = settled(page).get_by_role("button", name="Add a section")

    add.dblclick()
    expect(page.get_by_text("2 sections, 3 lessons")).to_be_visible()
    add.dispatch_event("click", {"detail": 2})  # a slow second click, after the answer
    page.get_by_role("button", name="Add a lesson to New section").dblclick()
    expect(page.get_by_text("2 sections, 4 lessons")).to_be_visible()
    page.wait_for_url("**?lesson=*")

    draft = school.run(lambda: studio.get(owner, course.id))
    assert [len(section.lessons) for section in draft.outline] == [3, 1]


def test_a_button_that_went_out_under_the_mouse_can_be_read(school, visitor):
    owner = an_author(school)
    course = school.run(lambda: a_draft(owner, "Under the mouse"))
    page = visitor()
    school.sign_in(page, owner.email, next_path=f"/studio/{course.id}")
    look = "one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).filter]"

    settled(page).get_by_role("button", name="Publish", exact=True).click()
    out = page.get_by_role("button", name="No unpublished changes")
    expect(out).to_be_disabled()

    assert out.evaluate("one => one.matches(':hover')")
    assert out.evaluate(look) == ["rgba(0, 0, 0, 0)", "none"]
    assert accessibility(settled(page)) == []
