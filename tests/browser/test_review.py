"""A payment that needs a person, resolved by one on its page, without a mouse."""

from playwright.sync_api import expect

from courseflow_admin.models.core import clock
from courseflow_admin.models.money.payment_parts import Capture, Review, ReviewState
from tests.browser.conftest import accessibility, settled
from tests.money_builders import a_payment

REASON = "Stripe reports a refund of ₹3,000.00, which is more than is left of this payment."
NOTE = "Both went back; the school has written to the learner."


def test_an_admin_resolves_a_review_with_a_note_by_keyboard(school, visitor):
    school.account("reviewer@demo.test", "admin", "Rosa Admin")
    review = Review(state=ReviewState.OPEN, reason=REASON, at=clock.business())
    payment = school.run(
        lambda: a_payment(1, "needs_review", capture=Capture.PAID, review=review, name="Rita Rowe")
    )
    page = visitor()
    school.sign_in(page, "reviewer@demo.test")
    page.goto(f"/payments/{payment.id}")
    expect(page.get_by_text(f"Needs review: {REASON}")).to_be_visible()

    settled(page).get_by_role("button", name="Resolve review").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Resolve review")
    expect(dialog.get_by_label("Findings")).to_be_focused()
    expect(dialog).to_contain_text("Its status changes to “Paid”.")
    dialog.get_by_role("button", name="Resolve review").click()
    expect(
        dialog.get_by_text("Enter your findings. They are kept in the payment history.")
    ).to_be_visible()
    assert accessibility(settled(page)) == []
    dialog.get_by_label("Findings").fill(NOTE)
    dialog.get_by_role("button", name="Resolve review").click()

    expect(dialog).to_have_count(0)
    expect(page.get_by_text(f"Review resolved: {NOTE}")).to_be_visible()
    expect(page.get_by_text("Needs review:")).to_have_count(0)
    expect(page.get_by_role("button", name="Resolve review")).to_have_count(0)
    assert accessibility(settled(page)) == []
