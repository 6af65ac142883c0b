"""Signing up, in and out as a person does it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import accessibility, layout_shift, settled, sign_in
from tests.builders import PASSWORD


def test_a_new_learner_signs_up_and_is_led_on(school, visitor):
    page = visitor()

    page.goto("/sign-up?next=%2Fmy%2Fcourses")
    page.get_by_label("Name").fill("Grace Hopper")
    page.get_by_label("E-mail").fill("grace@demo.test")
    password = page.get_by_label("Password")
    password.fill(PASSWORD)
    page.get_by_role("button", name="Show password").click()
    expect(password).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide password").click()
    expect(password).to_have_attribute("type", "password")
    page.get_by_role("button", name="Create account").click()

    page.wait_for_url("**/my/courses")
    expect(page.get_by_role("complementary").get_by_text("Grace Hopper")).to_be_visible()
    expect(page.get_by_role("complementary").get_by_text("Learner")).to_be_visible()


def test_who_signs_up_with_a_known_address_is_told_to_read_their_e_mail(school, visitor):
    school.account("known@demo.test")
    page = visitor()

    page.goto("/sign-up?next=%2Fmy%2Fcourses")
    page.get_by_label("Name").fill("Grace Hopper")
    page.get_by_label("E-mail").fill("known@demo.test")
    page.get_by_label("Password").fill("another quiet kestrel")
    page.get_by_role("button", name="Create account").click()

    expect(page.get_by_role("main").get_by_role("status")).to_have_text(
        "We sent an e-mail to this address that says how to sign in."
    )
    expect(page.get_by_label("E-mail")).to_have_value("known@demo.test")
    assert "known" not in page.url
    assert "next=%2Fmy%2Fcourses" in page.url


def test_the_cookie_is_out_of_reach_of_scripts(school, visitor):
    school.account("cookie@demo.test")
    page = visitor()

    sign_in(page, "cookie@demo.test")

    settled(page)  # the browser's own zone is noted once the page is there
    assert page.evaluate("document.cookie") == "cf_zone=UTC"  # which opens nothing
    cookies = page.context.cookies()
    assert {(one["name"], one["httpOnly"], one["sameSite"]) for one in cookies} == {
        ("cf_session", True, "Lax"),
        ("cf_device", True, "Lax"),
        ("cf_zone", False, "Lax"),
    }


@pytest.mark.parametrize(
    ("form", "password", "sentence"),
    [
        ("/sign-in", "this is not it", "Incorrect e-mail address or password."),
        ("/sign-up", "password1", "one of the most common passwords"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    school, visitor, form, password, sentence
):
    email = f"typed{form.replace('/', '-')}@demo.test"
    page = visitor()
    page.goto(f"{form}?next=%2Fpayments")

    if form == "/sign-up":
        page.get_by_label("Name").fill("Somebody Else")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name=re.compile("Sign in|Create account")).click()

    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(page.get_by_label("E-mail")).to_have_value(email)
    if form == "/sign-up":
        expect(page.get_by_label("Name")).to_have_value("Somebody Else")
    expect(page.get_by_label("Password")).to_have_value("")
    expect(page.get_by_label("Password")).to_be_focused()
    assert "next=%2Fpayments" in page.url


@pytest.mark.parametrize(
    ("said", "label", "sentence"),
    [
        ("weak_password", "Password", "Use 8 to 128 characters."),
        ("invalid_email", "E-mail", "Enter a valid e-mail address."),
        ("invalid_name", "Name", "Enter your name."),
    ],
)
def test_what_is_wrong_with_a_field_is_said_there_and_there_is_the_focus(
    visitor, said, label, sentence
):
    page = visitor(width=390)

    page.goto(f"/sign-up?said={said}")

    at = page.get_by_label(label)
    expect(at).to_be_focused()
    expect(at).to_have_attribute("aria-invalid", "true")
    expect(at).to_have_accessible_description(re.compile(f"{re.escape(sentence)}$"))
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_text("Buy a course and start in a minute.")).to_be_visible()
    assert accessibility(settled(page)) == []


def test_signing_out_ends_it_in_every_tab(school, visitor):
    school.account("leaving@demo.test")
    page = visitor()
    sign_in(page, "leaving@demo.test", next_path="/my/courses")
    other = page.context.new_page()
    settled(other.goto("/my/courses") and other)

    page.get_by_role("complementary").get_by_role("button", name=re.compile("Ada")).click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    other.reload()

    other.wait_for_url("**/sign-in?next=*")
    left = {one["name"] for one in page.context.cookies()}
    assert left == {"cf_device", "cf_zone"}  # neither opens anything


def test_a_page_of_an_account_leads_to_sign_in_and_back(school, visitor):
    school.account("back@demo.test")
    page = visitor()

    page.goto("/my/payments?state=paid")
    page.wait_for_url("**/sign-in?next=*")
    page.get_by_label("E-mail").fill("back@demo.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    page.wait_for_url("**/my/payments?state=paid")


def test_who_is_signed_in_does_not_sign_in_again(school, visitor):
    school.account("twice@demo.test")
    page = visitor()
    sign_in(page, "twice@demo.test", next_path="/my/courses")

    page.goto("/sign-in?next=%2Fmy%2Fcourses")

    page.wait_for_url("**/my/courses")


def test_next_leads_nowhere_else(school, visitor):
    school.account("careful@demo.test")
    page = visitor()

    sign_in(page, "careful@demo.test", next_path="//evil.example/x")

    page.wait_for_url(f"{school.address}/overview")


def test_the_demo_people_are_named_but_not_their_password(school, visitor):
    page = visitor()

    page.goto("/sign-in")

    expect(page.get_by_text("instructor@demo.test")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_refused_sign_in_is_told_to_everybody(visitor, dark):
    page = visitor(width=390, dark=dark)

    page.goto("/sign-in?said=wrong_credentials")
    expect(page.get_by_role("heading", level=1)).to_be_visible()

    assert accessibility(settled(page)) == []
    assert layout_shift(page) < 0.01
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_form_works_by_keyboard_alone(school, visitor):
    school.account("keys@demo.test")
    page = visitor()
    page.goto("/sign-in?next=%2Fmy%2Fcourses")
    expect(page.get_by_label("E-mail")).to_be_focused()

    page.keyboard.type("keys@demo.test")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    page.wait_for_url("**/my/courses")
