"""An admin looks with a learner's eyes, in a browser: begun, seen, not written, ended."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import accessibility, layout_shift, settled


@pytest.mark.parametrize("width", [390])
def test_an_admin_sees_what_the_person_sees_changes_nothing_and_comes_back(
    school, visitor, complaints, width
):
    complaints.expect("/nowhere")
    maya = school.account(f"maya{width}@demo.test", name="Maya Rao")
    school.account(f"viewer{width}@demo.test", "admin", "Rosa Admin")
    page = visitor(width=width)
    school.sign_in(page, f"viewer{width}@demo.test", next_path=f"/people/{maya}")
    other_tab = page.context.new_page()
    settled(other_tab.goto("/people") and other_tab)

    settled(page).get_by_role("button", name="View as").click()
    dialog = page.get_by_role("dialog", name="View as Maya Rao")
    expect(dialog).to_contain_text("It is read-only and ends after 30 minutes")
    expect(dialog).to_contain_text("We'll e-mail Maya Rao.")
    assert accessibility(page) == []
    dialog.get_by_role("button", name="View as Maya Rao").click()
    page.wait_for_url("**/overview")

    bar = page.get_by_role("region", name="View as")
    expect(bar).to_contain_text(re.compile("Viewing as Maya Rao; read-only; ends in"))
    assert accessibility(settled(page)) == []
    for path in ("/my/courses", "/", "/sign-in", "/nowhere"):
        page.goto(path)
        expect(bar).to_be_visible()
    page.goto("/my/payments")
    expect(bar).to_be_visible()
    assert layout_shift(settled(page)) < 0.1
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto("/account")
    expect(page.get_by_text("This page isn't available while you view")).to_be_visible()
    page.goto("/people")
    expect(page.get_by_text("This page isn't available while you view")).to_be_visible()
    other_tab.get_by_role("button", name="Role").click()
    other_tab.get_by_role("menuitem", name="Learner").click()
    expect(other_tab.get_by_text("You are now viewing as Maya Rao.")).to_be_visible()

    bar.get_by_role("button", name="End").click()
    page.wait_for_url(f"**/people/{maya}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Maya Rao")
    expect(bar).to_have_count(0)
    expect(page.get_by_text("View-as started").first).to_be_visible()
    expect(page.get_by_text("View-as ended").first).to_be_visible()
