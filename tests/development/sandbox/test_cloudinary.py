"""Cloudinary's official SDK against the sandbox: uploads, changes, details, protected files."""

import base64
import hashlib
import io
import time
from typing import Any

import cloudinary
import cloudinary.api
import cloudinary.exceptions
import cloudinary.uploader
import cloudinary.utils
import httpx
import pytest

from courseflow_admin.development.sandbox.server import Sandbox
from tests.development.sandbox.conftest import School

DOT = base64.b64decode(  # a picture of one pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"film" * 5_000
JSON = dict[str, Any]


@pytest.fixture
def account(box: Sandbox) -> JSON:
    """What each call is told, so that no global configuration is touched."""
    keys = box.world.keys
    return {
        "cloud_name": keys["cloudinary_cloud_name"],
        "api_key": keys["cloudinary_api_key"],
        "api_secret": keys["cloudinary_api_secret"],
        "upload_prefix": box.world.url("cloudinary"),
    }


def upload(account: JSON, content: bytes = DOT, **options: Any) -> JSON:
    return cloudinary.uploader.upload(io.BytesIO(content), **account | options)


def test_a_picture_is_kept_and_delivered(box: Sandbox, account: JSON) -> None:
    stored = upload(account, public_id="crs_1/cover", tags=["cover"], context={"by": "acc|1"})

    assert (stored["public_id"], stored["resource_type"]) == ("crs_1/cover", "image")
    assert (stored["format"], stored["width"], stored["height"]) == ("png", 1, 1)
    assert (stored["bytes"], stored["tags"]) == (len(DOT), ["cover"])
    assert stored["context"] == {"custom": {"by": "acc|1"}}
    resized, _ = cloudinary.utils.cloudinary_url(
        "crs_1/cover.png", cloud_name="sandbox", width=300, crop="fill"
    )
    path = resized.partition("/image/upload/")[2] if resized else ""
    cloud = f"{box.world.url('cloudinary')}/sandbox"
    for address in (stored["secure_url"], f"{cloud}/image/upload/{path}"):
        answer = httpx.get(address)
        assert (answer.status_code, answer.content) == (200, DOT)
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["access-control-allow-origin"] == "*"


def test_details_are_asked_for_with_key_and_secret(account: JSON) -> None:
    upload(account, public_id="crs_1/cover")

    found = cloudinary.api.resource("crs_1/cover", **account)

    assert (found["public_id"], found["bytes"], found["format"]) == ("crs_1/cover", 70, "png")
    with pytest.raises(cloudinary.exceptions.NotFound):
        cloudinary.api.resource("crs_1/nothing", **account)
    with pytest.raises(cloudinary.exceptions.AuthorizationRequired):
        cloudinary.api.resource("crs_1/cover", **account | {"api_secret": "wrong"})


def test_a_film_comes_in_chunks_and_is_whole(account: JSON) -> None:
    stored = cloudinary.uploader.upload_large(
        io.BytesIO(FILM),
        **account | {"resource_type": "video", "chunk_size": 6_000, "public_id": "crs_1/film"},
    )

    assert (stored["public_id"], stored["bytes"]) == ("crs_1/film", len(FILM))
    assert (stored["format"], stored["duration"]) == ("mp4", 60.0)
    answer = httpx.get(stored["secure_url"], headers={"range": "bytes=4-11"})
    assert (answer.status_code, answer.content) == (206, b"ftypmp42")


def test_a_chunk_out_of_place_is_refused(box: Sandbox, account: JSON) -> None:
    params = signed({"timestamp": int(time.time()), "public_id": "crs_1/film"}, account)
    headers = {"x-unique-upload-id": "one", "content-range": "bytes 6000-6003/6004"}

    answer = httpx.post(
        f"{account['upload_prefix']}/v1_1/sandbox/video/upload",
        data=params,
        files={"file": ("film.mp4", b"film")},
        headers=headers,
    )

    assert answer.status_code == 400
    assert "chunk before this one is missing" in answer.json()["error"]["message"]
    assert box.store.newest("asset") == []


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_what_was_signed_cannot_be_changed(box: Sandbox, account: JSON, algorithm: str) -> None:
    params = signed(
        {"timestamp": int(time.time()), "public_id": "crs_1/a", "allowed_formats": "png"},
        account,
        algorithm,
    )

    changed = send(account, params | {"public_id": "crs_2/b"})
    unsigned = send(account, {"public_id": "crs_1/a", "api_key": account["api_key"]})
    stranger = send(account, params | {"api_key": "1"})
    right = send(account, params)

    assert (changed.status_code, unsigned.status_code, stranger.status_code) == (401, 400, 401)
    assert changed.json()["error"]["message"].startswith("Invalid Signature")
    assert right.json()["public_id"] == "crs_1/a"
    assert [item["asset"]["public_id"] for item in box.store.newest("asset")] == ["crs_1/a"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"timestamp": int(time.time()) - 3_700}, "Stale request"),
        ({"timestamp": int(time.time()), "allowed_formats": "jpg,webp"}, "png not allowed"),
    ],
)
def test_an_upload_that_is_not_allowed_is_refused(
    box: Sandbox, account: JSON, params: JSON, message: str
) -> None:
    answer = send(account, signed(params, account))

    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]
    assert box.store.newest("asset") == []


def test_overwrite_false_keeps_what_is_there(account: JSON) -> None:
    first = upload(account, public_id="crs_1/a")

    again = upload(account, DOT + b"changed", public_id="crs_1/a", overwrite=False)

    assert again["existing"] is True
    assert (again["etag"], again["bytes"]) == (first["etag"], 70)


def test_protected_files_need_their_signature(box: Sandbox, account: JSON) -> None:
    upload(account, FILM, public_id="crs_1/film", type="authenticated", resource_type="video")
    cloud = f"{box.world.url('cloudinary')}/sandbox/video/authenticated"
    address, _ = cloudinary.utils.cloudinary_url(
        "crs_1/film.mp4",
        resource_type="video",
        type="authenticated",
        sign_url=True,
        **{name: account[name] for name in ("cloud_name", "api_key", "api_secret")},
    )
    path = address.partition("/video/authenticated/")[2]

    right = httpx.get(f"{cloud}/{path}")
    bare = httpx.get(f"{cloud}/v1/crs_1/film.mp4")
    other = httpx.get(f"{cloud}/{path.replace('film.mp4', 'film2.mp4')}")

    assert (right.status_code, right.content) == (200, FILM)
    assert (bare.status_code, other.status_code) == (401, 401)
    assert other.headers["x-cld-error"] == "Invalid signature in URL"


def test_a_download_address_ends(account: JSON) -> None:
    upload(account, FILM, public_id="crs_1/film", type="authenticated", resource_type="video")

    def address(seconds: int) -> str:
        return cloudinary.utils.private_download_url(
            "crs_1/film",
            "mp4",
            resource_type="video",
            type="authenticated",
            expires_at=int(time.time()) + seconds,
            **account,
        )

    assert httpx.get(address(60)).content == FILM
    assert httpx.get(address(-60)).status_code == 401
    assert httpx.get(address(60) + "0").status_code == 401


def test_what_is_destroyed_is_gone(box: Sandbox, account: JSON) -> None:
    stored = upload(account, public_id="crs_1/cover")

    gone = cloudinary.uploader.destroy("crs_1/cover", **account)
    again = cloudinary.uploader.destroy("crs_1/cover", **account)

    assert (gone["result"], again["result"]) == ("ok", "not found")
    assert httpx.get(stored["secure_url"]).status_code == 404
    assert [path.suffix for path in box.media_folder.iterdir() if path.suffix != ".bin"] == []


def test_explicit_changes_tags_and_context(account: JSON) -> None:
    upload(account, public_id="crs_1/cover")

    changed = cloudinary.uploader.explicit(
        "crs_1/cover", type="upload", tags="a,b", context={"by": "acc_1"}, **account
    )

    assert (changed["tags"], changed["context"]) == (["a", "b"], {"custom": {"by": "acc_1"}})


async def test_the_school_is_told_of_uploads_and_deletions(
    box: Sandbox, school: School, account: JSON
) -> None:
    upload(account, public_id="crs_1/cover")
    cloudinary.uploader.destroy("crs_1/cover", **account)

    await box.deliver()

    assert school.types("cloudinary") == ["upload", "delete"]
    _, headers, raw = school.seen[0]
    stamp = headers["x-cld-timestamp"]
    expected = hashlib.sha256(raw + stamp.encode() + account["api_secret"].encode()).hexdigest()
    assert headers["x-cld-signature"] == expected


def test_a_browser_may_upload_from_the_school(box: Sandbox, account: JSON) -> None:
    url = f"{account['upload_prefix']}/v1_1/sandbox/image/upload"

    asked = httpx.options(
        url,
        headers={
            "origin": "http://localhost:3000",
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-range,x-unique-upload-id",
        },
    )

    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == "*"
    assert "Content-Range" in asked.headers["access-control-allow-headers"]


def signed(params: JSON, account: JSON, algorithm: str = "sha256") -> JSON:
    signature = cloudinary.utils.api_sign_request(params, account["api_secret"], algorithm)
    return params | {"signature": signature, "api_key": account["api_key"]}


def send(account: JSON, params: JSON) -> httpx.Response:
    url = f"{account['upload_prefix']}/v1_1/sandbox/image/upload"
    return httpx.post(url, data=params, files={"file": ("dot.png", DOT)})
