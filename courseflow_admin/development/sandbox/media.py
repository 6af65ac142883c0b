"""What a file says about itself: format, size in pixels, length; from its first bytes."""

import struct
from dataclasses import dataclass

UNKNOWN_SECONDS = 60.0  # what a video without a readable header is said to last


@dataclass(frozen=True)
class Details:
    format: str
    width: int = 0
    height: int = 0
    duration: float = UNKNOWN_SECONDS


def details_of(content: bytes, extension: str) -> Details:
    """The format is read from the content; the name's ending decides only where that is silent."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        return Details("png", *struct.unpack(">II", content[16:24]))
    if content[:6] in {b"GIF87a", b"GIF89a"} and len(content) >= 10:
        return Details("gif", *struct.unpack("<HH", content[6:10]))
    if content.startswith(b"\xff\xd8"):
        return Details("jpg", *_jpeg_size(content))
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return Details("webp", *_webp_size(content))
    if content.startswith(b"%PDF-"):
        return Details("pdf", 612, 792)
    if content[4:8] == b"ftyp":
        return Details("mov" if content[8:10] == b"qt" else "mp4", 1280, 720, _mp4_seconds(content))
    if content.startswith(b"\x1a\x45\xdf\xa3"):
        return Details("webm", 1280, 720)
    known = {"jpeg": "jpg", "png": "bin", "jpg": "bin", "gif": "bin", "webp": "bin", "mp4": "bin"}
    return Details(known.get(extension, extension or "bin"), 800, 600)


def _jpeg_size(content: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return 0, 0


def _webp_size(content: bytes) -> tuple[int, int]:
    if content[12:16] == b"VP8X" and len(content) >= 30:
        width, height = content[24:27], content[27:30]
        return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
    if content[12:16] == b"VP8 " and len(content) >= 30:
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


def _mp4_seconds(content: bytes) -> float:
    """From the movie header, wherever it stands."""
    at = content.find(b"mvhd")
    if at < 0 or len(content) < at + 36:
        return UNKNOWN_SECONDS
    if content[at + 4] == 1:
        scale, length = struct.unpack(">IQ", content[at + 24 : at + 36])
    else:
        scale, length = struct.unpack(">II", content[at + 16 : at + 24])
    return round(length / scale, 3) if scale and length else UNKNOWN_SECONDS
