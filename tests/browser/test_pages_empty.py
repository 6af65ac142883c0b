"""Every page of a school with nothing in it, on a phone, light and dark."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.tour import Furnished, a_school, visit_every_page


@pytest.fixture(scope="module")
def empty_school(mongod_uri: str, tmp_path_factory) -> Iterator[Furnished]:
    with a_school(tmp_path_factory.mktemp("empty_school"), mongod_uri, full=False) as school:
        yield school


def test_no_empty_page_breaks_moves_scrolls_sideways_or_keeps_somebody_out(
    empty_school: Furnished, chromium: Browser
):
    assert visit_every_page(chromium, empty_school, 390) == {}
