"""An admin and a person in two browsers: what is done here is seen there with the next click."""

import re

from playwright.sync_api import expect

from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.services.identity import accounts
from tests.browser.conftest import accessibility, settled


def person_page(school, visitor, email, **of):
    account_id = school.account(email, **of)
    school.account(f"admin-{email}", "admin", "Rosa Admin")
    admin = visitor()
    school.sign_in(admin, f"admin-{email}")
    admin.goto(f"/people?q={email}")
    admin.get_by_role("link", name="Ada Lovelace").click()
    admin.wait_for_url(f"**/people/{account_id}")
    return settled(admin), account_id


def test_a_suspended_person_is_out_with_their_next_click(school, visitor):
    admin, _ = person_page(school, visitor, "out@demo.test")
    person = visitor()
    school.sign_in(person, "out@demo.test", next_path="/my/courses")
    settled(person)

    admin.get_by_role("button", name="Suspend").click()
    dialog = admin.get_by_role("dialog", name="Suspend Ada Lovelace")
    expect(dialog).to_contain_text("Enrollments, payments and progress are kept.")
    assert accessibility(admin) == []
    dialog.get_by_label("Reason (optional)").fill("Shares the password")
    dialog.get_by_role("button", name="Suspend Ada Lovelace").click()
    expect(admin.get_by_text("Ada Lovelace is suspended.")).to_be_visible()
    person.get_by_role("navigation", name="Sections").get_by_role(
        "link", name="My payments"
    ).click()

    expect(admin.get_by_role("button", name="Restore")).to_be_visible()
    expect(admin.get_by_text("Reason: Shares the password")).to_be_attached()
    person.wait_for_url(re.compile(r"/sign-in"))


def test_the_tab_is_called_after_whoever_is_on_the_page(school, visitor):
    admin, account_id = person_page(school, visitor, "named@demo.test")
    expect(admin).to_have_title("Ada Lovelace · CourseFlow")

    admin.goto("/people/acc_unknown")
    expect(settled(admin)).to_have_title("Person · CourseFlow")
    admin.goto(f"/people/{account_id}")
    expect(settled(admin)).to_have_title("Ada Lovelace · CourseFlow")
    admin.get_by_role("navigation", name="Sections").get_by_role(
        "link", name="E-mails", exact=True
    ).click()

    expect(admin).to_have_title("E-mails · CourseFlow")


def test_a_new_role_is_shown_with_the_next_click(school, visitor):
    admin, account_id = person_page(school, visitor, "rise@demo.test")
    person = visitor()
    school.sign_in(person, "rise@demo.test", next_path="/my/courses")
    sections = settled(person).get_by_role("navigation", name="Sections", exact=True)
    expect(sections.get_by_role("link", name="Studio")).to_have_count(0)

    admin.get_by_role("button", name="Change role").click()
    admin.get_by_label("Role", exact=True).select_option("instructor")
    admin.get_by_role("button", name="Make Ada Lovelace an instructor").click()
    expect(admin.get_by_text("Ada Lovelace is now an instructor.")).to_be_visible()
    sections.get_by_role("link", name="My payments").click()

    expect(sections.get_by_role("link", name="Studio")).to_be_visible()
    account = school.run(lambda: accounts.get(SYSTEM, account_id))
    assert account.role == "instructor"


def test_the_log_tells_what_was_done_and_exports_what_it_shows(school, visitor):
    admin, account_id = person_page(school, visitor, "log@demo.test")

    admin.get_by_role("link", name="Account events").click()
    admin.wait_for_url(f"**/audit?object={account_id}")
    settled(admin)
    row = admin.get_by_role("row").filter(has_text=account_id)
    expect(row).to_be_visible()
    act = row.locator("td:has(details) > span").first
    air = act.bounding_box()["y"] - row.bounding_box()["y"]
    admin.locator("summary", has_text="Details").first.click()
    with admin.expect_download() as download:
        admin.get_by_role("link", name="Export CSV").click()

    assert air >= 8
    expect(row.get_by_role("cell").last).to_have_text("AccountAda Lovelace")
    expect(row.get_by_role("link", name="Ada Lovelace", exact=True)).to_be_visible()
    expect(admin.get_by_text("Role: Learner")).to_be_visible()
    assert accessibility(admin) == []
    lines = download.value.path().read_text().splitlines()
    assert (len(lines), account_id in lines[1]) == (2, True)
