"""The database or the web process away: the page says so and recovers by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from courseflow_admin import frontend
from tests import servers
from tests.browser.conftest import DATABASE
from tests.builders import PASSWORD
from tests.lines import Line


@pytest.fixture
def line(school, mongod_uri: str) -> Iterator[Line]:
    line = Line(mongod_uri)
    yield line
    line.close()


@pytest.fixture
def environ(line: Line, tmp_path: Path) -> dict[str, str]:
    """A web process of its own over the school's database, with its own line to it."""
    frontend.ensure_built()
    return servers.environment(servers.free_ports()[0], tmp_path, line.uri, DATABASE)


def test_a_database_that_goes_away_is_said_and_back_again(
    school, visitor, complaints, line, environ, tmp_path
):
    complaints.expect("WebSocket connection")  # the process ends before the page is closed
    school.account("patient@demo.test")
    page = visitor()
    with servers.web(environ, tmp_path / "log") as address:
        sign_in_at(page, address)

        expect(page.get_by_role("link", name="My payments").first).to_be_visible()
        line.go_away()
        page.get_by_role("link", name="My payments").first.click()
        banner = page.get_by_text("The database is not responding. Reconnecting…")
        expect(banner).to_be_visible(timeout=20_000)
        line.come_back()

        expect(banner).to_have_count(0, timeout=30_000)
        expect(page.get_by_role("heading", level=1)).to_be_visible()


def sign_in_at(page, address: str) -> None:
    page.goto(f"{address}/sign-in?next=/my/courses")
    page.get_by_label("E-mail").fill("patient@demo.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/my/courses")


def test_a_web_process_that_goes_away_is_said_and_back_again(
    school, visitor, complaints, environ, tmp_path
):
    complaints.expect("WebSocket connection")
    page = visitor()
    log = tmp_path / "log"
    with servers.web(environ, log) as address:
        page.goto(f"{address}/")
        expect(page.get_by_role("link", name="Catalog").first).to_be_visible()

    banner = page.get_by_text("Connection lost. Reconnecting…")
    expect(banner).to_be_visible(timeout=20_000)
    with servers.web(environ, log):
        expect(banner).to_have_count(0, timeout=30_000)


def test_a_lost_network_is_said_at_once(visitor):
    page = visitor()
    page.goto("/")
    expect(page.get_by_role("link", name="Catalog").first).to_be_visible()
    banner = page.get_by_text("Connection lost. Reconnecting…")

    page.context.set_offline(True)
    # Long before the socket notices: it is asked for a sign of life every half minute or so.
    expect(banner).to_be_visible(timeout=5_000)
    page.context.set_offline(False)

    expect(banner).to_have_count(0)
