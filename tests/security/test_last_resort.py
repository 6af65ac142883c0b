"""Whatever fails on the way to an answer is one line of ours, and an answer with its reference."""

import httpx
from loguru import logger

from courseflow_admin.api.core.middleware import protect
from courseflow_admin.config import settings


async def answered_by(app) -> tuple[httpx.Response, list[str]]:
    """What a visitor gets of `app` behind everything of ours, and what stands in the log."""
    site = httpx.ASGITransport(protect(app, settings(), "default-src 'self'"))
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message} {extra}", level="WARNING")
    async with httpx.AsyncClient(transport=site, base_url="http://localhost:3000") as client:
        answer = await client.get("/sign-in")
    logger.remove(sink)
    return answer, lines


async def test_a_page_that_fails_is_answered_with_the_reference_of_its_line(database):
    async def fails(_scope, _receive, _send):
        raise OSError(36, "the inside of the house")

    answer, lines = await answered_by(fails)

    assert (answer.status_code, answer.json()["code"]) == (500, "error")
    assert answer.json()["reference"] == answer.headers["x-request-id"]
    assert answer.headers["content-security-policy"] == "default-src 'self'"
    assert "inside" not in answer.text
    assert len(lines) == 1
    assert answer.headers["x-request-id"] in lines[0]
    assert "the inside of the house" in lines[0]


async def test_an_answer_that_breaks_off_is_one_line_and_no_second_answer(database):
    async def breaks_off(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise OSError(5, "the disk")

    lines: list[str] = []
    sink = logger.add(lines.append, format="{message} {extra}", level="WARNING")
    sent: list[str] = []

    async def send(message):
        sent.append(message["type"])

    scope = {
        "type": "http", "method": "GET", "path": "/sign-in", "query_string": b"",
        "headers": [(b"host", b"localhost:3000")], "client": ("203.0.113.9", 50_000),
    }  # fmt: skip
    await protect(breaks_off, settings(), "default-src 'self'")(scope, None, send)
    logger.remove(sink)

    assert sent == ["http.response.start", "http.response.body"]
    assert len(lines) == 1
