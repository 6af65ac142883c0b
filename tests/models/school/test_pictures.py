"""What some bytes are is seen by their content alone."""

import pytest

from courseflow_admin.models.school.pictures import Picture, picture_of
from courseflow_admin.models.school.settings import Logo
from tests.pictures import a_jpeg, a_picture, a_webp

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (a_picture(), "image/png"),
        (a_jpeg(), "image/jpeg"),
        (a_webp(b"VP8 "), "image/webp"),
        (a_webp(b"VP8L"), "image/webp"),
        (a_webp(b"VP8X"), "image/webp"),
    ],
)
def test_kind_and_size_are_read_from_the_bytes(content, media_type):
    assert picture_of(content) == Picture(media_type, 96, 32)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", SVG, b"GIF89a\x60\x00\x20\x00", b"BM\x00\x00", b"%PDF-1.7", b"<html>"),
        *(a_picture()[:15], a_jpeg()[:14], a_webp()[:20], a_webp(b"VP8L")[:22], b"RIFF0000WEBP"),
        *(a_picture(width=0), a_jpeg(height=0), b"\xff\xd8" + b"\xff" * 1000),
        b"\xff\xd8\xff\xe0\x00\x00" * 50,
    ],
)
def test_anything_else_and_anything_broken_is_no_picture(content):
    assert picture_of(content) is None


@pytest.mark.parametrize(
    ("width", "height", "fitted"),
    [(96, 28, (96, 28)), (300, 80, (96, 26)), (40, 400, (3, 28)), (20, 10, (20, 10))],
)
def test_a_logo_is_fitted_into_its_box_and_never_enlarged(width, height, fitted):
    logo = Logo(content_hash="x", media_type="image/png", width=width, height=height)

    assert logo.fitted(96, 28) == fitted
