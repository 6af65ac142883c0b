"""Every page of the demo school, light and dark, on desk and phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.tour import Furnished, a_school, visit_every_page


@pytest.fixture(scope="module")
def school_full(mongod_uri: str, tmp_path_factory) -> Iterator[Furnished]:
    with a_school(tmp_path_factory.mktemp("full"), mongod_uri, full=True) as school:
        yield school


@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_breaks_moves_scrolls_sideways_or_keeps_somebody_out(
    school_full: Furnished, chromium: Browser, width: int
):
    assert visit_every_page(chromium, school_full, width) == {}
