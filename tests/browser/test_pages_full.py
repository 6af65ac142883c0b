"""Every page of the demo school, on desk and phone, light and dark."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.tour import Furnished, a_school, visit_every_page


@pytest.fixture(scope="module")
def full_school(mongod_uri: str, tmp_path_factory) -> Iterator[Furnished]:
    with a_school(tmp_path_factory.mktemp("full_school"), mongod_uri, full=True) as school:
        yield school


def test_at_a_desk_no_page_breaks_moves_scrolls_sideways_or_keeps_somebody_out(
    full_school: Furnished, chromium: Browser
):
    assert visit_every_page(chromium, full_school, 1440) == {}


def test_on_a_phone_no_page_breaks_moves_scrolls_sideways_or_keeps_somebody_out(
    full_school: Furnished, chromium: Browser
):
    assert visit_every_page(chromium, full_school, 390, only_layout=True) == {}
