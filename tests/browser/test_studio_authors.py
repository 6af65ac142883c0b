"""The authors of a course, changed by its owner without a mouse."""

from playwright.sync_api import expect

from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.services.teaching import co_instructors
from tests.browser.conftest import accessibility, layout_shift, settled
from tests.course_builders import a_draft


def test_the_owner_adds_a_co_instructor_by_keyboard_and_sees_the_name(school, visitor):
    email = "authors-owner@demo.test"
    owner = Actor(
        school.account(email, "instructor", "Ines Weber"), "instructor", "Ines Weber", email
    )
    school.account("authors-otto@demo.test", "instructor", "Otto Other")
    course = school.run(lambda: a_draft(owner, "Trees"))
    page = visitor()
    school.sign_in(page, email)
    page.goto(f"/studio/{course.id}")
    authors = page.get_by_role("list", name="Authors")
    expect(authors).to_contain_text("Ines Weber")
    assert layout_shift(settled(page)) == 0

    page.get_by_role("button", name="Add a co-instructor").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Add a co-instructor")
    expect(dialog.get_by_label("E-mail of an instructor")).to_be_focused()
    page.keyboard.type("nobody@demo.test")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text(
        "No instructor found with this e-mail address."
    )
    assert accessibility(page) == []
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("authors-otto@demo.test")
    page.keyboard.press("Enter")

    expect(authors.get_by_text("Otto Other")).to_be_visible()
    expect(dialog).to_have_count(0)
    assert accessibility(settled(page)) == []


def test_a_long_name_stays_within_its_dialog_on_a_phone(school, visitor):
    email, other = "long-owner@demo.test", "long-otto@demo.test"
    owner = Actor(
        school.account(email, "instructor", "Ines Weber"), "instructor", "Ines Weber", email
    )
    name = "Otto Othermann-Wintersheim of the Northern Shore"
    school.account(other, "instructor", name)
    course = school.run(lambda: a_draft(owner, "Long Trees"))
    school.run(lambda: co_instructors.add(owner, course.id, other))
    page = visitor(width=390)
    school.sign_in(page, email, next_path=f"/studio/{course.id}")

    page.get_by_role("button", name=f"Remove {name}").click()
    dialog = page.get_by_role("dialog", name=f"Remove {name}")
    act = dialog.get_by_role("button", name=f"Remove {name}")
    expect(act).to_be_visible()
    dialog.evaluate("one => Promise.all(one.getAnimations().map(({finished}) => finished))")

    box, inner = dialog.bounding_box(), act.bounding_box()
    assert (box["x"], box["width"]) == (16, 358)
    assert inner["x"] >= box["x"] + 24
    assert inner["x"] + inner["width"] <= box["x"] + box["width"] - 24
    assert act.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert accessibility(page) == []
