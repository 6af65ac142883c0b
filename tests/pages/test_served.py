"""What the built screens are served as: which paths, with which headers."""

import asyncio
import re

import pytest

from courseflow_admin import frontend, measures
from courseflow_admin.config import read_settings
from courseflow_admin.db.core import client
from courseflow_admin.models.school.settings import SchoolChange
from courseflow_admin.services.school import school_logo
from courseflow_admin.services.school import settings as school_settings
from tests.course_builders import an_admin
from tests.pictures import a_picture

LIVE = {
    "env": "production",
    "bcrypt_cost": 12,
    "public_url": "https://school.example",
    "mongodb_uri": "mongodb://db.internal:27017",
    "jwt_secrets": "0123456789abcdef0123456789abcdef",
    "stripe_secret_key": "sk_live_0123456789",
    "stripe_webhook_secrets": "whsec_0123456789abcdef",
    "razorpay_key_id": "rzp_live_0123456789",
    "razorpay_key_secret": "0123456789abcdef",
    "razorpay_webhook_secrets": "0123456789abcdef",
    "cloudinary_cloud_name": "school",
    "cloudinary_api_key": "123",
    "cloudinary_api_secret": "0123456789abcdef",
}


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/sign-in/", "/courseflow.css"])
async def test_what_is_built_is_served(site, path):
    answer = await site.get(path)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/sign-in/nothing",
        "/_upload",
        "/_upload/file.txt",
        "/ping",
        "/_health",
        "/_all_routes",
        "/auth-codespace",
        "/assets/nothing.js",
        "/..%2f..%2frxconfig.py",
        "/../rxconfig.py",
        "/.build/stamp",
        "/%00",
    ],
)
async def test_everything_else_is_404_with_the_404_page(site, path):
    answer = await site.get(path)

    assert answer.status_code == 404
    assert "rxconfig" not in answer.text


@pytest.mark.parametrize(
    "path", ["/../../etc/passwd", "/cou\nrses", "/sign-in\n", "/assets/../a.js"]
)
async def test_a_path_no_browser_sends_is_answered_like_any_unknown_one(application, path):
    # As many steps up as lead to the root, wherever this folder is.
    up = len(frontend.SERVED.parts) - 1
    path = path.replace("/../..", "/.." * up)

    assert await answered(application, path) == await answered(application, "/nothing")


async def answered(application, path: str) -> tuple[int, dict[str, str], bytes]:
    """Over ASGI itself: clients of HTTP take steps up out of an address."""
    sent: list[dict] = []

    asked = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict:
        if not asked:
            await asyncio.Event().wait()  # the connection stays open, and lets others run
        return asked.pop()

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost:3000")],
        "client": ("203.0.113.9", 50_000),
        "server": ("localhost", 3000),
        "state": {},
    }
    await application(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    headers.pop("x-request-id")
    return sent[0]["status"], headers, b"".join(part.get("body", b"") for part in sent[1:])


async def test_nobody_uploads_through_reflex(site):
    """Fault 11 of the ancestor: upload needed no account."""

    answer = await site.post("/_upload", files={"files": ("a.txt", b"a" * 1000)})

    assert answer.status_code in {404, 405}


async def test_pages_are_asked_for_anew_and_named_assets_are_kept(site):
    page = await site.get("/sign-in")
    asset = re.search(r'"(/assets/[^"]+\.js)"', page.text)

    assert page.headers["cache-control"] == "no-cache"
    assert asset is not None
    kept = await site.get(asset[1])
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    missing = await site.get("/assets/nothing.js")
    assert missing.headers["cache-control"] == "no-cache"


async def test_what_a_browser_can_unpack_is_sent_packed(site):
    """Pages are made as they are served, so they go as gzip; files lie there as brotli."""
    takes = {"Accept-Encoding": "gzip, br"}

    page = await site.get("/sign-in", headers=takes)
    file = await site.get("/courseflow.css", headers=takes)

    assert page.headers["content-encoding"] == "gzip"
    assert file.headers["content-encoding"] == "br"
    assert "Accept-Encoding" in page.headers["vary"]
    assert "Accept-Encoding" in file.headers["vary"]


@pytest.mark.parametrize("path", ["/sign-in", "/courses/any", "/nothing", "/nothing.js"])
async def test_every_page_says_the_name_of_the_school_from_its_first_byte(site, database, path):
    admin = await an_admin()
    await school_settings.change(admin, SchoolChange(name="Lake <b>&</b> Side"), 0)

    answer = await site.get(path)

    assert '<meta content="Lake &lt;b&gt;&amp;&lt;/b&gt; Side" name="application-name"/>' in (
        answer.text
    )
    assert frontend.BUILT_SCHOOL not in answer.text
    assert "CourseFlow" not in answer.text


async def test_a_page_that_has_not_changed_is_not_sent_again(site, database):
    admin = await an_admin()
    first = await site.get("/sign-in")
    again = await site.get("/sign-in", headers={"If-None-Match": first.headers["etag"]})

    await school_settings.change(admin, SchoolChange(name="Lakeside School"), 0)
    renamed = await site.get("/sign-in", headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert renamed.status_code == 200
    assert "<title>Sign in · Lakeside School</title>" in renamed.text


async def test_without_a_database_pages_say_the_first_name(site, configure):
    await client.close()
    configure(SCHOOL_NAME="First School")

    answer = await site.get("/sign-in")

    assert answer.status_code == 200
    assert frontend.BUILT_SCHOOL not in answer.text


async def test_logo_and_policies_show_because_the_settings_have_them(site, database):
    admin = await an_admin()
    before = (await site.get("/school.css")).text
    changed = await school_logo.put(admin, a_picture(300, 80))
    await school_settings.change(admin, SchoolChange(terms="Be kind."), changed.revision)

    after = (await site.get("/school.css")).text

    assert ".cf-logo" not in before
    assert ".cf-policies" not in before
    assert f'url("/api/v1/school/logo?v={changed.logo.content_hash}")' in after
    assert "width: 96px; height: 26px" in after
    assert ".cf-policies .terms { display: inline; }" in after
    assert ".privacy" not in after
    assert ".cf-brand.cf-brand { flex-direction: column;" in after  # else no room for the name


async def test_a_logo_that_is_not_wide_stands_beside_the_name(site, database):
    await school_logo.put(await an_admin(), a_picture(64, 64))

    assert ".cf-brand" not in (await site.get("/school.css")).text


@pytest.mark.parametrize(
    "path",
    [
        *("/sign-in", "/courses/any", "/nothing", "/nothing.js", "/courseflow.css", "/school.css"),
        *("/_event/?EIO=4&transport=polling", "/_upload", "/api/health/live", "/api/nothing"),
    ],
)
async def test_security_headers_stand_on_every_answer(site, path):
    answer = await site.get(path)

    assert answer.headers["permissions-policy"] == "camera=(), microphone=(), geolocation=()"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "strict-transport-security" not in answer.headers
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", answer.headers["x-request-id"])


async def test_private_answers_are_stored_nowhere(site):
    answer = await site.get("/api/v1/me")

    assert (answer.status_code, answer.headers["cache-control"]) == (401, "no-store")


@pytest.mark.parametrize("host", ["127.0.0.1:3000", "[::1]:3000", "localhost:4000"])
async def test_pages_on_another_loopback_address_go_on_at_our_own(site, host):
    page = await site.get("/sign-in?next=%2Fpayments", headers={"Host": host})
    api = await site.get("/api/health/live", headers={"Host": host})

    assert page.status_code == 307
    assert page.headers["location"] == "http://localhost:3000/sign-in?next=%2Fpayments"
    assert api.status_code == 200


async def test_the_redirect_never_leaves_our_site(site):
    page = await site.get("http://localhost:3000//evil.example/x", headers={"Host": "127.0.0.1"})

    assert page.headers["location"] == "http://localhost:3000/evil.example/x"


async def test_a_body_beyond_the_limit_is_refused(site):
    declared = await site.post("/api/v1/auth/sign-in", content=b"x" * 1_000_001)

    async def chunks():
        for _ in range(40):
            yield b"x" * 50_000

    streamed = await site.post("/api/v1/auth/refresh", content=chunks())

    assert declared.status_code == 413
    assert streamed.status_code in {413, 415}


async def test_the_sandbox_bar_shows_because_settings_say_so(site):
    answer = await site.get("/school.css")

    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "--cf-bar: 24px" in answer.text
    assert frontend.school_css(read_settings(**LIVE), school_settings.first()) == ""


def test_the_policy_of_production_names_the_companies_and_never_eval():
    policy = frontend.content_security_policy(read_settings(**LIVE), ["'sha256-abc='"])

    assert policy.split("; ") == [
        "default-src 'self'",
        "script-src 'self' 'sha256-abc='",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: https://res.cloudinary.com",
        "media-src 'self' https://res.cloudinary.com",
        "connect-src 'self' wss://school.example https://api.cloudinary.com",
        "form-action 'self' https://checkout.stripe.com https://api.razorpay.com",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]


def test_the_policy_of_the_sandbox_names_its_ports(tmp_path):
    settings = read_settings(data_dir=tmp_path, port=4300, public_url="")

    policy = frontend.content_security_policy(settings, [])

    assert "form-action 'self' http://127.0.0.1:4301 http://127.0.0.1:4302" in policy
    assert "connect-src 'self' ws://localhost:4300 http://127.0.0.1:4303" in policy
    assert "unsafe-eval" not in policy


def test_every_inline_script_of_the_build_is_in_the_policy(built):
    hashes = frontend.script_hashes(built)

    assert len(hashes) >= 3
    assert all(re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", one) for one in hashes)


async def test_pages_are_timed_by_their_template(site):
    for path in ("/sign-in", "/courses/algebra", "/courses/drawing", "/no/such/page"):
        await site.get(path)

    text = measures.exposition().decode()
    found = set(re.findall(r'route="([^"]+)"', text))

    assert {"(page)/sign-in", "(page)/courses/[slug]", "(other)"} <= found
    assert "algebra" not in text
    assert "no/such" not in text
