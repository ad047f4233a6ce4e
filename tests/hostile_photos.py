"""Photos made by hand: good ones with any EXIF, and the hostile ones of every kind.

`HOSTILE` is what must be refused, each with its status and a word that the refusal says;
`ODD` is what must be kept, each with the marks that it gets.
"""

import io
import struct
import zlib
from fractions import Fraction
from functools import cache

import numpy as np
from PIL import Image

Ratio = tuple[int, int]
ASCII, SHORT, LONG, RATIONAL = 2, 3, 4, 5
NIKON = ((271, "NIKON"), (272, "COOLPIX P6000"))


def a_picture(width: int = 64, height: int = 48, seed: int = 1) -> Image.Image:
    """A picture whose corners tell which way is up: red is top left."""
    noise = np.random.default_rng(seed).integers(0, 60, (height, width, 3), dtype=np.uint8)
    noise[: height // 2, : width // 2] += np.array([190, 0, 0], dtype=np.uint8)
    return Image.fromarray(noise)


def saved(image: Image.Image, kind: str = "JPEG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def a_jpeg(exif: bytes = b"", **of) -> bytes:
    content = saved(a_picture(**of), quality=90)
    return with_segment(content, 0xE1, b"Exif\x00\x00" + exif) if exif else content


def a_png(exif: bytes = b"", **of) -> bytes:
    content = saved(a_picture(**of), "PNG")
    return with_chunk(content, b"eXIf", exif) if exif else content


def a_webp(exif: bytes = b"", **of) -> bytes:
    return saved(a_picture(**of), "WEBP", **({"exif": exif} if exif else {}))


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """Put a segment right after the start of a JPEG."""
    return jpeg[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + jpeg[2:]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """Put a chunk right after the header of a PNG."""
    return png[:33] + chunk(kind, body) + png[33:]


def _value(value) -> tuple[int, int, bytes]:
    if isinstance(value, str):
        return ASCII, len(value) + 1, value.encode() + b"\x00"
    if isinstance(value, int):
        return SHORT, 1, struct.pack("<H", value)
    ratios = [each if isinstance(each, tuple) else _ratio(each) for each in value]
    return RATIONAL, len(ratios), b"".join(struct.pack("<II", *each) for each in ratios)


def _ratio(number: float) -> Ratio:
    found = Fraction(number).limit_denominator(10_000)
    return found.numerator, found.denominator


def an_exif(main=(), camera=(), gps=()) -> bytes:
    """An EXIF block of three directories: (tag, text, small number or list of ratios)."""
    places, size = [], 8
    directories = [list(main), list(camera), list(gps)]
    directories[0] += [(34665, 0), (34853, 0)]
    for each in directories:
        places.append(size)
        size += 2 + 12 * len(each) + 4
    pointers = {34665: places[1], 34853: places[2]}
    body, tail = b"", b""
    for each in directories:
        body += struct.pack("<H", len(each))
        for tag, value in sorted(each):
            if tag in pointers:
                body += struct.pack("<HHII", tag, LONG, 1, pointers[tag])
                continue
            kind, n, raw = _value(value)
            if len(raw) <= 4:
                body += struct.pack("<HHI", tag, kind, n) + raw.ljust(4, b"\x00")
            else:
                body += struct.pack("<HHII", tag, kind, n, size + len(tail))
                tail += raw + b"\x00" * (len(raw) % 2)
        body += struct.pack("<I", 0)
    return b"II\x2a\x00" + struct.pack("<I", 8) + body + tail


def gps(
    lat=(23, 42, 36), lon=(112, 57, 36), day="2023:04:20", time=(0, 30, 0), bearing=(90,), north="T"
) -> list:
    """GPS entries; by default in the county, half an hour before nine in the morning there."""
    found = [(1, "N"), (2, lat), (3, "E"), (4, lon), (7, time), (16, north), (17, bearing)]
    return [*found, (29, day)]


def taken(when: str = "2023:04:20 08:30:00") -> list:
    return [(36867, when)]


def a_field_photo(**other) -> bytes:
    """A photo as a phone in the county makes it."""
    return a_jpeg(an_exif(NIKON, taken(), gps(**other)))


@cache
def _frames(kind: str, n: int) -> bytes:
    frames = [Image.new("RGB", (8, 8), (each * 7 % 256, each // 7 % 256, 0)) for each in range(n)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=10)


def a_png_header(width: int, height: int, depth: int = 8, colour: int = 0) -> bytes:
    """A PNG that claims a size; its pixels are a few bytes of zeros, well packed."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    pixels = zlib.compress(b"\x00" * 2**20, 9)
    parts = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in parts)


def a_jpeg_of(width: int, height: int) -> bytes:
    """A JPEG whose header claims a size."""
    content = bytearray(a_jpeg())
    at = content.find(b"\xff\xc0")
    struct.pack_into(">HH", content, at + 5, height, width)
    return bytes(content)


def a_webp_of(width: int, height: int) -> bytes:
    """An extended WebP whose canvas claims a size."""
    body = b"\x00" * 4 + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunks = b"VP8X" + struct.pack("<I", 10) + body + a_webp()[12:]
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def many_scans() -> bytes:
    """A progressive JPEG that goes over its pixels again and again."""
    content = saved(a_picture(), progressive=True)
    last = content.rfind(b"\xff\xda")
    return content[:-2] + content[last:-2] * 80 + content[-2:]


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>'
HTML = b"\xef\xbb\xbf\n<!doctype html><script>alert(1)</script>"
HEIC = struct.pack(">I", 24) + b"ftypheic" + b"\x00" * 400
MISLED = a_jpeg()[:20] + b"<script>alert(1)</script>" + a_jpeg()[20:]

HOSTILE: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 422, "空"),
    "SVG": (SVG, 415, "SVG"),
    "HTML as .jpg": (HTML, 415, "网页"),
    "GIF": (_frames("GIF", 2), 415, "GIF"),
    "GIF of 10,000 frames": (b"GIF89a" + b"\x08\x00" * 100_000, 415, "GIF"),
    "HEIC": (HEIC, 415, "HEIC"),
    "AVIF": (HEIC.replace(b"heic", b"avif"), 415, "HEIC"),
    "PSD": (b"8BPS\x00\x01" + b"\x00" * 100, 415, "PSD"),
    "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n", 415, "EPS"),
    "EPS of DOS": (b"\xc5\xd0\xd3\xc6" + b"\x00" * 100, 415, "EPS"),
    "WMF": (b"\xd7\xcd\xc6\x9a" + b"\x00" * 100, 415, "WMF"),
    "BMP": (saved(a_picture(), "BMP"), 415, "BMP"),
    "TIFF": (saved(a_picture(), "TIFF"), 415, "TIFF"),
    "PDF": (b"%PDF-1.7\n", 415, "PDF"),
    "an archive": (b"PK\x03\x04" + b"\x00" * 100, 415, "压缩包"),
    "text": ("早稻".encode() * 50, 415, "不是照片"),
    "PNG of 169 Mpx": (a_png_header(13_000, 13_000), 413, "像素"),
    "PNG of 30,000 by 30,000 in 1 bit": (a_png_header(30_000, 30_000, 1), 413, "像素"),
    "PNG of 4,000,000,000 by 1": (a_png_header(4_000_000_000, 1), 413, "像素"),
    "JPEG of 65,000 by 65,000": (a_jpeg_of(65_000, 65_000), 413, "像素"),
    "JPEG of a line": (a_jpeg_of(60_000, 1), 413, "像素"),
    "WebP of 16,384 by 16,384": (a_webp_of(16_384, 16_384), 413, "像素"),
    "PNG of no width": (a_png_header(0, 10), 422, "零"),
    "JPEG of no height": (a_jpeg_of(10, 0), 422, "零"),
    "animated PNG": (_frames("PNG", 5), 422, "动图"),
    "animated WebP": (_frames("WEBP", 300), 422, "动图"),
    "JPEG of 80 scans": (many_scans(), 422, "扫描"),
    "JPEG cut in the middle": (a_jpeg(width=600, height=600)[:4000], 422, "照片"),
    "JPEG cut in its header": (a_jpeg()[:200], 422, "不完整"),
    "JPEG of a start only": (b"\xff\xd8\xff", 422, "不完整"),
    "JPEG that ends at once": (b"\xff\xd8\xff\xd9", 422, "照片"),
    "JPEG with a script in its structure": (MISLED, 422, "损坏"),
    "PNG cut in the middle": (a_png(width=300, height=300)[:5000], 422, "不完整"),
    "PNG of a start only": (b"\x89PNG\r\n\x1a\n", 422, "不完整"),
    "PNG with pixels missing": (a_png_header(5000, 5000), 422, "损坏"),
    "WebP cut in the middle": (a_webp(width=300, height=300)[:2000], 422, "不完整"),
    "WebP of a start only": (b"RIFF\x04\x00\x00\x00WEBP", 422, "WebP"),
    "WebP of an unknown part": (b"RIFF\x16\x00\x00\x00WEBPEVIL" + b"\x00" * 20, 422, "WebP"),
    "more than 15 MiB": (a_jpeg() + b"\x00" * 15 * 2**20, 413, "15 MiB"),
}

ODD: dict[str, tuple[bytes, set[str]]] = {
    "a field photo": (a_field_photo(), set()),
    "no EXIF": (a_jpeg(), {"no_position"}),
    "latitude of zero denominators": (
        a_field_photo(lat=((23, 0), (42, 0), (36, 0))),
        {"lat_wrong", "no_position"},
    ),
    "latitude 91": (a_field_photo(lat=(91, 0, 0)), {"lat_wrong", "no_position"}),
    "longitude 181": (a_field_photo(lon=(181, 0, 0)), {"lon_wrong", "no_position"}),
    "61 minutes": (a_field_photo(lat=(23, 61, 0)), {"lat_wrong", "no_position"}),
    "bearing 400": (a_field_photo(bearing=(400,)), {"bearing_wrong"}),
    "bearing of a zero denominator": (a_field_photo(bearing=((90, 0),)), {"bearing_wrong"}),
    "bearing from magnetic north": (a_field_photo(north="M"), {"bearing_magnetic"}),
    "bearing from some north": (a_field_photo(north="?"), {"bearing_unsaid"}),
    "GPS date of zeros": (a_field_photo(day="0000:00:00"), {"gps_time_wrong"}),
    "GPS date that never was": (a_field_photo(day="2023:02:29"), {"gps_time_wrong"}),
    "GPS hour 25": (a_field_photo(time=(25, 0, 0)), {"gps_time_wrong"}),
    "GPS time of zero denominators": (a_field_photo(time=((0, 0),) * 3), {"gps_time_wrong"}),
    "GPS two days before the camera": (a_field_photo(day="2023:04:18"), {"clocks_apart"}),
    "GPS two days ahead": (a_field_photo(day="2023:04:22"), {"clocks_apart", "clock_ahead"}),
    "camera date of zeros": (
        a_jpeg(an_exif(NIKON, taken("0000:00:00 00:00:00"), gps())),
        {"camera_time_wrong"},
    ),
    "orientation 9": (a_jpeg(an_exif([(274, 9)], taken(), gps())), {"orientation_wrong"}),
    "EXIF cut short": (a_jpeg(an_exif(NIKON, taken(), gps())[:90]), {"exif_broken", "no_position"}),
    "EXIF of noise": (a_jpeg(b"no byte order"), {"exif_broken", "no_position"}),
    "a directory that points at itself": (
        a_jpeg(b"II\x2a\x00\x08\x00\x00\x00\x01\x00" + struct.pack("<HHII", 34853, LONG, 1, 8)),
        {"no_position"},
    ),
    "65,535 entries": (
        a_jpeg(b"II\x2a\x00\x08\x00\x00\x00\xff\xff" + b"\x00" * 9),
        {"exif_broken", "no_position"},
    ),
    "a huge colour profile": (
        with_segment(a_field_photo(), 0xE2, b"ICC_PROFILE\x00\x01\x01" + b"\xff" * 65_000),
        set(),
    ),
    "huge XMP with an entity bomb": (
        with_segment(
            a_field_photo(),
            0xE1,
            b"http://ns.adobe.com/xap/1.0/\x00<!DOCTYPE x [<!ENTITY a 'aaa'>]>" + b"&a;" * 20_000,
        ),
        set(),
    ),
    "several pictures in one (MPO)": (
        saved(a_picture(), "MPO", save_all=True, append_images=[a_picture(seed=2)]),
        {"no_position"},
    ),
    "a JPEG that is an archive too": (a_field_photo() + b"PK\x03\x04<script>x</script>", set()),
    "a JPEG with a script for a comment": (
        with_segment(a_field_photo(), 0xFE, b"<script>alert(1)</script>"),
        set(),
    ),
    "PNG with a packed bomb of text": (
        with_chunk(
            a_png(an_exif(NIKON, taken(), gps())),
            b"zTXt",
            b"Comment\x00\x00" + zlib.compress(b"\x00" * 50 * 2**20, 9),
        ),
        set(),
    ),
    "PNG": (a_png(an_exif(NIKON, taken(), gps())), set()),
    "PNG in 16 bits of grey": (
        saved(Image.fromarray(np.full((8, 8), 65_535, dtype=np.uint16)), "PNG"),
        {"no_position"},
    ),
    "PNG with a palette, half clear": (
        saved(a_picture().quantize(8), "PNG", transparency=0),
        {"no_position"},
    ),
    "WebP": (a_webp(an_exif(NIKON, taken(), gps())), set()),
    "WebP without loss": (saved(a_picture(), "WEBP", lossless=True), {"no_position"}),
    "JPEG of four inks": (saved(a_picture().convert("CMYK")), {"no_position"}),
    "grey JPEG, several scans": (
        saved(a_picture().convert("L"), progressive=True),
        {"no_position"},
    ),
}
"""With the county's outline in the book, at 2023-04-20 09:00 in Shanghai."""
