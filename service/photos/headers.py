"""What a photo's file is, read from its own bytes before any decoder sees them.

Only what shows is passed on: EXIF is taken out, and colour profiles, comments and whatever else
a file may carry never reach the decoder.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from service.errors import Invalid, TooLarge, UnsupportedType

MAX_BYTES = 15 * 2**20
MAX_PIXELS = 50_000_000
MAX_SIDE = 30_000
MAX_SCANS = 24
"""Of a progressive JPEG: each goes over every pixel again."""
JPEG_START, PNG_START = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
EXIF_START = b"Exif\x00\x00"
MARK, SCAN, END, APP1 = 0xFF, 0xDA, 0xD9, 0xE1
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
LEFT_OUT = frozenset(range(0xE1, 0xEE)) | {0xEF, 0xFE}
"""Application data and comments; but APP0 and APP14 tell how colours are coded."""
PNG_SHOWN = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
WEBP_ANIMATED = 0x02
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heif", b"avif")
OTHERS = {
    b"GIF8": "动图 GIF",
    b"8BPS": "Photoshop 的 PSD",
    b"%!PS": "EPS",
    b"\xc5\xd0\xd3\xc6": "EPS",
    b"%PDF": "PDF",
    b"\xd7\xcd\xc6\x9a": "WMF",
    b"\x01\x00\x00\x00": "EMF",
    b"BM": "BMP",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"PK\x03\x04": "压缩包",
    b"<": "网页或 SVG",
}


class MediaType(StrEnum):
    """What is taken."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"


class UnreadablePhoto(Invalid):
    """The file begins as a photo and is none, or not a whole one."""

    title = "Unreadable photo"


@dataclass(frozen=True)
class Header:
    """What a file says before its pixels."""

    media_type: MediaType
    width_px: int
    height_px: int
    exif: bytes
    shown: bytes
    """The file without what does not show."""


def examine(content: bytes) -> Header:
    """Read a photo's header; refuse what is no photo, too large, animated or cut off."""
    if len(content) > MAX_BYTES:
        raise TooLarge(f"照片超过 {MAX_BYTES // 2**20} MiB;请降低分辨率后再传")
    if not content:
        raise UnreadablePhoto("文件是空的", field="file")
    try:
        header = _read(content)
    except (struct.error, IndexError) as error:
        raise UnreadablePhoto("照片不完整,请重新拍摄或重新上传", field="file") from error
    width, height = header.width_px, header.height_px
    if not (width and height):
        raise UnreadablePhoto("照片的宽或高为零", field="file")
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise TooLarge(f"照片有 {width}×{height} 像素,超过 {MAX_PIXELS // 10**6} 百万;请缩小后再传")
    return header


def _read(content: bytes) -> Header:
    if content.startswith(JPEG_START):
        return _jpeg(content)
    if content.startswith(PNG_START):
        return _png(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp(content)
    raise UnsupportedType(_what_it_is(content), field="file")


def _what_it_is(content: bytes) -> str:
    taken = "只收 JPEG、PNG、WebP 照片"
    if content[4:8] == b"ftyp" and content[8:12] in HEIF_BRANDS:
        return f"{taken};这是 HEIC/AVIF,请在手机相机设置里选“兼容性最佳”,或另存为 JPEG"
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    named = next((name for magic, name in OTHERS.items() if start.startswith(magic)), None)
    return f"{taken};这是{named}" if named else f"{taken};这个文件不是照片"


def _jpeg(content: bytes) -> Header:
    kept, exif, frame, scans = [content[:2]], b"", (0, 0), b""
    for marker, segment in _segments(content):
        if marker in FRAMES:
            frame = max(frame, struct.unpack_from(">HH", segment, 5), key=math.prod)
        if marker == APP1 and segment[4:10] == EXIF_START and not exif:
            exif = segment[10:]
        if marker not in LEFT_OUT:
            kept.append(segment)
        scans = segment
    if scans.count(bytes((MARK, SCAN))) > MAX_SCANS:
        raise UnreadablePhoto("JPEG 的扫描遍数过多,已拒绝", field="file")
    return Header(MediaType.JPEG, frame[1], frame[0], exif, b"".join(kept))


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each marker with its segment; the first scan with all that follows it."""
    at = 2
    while True:
        if content[at] != MARK:
            raise UnreadablePhoto("JPEG 的结构有损坏,请重新上传", field="file")
        marker = content[at + 1]
        if marker == MARK:  # a fill byte
            at += 1
            continue
        if marker == SCAN:
            yield marker, content[at:]
            return
        (length,) = struct.unpack_from(">H", content, at + 2)
        segment = content[at : at + 2 + length]
        if marker == END or len(segment) < length + 2:
            raise UnreadablePhoto("照片不完整,请重新拍摄或重新上传", field="file")
        yield marker, segment
        at += 2 + length


def _png(content: bytes) -> Header:
    at, kept, exif = len(PNG_START), [PNG_START], b""
    width, height = struct.unpack_from(">II", content, 16)
    while True:
        length, kind = struct.unpack_from(">I4s", content, at)
        chunk = content[at : at + 12 + length]
        if len(chunk) < length + 12:
            raise UnreadablePhoto("照片不完整,请重新拍摄或重新上传", field="file")
        if kind == b"acTL":
            raise UnreadablePhoto("动图不能作为照片", field="file")
        if kind == b"eXIf" and not exif:
            exif = chunk[8:-4]
        if kind in PNG_SHOWN:
            kept.append(chunk)
        if kind == b"IEND":
            return Header(MediaType.PNG, width, height, exif, b"".join(kept))
        at += 12 + length


def _webp(content: bytes) -> Header:
    (size,) = struct.unpack_from("<I", content, 4)
    if size + 8 > len(content):
        raise UnreadablePhoto("照片不完整,请重新拍摄或重新上传", field="file")
    at, exif, sizes = 12, b"", [_webp_size(content)]
    while at + 8 <= size + 8:
        kind, length = struct.unpack_from("<4sI", content, at)
        if kind in {b"ANIM", b"ANMF"} or (kind == b"VP8X" and content[at + 8] & WEBP_ANIMATED):
            raise UnreadablePhoto("动图不能作为照片", field="file")
        if kind == b"EXIF" and not exif:
            exif = content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    width, height = sizes[0]
    return Header(MediaType.WEBP, width, height, exif, content)


def _webp_size(content: bytes) -> tuple[int, int]:
    """Read the canvas of a simple, a lossless or an extended file (RFC 9649)."""
    kind, body = content[12:16], content[20:30]
    if kind == b"VP8X":
        width, height = (int.from_bytes(body[n : n + 3], "little") + 1 for n in (4, 7))
    elif kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (int.from_bytes(body[n : n + 2], "little") & 0x3FFF for n in (6, 8))
    else:
        raise UnreadablePhoto("WebP 的结构有损坏,请重新上传", field="file")
    if len(body) < 10:  # noqa: PLR2004
        raise IndexError
    return width, height
