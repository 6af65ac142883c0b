"""The account's own life as a person sees it."""

import re

import pytest
from playwright.sync_api import expect

from tests.account_builders import NEW_PASSWORD, later, secret_of
from tests.browser.conftest import accessibility, layout_shift, settled, sign_in, sign_up
from tests.builders import PASSWORD, stored

LONG = f"{'again' * 11}@demo.test"


def fits(page):
    """Whether nothing of it stands beside a phone."""
    return page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_address_is_confirmed_by_the_button_behind_the_link(school, visitor):
    page = visitor()
    sign_up(page, "Vera Newcomer", "vera@demo.test")
    page.wait_for_url("**/overview")
    link = f"/verify?token={school.run(lambda: secret_of('welcome'))}"

    settled(page).goto(link)  # a scanner that only looks
    settled(page).goto(link)
    page.get_by_role("button", name="Confirm address").click()

    expect(page.get_by_role("status").get_by_text("is confirmed")).to_be_visible()
    page.get_by_role("link", name="Continue").click()
    page.wait_for_url("**/overview")
    page.goto("/account")
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()


def test_the_page_of_a_link_answers_at_once_and_leads_who_is_confirmed_already_on(school, visitor):
    page = visitor(width=390)
    sign_up(page, "Vera Again", LONG)
    told = page.get_by_role("region", name="Your e-mail address")
    expect(settled(page).get_by_text("Confirm your e-mail address")).to_be_visible()
    expect(told).to_contain_text(f"Use the link we sent to {LONG}.")
    assert accessibility(page) == []
    link = f"/verify?token={school.run(lambda: secret_of('welcome'))}"

    settled(page).goto("/verify?token=made-up")
    expect(page.get_by_role("alert")).to_contain_text("already been used or has expired")
    school.run(later)
    page.get_by_role("button", name="Send new link").click()
    expect(page.get_by_text(f"We've sent a new link to {LONG}.")).to_be_visible()
    assert fits(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    settled(page).goto(f"/verify?token={school.run(lambda: secret_of('verify_email'))}")
    page.get_by_role("button", name="Confirm address").click()
    expect(page.get_by_role("status").get_by_text("is confirmed")).to_be_visible()
    settled(page).goto(link)

    expect(page.get_by_text(f"Your address {LONG} is already confirmed.")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert accessibility(page) == []
    settled(page).goto("/overview")
    expect(settled(page).get_by_role("heading", level=1)).to_have_text("Overview")
    expect(told).to_have_count(0)
    settled(page).goto(link)
    page.get_by_role("link", name="Go to your account").click()
    page.wait_for_url("**/account#email")
    expect(page.get_by_label("New e-mail")).to_be_focused()
    expect(page.get_by_label("New e-mail")).to_be_in_viewport()


def test_a_forgotten_password_is_set_anew(school, visitor):
    school.account("forgetful@demo.test")
    page = visitor()

    page.goto("/sign-in")
    page.get_by_role("link", name="Forgot your password?").click()
    page.wait_for_url("**/forgot")
    # Both pages have a field of that name, and the address changes before the page.
    expect(page.get_by_role("heading", level=1)).to_have_text("Forgot your password?")
    page.get_by_label("E-mail").fill("forgetful@demo.test")
    page.get_by_role("button", name="Send link").click()
    expect(
        page.get_by_role("status").get_by_text("If an account with this address exists")
    ).to_be_visible()
    secret = school.run(lambda: secret_of("password_reset"))
    page.goto(f"/reset?token={secret}")
    settled(page).get_by_label("New password").fill("password")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("alert")).to_contain_text("most common passwords")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("Your new password is set.")).to_be_visible()
    expect(page.get_by_text("You are signed out everywhere.")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("sign in", re.IGNORECASE))).to_have_count(1)

    sign_in(page, "forgetful@demo.test", NEW_PASSWORD)


def test_the_account_page_changes_name_and_password_and_signs_out_elsewhere(school, visitor):
    school.account("busy@demo.test")
    phone, page = visitor(width=390), visitor()
    sign_in(phone, "busy@demo.test")
    sign_in(page, "busy@demo.test")
    settled(page).goto("/account")

    page.get_by_label("Name").fill("Ada King")
    page.get_by_role("button", name="Save name").click()
    expect(page.get_by_role("complementary").get_by_text("Ada King")).to_be_visible()
    page.get_by_label("Current password").fill("not it")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("This is not your current password.")).to_be_visible()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()

    expect(page.get_by_text("Signed out on 1 other device.")).to_be_visible()
    expect(page.get_by_label("Current password")).to_have_value("")
    phone.goto("/account")
    phone.wait_for_url("**/sign-in?said=over&next=%2Faccount")
    expect(phone.get_by_role("alert")).to_have_text(
        "You were signed out here. Sign in to continue."
    )


def test_a_change_of_address_is_one_also_by_a_double_click_and_stays_on_the_page(school, visitor):
    school.account("mover@demo.test")
    page = visitor(width=390)
    sign_in(page, "mover@demo.test", next_path="/account")

    settled(page).get_by_label("New e-mail").fill(f"new-{LONG}")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Change e-mail").dblclick()
    expect(page.get_by_text(f"We've sent a link to new-{LONG}.")).to_be_visible()
    settled(page).reload()
    waiting = settled(page).get_by_text(f"We've sent a link to new-{LONG}.")
    expect(waiting).to_be_visible()
    assert accessibility(page) == []
    assert fits(page)
    sent = school.run(lambda: stored("emails", kind="email_change", to=f"new-{LONG}"))
    page.get_by_role("button", name="Cancel change").click()

    expect(waiting).to_have_count(0)
    expect(page.get_by_label("New e-mail")).to_be_focused()
    expect(page.get_by_text("Your e-mail address is still mover@demo.test.")).to_be_visible()
    assert len(sent) == 1


def test_the_data_come_as_a_file_and_the_account_goes(school, visitor):
    school.account("leaver@demo.test")
    page = visitor()
    sign_in(page, "leaver@demo.test", next_path="/account")

    with page.expect_download() as download:
        settled(page).get_by_role("link", name="Download data").click()
    page.get_by_role("button", name="Delete account").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Current password").fill("not the password")
    dialog.get_by_role("button", name="Delete my account").click()
    expect(dialog.get_by_text("This is not your current password.")).to_be_visible()
    dialog.get_by_label("Current password").fill(PASSWORD)
    dialog.get_by_role("button", name="Delete my account").dblclick()

    page.wait_for_url("**/sign-in?said=deleted")
    expect(page.get_by_text("Your account is deleted, and you are signed out")).to_be_visible()
    page.wait_for_timeout(500)  # what a second click leads to would come now
    assert page.url.endswith("/sign-in?said=deleted")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert download.value.suggested_filename == "my-data.json"


@pytest.mark.parametrize("path", ["/reset?token=x", "/verify?token=x"])
def test_a_link_that_does_not_work_is_told_to_everybody(visitor, path):
    page = visitor(width=390)

    page.goto(path)
    expect(settled(page).get_by_role("heading", level=1)).to_be_visible()

    assert accessibility(page) == []
    assert layout_shift(page) < 0.01
    assert fits(page)
