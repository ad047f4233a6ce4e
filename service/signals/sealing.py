"""The informant's seal: a key of its own, and boxes that show nothing, not even their size.

Every tip has a box, with or without a name in it, and every box is as large as every other; a
photo's box is as large as what shows of the photo allows it to be, whatever its file tells of
its maker. What is derived from the key (receipts, hashes of the senders' own ids) cannot be
made or guessed without it.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from config.settings import Settings
from service.errors import StorageUnavailable

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
LENGTH_BYTES = 4
RECEIPT_BYTES = 16
"""128 bits: nobody guesses one."""
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U to be misread."""
RECEIPT_LENGTH = 26
GROUP = 5
BITS = 5
MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None, "\u3000": None})


class Sealer:
    """Seals and opens under one key."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the informant key must have {KEY_BYTES} bytes")
        self._cipher = AESGCM(_derived(key, b"seal"))
        self._receipts, self._hashes = _derived(key, b"receipt"), _derived(key, b"hash")
        self.key_id = hashlib.sha256(_derived(key, b"name")).hexdigest()[:16]

    def seal(self, content: bytes, *, subject: UUID, room: int) -> bytes:
        """Return a box of a size that only `room` tells, bound to its subject."""
        if len(content) > room:
            raise ValueError("the box is too small")
        nonce = secrets.token_bytes(NONCE_BYTES)
        padded = len(content).to_bytes(LENGTH_BYTES) + content.ljust(room, b"\0")
        return nonce + self._cipher.encrypt(nonce, padded, subject.bytes)

    def open(self, box: bytes, *, subject: UUID) -> bytes:
        """Return what a box holds; refuse one that was changed, or is another's."""
        nonce, closed = box[:NONCE_BYTES], box[NONCE_BYTES:]
        try:
            padded = self._cipher.decrypt(nonce, closed, subject.bytes)
        except (InvalidTag, ValueError) as error:
            raise StorageUnavailable(
                "封存的内容打不开:密钥不对,或内容被改动过;请管理员核对密钥文件", code="sealed_lost"
            ) from error
        length = int.from_bytes(padded[:LENGTH_BYTES])
        return padded[LENGTH_BYTES : LENGTH_BYTES + length]

    def receipt(self, submission: UUID) -> str:
        """Return the receipt of a submission: the same for a repeat, told by nothing else."""
        made = hmac.digest(self._receipts, submission.bytes, "sha256")[:RECEIPT_BYTES]
        number = int.from_bytes(made)
        digits = [ALPHABET[number >> BITS * at & 31] for at in reversed(range(RECEIPT_LENGTH))]
        code = "".join(digits)
        return "-".join(code[at : at + GROUP] for at in range(0, RECEIPT_LENGTH, GROUP))

    def keyed(self, content: bytes) -> str:
        """Return a hash that nobody can try guesses on without the key."""
        return hmac.digest(self._hashes, content, "sha256").hex()


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDFExpand(SHA256(), KEY_BYTES, b"chungeng informant " + purpose).derive(key)


def box_bytes(room: int) -> int:
    """Return how large a box of so much room is."""
    return NONCE_BYTES + LENGTH_BYTES + room + TAG_BYTES


def receipt_hash(code: str) -> str:
    """Return what is stored of a receipt, however it was typed.

    Without a key, and without salt: of 128 random bits nothing can be tried.
    """
    return hashlib.sha256(code.upper().translate(MISREAD).encode()).hexdigest()


def sealer(settings: Settings) -> Sealer:
    """Return the sealer of this deployment; its key file is made if there is none yet."""
    if settings.informant_key is not None:
        return Sealer(_key_of(settings.informant_key.get_secret_value()))
    path = settings.informant_key_file
    if not path.exists():
        _make(path)
    return Sealer(_key_of(path.read_text(encoding="ascii")))


def key_id_at_hand(settings: Settings) -> str | None:
    """Return the name of this deployment's key; None, and no new key, where there is none."""
    if settings.informant_key is None and not settings.informant_key_file.exists():
        return None
    return sealer(settings).key_id


def _key_of(text: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text.strip())
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise StorageUnavailable(
            "举报人密钥不对:须是 32 字节的 URL-safe base64;请管理员检查", code="informant_key"
        )
    return key


def _make(path: Path) -> None:
    """Write a new key beside its place and link it there: of two servers, one key wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _closed_file(path) as beside:
        try:
            os.link(beside, path)
        except FileExistsError:
            return
        opened = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


@contextmanager
def _closed_file(path: Path) -> Iterator[Path]:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)))
            file.flush()
            os.fsync(file.fileno())
        yield beside
    finally:
        beside.unlink()
