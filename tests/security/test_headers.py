"""What stands on every answer over https, and what no foreign page can make a browser fetch."""

from collections.abc import AsyncIterator

import httpx
import pytest

from courseflow_admin import frontend
from courseflow_admin.api.app import create_api
from courseflow_admin.api.core.middleware import protect
from courseflow_admin.config import settings
from courseflow_admin.services.identity import sessions
from courseflow_admin.state import edge
from tests.builders import an_account, audited

SCHOOL = "https://school.example"


@pytest.fixture
async def school(configure) -> AsyncIterator[httpx.AsyncClient]:
    """The API as it stands behind a proxy with TLS."""
    configure(PUBLIC_URL=SCHOOL)
    transport = httpx.ASGITransport(protect(create_api(), settings(), "default-src 'self'"))
    async with httpx.AsyncClient(transport=transport, base_url=SCHOOL) as client:
        yield client


@pytest.mark.parametrize("path", ["/api/health/live", "/api/v1/nothing", "/api/v1/openapi.json"])
async def test_over_https_browsers_keep_to_it_for_a_year(school, path):
    answer = await school.get(path)

    told = answer.headers["strict-transport-security"]
    assert told == "max-age=31536000; includeSubDomains"


async def test_no_other_origin_may_read_an_answer(school):
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}

    answers = [
        await school.get("/api/v1/openapi.json", headers=asked),
        await school.options("/api/v1/me", headers=asked),
    ]

    for answer in answers:
        assert [name for name in answer.headers if name.startswith("access-control-")] == []


@pytest.mark.parametrize("path", ["/api/health/live", "/api/v1/me", "/api/v1/nothing"])
async def test_nobody_is_told_their_own_request_by_trace(school, path):
    answer = await school.request("TRACE", path, headers={"X-Secret": "s3cret"})

    assert answer.status_code in {404, 405}
    assert "s3cret" not in answer.text


@pytest.mark.parametrize("path", ["/api/v1/me/export", "/api/v1/audit/export"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_foreign_page_cannot_make_a_browser_export(api, path, site):
    admin = await an_account(role="admin")
    cookie = await sessions.open_browser(admin)
    api.cookies.set("cf_session", cookie, domain="localhost.local")
    before = await audited()

    refused = await api.get(path, headers={"Sec-Fetch-Site": site})
    after = await audited()
    own = await api.get(path, headers={"Sec-Fetch-Site": "same-origin"})
    typed = await api.get(path, headers={"Sec-Fetch-Site": "none"})
    program = await api.get(path)

    assert (refused.status_code, after) == (403, before)
    assert [answer.status_code for answer in (own, typed, program)] == [200] * 3


@pytest.mark.parametrize(
    "path", ["/assets/", "/assets", "/.git/config", "/secret.txt", "/../secret"]
)
async def test_no_folder_is_listed_and_nothing_beside_it_is_served(tmp_path, path):
    folder = tmp_path / "screens"
    (folder / "assets").mkdir(parents=True)
    (folder / "assets" / "named.js").write_text("1")
    (folder / "404.html").write_text("Not here")
    (tmp_path / "secret.txt").write_text("s3cret")

    async def name() -> str:
        return "The School"

    transport = httpx.ASGITransport(
        frontend.serve_files(folder, edge.files_of(folder, lambda _: None), name)
    )

    async with httpx.AsyncClient(transport=transport, base_url=SCHOOL) as client:
        answer = await client.get(path, follow_redirects=True)
        there = await client.get("/assets/named.js")

    assert (answer.status_code, there.status_code) == (404, 200)
    assert "named.js" not in answer.text
    assert "s3cret" not in answer.text
