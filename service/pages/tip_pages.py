"""The public's pages: telling of something, and asking by receipt how far it is."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from inspections.land_uses import CLAIM_TEXT, Claim
from service import records
from service.areas import queries as areas
from service.database import thresholds_of
from service.errors import Invalid, ServiceError
from service.pages import tip_map
from service.pages.page import bare
from service.pages.visit_forms import checked
from service.parcels.schemas import Datum
from service.photos.store import PhotoStore
from service.schemas import AreaCode, Day, Id, Strict
from service.security import whole_system
from service.signals import tip_actions
from service.signals.schemas import Contact, Place, Words
from service.signals.sealing import Sealer
from service.signals.tip_schemas import Informant, TipOffered

TOWN_DIGITS = 9
CLAIM_HINT = {
    Claim.BUILDING: "房子、围墙、地基",
    Claim.HARDENING: "水泥地、停车场、道路",
    Claim.EARTHWORK: "挖土、填土、推平、采砂",
    Claim.FISH_POND: "农田挖成鱼塘",
    Claim.TREES: "果树、桉树等",
    Claim.NURSERY_TURF: "苗圃、草皮",
    Claim.GREENBELT: "绿化、造景",
    Claim.LIVESTOCK_SHED: "猪舍、鸡鸭棚",
    Claim.ABANDONED: "长期没有人种",
    Claim.OTHER: "倒垃圾、坟墓等",
}
DATA_FROM = {
    Datum.WGS84.value: "手机定位、导航仪,或本页地图",
    Datum.GCJ02.value: "高德、腾讯地图",
    Datum.BD09.value: "百度地图",
    Datum.CGCS2000.value: "测绘成果(CGCS2000)",
}


class TipForm(BaseModel):
    """What the form sends, as it was typed; looked at only when it has come whole."""

    id: str = ""
    claim: str = ""
    area_code: str = ""
    place: str = ""
    text: str = ""
    seen_on: str = ""
    lon: str = ""
    lat: str = ""
    accuracy_m: str = ""
    datum: str = ""
    name: str = ""
    contact: str = ""

    def as_tip(self, photos: tuple[bytes, ...]) -> TipOffered:
        """Return the tip that the form tells of; say in Chinese what does not fit."""
        if not self.claim:
            raise Invalid("请选发生了什么", field="claim")
        told = checked(_Typed, {name: value for name, value in self if value})
        return TipOffered(
            claim=told.claim,
            submission=told.id,
            area_code=told.area_code,
            text=told.text,
            place=told.place,
            seen_on=told.seen_on,
            lon=told.lon,
            lat=told.lat,
            accuracy_m=told.accuracy_m,
            datum=told.datum,
            informant=Informant(told.name, told.contact),
            photos=photos,
        )


class _Typed(Strict):
    id: Id
    claim: Claim
    area_code: AreaCode | None = None
    place: Place = ""
    text: Words = ""
    seen_on: Day | None = None
    lon: Annotated[float | None, Field(ge=-180, le=180)] = None
    lat: Annotated[float | None, Field(ge=-90, le=90)] = None
    accuracy_m: Annotated[float | None, Field(ge=0, le=100_000)] = None
    datum: Datum = Datum.WGS84
    name: Contact = ""
    contact: Contact = ""


def context(session: Session, county: str, form: TipForm) -> dict[str, Any]:
    """Gather what the form needs: the villages by town, the claims, and a new id."""
    today = records.today(session)
    with whole_system(session):
        towns = areas.unit_names(session, within=county, level="town", on=today)
        villages = areas.unit_names(session, within=county, level="village", on=today)
        name = areas.area(session, county).name
    grouped: dict[str, dict[str, str]] = {town: {} for town in towns}
    for code, village in villages.items():
        grouped.setdefault(code[:TOWN_DIGITS], {})[code] = village
    return {
        "county": name,
        "towns": towns,
        "villages": grouped,
        "claims": [(each.value, CLAIM_TEXT[each], CLAIM_HINT[each]) for each in Claim],
        "form": form.model_copy(update={"id": form.id or str(uuid4())}),
        "today": today,
        "has_map": tip_map.has_outlines(session, county),
        "data_from": DATA_FROM,
        "max_photos": thresholds_of(session).signals.max_photos,
        "problem": None,
        "had_photos": False,
    }


def file(
    request: Request,
    session: Session,
    box: Sealer,
    store: PhotoStore,
    form: TipForm,
    photos: tuple[bytes, ...],
) -> Response:
    """Take a tip and show its receipt; or show the form again, with what was typed and why."""
    county = request.app.state.settings.county_code
    try:
        taken = tip_actions.file_tip(session, box, store, form.as_tip(photos), county=county)
    except ServiceError as refusal:
        session.rollback()
        shown = context(session, county, form)
        shown |= {"problem": refusal.detail, "had_photos": bool(photos)}
        answer: Response = bare(request, "tip.html", shown, refusal.status)
        answer.headers.update(refusal.headers or {})
        return answer
    return bare(request, "tip_done.html", {"receipt": taken.receipt, "text": taken.text}, 201)


def told(request: Request, session: Session, receipt: str) -> Response:
    """Show how far a tip is, or that there is no such receipt."""
    shown: dict[str, Any] = {"receipt": receipt, "found": None, "problem": None}
    try:
        shown["found"] = tip_actions.status(session, receipt)
    except ServiceError as refusal:
        return bare(request, "tip_status.html", shown | {"problem": refusal.detail}, refusal.status)
    return bare(request, "tip_status.html", shown, 200)
