"""A message that was given up, as an admin sees it and has it handled once more."""

from playwright.sync_api import expect

from courseflow_admin.models.money.webhooks import WebhookState
from tests.browser.conftest import accessibility, settled
from tests.services.figures.figures import an_event


def test_a_message_that_failed_is_retried_by_its_row(school, visitor):
    school.account("mender@demo.test", "admin")
    school.run(lambda: an_event(30, WebhookState.FAILED, error="No payment of ours.", kind="lost"))
    admin = visitor()
    school.sign_in(admin, "mender@demo.test")
    settled(admin).goto("/webhooks?state=stuck")
    row = settled(admin).get_by_role("row").filter(has_text="lost")
    expect(row).to_contain_text("No payment of ours.")
    expect(admin.get_by_text("Fix the cause shown under")).to_be_visible()
    assert accessibility(admin) == []
    admin.set_viewport_size({"width": 390, "height": 900})
    assert admin.evaluate("document.documentElement.scrollWidth") <= 390

    row.get_by_role("button", name="Retry lost").click()

    expect(admin.get_by_text("Retrying the event now.")).to_be_visible()
    expect(row.get_by_role("button", name="Retry lost")).to_have_count(0)
