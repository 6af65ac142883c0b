"""How long a text may be is counted where it is typed, and nothing of it is cut off."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import accessibility, settled

LONGEST = 200  # of the tax note


def test_a_long_text_is_counted_near_its_end_without_the_server_and_never_cut(school, visitor):
    school.account("counter@demo.test", "admin", "Rosa Admin")
    admin = visitor()
    school.sign_in(admin, "counter@demo.test", next_path="/settings")
    settled(admin)
    note = admin.get_by_label("Tax note")
    count = admin.locator(f"#{note.get_attribute('id')}-count")

    note.fill("x" * 179)
    expect(count).to_have_count(0)
    admin.context.set_offline(True)  # so that no answer of the server can be what counts
    note.press("End")
    note.press_sequentially("xx")
    expect(count).to_have_text("181 of 200 characters")
    admin.context.set_offline(False)

    note.fill("🩷" * LONGEST)  # each of two halves in the browser's own count
    expect(count).to_have_text("200 of 200 characters")
    expect(count).to_have_attribute("data-over", "false")
    note.fill("x" * (LONGEST + 10))
    expect(count).to_have_text("210 of 200 characters")
    expect(count).to_have_attribute("data-over", "true")
    assert note.input_value() == "x" * (LONGEST + 10)
    expect(note).to_have_accessible_description(re.compile(f"210 of {LONGEST} characters$"))
    assert accessibility(admin) == []
    note.fill("Short")
    expect(count).to_have_count(0)


def test_the_text_of_a_lesson_says_at_its_field_that_it_is_too_long(school, visitor):
    school.account("writer@demo.test", "instructor", "Nia Writer")
    writer = visitor()
    school.sign_in(writer, "writer@demo.test", next_path="/studio")
    settled(writer).get_by_role("button", name="New course").first.click()
    dialog = writer.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Long lessons")
    dialog.get_by_role("button", name="Create course").click()
    writer.get_by_role("button", name="Add a lesson to First section").click()
    title, minutes = writer.get_by_label("Lesson title"), writer.get_by_label("minutes")
    expect(title).to_be_focused()

    title.fill("x" * 121)
    expect(writer.locator("#lesson-title-count")).to_have_text("121 of 120 characters")
    error = writer.locator("#lesson-title-error")
    expect(error).to_have_text("Use at most 120 characters.")
    expect(title).to_have_attribute("aria-invalid", "true")
    minutes.fill("601")
    minutes.blur()
    expect(writer.locator("#lesson-minutes-error")).to_have_text("Enter minutes from 0 to 600.")
    assert accessibility(writer) == []

    minutes.fill("7")
    minutes.blur()
    title.fill("A lesson")
    expect(error).to_have_count(0)
    expect(writer.locator("#lesson-minutes-error")).to_have_count(0)
    expect(writer.locator("#saved")).to_contain_text("Saved ")
