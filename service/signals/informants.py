"""The only queries on what is sealed: sealing it, knowing a repeat, and opening it on order."""

import hashlib
import json
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, inspect, select, true
from sqlalchemy.orm import Session

from inspections.exif import read_exif
from inspections.photos import told
from service.errors import IdTaken, NotFound, StorageUnavailable
from service.photos import headers, pictures
from service.photos.store import PhotoStore
from service.records import content_digest
from service.signals.models import SealedInformant, SealedOriginal, Tip, TipPhoto
from service.signals.sealing import Sealer, box_bytes
from service.signals.tip_schemas import Informant, TipOffered

CONTACT_ROOM = 4096
"""Name and contact at their longest, with a digest: 200 characters of at most 12 bytes each."""
METADATA_ROOM = 192 * 2**10
"""For what a photo's file tells besides its picture; EXIF itself has at most 64 KiB."""
STEP = 64 * 2**10


@dataclass(frozen=True)
class Picture:
    """A photo of a tip, looked at: how it looks, and what is to be sealed."""

    view: bytes
    original: bytes
    room: int

    @property
    def kept_bytes(self) -> int:
        """Bytes on disk."""
        return len(self.view) + box_bytes(self.room)


def picture(content: bytes) -> Picture:
    """Look at a photo; refuse what is none. Its box is measured by what shows of it alone."""
    header = headers.examine(content)
    pictures.refuse_broken(header)
    view = pictures.view(header, told(read_exif(header.exif)).orientation)
    room = -(-len(header.shown) // STEP) * STEP + METADATA_ROOM
    # A file with more than that beside its picture (a film, further pictures) keeps the picture.
    original = content if len(content) <= room else header.shown
    return Picture(view, original, room)


def digest_of(offered: TipOffered) -> str:
    """Hash what was offered, the informant included: it stays inside the seal."""
    said = vars(offered) | {"informant": vars(offered.informant)}
    said |= {"photos": [content_digest({"photo": each.hex()}) for each in offered.photos]}
    return content_digest(said)


def repeated(session: Session, box: Sealer, offered: TipOffered) -> Tip | None:
    """Return the tip that this very submission made before; refuse one of other content."""
    held = session.scalars(
        select(SealedInformant).where(
            SealedInformant.submission == box.keyed(offered.submission.bytes)
        )
    ).first()
    if held is None:
        return None
    if _opened(box, held)["digest"] != digest_of(offered):
        raise IdTaken("这一份已经提交过,内容却不一样;请重新打开举报页再填一份")
    return session.get_one(Tip, held.tip_id)


def seal(session: Session, box: Sealer, tip: Tip, offered: TipOffered) -> None:
    """Seal who told: every tip gets a box, with or without a name in it."""
    inside = vars(offered.informant) | {"digest": digest_of(offered)}
    content = json.dumps(inside, ensure_ascii=False).encode()
    session.add(
        SealedInformant(
            tip_id=tip.id,
            submission=box.keyed(offered.submission.bytes),
            key_id=box.key_id,
            sealed=box.seal(content, subject=tip.id, room=CONTACT_ROOM),
        )
    )


def seal_original(
    session: Session, box: Sealer, store: PhotoStore, photo: TipPhoto, taken: Picture
) -> None:
    """Seal a photo's file as it came; it lies in the store under the hash of its box."""
    closed = box.seal(taken.original, subject=photo.id, room=taken.room)
    name = hashlib.sha256(closed).hexdigest()
    store.keep(closed, name)
    session.add(SealedOriginal(photo_id=photo.id, key_id=box.key_id, sha256=name))


def _opened(box: Sealer, held: SealedInformant) -> dict[str, str]:
    _refuse_other_key(box, held.key_id)
    inside: dict[str, str] = json.loads(box.open(held.sealed, subject=held.tip_id))
    return inside


def _refuse_other_key(box: Sealer, key_id: str) -> None:
    if box.key_id != key_id:
        raise StorageUnavailable(
            "封存所用的密钥不是现在这一把;请管理员放回原来的密钥文件", code="sealed_lost"
        )


def informant(session: Session, box: Sealer, tip_id: UUID) -> Informant:
    """Open who told. Call it only after the order, its approval and the audit row."""
    inside = _opened(box, session.get_one(SealedInformant, tip_id))
    return Informant(inside["name"], inside["contact"])


def original(session: Session, box: Sealer, store: PhotoStore, photo_id: UUID) -> bytes:
    """Open a photo's file as it came. Call it only after the order and its approval."""
    held = session.get(SealedOriginal, photo_id)
    if held is None:
        raise NotFound("没有这张照片;请核对编号", id=str(photo_id))
    _refuse_other_key(box, held.key_id)
    return box.open(store.original(held.sha256), subject=photo_id)


def lost(session: Session, store: PhotoStore) -> list[str]:
    """Return the hashes of tips' pictures and boxes that are missing or not what they were."""
    shown = session.scalars(select(TipPhoto.sha256).distinct())
    boxes = session.scalars(select(SealedOriginal.sha256))
    return [each for each in sorted({*shown, *boxes}) if not store.is_whole(each)]


def closed(session: Session, key_id: str | None) -> int:
    """Count the boxes, of names and of photos, that the key at hand does not open.

    Zero in a database that is older than the boxes.
    """
    n = 0
    for model in (SealedInformant, SealedOriginal):
        if inspect(session.connection()).has_table(model.__tablename__):
            of_another = model.key_id != key_id if key_id else true()
            n += session.scalar(select(func.count()).select_from(model).where(of_another)) or 0
    return n
