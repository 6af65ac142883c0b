"""The second factor as a person sees it: set up by keyboard, asked for at sign-in, recovered."""

import os

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import accessibility, at_rest, layout_shift, settled, sign_in
from tests.builders import PASSWORD, an_account, stored
from tests.second_factor_builders import code_of, school_asks, with_second_factor


def photograph(page: Page, name: str) -> None:
    folder = os.environ.get("PHOTOGRAPHS")
    if folder:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            at_rest(page).screenshot(path=f"{folder}/{name}-{scheme}.png", full_page=True)
        page.emulate_media(color_scheme="light")


def press_until(page: Page, key: str, wanted) -> None:
    """Press until `wanted` has the focus, as somebody does who has no mouse."""
    for _ in range(60):
        page.keyboard.press(key)
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("The keyboard does not get there.")


def half_way(page: Page, email: str) -> None:
    page.goto("/sign-in?next=%2Fmy%2Fcourses")
    expect(page.locator("input[name=next]")).to_have_value("/my/courses")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/code?next=%2Fmy%2Fcourses")


@pytest.mark.parametrize("width", [1440])
def test_it_is_set_up_by_keyboard_and_asked_for_at_sign_in(school, visitor, width):
    email = f"careful{width}@demo.test"
    school.account(email)
    page = visitor(width=width)
    school.sign_in(page, email, next_path="/account")
    section = settled(page).locator("#second-factor")
    photograph(page, f"off-{width}")

    press_until(page, "Tab", section.get_by_role("button", name="Set up"))
    page.keyboard.press("Enter")
    expect(section.get_by_label("Your password")).to_be_focused()
    page.keyboard.type("not it")
    page.keyboard.press("Enter")
    expect(section.get_by_role("alert")).to_contain_text("not your current password")
    expect(section.get_by_label("Your password")).to_be_focused()
    photograph(page, f"wrong-password-{width}")
    section.get_by_label("Your password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(section.get_by_role("img", name="QR code")).to_be_visible()
    expect(section.get_by_label("Code", exact=True)).to_be_focused()
    key = (section.get_by_label("Key", exact=True).text_content() or "").replace(" ", "")
    assert len(key) == 32
    assert accessibility(page) == []
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(section.get_by_role("alert")).to_contain_text("This code doesn't match")
    photograph(page, f"setting-up-{width}")
    section.get_by_label("Code", exact=True).fill(code_of(key, -1))
    page.keyboard.press("Enter")
    codes = section.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    expect(section.get_by_role("heading", name="Your recovery codes")).to_be_focused()
    expect(section.get_by_role("status")).to_contain_text("Your second factor is on")
    photograph(page, f"codes-{width}")
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    kept = codes.all_text_contents()
    with page.expect_download() as download:
        section.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "recovery-codes.txt"
    text = download.value.path().read_text()
    assert text.splitlines()[-10:] == kept
    assert email in text
    section.get_by_role("button", name="I've saved them").click()
    expect(section.get_by_text("10 of 10")).to_be_visible()
    photograph(page, f"on-{width}")

    visitor_again = visitor(width=width)
    half_way(visitor_again, email)
    expect(visitor_again.get_by_label("Code from your app")).to_be_focused()
    assert accessibility(visitor_again) == []
    assert layout_shift(visitor_again) < 0.1
    visitor_again.keyboard.type("000000")
    visitor_again.keyboard.press("Enter")
    expect(visitor_again.get_by_role("alert")).to_contain_text("This code is incorrect")
    photograph(visitor_again, f"sign-in-wrong-{width}")
    visitor_again.get_by_label("Code from your app").fill(code_of(key))
    visitor_again.keyboard.press("Enter")
    visitor_again.wait_for_url("**/my/courses")


def test_a_recovery_code_opens_the_account_once_and_codes_are_not_shown_again(school, visitor):
    email = "lost@demo.test"
    owner = school.run(lambda: made_for(email))
    page = visitor()
    half_way(page, email)

    page.get_by_role("link", name="Use a recovery code").click()
    expect(page.get_by_label("Recovery code")).to_be_visible()
    expect(page.get_by_text("Lost your phone and codes? Write to")).to_be_visible()
    photograph(page, "sign-in-recovery")
    page.get_by_label("Recovery code").fill(owner.codes[0])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/my/courses")
    page.goto("/account")
    section = settled(page).locator("#second-factor")
    expect(section.get_by_text("9 of 10")).to_be_visible()
    section.get_by_role("button", name="New recovery codes").click()
    section.get_by_label("Your password").fill(PASSWORD)
    section.get_by_label("Code", exact=True).fill(owner.codes[0])
    section.get_by_role("button", name="Generate codes").click()
    expect(section.get_by_role("alert")).to_contain_text("already been used")
    photograph(page, "renew-wrong")
    section.get_by_label("Code", exact=True).fill(owner.codes[1])
    section.get_by_role("button", name="Generate codes").click()
    expect(section.get_by_role("listitem")).to_have_count(10)
    page.reload()
    expect(section.get_by_text("10 of 10")).to_be_visible()
    expect(section.get_by_role("list", name="Recovery codes")).to_have_count(0)

    section.get_by_role("button", name="Turn off").click()
    section.get_by_label("Your password").fill(PASSWORD)
    section.get_by_label("Code", exact=True).fill(code_of(owner.key))
    photograph(page, "switching-off")
    section.get_by_role("button", name="Turn off").click()
    expect(section.get_by_role("button", name="Set up")).to_be_visible()
    mails = school.run(lambda: stored("emails", to=email))
    assert {"second_factor_on", "recovery_code_used", "second_factor_off"} <= {
        mail["kind"] for mail in mails
    }


async def made_for(email: str):
    return await with_second_factor(await an_account(email))


def test_half_a_sign_in_opens_no_page(school, visitor):
    school.run(lambda: made_for("half@demo.test"))
    page = visitor()
    half_way(page, "half@demo.test")

    page.goto("/my/courses")
    page.wait_for_url("**/sign-in?next=%2Fmy%2Fcourses")
    stranger = visitor()
    stranger.goto("/sign-in/code?next=%2Fmy%2Fcourses")

    stranger.wait_for_url("**/sign-in?next=%2Fmy%2Fcourses")


def test_an_admin_who_has_to_set_it_up_is_led_there_and_then_free_again(school, visitor):
    school.account("must@demo.test", "admin")
    school.account("helped@demo.test", name="Hedy Lamarr")
    page = visitor()
    sign_in(page, "must@demo.test", next_path="/people")
    settled(page)
    school.run(school_asks)
    try:
        # by its address: whatever the open page asks of the server leads on by itself
        page.goto("/audit")
        page.wait_for_url("**/account")
        section = settled(page).locator("#second-factor")
        expect(
            section.get_by_text("Your school requires a second factor for admins.")
        ).to_be_visible()
        expect(page.get_by_role("link", name="Payments", exact=True)).to_have_count(0)
        photograph(page, "must")
        section.get_by_role("button", name="Set up").click()
        section.get_by_label("Your password").fill(PASSWORD)
        page.keyboard.press("Enter")
        key = (section.get_by_label("Key", exact=True).text_content() or "").replace(" ", "")
        section.get_by_label("Code", exact=True).fill(code_of(key))
        page.keyboard.press("Enter")
        section.get_by_role("button", name="I've saved them").click()
        expect(section.get_by_text("Your school requires it.")).to_be_visible()
        expect(page.get_by_role("link", name="Audit log").first).to_be_visible()
        photograph(page, "must-on")
    finally:
        school.run(lambda: school_asks(on=False))


def test_an_admin_removes_it_from_somebody(school, visitor):
    owner = school.run(lambda: made_for("phoneless@demo.test"))
    school.account("helper@demo.test", "admin")
    page = visitor()
    school.sign_in(page, "helper@demo.test", next_path=f"/people/{owner.account.id}")

    expect(settled(page).get_by_text("On since")).to_be_visible()
    page.get_by_role("button", name="Remove second factor").click()
    photograph(page, "remove")
    page.get_by_role("dialog").get_by_role("button", name="Remove second factor").click()

    expect(page.get_by_text("signs in with the password alone")).to_be_visible()
    expect(page.get_by_role("button", name="Remove second factor")).to_have_count(0)
