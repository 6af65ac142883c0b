"""Addresses made long to keep the server busy, before anybody is asked who they are."""

import httpx
import pytest

from courseflow_admin.api.app import create_api
from courseflow_admin.api.core.middleware import protect
from courseflow_admin.config import settings

ME = "/api/v1/me"


def numbered(count: int) -> str:
    return "&".join(f"p{number}=" for number in range(count))


async def test_fifty_parameters_are_taken_and_one_more_is_refused(api):
    taken = await api.get(f"{ME}?{numbered(50)}")
    refused = await api.get(f"{ME}?{numbered(51)}")

    assert taken.json()["detail"] == "This parameter is not recognized. Remove it."
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert refused.json()["detail"] == "This address has too many parameters. Remove some."


@pytest.mark.parametrize(
    ("length", "status", "code"), [(8192, 422, "invalid"), (8193, 414, "address_too_long")]
)
async def test_an_address_of_more_than_8_kb_is_taken_apart_by_nobody(
    database, length, status, code
):
    site = httpx.ASGITransport(protect(create_api(), settings(), "default-src 'self'"))

    async with httpx.AsyncClient(transport=site, base_url="http://localhost:3000") as client:
        answer = await client.get(f"{ME}?a={'x' * (length - 2)}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["reference"] == answer.headers["x-request-id"]
