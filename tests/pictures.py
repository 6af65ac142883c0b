"""Small pictures of every kind, made byte by byte."""

import struct
import zlib


def a_picture(width: int = 96, height: int = 32, color: bytes = b"\x5b\x5b\xd6") -> bytes:
    """A PNG of one colour, which a browser can draw."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\x00" + color * width) * height, 9)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", rows), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def a_jpeg(width: int = 96, height: int = 32) -> bytes:
    """As far as its size: with a comment before the frame, as cameras write one."""
    comment = b"\xff\xfe\x00\x07hello"
    frame = b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", height, width) + b"\x01\x01\x11\x00"
    return b"\xff\xd8" + comment + b"\xff" + frame + b"\xff\xd9"


def a_webp(kind: bytes = b"VP8 ", width: int = 96, height: int = 32) -> bytes:
    if kind == b"VP8 ":
        content = b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, height)
    elif kind == b"VP8L":
        content = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14)
    else:
        sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        content = b"\x00\x00\x00\x00" + sizes
    body = kind + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
