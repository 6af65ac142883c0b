"""Money that a bank holds: the learner waits, an admin captures it, and the course is open."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import accessibility, settled
from tests.course_builders import a_course, an_instructor

SLUG, EMAIL = "a-course-that-waits", "paula@demo.test"


def test_an_admin_captures_what_the_learner_s_bank_holds(school, visitor):
    async def course_on_sale():
        await a_course(await an_instructor("held@demo.test"), "A course that waits")

    school.run(course_on_sale)
    school.account(EMAIL, name="Paula Patient")
    school.account("captor@demo.test", "admin", "Rosa Admin")
    learner, page = visitor(), visitor()
    school.sign_in(learner, EMAIL, next_path=f"/checkout/{SLUG}")
    learner.get_by_label("Country").select_option("IN")
    learner.get_by_role("radio", name="Razorpay").check()
    learner.get_by_role("button", name="Pay ₹4,999.00").click()
    learner.get_by_role("button", name="Authorize only").click()
    expect(learner.get_by_text("Nothing is charged until the school accepts it")).to_be_visible()
    payment_id = re.search(r"pay_\w{26}$", learner.url)[0]

    school.sign_in(page, "captor@demo.test")
    page.goto(f"/payments/{payment_id}")
    expect(page.get_by_text("If it is not captured, it expires on")).to_be_visible()
    assert accessibility(settled(page)) == []
    page.get_by_role("button", name="Capture", exact=True).focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Capture ₹4,999.00 of Paula Patient")
    expect(dialog).to_contain_text("The authorization of ₹4,999.00 expires on")
    expect(dialog).to_contain_text("Paula Patient gets access to A course that waits")
    dialog.evaluate("one => Promise.all(one.getAnimations().map(({finished}) => finished))")
    assert accessibility(settled(page)) == []
    dialog.get_by_role("button", name="Capture ₹4,999.00").dblclick()

    expect(page.get_by_text("Captured ₹4,999.00 from Paula Patient.")).to_be_visible()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Capture", exact=True)).to_have_count(0)
    expect(page.get_by_text("Capture requested")).to_have_count(1)
    learner.reload()
    expect(learner.get_by_text("You now have access to A course that waits.")).to_be_visible()
