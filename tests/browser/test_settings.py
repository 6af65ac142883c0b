"""Settings in browsers: what an admin changes is what a learner sees; two admins at once."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.school.settings import SchoolChange
from courseflow_admin.services.school import school_logo
from courseflow_admin.services.school import settings as school_settings
from tests.browser.conftest import accessibility, layout_shift, settled
from tests.pictures import a_picture


@pytest.fixture
def as_it_was(school) -> Iterator[None]:
    """The school is one for all browser tests."""
    yield

    async def back() -> None:
        await school_logo.remove(SYSTEM)
        revision = (await school_settings.get()).revision
        form = SchoolChange(name="CourseFlow", support_email="support@demo.test", terms="")
        await school_settings.change(SYSTEM, form, revision)

    school.run(back)


def an_admin_at_settings(school, visitor, email):
    school.account(email, "admin", "Rosa Admin")
    page = visitor()
    school.sign_in(page, email, next_path="/settings")
    return settled(page)


def save(page, form):
    page.locator(f"form[data-watched={form}]").get_by_role("button", name="Save").click()


def says(page, form):
    return page.locator(f"form[data-watched={form}]").get_by_role("status")


def test_name_logo_and_terms_of_an_admin_are_what_a_learner_sees(school, visitor, as_it_was):
    admin = an_admin_at_settings(school, visitor, "settler@demo.test")
    assert accessibility(admin) == []

    admin.get_by_label("Name", exact=True).fill("Lakeside School")
    expect(says(admin, "school")).to_be_hidden()
    admin.keyboard.press("Control+s")
    expect(says(admin, "school")).to_contain_text("Saved ")
    admin.get_by_label("Terms", exact=True).fill("Be **kind**.")
    save(admin, "policies")
    expect(says(admin, "policies")).to_contain_text("Saved ")
    picture = {"name": "logo.svg", "mimeType": "image/png", "buffer": a_picture(200, 50)}
    admin.get_by_label("Choose image").set_input_files(files=[picture])
    expect(admin.get_by_alt_text("Current logo")).to_be_visible()
    expect(admin).to_have_title("Settings · Lakeside School")
    expect(admin.locator(".cf-side .cf-logo")).to_be_visible()

    school.account("pupil@demo.test")
    learner = visitor()
    learner.goto("/sign-in")
    expect(learner).to_have_title("Sign in · Lakeside School")
    expect(learner.locator(".cf-logo")).to_be_visible()
    school.sign_in(learner, "pupil@demo.test", next_path="/my/courses")
    settled(learner)
    expect(learner).to_have_title("My courses · Lakeside School")
    expect(learner.locator(".cf-side .cf-brandname")).to_have_text("Lakeside School")
    assert learner.locator(".cf-side .cf-logo").bounding_box()["width"] == 96
    name = learner.locator(".cf-side .cf-brandname")
    assert name.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert layout_shift(learner) <= 0.01
    learner.get_by_role("navigation", name="Sections").get_by_role("link", name="Catalog").click()
    footer = settled(learner).get_by_role("navigation", name="Policies")
    expect(footer.get_by_role("link")).to_have_text(["Terms"])
    footer.get_by_role("link", name="Terms").click()
    expect(learner.get_by_role("heading", level=1)).to_have_text("Terms")
    expect(learner.locator("article strong")).to_have_text("kind")
    assert accessibility(learner) == []


def test_two_admins_see_both_values_and_nothing_is_overwritten(school, visitor, as_it_was):
    first = an_admin_at_settings(school, visitor, "first@demo.test")
    second = an_admin_at_settings(school, visitor, "second@demo.test")
    first.get_by_label("Name", exact=True).fill("Lakeside School")
    save(first, "school")
    expect(says(first, "school")).to_contain_text("Saved ")

    second.get_by_label("Name", exact=True).fill("Hillside School")
    save(second, "school")

    alert = second.get_by_role("alert").filter(has_text="Nothing was overwritten")
    expect(alert).to_contain_text("Hillside School")
    expect(alert).to_contain_text("Lakeside School")
    assert accessibility(second) == []
    alert.get_by_role("button", name="Use theirs").click()
    expect(second.get_by_label("Name", exact=True)).to_have_value("Lakeside School")
    assert school.run(school_settings.get).name == "Lakeside School"


def test_what_is_not_saved_is_not_left_by_mistake(school, visitor, as_it_was):
    admin = an_admin_at_settings(school, visitor, "unsaved@demo.test")
    admin.get_by_label("Tax note").fill("Not saved")
    asked = []
    admin.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))

    sections = admin.get_by_role("navigation", name="Sections")
    with admin.expect_event("dialog"):
        sections.get_by_role("link", name="Payments").first.click()

    expect(admin.get_by_role("heading", level=1)).to_have_text("Settings")
    expect(admin.get_by_label("Tax note")).to_have_value("Not saved")
    assert asked == ["You have unsaved changes. Leave this page?"]
    admin.once("dialog", lambda dialog: dialog.accept())
    sections.get_by_role("link", name="Payments").first.click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Payments")


def test_a_picture_that_is_none_is_refused_beside_the_field(school, visitor, complaints, as_it_was):
    complaints.expect("422")
    admin = an_admin_at_settings(school, visitor, "painter@demo.test")
    field = admin.get_by_label("Choose image")

    field.set_input_files(
        files=[{"name": "logo.png", "mimeType": "image/png", "buffer": b"<svg></svg>"}]
    )
    expect(admin.locator("#logo-error")).to_have_text(
        "Choose a PNG, JPEG or WebP image up to 200 kB."
    )
    field.set_input_files(
        files=[{"name": "logo.png", "mimeType": "image/png", "buffer": b"\x89PNG" * 60_000}]
    )
    expect(admin.locator("#logo-error")).to_have_text("This image is larger than 200 kB.")
