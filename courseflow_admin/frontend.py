"""The built screens: built once, moved to any address, hashed for the CSP, served from one port.

Nothing of Reflex is imported here: `courseflow run` only builds.
"""

import base64
import fcntl
import gzip
import hashlib
import html
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders

from courseflow_admin import routes
from courseflow_admin.config import Settings
from courseflow_admin.models.school.settings import SchoolSettings

ROOT = Path(__file__).parent.parent
BUILD = ROOT / ".build"
SERVED = BUILD / "frontend"
LOG = BUILD / "build.log"
BUILT_SCHOOL = "{{school}}"  # placeholder for the name, until pages are served
BUILT_FOR = "http://courseflow.invalid"  # placeholder until the build is moved
STRIPE_CHECKOUT = "https://checkout.stripe.com"
# What the screens are made of; a change elsewhere needs no new build.
SOURCES = (
    "rxconfig.py",
    "requirements.lock",
    "reflex.lock",
    "assets",
    "courseflow_admin/courseflow_admin.py",
    "courseflow_admin/frontend.py",
    "courseflow_admin/routes.py",
    "courseflow_admin/models/core/permissions.py",
    "courseflow_admin/components",
    "courseflow_admin/pages",
    "courseflow_admin/state",
)
BUILD_VARIABLE, ID_LENGTH = "COURSEFLOW_BUILD", 12
LONGEST_NAME, LONGEST_PATH = 200, 2000  # bytes; no file system has names much longer
WIDE_LOGO = 48  # pixels; the name has no room beside a wider one in the sidebar
LOGO_BOX = (96, 28)  # pixels, in the sidebar and above a form
INLINE_SCRIPT = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class BuildFailed(Exception):
    """The screens could not be built; the message ends with what the build said."""


def ensure_built() -> Path:
    """The folder of the built screens, built now if a source or a lock has changed."""
    BUILD.mkdir(exist_ok=True)
    with _one_at_a_time():
        stamp, stamp_file = _stamp(), BUILD / "stamp"
        if stamp_file.is_file() and stamp_file.read_text() == stamp and SERVED.is_dir():
            return SERVED
        stamp_file.unlink(missing_ok=True)
        _export(stamp[:ID_LENGTH])
        fresh = BUILD / "frontend.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(BUILD / "web" / "build" / "client", fresh)
        relocate(fresh)
        _serve(fresh)
        stamp_file.write_text(stamp)
    return SERVED


def build_id() -> str:
    """Which build of the screens is served: the hash of what it was made of; "" without one."""
    stamp = BUILD / "stamp"
    return stamp.read_text()[:ID_LENGTH] if stamp.is_file() else ""


def exported_as() -> str:
    """While screens are built: the id this build will have; the page keeps it."""
    return os.environ.get(BUILD_VARIABLE, "")


def pack(archive: Path) -> None:
    """Write the built screens with their stamp into `archive`, for servers that have no bun."""
    ensure_built()
    with _one_at_a_time(), tarfile.open(archive, "w:gz") as file:
        file.add(SERVED, SERVED.name)
        file.add(BUILD / "stamp", "stamp")


def unpack(archive: Path) -> None:
    """Put the screens of `archive` in place; BuildFailed when they are of other sources."""
    BUILD.mkdir(exist_ok=True)
    with _one_at_a_time(), TemporaryDirectory(dir=BUILD) as folder:
        try:
            with tarfile.open(archive) as file:
                file.extractall(folder, filter="data")
            stamp = (Path(folder) / "stamp").read_text()
        except (OSError, tarfile.TarError) as error:
            raise BuildFailed(f"{archive} holds no built screens: {error}") from error
        if stamp != _stamp():
            raise BuildFailed(f"The screens in {archive} were built from other sources than these.")
        _serve(Path(folder) / SERVED.name)
        (BUILD / "stamp").write_text(stamp)


def _serve(fresh: Path) -> None:
    """In place of what is served now: to a running web process no page is missing meanwhile."""
    with TemporaryDirectory(dir=BUILD) as folder:
        if SERVED.exists():
            SERVED.rename(Path(folder) / "before")
        fresh.rename(SERVED)


def require_built() -> Path:
    """The folder of the built screens; BuildFailed when there are none, or of other sources."""
    stamp = BUILD / "stamp"
    if not SERVED.is_dir() or not stamp.is_file():
        raise BuildFailed("The screens are not built yet: `courseflow build` builds them.")
    if stamp.read_text() != _stamp():
        raise BuildFailed(
            "The screens were built from other sources than these: `courseflow build` builds them,"
            " `courseflow build --from FILE` takes those built elsewhere."
        )
    return SERVED


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _stamp() -> str:
    digest = hashlib.sha256()
    for source in SOURCES:
        path = ROOT / source
        if not path.exists():  # moved: it would be hashed as empty, and its changes never built
            raise BuildFailed(f"{source} is named in frontend.SOURCES, and is not there.")
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and not {"__pycache__", "external"} & set(file.parts):
                digest.update(str(file.relative_to(ROOT)).encode() + b"\0")
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def build_environment() -> dict[str, str]:
    """What `reflex export` is started with; it needs neither a database nor DATA_DIR."""
    return {
        **os.environ,
        "REFLEX_WEB_WORKDIR": str(BUILD / "web"),
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
    }


def _export(build: str) -> None:
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    with LOG.open("w") as log:
        done = subprocess.run(  # noqa: S603 - our own interpreter, fixed arguments
            command,
            cwd=ROOT,
            env={**build_environment(), BUILD_VARIABLE: build},
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        last = "\n".join(LOG.read_text().splitlines()[-30:])
        raise BuildFailed(f"The screens could not be built ({LOG}):\n{last}")


def relocate(folder: Path) -> None:
    """Make the build speak to whatever address served it."""
    socket_base = BUILT_FOR.replace("http", "ws", 1)
    for file in folder.glob("assets/*.js"):
        text = file.read_text()
        moved = re.sub(
            rf"(`|\"|'){re.escape(BUILT_FOR)}(/[^`\"']*)?\1",
            lambda found: f"(location.origin+`{found[2] or ''}`)",
            text,
        )
        moved = re.sub(
            rf"(`|\"|'){re.escape(socket_base)}(/[^`\"']*)?\1",
            lambda found: f"(location.origin.replace(/^http/,`ws`)+`{found[2] or ''}`)",
            moved,
        )
        if moved != text:
            file.write_text(moved)
            for ending in (".gz", ".br"):  # else the old copy would win over the moved file
                file.with_name(file.name + ending).unlink(missing_ok=True)
    host = urlsplit(BUILT_FOR).hostname or ""
    left = [
        file.name
        for file in folder.rglob("*")
        if file.suffix in {".js", ".html", ".xml", ".txt", ".json"} and host in file.read_text()
    ]
    if left:
        raise BuildFailed(f"The build still names its own address in {', '.join(left)}")


def script_hashes(folder: Path) -> tuple[str, ...]:
    """The CSP sources of all inline scripts in the built pages."""
    found: set[str] = set()
    for page in folder.rglob("*.html"):
        for attributes, body in INLINE_SCRIPT.findall(page.read_text()):
            if body and "src=" not in attributes:
                digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
                found.add(f"'sha256-{digest}'")
    return tuple(sorted(found))


def content_security_policy(settings: Settings, hashes: Iterable[str]) -> str:
    """What a page of ours may load and where its forms may lead; never `unsafe-eval`.

    Chromium counts the redirect after a form's own answer as its action, so that both gateways
    stand there. Beside a sandbox its addresses take the place of the companies' own.
    """
    delivery = [_origin(settings.cloudinary.delivery_url)] if settings.cloudinary else []
    upload = [_origin(settings.cloudinary.base_url)] if settings.cloudinary else []
    socket = settings.origin.replace("http", "ws", 1)
    rules = {
        "default-src": ["'self'"],
        "script-src": ["'self'", *hashes],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", *delivery],
        "media-src": ["'self'", *delivery],
        "connect-src": ["'self'", socket, *upload],
        "form-action": ["'self'", *_gateways(settings)],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in rules.items())


def _gateways(settings: Settings) -> list[str]:
    found = []
    if settings.stripe:
        found.append(_origin(settings.stripe.base_url or STRIPE_CHECKOUT))
    if settings.razorpay:
        found.append(_origin(settings.razorpay.base_url))
    return found


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def school_css(settings: Settings, school: SchoolSettings) -> str:
    """What the built pages cannot know: the sandbox bar, the logo, which policies there are.

    A style sheet, because it stands before the first paint: nothing appears later or moves.
    """
    rules = []
    if settings.any_sandbox:
        rules.append(":root:root { --cf-bar: 24px; } .cf-sandbox.cf-sandbox { display: flex; }")
    if school.logo:
        width, height = school.logo.fitted(*LOGO_BOX)
        address = routes.school_logo(school.logo.content_hash)
        rules.append(
            f".cf-logo.cf-logo {{ display: block; width: {width}px; height: {height}px; "
            f'background-image: url("{address}"); }} .cf-logo + .cf-mark {{ display: none; }}'
        )
        if width > WIDE_LOGO:
            rules.append(
                ".cf-brand.cf-brand { flex-direction: column; align-items: stretch; "
                "justify-content: center; gap: 6px; }"
            )
    if school.policy_versions:
        rules.append(".cf-policies.cf-policies { display: flex; }")
    rules += [
        f".cf-policies .{name} {{ display: inline; }}" for name in sorted(school.policy_versions)
    ]
    return "\n".join([*rules, ""])


def _named(files: ASGIApp, name: str) -> ASGIApp:
    """`files`, with the school's name in their HTML; it is not in any script, so the CSP holds."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        asked = Headers(scope=scope)
        # As it was built: neither packed, nor a part of it, nor "not modified".
        left_out = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"}
        kept = [header for header in scope["headers"] if header[0] not in left_out]
        start: MutableMapping[str, Any] = {}
        body = bytearray()

        async def collect(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await files({**scope, "headers": kept}, receive, collect)
        headers = MutableHeaders(raw=list(start["headers"]))
        page = bytes(body).replace(BUILT_SCHOOL.encode(), html.escape(name).encode())
        if page and headers.get("content-type", "").startswith("text/html"):
            page = _packed(page, asked, headers)
        if start["status"] == 200 and headers.get("etag") == asked.get("if-none-match"):
            start["status"], page = 304, b""
            del headers["content-length"]
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": page})

    return serve


def _packed(page: bytes, asked: Headers, headers: MutableHeaders) -> bytes:
    headers["etag"] = f'"{hashlib.sha256(page).hexdigest()[:32]}"'
    headers["vary"] = "Accept-Encoding"
    del headers["last-modified"]
    if "gzip" in asked.get("accept-encoding", ""):
        page = gzip.compress(page, 6, mtime=0)
        headers["content-encoding"] = "gzip"
    headers["content-length"] = str(len(page))
    return page


def _is_no_file(path: str) -> bool:
    """Whether the file system must not be asked: a fault for it, or a way out of the folder."""
    parts = path.encode(errors="replace").split(b"/")
    return len(path) > LONGEST_PATH or max(map(len, parts)) > LONGEST_NAME or b".." in parts


def serve_files(folder: Path, files: ASGIApp, school_name: Callable[[], Awaitable[str]]) -> ASGIApp:
    """The built pages, with the name of the school put in, and their files.

    `files` serves what is in `folder`, knows that /courses/algebra is a page, and answers 404 to
    unknown paths.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if _is_no_file(path):
            scope = {**scope, "path": "/_no_file"}  # there is no such page
        clean = scope["path"].strip("/")
        if clean and "." not in clean and (folder / f"{clean}.html").is_file():
            scope = {**scope, "path": f"/{clean}.html"}  # else Starlette redirects to a slash
        is_page = scope["path"].endswith(".html") or not (folder / clean).is_file()

        async def with_cache(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                named_by_content = scope["path"].startswith("/assets/") and message["status"] == 200
                cache = b"public, max-age=31536000, immutable" if named_by_content else b"no-cache"
                message = {
                    **message,
                    "headers": [*message["headers"], (b"cache-control", cache)],
                }
            await send(message)

        if is_page:
            await _named(files, await school_name())(scope, receive, with_cache)
        else:
            await files(scope, receive, with_cache)

    return serve
