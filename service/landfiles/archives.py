"""Zip archives, opened with nothing believed: not the names, not the sizes, not the ends."""

import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from service.landfiles.limits import MIB, Limits, Refusal, TooMuch

LOCAL_HEADER = struct.Struct("<4s5H3I2H")
END = struct.Struct("<4s4H2IH")
LOCAL_START, END_START = b"PK\x03\x04", b"PK\x05\x06"
OTHER_ARCHIVES = (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"MSCF")
ENCRYPTED = 0x41
UTF8_NAME = 0x800
LONGEST_NAME = 255
CHUNK = 2**16
JUNK = ("__MACOSX/", ".DS_Store", "Thumbs.db")
FREE = MIB
"""Bytes that an entry may unpack to whatever its ratio: text of one kind packs well."""
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    struct.error,
    ValueError,
    OverflowError,
)


@dataclass(frozen=True)
class Part:
    """One uploaded file: what it was called, and where it lies under a name of ours."""

    name: str
    path: Path


def unpack(archive: Path, into: Path, limits: Limits) -> list[Part]:
    """Check an archive, then unpack its files under names of ours, counting every byte."""
    with archive.open("rb") as file:
        _check_ends(file, archive.stat().st_size, limits)
        try:
            with zipfile.ZipFile(file) as opened:
                names = _check_entries(file, opened.infolist(), limits)
                return _unpack(opened, names, into, limits)
        except DAMAGE as error:
            raise Refusal("archive_damaged", "压缩包损坏或不完整,请重新压缩后再上传") from error


def _check_ends(file: BinaryIO, size: int, limits: Limits) -> None:
    """Refuse bytes before the first entry or after the end, before the directory is read."""
    if size < END.size:
        raise Refusal("archive_damaged", "压缩包不完整")
    file.seek(size - END.size)
    start, _, _, _, entries, _, _, comment = END.unpack(file.read(END.size))
    file.seek(0)
    if start != END_START or comment or file.read(4) not in (LOCAL_START, END_START):
        raise Refusal("archive_junk", "压缩包不完整,或首尾夹带别的内容,请重新压缩后再上传")
    if entries == 0:
        raise Refusal("archive_empty", "压缩包是空的")
    if entries > limits.entries:
        raise Refusal("archive_entries", f"压缩包里超过 {limits.entries} 个文件")


def _check_entries(
    file: BinaryIO, entries: Sequence[zipfile.ZipInfo], limits: Limits
) -> dict[str, zipfile.ZipInfo]:
    if len(entries) > limits.entries:
        raise Refusal("archive_entries", f"压缩包里超过 {limits.entries} 个文件")
    names: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for entry in entries:
        name = _name(entry)
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            raise Refusal("archive_duplicate", f"压缩包里有同名文件:{name[:80]}", file=name[:80])
        seen.add(folded)
        _check_entry(entry, name)
        if not entry.is_dir() and not any(junk in name for junk in JUNK):
            names[name] = entry
    _check_overlap(file, entries)
    return names


def _name(entry: zipfile.ZipInfo) -> str:
    """Decode a name: UTF-8 where it is so marked or so reads, else GB18030."""
    name = entry.orig_filename
    if not entry.flag_bits & UTF8_NAME:
        raw = name.encode("cp437")
        try:
            name = raw.decode("utf-8")
        except UnicodeDecodeError:
            try:
                name = raw.decode("gb18030")
            except UnicodeDecodeError:
                raise Refusal("archive_name", "压缩包里的文件名无法辨认") from None
    path = name.rstrip("/")
    is_outside = path.startswith("/") or ".." in path.split("/") or path[1:2] == ":"
    if is_outside or "\\" in path or "\x00" in path or not path or len(path) > LONGEST_NAME:
        shown = path.replace("\x00", "␀")[:80]
        raise Refusal("archive_name", f"压缩包里的文件名不合规:{shown}", file=shown)
    return name


def _check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    if entry.flag_bits & ENCRYPTED:
        raise Refusal("archive_encrypted", "压缩包有密码,请去掉密码后再上传")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refusal("archive_link", f"压缩包里有符号链接或特殊文件:{name[:80]}")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refusal("archive_method", "压缩包的压缩方式不支持,请用普通 ZIP 重新压缩")


def _check_overlap(file: BinaryIO, entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse entries that share bytes; where data starts is said by the entry's own header."""
    end = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < end:
            raise Refusal("archive_overlap", "压缩包内容互相重叠,已拒绝")
        file.seek(entry.header_offset)
        header = LOCAL_HEADER.unpack(file.read(LOCAL_HEADER.size))
        if header[0] != LOCAL_START:
            raise Refusal("archive_damaged", "压缩包损坏,请重新压缩后再上传")
        end = entry.header_offset + LOCAL_HEADER.size + sum(header[-2:]) + entry.compress_size


def _unpack(
    opened: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo], into: Path, limits: Limits
) -> list[Part]:
    left = limits.unpacked_bytes
    parts = []
    for number, (name, entry) in enumerate(names.items()):
        part = Part(name, into / f"part-{number}")
        left -= _write(opened, entry, part, min(left, _most(entry, limits)))
        parts.append(part)
    return parts


def _most(entry: zipfile.ZipInfo, limits: Limits) -> int:
    return max(limits.ratio * entry.compress_size, FREE)


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, part: Part, most: int) -> int:
    size = 0
    with opened.open(entry) as packed, part.path.open("xb") as file:
        while chunk := packed.read(CHUNK):
            if not size and chunk.startswith((LOCAL_START, *OTHER_ARCHIVES)):
                raise Refusal("archive_nested", f"压缩包里还有压缩包:{part.name[:80]}")
            size += len(chunk)
            if size > most:
                raise TooMuch("archive_bomb", "压缩包展开后过大,已拒绝")
            file.write(chunk)
    return size
