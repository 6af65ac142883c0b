"""An invitation from the admin's click to the role, in the browsers of both."""

from playwright.sync_api import expect

from tests.browser.conftest import accessibility, layout_shift, settled
from tests.builders import PASSWORD
from tests.invitation_builders import secret_of_newest


def an_admin(school, visitor, name):
    school.account(f"{name}@demo.test", "admin", "Rosa Admin")
    page = visitor()
    school.sign_in(page, f"{name}@demo.test", next_path="/people")
    return settled(page)


def invite(page, email, role):
    page.get_by_role("button", name="Invite", exact=True).first.click()
    dialog = page.get_by_role("dialog", name="Invite someone")
    dialog.get_by_label("E-mail").fill(email)
    dialog.get_by_label("Role").select_option(label=role)
    assert accessibility(page) == []
    dialog.get_by_role("button", name="Send invitation").click()
    page.wait_for_url("**/people/invitations")
    expect(waiting(page, email)).to_be_visible()


def waiting(page, email):
    return page.get_by_role("button", name=f"Resend to {email}")


def test_somebody_new_is_invited_signs_up_and_teaches(school, visitor):
    admin = an_admin(school, visitor, "inviter")
    invite(admin, "new-teacher@demo.test", "Instructor")
    link = f"/invitations/{school.run(secret_of_newest)}"

    page = visitor(width=390)
    settled(page.goto(link) and page)
    expect(
        page.get_by_text("Rosa Admin has invited you to CourseFlow as an instructor.")
    ).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("new-teacher@demo.test")
    assert accessibility(page) == []
    assert layout_shift(page) < 0.1
    page.get_by_label("Name").fill("Nina Teacher")
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Create account and accept").click()
    expect(page.get_by_role("alert")).to_contain_text("most common passwords")
    expect(page.get_by_label("Password")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_value("Nina Teacher")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account and accept").click()
    page.wait_for_url("**/overview")
    page.goto("/studio")
    expect(page.get_by_role("heading", level=1)).to_have_text("Studio")

    settled(admin.reload() and admin)
    expect(waiting(admin, "new-teacher@demo.test")).to_have_count(0)
    page.goto(link)
    expect(page.get_by_role("alert")).to_contain_text("This invitation was accepted on")


def test_a_person_with_an_account_switches_signs_in_and_accepts(school, visitor):
    admin = an_admin(school, visitor, "inviter2")
    school.account("riser@demo.test", name="Rita Riser")
    school.account("stranger@demo.test")
    invite(admin, "riser@demo.test", "Admin")
    link = f"/invitations/{school.run(secret_of_newest)}"

    page = visitor()
    school.sign_in(page, "stranger@demo.test")
    settled(page).goto(link)
    expect(page.get_by_text("but you are signed in as stranger@demo.test")).to_be_visible()
    assert accessibility(settled(page)) == []
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"**{link}")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail").fill("riser@demo.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{link}")
    page.get_by_role("button", name="Accept invitation").click()

    page.wait_for_url("**/overview")
    sections = page.get_by_role("navigation", name="Sections", exact=True)
    expect(sections.get_by_role("link", name="People")).to_be_visible()


def test_an_invitation_is_sent_again_and_revoked(school, visitor):
    admin = an_admin(school, visitor, "inviter3")
    invite(admin, "waiting@demo.test", "Learner")
    old = f"/invitations/{school.run(secret_of_newest)}"

    admin.get_by_role("button", name="Resend to waiting@demo.test").click()
    admin.get_by_role("dialog").get_by_role("button", name="Resend invitation").click()
    expect(admin.get_by_text("We've sent a new link to waiting@demo.test.")).to_be_visible()
    new = f"/invitations/{school.run(secret_of_newest)}"
    page = visitor()
    page.goto(old)
    expect(page.get_by_role("alert")).to_contain_text("Ask the person who invited you")
    page.goto(new)
    expect(page.get_by_role("button", name="Create account and accept")).to_be_visible()
    admin.get_by_role("button", name="Revoke for waiting@demo.test").click()
    dialog = admin.get_by_role("dialog", name="Revoke the invitation")
    expect(dialog).to_be_visible()
    assert accessibility(admin) == []
    dialog.get_by_role("button", name="Revoke").click()

    expect(admin.get_by_text("Invitation revoked.")).to_be_visible()
    expect(waiting(admin, "waiting@demo.test")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Ask the person who invited you")
