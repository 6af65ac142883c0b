"""Cloudinary's API and delivery: signed uploads, also in chunks, changes, protected files."""

import base64
import hashlib
import hmac
import json
import mimetypes
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from courseflow_admin.development.sandbox import webhooks
from courseflow_admin.development.sandbox.media import Details, details_of
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.wire import Answer, basic, whole
from courseflow_admin.development.sandbox.world import World, token

HOUR = 3600
UNSIGNED = {"file", "cloud_name", "resource_type", "api_key", "signature"}
KINDS = {"image", "video", "raw", "auto"}
IMAGES = {"png", "jpg", "jpeg", "gif", "webp", "svg", "avif", "bmp", "pdf"}
VIDEOS = {"mp4", "webm", "mov", "mkv", "ogv", "mp3", "wav", "ogg", "m4a", "aac"}
RANGE = re.compile(r"bytes (\d+)-(\d+)/(-1|\d+)\Z")
SIGNATURE = re.compile(r"s--([A-Za-z0-9_-]{8,32})--\Z")
TRANSFORMATION = re.compile(r"[a-z]{1,3}_[^/]+\Z")
VERSION = re.compile(r"v\d+\Z")
FROM_ANYWHERE = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "X-Unique-Upload-Id, Content-Range, X-Requested-With,"
    " Content-Type, Cache-Control, DPR, Viewport-Width",
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-max-age": "86400",
    "timing-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
}


class Refused(Exception):
    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class CloudinaryApi:
    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def routes(self) -> list[Route]:
        api = "/v1_1/{cloud}"
        call = self._call
        return [
            Route(f"{api}/{{kind}}/{{act}}", self._preflight, methods=["OPTIONS"]),
            Route(f"{api}/{{kind}}/upload", call(self.upload), methods=["POST"]),
            Route(f"{api}/{{kind}}/destroy", call(self.destroy), methods=["POST"]),
            Route(f"{api}/{{kind}}/explicit", call(self.explicit), methods=["POST"]),
            Route(f"{api}/{{kind}}/download", call(self.download), methods=["GET"]),
            Route(
                f"{api}/resources/{{kind}}/{{delivery}}/{{public_id:path}}",
                call(self.resource),
                methods=["GET"],
            ),
            Route("/{cloud}/{kind}/{delivery}/{rest:path}", call(self.deliver), methods=["GET"]),
        ]

    def _call(self, act: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            try:
                if request.path_params["cloud"] != self.world.keys["cloudinary_cloud_name"]:
                    cloud = request.path_params["cloud"]
                    raise Refused(f"Invalid cloud_name {cloud}", 401)  # noqa: TRY301
                answer = await act(request)
            except Refused as refused:
                headers = FROM_ANYWHERE | {"x-cld-error": str(refused)}
                return Answer({"error": {"message": str(refused)}}, refused.status, headers)
            if isinstance(answer, Response):
                answer.headers.update(FROM_ANYWHERE)
                return answer
            return Answer(answer, 200, FROM_ANYWHERE | {"x-request-id": token(32).lower()})

        return endpoint

    async def _preflight(self, request: Request) -> Response:  # noqa: ARG002
        return Response(status_code=200, headers=FROM_ANYWHERE)

    async def broken(self, request: Request) -> Response:  # noqa: ARG002
        """What the outage switch answers."""
        body = {"error": {"message": "General Error (the sandbox's outage switch is on)"}}
        return Answer(body, 500, FROM_ANYWHERE)

    # Upload

    async def upload(self, request: Request) -> Body:
        """All at once, or in chunks that carry the same X-Unique-Upload-Id."""
        async with request.form(max_part_size=64 << 20) as form:
            self._check_signature(form)
            name, content = await _file_in(form)
        upload_id = request.headers.get("x-unique-upload-id")
        if upload_id is None or "content-range" not in request.headers:
            return self._store(request, form, name, content)
        part = self._part(upload_id, request.headers["content-range"], content)
        if part is None:
            return {"done": False, "bytes": len(content), "public_id": form.get("public_id")}
        whole_file = part.read_bytes()
        part.unlink()
        return self._store(request, form, name, whole_file)

    def _part(self, upload_id: str, content_range: str, content: bytes) -> Path | None:
        """The file with this chunk in its place, once nothing is missing."""
        match = RANGE.match(content_range)
        if match is None:
            raise Refused("Invalid Content-Range header")
        first, last, total = (int(number) for number in match.groups())
        if last - first + 1 != len(content):
            raise Refused("Content-Range does not match the size of the chunk")
        name = hashlib.sha256(upload_id.encode()).hexdigest()
        part = self.folder / f"{name}.part"
        have = part.stat().st_size if part.exists() else 0
        if first > have:
            raise Refused("Content-Range: a chunk before this one is missing")
        with part.open("r+b" if part.exists() else "w+b") as stream:
            stream.seek(first)
            stream.write(content)
        return part if total not in {-1} and last + 1 == total else None

    def _check_signature(self, form: FormData) -> None:
        if form.get("api_key") != self.world.keys["cloudinary_api_key"]:
            given = form.get("api_key")
            raise Refused(f"Invalid api_key {given}" if given else "Must supply api_key", 401)
        if not form.get("signature"):
            raise Refused("Missing required parameter - signature")
        given = str(form["signature"])
        algorithm = hashlib.sha1 if len(given) == 40 else hashlib.sha256
        names = sorted(set(form) - UNSIGNED)
        signed = {name: ",".join(str(value) for value in form.getlist(name)) for name in names}
        signed = {name.removesuffix("[]"): value for name, value in signed.items() if value}
        plain = [f"{name}={value}" for name, value in signed.items()]
        # The second version of the signature escapes &, so that no value can pose as a parameter.
        versions = (sorted(item.replace("&", "%26") for item in plain), sorted(plain))
        secret = self.world.keys["cloudinary_api_secret"]
        expected = [
            algorithm(f"{'&'.join(items)}{secret}".encode()).hexdigest() for items in versions
        ]
        if not any(hmac.compare_digest(given.encode(), digest.encode()) for digest in expected):
            shown = "&".join(versions[0])
            raise Refused(f"Invalid Signature {given}. String to sign - '{shown}'.", 401)
        age = time.time() - whole(form.get("timestamp"), 0)
        if not -HOUR <= age <= HOUR:
            raise Refused("Stale request - reported time is more than 1 hour ago", 400)

    def _store(self, request: Request, form: FormData, filename: str, content: bytes) -> Body:
        wanted = request.path_params["kind"]
        if wanted not in KINDS:
            raise Refused(f"Invalid resource type {wanted}")
        details = details_of(content, Path(filename).suffix.lstrip(".").lower())
        kind = _kind(details.format) if wanted == "auto" else wanted
        if kind != "raw" and kind != _kind(details.format):
            raise Refused(f"Invalid {kind} file")
        allowed = str(form.get("allowed_formats") or "")
        if allowed and details.format not in allowed.split(","):
            names = ", ".join(allowed.split(","))
            raise Refused(f"{kind.capitalize()} file format {details.format} not allowed: {names}")
        public_id = str(form.get("public_id") or token(20).lower())
        if form.get("folder"):
            public_id = f"{form['folder']}/{public_id}"
        delivery = str(form.get("type") or "upload")
        key = f"{kind}/{delivery}/{public_id}"
        old = self.world.store.find("asset", key)
        if old is not None and str(form.get("overwrite")).lower() in {"false", "0"}:
            kept: Body = old["asset"]
            return kept | {"existing": True}
        name = f"{hashlib.sha256(key.encode()).hexdigest()}.bin"
        (self.folder / name).write_bytes(content)
        asset = self._asset(form, details, content, kind, delivery, public_id, filename)
        self.world.store.put("asset", {"id": key, "file": name, "asset": asset})
        self._notify("upload", asset)
        return asset

    def _asset(
        self,
        form: FormData,
        details: Details,
        content: bytes,
        kind: str,
        delivery: str,
        public_id: str,
        filename: str,
    ) -> Body:
        version = self.world.now()
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(version))
        extension = "" if kind == "raw" else f".{details.format}"
        secret = self.world.keys["cloudinary_api_secret"]
        proof = f"public_id={public_id}&version={version}{secret}"
        asset: Body = {
            "asset_id": hashlib.sha256(f"{public_id}{version}".encode()).hexdigest()[:32],
            "public_id": public_id,
            "version": version,
            "version_id": token(32).lower(),
            "signature": hashlib.sha1(proof.encode()).hexdigest(),  # noqa: S324 - Cloudinary's
            "resource_type": kind,
            "created_at": created,
            "tags": [tag for tag in str(form.get("tags") or "").split(",") if tag],
            "bytes": len(content),
            "type": delivery,
            "etag": hashlib.md5(content).hexdigest(),  # noqa: S324 - an etag
            "placeholder": False,
            "original_filename": Path(filename).stem,
        }
        if kind != "raw":
            asset |= {"width": details.width, "height": details.height, "format": details.format}
        if kind == "video":
            asset |= {
                "duration": details.duration,
                "is_audio": False,
                "pages": 0,
                "frame_rate": 25.0,
                "bit_rate": round(len(content) * 8 / details.duration),
            }
        if form.get("context"):
            asset["context"] = {"custom": _context(str(form["context"]))}
        path = f"{kind}/{delivery}"
        if delivery != "upload":
            path += f"/{self._sign(f'{public_id}{extension}')}"
        url = f"{self.world.url('cloudinary')}/{self.world.keys['cloudinary_cloud_name']}/{path}"
        asset["url"] = asset["secure_url"] = f"{url}/v{version}/{public_id}{extension}"
        return asset

    def _sign(self, text: str) -> str:
        secret = self.world.keys["cloudinary_api_secret"]
        digest = hashlib.sha1(f"{text}{secret}".encode()).digest()  # noqa: S324 - Cloudinary's
        return f"s--{base64.urlsafe_b64encode(digest)[:8].decode()}--"

    def _notify(self, kind: str, content: Body) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(self.world.now()))
        body = {"notification_type": kind, "timestamp": stamp, "request_id": token(32).lower()}
        event_id = webhooks.new_event_id("cloudinary")
        subject = str(content.get("public_id", ""))
        webhooks.emit(self.world, "cloudinary", event_id, kind, subject, body | content)

    # Changes and details

    async def destroy(self, request: Request) -> Body:
        form = await request.form()
        self._check_signature(form)
        key = self._key(request, form)
        found = self.world.store.find("asset", key)
        if found is None:
            return {"result": "not found"}
        (self.folder / found["file"]).unlink(missing_ok=True)
        self.world.store.remove(key)
        gone = {name: found["asset"][name] for name in ("public_id", "resource_type", "type")}
        self._notify("delete", {"resources": [gone], **gone})
        return {"result": "ok"}

    async def explicit(self, request: Request) -> Body:
        form = await request.form()
        self._check_signature(form)
        key = self._key(request, form)
        found = self._found(key)
        if form.get("tags") is not None:
            found["asset"]["tags"] = [tag for tag in str(form["tags"]).split(",") if tag]
        if form.get("context"):
            found["asset"]["context"] = {"custom": _context(str(form["context"]))}
        self.world.store.put("asset", found)
        asset: Body = found["asset"]
        return asset

    def _key(self, request: Request, form: FormData) -> str:
        delivery = form.get("type") or "upload"
        return f"{request.path_params['kind']}/{delivery}/{form.get('public_id')}"

    def _found(self, key: str) -> Body:
        found = self.world.store.find("asset", key)
        if found is None:
            raise Refused(f"Resource not found - {key.split('/', 2)[2]}", 404)
        return found

    async def resource(self, request: Request) -> Body:
        keys = self.world.keys
        if basic(request) != (keys["cloudinary_api_key"], keys["cloudinary_api_secret"]):
            raise Refused("unknown api_key", 401)
        path = request.path_params
        public_id = unquote(path["public_id"])
        asset = dict(self._found(f"{path['kind']}/{path['delivery']}/{public_id}")["asset"])
        asset.pop("signature", None)
        return asset | {"derived": [], "access_mode": "public"}

    # Files

    async def download(self, request: Request) -> Response:
        """An address signed like an upload, which may end at `expires_at`."""
        query = FormData(list(request.query_params.multi_items()))
        self._check_signature(query)
        ends = query.get("expires_at")
        if ends and whole(ends, 0) < time.time():
            raise Refused("The download address has expired", 401)
        found = self._found(self._key(request, query))
        return self._file(found, attachment=bool(query.get("attachment")))

    async def deliver(self, request: Request) -> Response:
        path = request.path_params
        parts = unquote(path["rest"]).split("/")
        given = SIGNATURE.match(parts[0])
        parts = parts[1:] if given else parts
        transformations = []
        while len(parts) > 1 and TRANSFORMATION.match(parts[0]):
            transformations.append(parts.pop(0))
        if len(parts) > 1 and VERSION.match(parts[0]):
            parts.pop(0)
        source = "/".join(parts)
        if path["delivery"] != "upload" or given:
            self._check_delivery(given, "/".join([*transformations, source]))
        start = f"{path['kind']}/{path['delivery']}/"
        found = self.world.store.find("asset", start + source)
        if found is None:  # the public id of images and videos stands without its ending
            found = self._found(start + source.rpartition(".")[0])
        return self._file(found)

    def _check_delivery(self, given: "re.Match[str] | None", text: str) -> None:
        """Protected files need a signature, and a wrong one is refused even for public ones."""
        content = f"{text}{self.world.keys['cloudinary_api_secret']}".encode()
        digests = (hashlib.sha1(content), hashlib.sha256(content))  # noqa: S324 - Cloudinary's
        expected = [base64.urlsafe_b64encode(each.digest()).decode() for each in digests]
        if given is None or not any(
            hmac.compare_digest(given[1].encode(), text[: len(given[1])].encode())
            for text in expected
        ):
            raise Refused("Invalid signature in URL" if given else "Unauthenticated access", 401)

    def _file(self, found: Body, *, attachment: bool = False) -> Response:
        asset = found["asset"]
        name = asset["public_id"].rpartition("/")[2]
        if "format" in asset:
            name += f".{asset['format']}"
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = {
            "cache-control": "private, no-transform, max-age=2592000",
            # an SVG opened on its own must not run scripts
            "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
            "x-content-type-options": "nosniff",
        }
        return FileResponse(
            self.folder / found["file"],
            media_type=kind,
            headers=headers,
            filename=name if attachment else None,
        )


async def _file_in(form: FormData) -> tuple[str, bytes]:
    """Name and content of what is uploaded: a file, or a data: address."""
    file = form.get("file")
    if isinstance(file, UploadFile):
        return file.filename or "file", await file.read()
    match = re.match(r"data:[\w/+.-]*;base64,", file or "")
    if file is None or match is None:
        raise Refused("Missing required parameter - file")
    try:
        return "file", base64.b64decode(file[match.end() :], validate=True)
    except ValueError as error:
        raise Refused("Invalid data: address") from error


def _kind(format_: str) -> str:
    return "image" if format_ in IMAGES else "video" if format_ in VIDEOS else "raw"


def _context(text: str) -> Body:
    """`key=value|key=value`, or the same as JSON."""
    if text.startswith("{"):
        parsed: Body = json.loads(text)
        return parsed
    pairs = (item.partition("=") for item in re.split(r"(?<!\\)\|", text))
    return {key: value.replace("\\|", "|").replace("\\=", "=") for key, _, value in pairs}
