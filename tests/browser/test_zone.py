"""Times in the zone of the browser, until another one is chosen."""

from playwright.sync_api import expect

from tests.browser.conftest import accessibility, sign_in


def test_times_are_those_of_the_browser_at_once_and_of_the_account_once_chosen(school, visitor):
    school.account("zoe@demo.test", name="Zoe Zone")
    page = visitor(zone="Asia/Kolkata")  # which Chromium calls Asia/Calcutta
    sign_in(page, "zoe@demo.test")
    page.goto("/account")
    told = page.get_by_text("Times in Kolkata")
    expect(told.first).to_be_visible()

    page.reload()  # the cookie has told it before the first event
    expect(told.first).to_be_visible()
    page.get_by_label("Show times in").select_option("Europe/Zurich")
    page.get_by_role("button", name="Save time zone").click()

    expect(page.get_by_text("Your time zone is saved.")).to_be_visible()
    expect(page.get_by_text("Times in Zurich", exact=True).first).to_be_visible()
    expect(page.get_by_label("Show times in")).to_have_value("Europe/Zurich")
    assert accessibility(page) == []
    page.reload()
    expect(page.get_by_text("Times in Zurich", exact=True).first).to_be_visible()
    expect(page.get_by_label("Show times in")).to_have_value("Europe/Zurich")
