"""A tab that stays open while the server is replaced: by the same code, and by other code."""

import pytest
from playwright.sync_api import expect

from courseflow_admin import frontend
from tests import servers
from tests.browser import other_build

UPDATED = "CourseFlow was updated."
AWAY = "Connection lost. Reconnecting…"


@pytest.fixture
def environ(school, tmp_path):
    return {
        **servers.environment(
            servers.free_ports()[0],
            tmp_path,
            school.environ["MONGODB_URI"],
            school.environ["MONGODB_DATABASE"],
        )
    }


def test_a_tab_is_told_of_other_code_and_of_no_restart_besides(
    visitor, complaints, environ, tmp_path
):
    complaints.expect("WebSocket connection")
    frontend.ensure_built()
    page, log = visitor(), tmp_path / "log"
    updated, away = page.get_by_text(UPDATED), page.get_by_text(AWAY)
    with servers.web(environ, log) as address:
        page.goto(f"{address}/sign-up")
        expect(page.get_by_label("Name")).to_be_editable()
        page.get_by_label("Name").fill("Ada Lovelace")
        expect(updated).to_have_count(0)
    expect(away).to_be_visible(timeout=20_000)

    with servers.web(environ, log):
        expect(away).to_have_count(0, timeout=30_000)
        page.wait_for_timeout(1000)
        expect(updated).to_have_count(0)
        expect(page.get_by_label("Name")).to_have_value("Ada Lovelace")
    expect(away).to_be_visible(timeout=20_000)

    port = environ["PORT"]
    module = ["uvicorn", "--factory", f"{other_build.__name__}:app", "--port", port]
    with servers.running([*module, "--no-access-log"], environ, log) as process:
        servers.wait_for(f"{address}/api/health/live", process, log)
        expect(updated).to_be_visible(timeout=30_000)
        expect(page.get_by_label("Name")).to_have_value("Ada Lovelace")  # nothing typed is lost

        with page.expect_navigation():
            page.get_by_role("button", name="Reload").click()
        expect(page.get_by_label("Name")).to_have_value("")
