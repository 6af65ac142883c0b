"""The build: no foreign address in it, no icon missing, nothing heavy, and not done twice."""

import re
import tarfile
from pathlib import Path

import pytest

from courseflow_admin import frontend
from courseflow_admin.components.icons import icon

SIGN_IN_LIMIT = 300_000  # bytes over the wire, with brotli
TEXTS = {".js", ".html", ".css", ".txt", ".json", ".xml", ".webmanifest"}


def texts(folder: Path) -> list[tuple[str, str]]:
    return [(file.name, file.read_text()) for file in folder.rglob("*") if file.suffix in TEXTS]


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost:", "courseflow.invalid", "registry."])
def test_no_address_of_the_machine_that_built_it_is_left(built, address):
    assert [name for name, text in texts(built) if address in text] == []


def test_no_address_of_a_registry_stands_in_the_locks():
    for name in ("bun.lock", "package.json"):
        assert "://" not in (frontend.ROOT / "reflex.lock" / name).read_text()


def test_the_build_speaks_to_whatever_address_served_it(built):
    found = [text for _, text in texts(built) if "location.origin" in text and "_event" in text]

    assert len(found) == 1
    assert "location.origin.replace(/^http/,`ws`)" in found[0]


def test_the_build_log_names_no_invalid_icon(built):
    assert "Invalid icon tag" not in frontend.LOG.read_text()


def test_an_unknown_icon_stops_the_build():
    with pytest.raises(ValueError, match="has no icon for 'no_such_icon'"):
        icon("no_such_icon")


def test_a_second_build_of_the_same_sources_is_skipped(built):
    before = {file: file.stat().st_mtime_ns for file in built.rglob("*")}

    frontend.ensure_built()

    assert {file: file.stat().st_mtime_ns for file in built.rglob("*")} == before


def test_screens_built_elsewhere_are_taken_when_they_are_of_these_sources(built, tmp_path):
    archive, page = tmp_path / "screens.tar.gz", built / "sign-in.html"
    before, text = page.stat().st_ino, page.read_text()
    frontend.pack(archive)

    frontend.unpack(archive)  # under browser tests that read them: nothing may be missing meanwhile

    assert page.stat().st_ino != before
    assert page.read_text() == text
    assert frontend.require_built() == built


def test_screens_of_other_sources_are_refused_and_nothing_is_replaced(built, tmp_path):
    archive = tmp_path / "screens.tar.gz"
    (tmp_path / "stamp").write_text("of another day")
    (tmp_path / "frontend").mkdir()
    with tarfile.open(archive, "w:gz") as file:
        file.add(tmp_path / "frontend", "frontend")
        file.add(tmp_path / "stamp", "stamp")

    with pytest.raises(frontend.BuildFailed, match="built from other sources"):
        frontend.unpack(archive)

    assert (built / "sign-in.html").is_file()
    assert frontend.require_built() == built


def test_a_file_that_is_no_archive_is_refused(built, tmp_path):
    (tmp_path / "screens.tar.gz").write_text("nothing")

    with pytest.raises(frontend.BuildFailed, match="holds no built screens"):
        frontend.unpack(tmp_path / "screens.tar.gz")


async def test_the_sign_in_page_is_light(site, built):
    text = (await site.get("/sign-in", headers={"Accept-Encoding": "identity"})).text
    linked = set(re.findall(r'["\(](/[^"\s\(]+\.(?:js|css|ico))"', text))

    sizes = {}
    for path in {"/sign-in", *linked}:
        answer = await site.get(path, headers={"Accept-Encoding": "br"})
        sizes[path] = int(answer.headers["content-length"])

    assert len(sizes) > 8
    assert sum(sizes.values()) <= SIGN_IN_LIMIT, sizes


def test_every_page_has_its_own_language_title_and_one_heading(built):
    for file in built.rglob("*.html"):
        text = file.read_text()
        assert '<html lang="en">' in text, file
        if "__spa-fallback" not in file.name and file.name not in {"404.html", "index.html"}:
            assert len(re.findall(r"<title>[^<]+</title>", text)) == 1, file
            assert len(re.findall(r"<h1[ >]", text)) == 1, file
