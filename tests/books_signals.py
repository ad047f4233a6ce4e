"""What the tests of every operation must know of this book: see `tests/books.py`."""

import hashlib
from uuid import uuid4

import shapely

from inspections.land_uses import Claim
from inspections.signals import MatchState, Source
from service import audit
from service.accounts.models import Account
from service.parcels.schemas import Datum
from service.photos.store import PhotoStore
from service.signals.models import (
    Patrol,
    Signal,
    SignalParcel,
    Tip,
    TipPhoto,
    TipUnsealing,
)
from tests.hostile_photos import a_jpeg

A = "/api/v1"
ID = "5f5cbb1e-6a3a-4ac9-8f35-2f3a3bb0d{:03d}"
FINDING = {
    "id": ID.format(1),
    "area_code": "441803102",
    "claim": "building",
    "observed_at": "2023-04-19T10:00:00+08:00",
    "geometry": None,
    "lon": 112.951,
    "lat": 23.701,
    "accuracy_m": 5,
    "datum": "wgs84",
    "area_m2": 120,
    "because_of": None,
    "reference_no": "清农执〔2023〕7号",
    "note": "水泥地基",
}
PATROL = {
    "id": ID.format(2),
    "area_code": "441803102",
    "started_at": "2023-04-19T09:00:00+08:00",
    "ended_at": "2023-04-19T10:00:00+08:00",
    "because_of": None,
    "datum": "wgs84",
    "points": [{"lon": 112.951, "lat": 23.701, "at": "2023-04-19T09:10:00+08:00"}],
    "findings": [
        {
            "lon": 112.951,
            "lat": 23.701,
            "claim": "earthwork",
            "observed_at": "2023-04-19T09:10:00+08:00",
        }
    ],
    "note": "沿河",
}
STAGE = {"stage": "accepted", "reason": "转镇核查"}
DECISION = {
    "id": ID.format(3),
    "parcel_uid": ID.format(4),
    "is_match": True,
    "reason": "现场看过",
}
ORDER = {"id": ID.format(5), "reason": "需向本人核实施工时间"}
ANSWER = {"is_approved": True, "reason": "理由充分"}


def _nothing(_):
    return {}


def _area(place) -> dict:
    return {"params": {"area": place.area}}


def _finding(place) -> dict:
    return {"json": FINDING | {"id": None, "area_code": place.area}}


def _patrol(place) -> dict:
    return {"json": PATROL | {"id": None, "area_code": place.area}}


def _decision(place) -> dict:
    return {"json": DECISION | {"id": None, "parcel_uid": place.more["spoken_of"]}}


REQUESTS = {
    ("GET", f"{A}/signals"): _area,
    ("POST", f"{A}/signals"): _finding,
    ("GET", f"{A}/signals/{{signal_id}}"): _nothing,
    ("POST", f"{A}/signals/{{signal_id}}/stages"): lambda _: {"json": STAGE},
    ("POST", f"{A}/signals/{{signal_id}}/decisions"): _decision,
    ("GET", f"{A}/patrols"): _area,
    ("GET", f"{A}/patrols/coverage"): _area,
    ("POST", f"{A}/patrols"): _patrol,
    ("POST", f"{A}/patches/imports"): lambda _: {"files": {"file": ("a.csv", b"JCBH\n1\n")}},
    ("GET", f"{A}/tips"): _area,
    ("GET", f"{A}/tips/{{tip_id}}"): _nothing,
    ("GET", f"{A}/tips/{{tip_id}}/photos/{{tip_photo_id}}"): _nothing,
    ("POST", f"{A}/tips/{{tip_id}}/unsealings"): lambda _: {"json": ORDER | {"id": None}},
    ("GET", f"{A}/tip_unsealings"): _nothing,
    ("POST", f"{A}/tip_unsealings/{{unsealing_id}}/answer"): lambda _: {"json": ANSWER},
    ("POST", f"{A}/tip_unsealings/{{unsealing_id}}/open"): _nothing,
    ("POST", f"{A}/tip_unsealings/{{unsealing_id}}/originals/{{tip_photo_id}}"): _nothing,
}
BODIES = {
    ("POST", f"{A}/signals"): FINDING,
    ("POST", f"{A}/signals/{{signal_id}}/stages"): STAGE,
    ("POST", f"{A}/signals/{{signal_id}}/decisions"): DECISION,
    ("POST", f"{A}/patrols"): PATROL,
    ("POST", f"{A}/tips/status"): {"receipt": "00000-00000-00000-00000-00000-0"},
    ("POST", f"{A}/tips/{{tip_id}}/unsealings"): ORDER,
    ("POST", f"{A}/tip_unsealings/{{unsealing_id}}/answer"): ANSWER,
}
ROLE_OF = {
    "signals": "bureau",
    "patrols": "officer",
    "tips": "bureau",
    "tip_unsealings": "auditor",
}
APPEND_ONLY = (
    "signals",
    "signal_parcels",
    "signal_decisions",
    "signal_stages",
    "tips",
    "tip_photos",
    "sealed_informants",
    "sealed_originals",
    "tip_unsealings",
    "tip_unsealing_events",
    "patrols",
    "patch_imports",
)
NAMES = ("signal_id", "spoken_of", "tip_id", "tip_photo_id", "unsealing_id", "patrol_id")


def put(database, area: str, number: int) -> dict[str, str]:
    """Put one of each thing into an area; return the path parameters that name them."""
    ids = {name: uuid4() for name in NAMES}
    view = a_jpeg(seed=100 + number)
    sha256 = hashlib.sha256(view).hexdigest()
    PhotoStore(database.photo_directory).keep(view, sha256)
    point = shapely.Point(113.0004, 23.7002)
    with database.system_transaction() as session:
        at = audit.instant(session)
        by = {
            "area_code": area,
            "recorded_at": at,
            "recorded_by": session.query(Account.id).first()[0],
            "content_digest": uuid4().hex,
        }
        session.add(
            Signal(
                id=ids["signal_id"],
                origin_id=ids["signal_id"],
                source=Source.TIP,
                channel="web",
                observed_at=at,
                received_at=at,
                claim=Claim.BUILDING,
                is_asked=False,
                lon=point.x,
                lat=point.y,
                geometry=point,
                west=point.x,
                east=point.x,
                south=point.y,
                north=point.y,
                datum=Datum.WGS84,
                quality=0.5,
                **by,
            )
        )
        session.flush()
        session.add(
            SignalParcel(
                signal_id=ids["signal_id"],
                parcel_uid=ids["spoken_of"],
                area_code=area,
                recorded_at=at,
                overlap_m2=0.0,
                share=0.0,
                distance_m=3.0,
                match=0.5,
                state=MatchState.CANDIDATE,
            )
        )
        session.add(
            Tip(
                id=ids["tip_id"],
                area_code=area,
                signal_id=ids["signal_id"],
                is_joined=False,
                claim=Claim.BUILDING,
                text="有人在田里打地基",
                seen_on=at.date(),
                received_at=at,
                n_photos=1,
                photo_bytes=len(view),
                receipt_hash=uuid4().hex * 2,
            )
        )
        session.flush()
        session.add(
            TipPhoto(
                id=ids["tip_photo_id"],
                tip_id=ids["tip_id"],
                n=1,
                area_code=area,
                sha256=sha256,
                received_at=at,
            )
        )
        session.add(
            TipUnsealing(id=ids["unsealing_id"], tip_id=ids["tip_id"], reason="核实情况", **by)
        )
        session.add(
            Patrol(
                id=ids["patrol_id"],
                started_at=at,
                ended_at=at,
                n_points=0,
                n_slips=0,
                effort_min=0.0,
                distance_m=0.0,
                n_cells=0,
                n_cells_seen=0,
                n_findings=0,
                **by,
            )
        )
    return {name: str(each) for name, each in ids.items()}
