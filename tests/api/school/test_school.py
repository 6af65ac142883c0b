"""The school and its settings over HTTP: what everybody may know, and what admins change."""

import pytest

from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.school.settings import SchoolChange
from courseflow_admin.services.school import school_logo
from courseflow_admin.services.school import settings as school_settings
from tests.api.identity.test_accounts import sign_in
from tests.api.identity.test_people import as_admin
from tests.api.money.test_checkout import CHECKOUT, a_buyer, fields, problem_of
from tests.builders import audited, stored
from tests.course_builders import a_course, an_instructor
from tests.models.school.test_pictures import SVG
from tests.pictures import a_picture

SETTINGS, SCHOOL = "/api/v1/settings", "/api/v1/school"


def changing(revision=0, **changes):
    return {"revision": revision, "changes": changes}


async def test_everybody_sees_the_name_the_addresses_and_only_the_policies_there_are(api):
    await school_settings.change(
        SYSTEM, SchoolChange(name="Lakeside School", support_email="a@b.test", terms="One."), 0
    )
    logo = (await school_logo.put(SYSTEM, a_picture())).logo

    answer = await api.get(SCHOOL)

    said = answer.json()
    assert answer.status_code == 200
    assert (said["name"], said["support_email"]) == ("Lakeside School", "a@b.test")
    assert said["logo"] == f"http://localhost:3000/api/v1/school/logo?v={logo.content_hash}"
    assert list(said["policies"]) == ["terms"]
    assert said["policies"]["terms"]["version"] == 1
    assert said["policies"]["terms"]["address"] == "http://localhost:3000/terms"


async def test_a_policy_and_its_earlier_versions_are_read_by_everybody(api):
    await school_settings.change(SYSTEM, SchoolChange(terms="One."), 0)
    await school_settings.change(SYSTEM, SchoolChange(terms="Two."), 1)

    now = await api.get(f"{SCHOOL}/policies/terms")
    earlier = await api.get(f"{SCHOOL}/policies/terms", params={"version": 1})
    none = await api.get(f"{SCHOOL}/policies/privacy")
    unknown = await api.get(f"{SCHOOL}/policies/cookies")

    assert (now.json()["text"], now.json()["version"]) == ("Two.", 2)
    assert earlier.json()["text"] == "One."
    assert (none.status_code, none.json()["detail"]) == (404, "Policy not found.")
    assert unknown.status_code == 422


async def test_an_admin_reads_and_changes_the_settings(api):
    await as_admin(api)

    changed = await api.patch(SETTINGS, json=changing(name="Lakeside School", tax_note="Yes."))
    read = await api.get(SETTINGS)

    assert changed.status_code == 200
    assert changed.json() == read.json()
    assert (read.json()["name"], read.json()["revision"]) == ("Lakeside School", 1)
    assert read.json()["disputes_suspend"] is True


async def test_an_admin_reads_and_changes_how_long_data_is_kept(api):
    await as_admin(api)

    changed = await api.patch(SETTINGS, json=changing(webhook_bodies_days=60, sessions_days=7))
    refused = await api.patch(SETTINGS, json=changing(1, webhook_bodies_days=3))

    read = (await api.get(SETTINGS)).json()
    assert changed.status_code == 200
    assert (read["webhook_bodies_days"], read["email_bodies_days"]) == (60, 365)
    assert (read["rejections_days"], read["sessions_days"], read["links_days"]) == (30, 7, 30)
    assert refused.status_code == 422
    assert refused.json()["field"] == "changes.webhook_bodies_days"


async def test_an_admin_without_a_second_factor_reads_why_they_cannot_ask_it_of_all(api):
    await as_admin(api)

    answer = await api.patch(SETTINGS, json=changing(second_factor_for_admins=True))

    said = answer.json()
    assert (answer.status_code, said["field"]) == (422, "second_factor_for_admins")
    assert said["detail"].startswith("You don't have a second factor yet.")
    read = (await api.get(SETTINGS)).json()
    assert (read["second_factor_for_admins"], read["admins_without_second_factor"]) == (False, 1)


async def test_a_stale_change_is_409_with_both_values(api):
    await as_admin(api)
    await api.patch(SETTINGS, json=changing(name="Lakeside School"))
    before = await stored("school"), await audited()

    answer = await api.patch(SETTINGS, json=changing(name="Hillside School"))

    said = answer.json()
    assert (answer.status_code, said["code"]) == (409, "stale_revision")
    assert answer.headers["content-type"] == "application/problem+json"
    assert said["revision"] == 1
    assert said["differences"] == {"name": {"mine": "Hillside School", "theirs": "Lakeside School"}}
    assert (await stored("school"), await audited()) == before


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (changing(name=" "), "changes.name"),
        (changing(support_email="nobody"), "changes.support_email"),
        (changing(currencies=["XAU"]), "changes.currencies"),
        (changing(currencies=[]), "changes.currencies"),
        (changing(disputes_suspend="no"), "changes.disputes_suspend"),
        (changing(name={"$ne": ""}), "changes.name"),
        (changing(surprise=1), "changes.surprise"),
        ({"changes": {"name": "X"}}, "revision"),
        ({"revision": "0", "changes": {}}, "revision"),
        (changing() | {"role": "admin"}, "role"),
    ],
)
async def test_a_change_that_does_not_fit_is_refused_with_its_field(api, sent, field):
    await as_admin(api)
    before = await stored("school"), await audited()

    answer = await api.patch(SETTINGS, json=sent)

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await stored("school"), await audited()) == before


async def test_the_largest_policies_fit_and_larger_ones_do_not(api):
    await as_admin(api)
    text = "ह" * 50_000

    fits = await api.patch(SETTINGS, json=changing(terms=text, privacy=text, refunds=text))
    over = await api.patch(SETTINGS, json=changing(1, terms=text + "ह"))

    assert fits.status_code == 200
    assert (over.status_code, over.json()["field"]) == (422, "changes.terms")


# The logo


async def test_the_logo_is_sent_served_and_removed(api):
    await as_admin(api)
    picture = a_picture()

    put = await api.put(f"{SETTINGS}/logo", content=picture, headers={"Content-Type": "image/png"})
    address = put.json()["logo"]["address"].removeprefix("http://localhost:3000")
    kept = await api.get(address)
    asked = await api.get(f"{SCHOOL}/logo")
    again = await api.get(f"{SCHOOL}/logo", headers={"If-None-Match": asked.headers["etag"]})
    removed = await api.delete(f"{SETTINGS}/logo")
    gone = await api.get(address)

    assert (put.status_code, removed.status_code) == (200, 200)
    assert (kept.status_code, kept.content) == (200, picture)
    assert kept.headers["content-type"] == "image/png"
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asked.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert (removed.json()["logo"], gone.status_code) == (None, 404)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (SVG, 422),
        (b"", 422),
        (b"GIF89a" + b"\x00" * 50, 422),
        (a_picture() + b"\x00" * 210_000, 413),
    ],
)
async def test_what_is_no_picture_or_too_large_is_refused_whatever_it_is_called(
    api, content, status
):
    await as_admin(api)

    answer = await api.put(
        f"{SETTINGS}/logo", content=content, headers={"Content-Type": "image/png"}
    )

    assert answer.status_code == status
    assert "200 kB" in answer.json()["detail"]
    assert await stored("school") == []


# Buying under policies


async def test_buying_by_json_keeps_the_consent_and_names_what_is_missing(api, sandbox):
    course = await a_course(await an_instructor())
    await school_settings.change(SYSTEM, SchoolChange(terms="One.", refunds="In 14 days."), 0)
    await a_buyer(api)

    without = await api.post(CHECKOUT, json=fields(course))
    agreed = fields(course, agreed_terms=1, agreed_refunds=1)
    opened = await api.post(CHECKOUT, json=agreed)

    assert (without.status_code, without.json()["field"]) == (422, "agreed_terms")
    assert "http://localhost:3000/terms" in without.json()["detail"]
    assert opened.status_code == 201
    [payment] = await stored("payments")
    assert payment["consent"]["versions"] == {"terms": 1, "refunds": 1}


async def test_the_form_is_led_back_when_a_policy_was_changed_meanwhile(api, sandbox):
    course = await a_course(await an_instructor())
    await school_settings.change(SYSTEM, SchoolChange(terms="One."), 0)
    await school_settings.change(SYSTEM, SchoolChange(terms="Two."), 1)
    await a_buyer(api)
    typed = fields(course, slug=course.slug, agreed_refunds="")

    stale = await api.post(CHECKOUT, data=typed | {"agreed_terms": "1"})
    fresh = await api.post(CHECKOUT, data=typed | {"agreed_terms": "2"})

    assert problem_of(stale) == ["policy_changed"]
    [payment] = await stored("payments")
    assert fresh.headers["location"] == payment["checkout_url"]
    assert payment["consent"]["versions"] == {"terms": 2}


async def test_nobody_but_an_admin_sees_or_changes_settings(api):
    await an_instructor()
    await sign_in(api, "ines@demo.test")

    answers = [
        await api.get(SETTINGS),
        await api.patch(SETTINGS, json=changing(name="Mine")),
        await api.put(f"{SETTINGS}/logo", content=a_picture()),
        await api.delete(f"{SETTINGS}/logo"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert await stored("school") == []
