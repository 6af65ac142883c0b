"""The logo: only real pictures within bounds, by admins, kept word for word."""

import pytest

from courseflow_admin.errors import Invalid, NotFound, NotPermitted
from courseflow_admin.services.school import school_logo
from courseflow_admin.services.school import settings as school_settings
from tests.builders import audited, stored
from tests.course_builders import a_student, an_admin, an_instructor
from tests.models.school.test_pictures import SVG
from tests.pictures import a_jpeg, a_picture


async def test_a_picture_becomes_the_logo_and_is_given_out_as_it_was_sent(database):
    admin, picture = await an_admin(), a_picture(300, 80)

    after = await school_logo.put(admin, picture)

    logo, content = await school_logo.get()
    assert content == picture
    assert logo == after.logo
    assert (logo.media_type, logo.width, logo.height) == ("image/png", 300, 80)


async def test_another_takes_its_place_and_removing_leaves_nothing(database):
    admin = await an_admin()
    await school_logo.put(admin, a_picture())
    await school_logo.put(admin, a_jpeg())
    assert (await school_logo.get())[0].media_type == "image/jpeg"

    await school_logo.remove(admin)

    with pytest.raises(NotFound):
        await school_logo.get()
    assert [row["_id"] for row in await stored("school")] == ["school"]
    entries = await stored("audit", act="school.changed")
    assert [entry["facts"]["after"]["logo"][:9] for entry in entries] == [
        "image/png",
        "image/jpe",
        "none",
    ]
    assert (await school_settings.get()).revision == 3


async def test_the_same_picture_again_changes_nothing(database):
    admin = await an_admin()
    await school_logo.put(admin, a_picture())
    before = await stored("school"), await audited()

    await school_logo.put(admin, a_picture())

    assert (await stored("school"), await audited()) == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Choose a PNG, JPEG or WebP image up to 200 kB."),
        (SVG, "Choose a PNG, JPEG or WebP image up to 200 kB."),
        (b"GIF89a" + b"\x00" * 100, "Choose a PNG, JPEG or WebP image up to 200 kB."),
        (a_picture() + b"\x00" * 205_000, "image up to 200 kB"),
        (a_picture(8, 8), "This image is 8 x 8 pixels. Each side must be 16 to 2000 pixels."),
        (a_jpeg(5000, 100), "5000 x 100 pixels"),
    ],
)
async def test_what_is_no_logo_is_refused_and_the_old_one_stays(database, content, said):
    admin = await an_admin()
    await school_logo.put(admin, a_picture())
    before = await stored("school"), await audited()

    with pytest.raises(Invalid, match=said) as refused:
        await school_logo.put(admin, content)

    assert refused.value.field == "logo"
    assert (await stored("school"), await audited()) == before


async def test_only_an_admin_changes_the_logo(database):
    for actor in (await a_student(), await an_instructor()):
        with pytest.raises(NotPermitted):
            await school_logo.put(actor, a_picture())
        with pytest.raises(NotPermitted):
            await school_logo.remove(actor)

    assert await stored("school") == []
