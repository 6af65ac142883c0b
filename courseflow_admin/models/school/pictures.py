"""What kind of picture some bytes are, and how large: by their content, never by their name."""

from dataclasses import dataclass
from typing import Literal

PictureType = Literal["image/png", "image/jpeg", "image/webp"]
PNG = b"\x89PNG\r\n\x1a\n"
# Start of frame: the markers of a JPEG after which its size stands.
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length


@dataclass(frozen=True)
class Picture:
    media_type: PictureType
    width: int
    height: int


def picture_of(content: bytes) -> Picture | None:
    """None when it is neither PNG nor JPEG nor WebP, or breaks off before its size."""
    if content.startswith(PNG) and content[12:16] == b"IHDR":
        return _picture("image/png", _big(content[16:20]), _big(content[20:24]))
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp(content)
    return None


def _jpeg(content: bytes) -> Picture | None:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in FRAMES:
            height, width = _big(content[at + 5 : at + 7]), _big(content[at + 7 : at + 9])
            return _picture("image/jpeg", width, height)
        filler = marker == 0xFF
        at += 1 if filler else 2 if marker in ALONE else 2 + _big(content[at + 2 : at + 4])
    return None


def _webp(content: bytes) -> Picture | None:
    kind = content[12:16]
    if kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = _little(content[26:28]) & 0x3FFF, _little(content[28:30]) & 0x3FFF
        return _picture("image/webp", width, height)
    if kind == b"VP8L" and content[20:21] == b"\x2f" and len(content) >= 25:
        bits = _little(content[21:25])
        return _picture("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X" and len(content) >= 30:
        return _picture("image/webp", _little(content[24:27]) + 1, _little(content[27:30]) + 1)
    return None


def _picture(media_type: PictureType, width: int, height: int) -> Picture | None:
    return Picture(media_type, width, height) if width and height else None


def _big(part: bytes) -> int:
    return int.from_bytes(part, "big")


def _little(part: bytes) -> int:
    return int.from_bytes(part, "little")
