"""Taking a tip from anybody, and telling how far it is to whoever holds its receipt."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inspections.land_uses import Claim
from inspections.signals import Reported, Source, duplicate_of, tip_quality
from service import audit, records
from service.areas import queries as areas
from service.database import clock_of, thresholds_of
from service.errors import Invalid, NotFound, TooManyAttempts
from service.photos.store import PhotoStore
from service.schemas import CIVIL_ZONE, civil_day
from service.security import whole_system
from service.signals import informants, matching, queries
from service.signals.informants import Picture
from service.signals.models import Signal, Stage, Tip, TipPhoto
from service.signals.recording import Said, Spot, point_spot, record_signal
from service.signals.sealing import Sealer, receipt_hash
from service.signals.tip_schemas import TipOffered, TipReceipt, TipStatus

DAY = timedelta(days=1)
MIB = 2**20
LONGEST_AGO = timedelta(days=730)
STAGE_TEXT = {
    Stage.RECEIVED: "已收到,等待受理",
    Stage.ACCEPTED: "已受理",
    Stage.CHECKING: "正在核查",
    Stage.DONE: "已办结",
}


def file_tip(
    session: Session, box: Sealer, store: PhotoStore, offered: TipOffered, *, county: str
) -> TipReceipt:
    """Take a tip. The same submission again gives the same receipt and changes nothing."""
    limits = thresholds_of(session).signals
    if len(offered.photos) > limits.max_photos:
        raise Invalid(f"照片最多 {limits.max_photos} 张", field="photos")
    taken = [informants.picture(each) for each in offered.photos]
    with whole_system(session):  # the public has no account, and so no area
        records.take_turn(session)
        known = informants.repeated(session, box, offered)
        if known is None:
            _refuse_flood(session, sum(each.kept_bytes for each in taken))
            known = _write(session, box, store, offered, taken, county)
        stage = stage_of(session, known.signal_id)
    return TipReceipt(receipt=box.receipt(offered.submission), stage=stage, text=STAGE_TEXT[stage])


def _refuse_flood(session: Session, n_bytes: int) -> None:
    """Refuse what is too much of one day, whichever server took it and from wherever it came."""
    limits, now = thresholds_of(session).signals, clock_of(session)()
    recent = select(func.count(), func.coalesce(func.sum(Tip.photo_bytes), 0)).where(
        Tip.received_at > now - DAY
    )
    n_tips, n_kept = session.execute(recent).one()
    if n_tips >= limits.tips_per_day:
        raise TooManyAttempts(
            "今天收到的举报太多,系统暂停接收;请明天再交,急事请打电话给镇政府或农业农村局",
            headers={"Retry-After": "3600"},
        )
    if n_bytes and int(n_kept) + n_bytes > limits.photo_mib_per_day * MIB:
        raise TooManyAttempts(
            "今天收到的照片太多,存不下了;请去掉照片再交,或明天再交",
            headers={"Retry-After": "3600"},
        )


def _write(
    session: Session,
    box: Sealer,
    store: PhotoStore,
    offered: TipOffered,
    taken: list[Picture],
    county: str,
) -> Tip:
    spot = _spot(offered)
    area_code = _area(session, offered, spot, county)
    signal, is_joined = _signal(session, offered, spot, area_code)
    at = audit.instant(session)
    tip = Tip(
        id=uuid4(),
        area_code=signal.area_code,
        signal_id=signal.id,
        is_joined=is_joined,
        claim=offered.claim,
        text=offered.text,
        place=offered.place or None,
        seen_on=civil_day(_seen_at(session, offered)),
        lon=spot.geometry.x if spot else None,
        lat=spot.geometry.y if spot else None,
        received_at=at,
        n_photos=len(taken),
        photo_bytes=sum(each.kept_bytes for each in taken),
        receipt_hash=receipt_hash(box.receipt(offered.submission)),
    )
    session.add(tip)
    session.flush()
    informants.seal(session, box, tip, offered)
    for number, each in enumerate(taken, start=1):
        _keep(session, box, store, tip, number, each)
    session.flush()
    audit.record(
        session,
        "tip.file",
        str(tip.id),
        area_code=tip.area_code,
        actor="public",
        signal=signal.id,
        is_joined=is_joined,
    )
    return tip


def _keep(
    session: Session, box: Sealer, store: PhotoStore, tip: Tip, number: int, taken: Picture
) -> None:
    sha256 = hashlib.sha256(taken.view).hexdigest()
    store.keep(taken.view, sha256)
    photo = TipPhoto(
        id=uuid4(),
        tip_id=tip.id,
        n=number,
        area_code=tip.area_code,
        sha256=sha256,
        received_at=tip.received_at,
    )
    session.add(photo)
    session.flush()
    informants.seal_original(session, box, store, photo, taken)


def _spot(offered: TipOffered) -> Spot | None:
    if (offered.lon is None) != (offered.lat is None):
        raise Invalid("经度和纬度要么都填,要么都不填", field="lon")
    if offered.lon is None or offered.lat is None:
        return None
    return point_spot(offered.lon, offered.lat, offered.datum, offered.accuracy_m)


def _area(session: Session, offered: TipOffered, spot: Spot | None, county: str) -> str:
    """Return the unit that a tip is for: by its place, else as it was chosen."""
    chosen = offered.area_code
    if chosen is not None:
        if not chosen.startswith(county):
            raise Invalid("请选本区的镇和村", field="area_code")
        areas.area(session, chosen)
    if spot is None:
        if chosen is None:
            raise Invalid("请选在哪个村,或在地图上标出位置", field="area_code")
        return chosen
    if matching.is_elsewhere(session, spot.geometry, county):
        raise Invalid("这个位置不在本区;请向当地的农业农村局举报", field="lon")
    return matching.village_at(session, spot.geometry.x, spot.geometry.y) or chosen or county


def _seen_at(session: Session, offered: TipOffered) -> datetime:
    """Return when it was seen: noon of the day told, or now."""
    now = clock_of(session)()
    if offered.seen_on is None or offered.seen_on == civil_day(now):
        return now
    seen = datetime.combine(offered.seen_on, time(12), CIVIL_ZONE).astimezone(UTC)
    if not now - LONGEST_AGO <= seen <= now:
        raise Invalid("看到的日期须在最近两年之内,不能晚于今天", field="seen_on")
    return seen


def _signal(
    session: Session, offered: TipOffered, spot: Spot | None, area_code: str
) -> tuple[Signal, bool]:
    """Return the signal of a tip: an earlier one of the same place and claim, or a new one.

    What was seen after the end of an earlier one is news, of the same origin: a signal of its own,
    which opens a closed case again.
    """
    seen_at, same = _seen_at(session, offered), None
    if spot is not None:
        fresh = Reported(
            uuid4(), offered.claim, civil_day(seen_at), spot.geometry.x, spot.geometry.y
        )
        same, is_over = _said_before(session, fresh)
        if same is not None and not is_over:
            return same, True
    quality = tip_quality(
        has_position=spot is not None,
        n_photos=len(offered.photos),
        has_words=bool(offered.text.strip()),
    )
    said = Said(
        Source.TIP,
        "web",
        area_code,
        offered.claim,
        seen_at,
        quality,
        spot,
        because_of=same.id if same else None,
    )
    return record_signal(session, said)[0], False


def _said_before(session: Session, fresh: Reported) -> tuple[Signal | None, bool]:
    """Look for the same among all tips; tell whether it was over when this was seen.

    One that goes on is looked for first.
    """
    limits = thresholds_of(session).signals
    radius = {Claim(name): metres for name, metres in limits.join_radius_m.items()}
    degrees = 2 * radius[fresh.claim] / 100_000  # a degree has more than 50 km here
    query = select(Signal).where(
        Signal.source == Source.TIP,
        Signal.claim == fresh.claim,
        Signal.lon.between(fresh.lon - degrees, fresh.lon + degrees),
        Signal.lat.between(fresh.lat - degrees, fresh.lat + degrees),
    )
    found = {each.id: each for each in session.scalars(query)}
    known = [
        Reported(each.id, each.claim, civil_day(each.observed_at), each.lon, each.lat)
        for each in found.values()
        if each.lon is not None and each.lat is not None
    ]
    ends = queries.ended_on(session, list(found))
    going_on = [each for each in known if ends.get(each.id, date.max) > fresh.observed_on]
    for some in (going_on, known):
        same = duplicate_of(fresh, some, radius_m=radius, window_days=limits.join_days)
        if same is not None:
            return found[same.id], some is known
    return None, False


def stage_of(session: Session, signal_id: UUID) -> Stage:
    """Return how far a signal is."""
    return queries.stages(session, [signal_id]).get(signal_id, Stage.RECEIVED)


def status(session: Session, receipt: str) -> TipStatus:
    """Tell how far the tip of a receipt is, and nothing else.

    It is found by the hash of 128 random bits: how long the search takes tells nothing of any
    receipt that exists.
    """
    with whole_system(session):
        found = session.scalars(
            select(Tip.signal_id).where(Tip.receipt_hash == receipt_hash(receipt))
        ).first()
        if found is None:
            raise NotFound("没有这个查询码;请核对,字母不分大小写")
        stage = stage_of(session, found)
    return TipStatus(stage=stage, text=STAGE_TEXT[stage])
