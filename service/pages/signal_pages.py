"""The bureau's list of signals, one signal's card, patches that come in, patrols."""

import re
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from pydantic import BaseModel
from sqlalchemy.orm import Session

from inspections.land_uses import CLAIM_TEXT, Claim
from inspections.signals import SOURCE_TEXT, MatchState, Source
from service import records
from service.areas import queries as areas
from service.database import clock_of
from service.errors import Invalid
from service.pages.board import BLANK
from service.pages.page import PageFrame
from service.pages.visit_forms import checked, local_instant
from service.parcels import queries as parcels
from service.parcels.queries import Moment
from service.parcels.schemas import Datum
from service.schemas import CIVIL_ZONE, AreaCode, Cursor, Day, Id
from service.security import is_in_view
from service.signals import patrol_actions, patrol_cover, queries
from service.signals.models import Stage
from service.signals.patch_schemas import PatchReport
from service.signals.patrol_schemas import PatrolCreate
from service.signals.queries import Wanted
from service.signals.schemas import DecisionCreate, StageCreate
from service.signals.tip_actions import STAGE_TEXT

AT_ONCE = 100
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
MATCH_TEXT = {
    MatchState.MATCHED: "对上",
    MatchState.CANDIDATE: "待人定",
    MatchState.REJECTED: "不是",
}
DATUM_TEXT = {
    Datum.CGCS2000: "CGCS2000",
    Datum.WGS84: "WGS 84",
    Datum.GCJ02: "GCJ-02(高德、腾讯)",
    Datum.BD09: "BD-09(百度)",
}


class Asked(BaseModel):
    """Which signals the list shows."""

    since: Annotated[Day | None, BLANK] = None
    as_of: Annotated[Day | None, BLANK] = None
    town: Annotated[AreaCode | None, BLANK] = None
    source: Annotated[Source | None, BLANK] = None
    claim: Annotated[Claim | None, BLANK] = None
    cursor: Cursor = 0


def words() -> dict[str, Any]:
    """Return how the book's words read."""
    return {
        "CLAIM_TEXT": CLAIM_TEXT,
        "SOURCE_TEXT": SOURCE_TEXT,
        "STAGE_TEXT": STAGE_TEXT,
        "MATCH_TEXT": MATCH_TEXT,
        "DATUM_TEXT": DATUM_TEXT,
        "Stage": Stage,
    }


def register(page: PageFrame, asked: Asked) -> dict[str, Any]:
    """Gather the signals asked for, the newest first, and how many there are by source."""
    wanted = Wanted(asked.town or "", None, asked.source, asked.claim, asked.since, asked.as_of)
    found = queries.signals_page(page.session, wanted, offset=asked.cursor, limit=AT_ONCE + 1)
    today = records.today(page.session)
    names = areas.villages_by_code(page.session, {each.area_code for each in found})
    return words() | {
        "asked": asked,
        "items": found[:AT_ONCE],
        "following": asked.cursor + AT_ONCE if len(found) > AT_ONCE else None,
        "counts": queries.counts(page.session, wanted),
        "names": {code: each.name for code, each in names.items()},
        "towns": areas.unit_names(
            page.session, within=page.viewer.area_code, level="town", on=today
        ),
    }


def card(page: PageFrame, signal_id: UUID) -> dict[str, Any]:
    """Gather one signal, its tips where the reader may see them, and what can be done."""
    found = queries.card(page.session, signal_id)
    tips = (
        queries.tips(page.session, signal_id=signal_id, cut=(0, AT_ONCE))
        if page.may("tip.read")
        else []
    )
    names = areas.villages_by_code(page.session, [found.area_code])
    place = names.get(found.area_code)
    return words() | {
        "signal": found,
        "tips": tips,
        "place": place.name if place else found.area_code,
        "new_id": uuid4,
    }


class StageForm(BaseModel):
    """The next step of a signal."""

    stage: Stage
    reason: str = ""

    def as_stage(self) -> StageCreate:
        """Return the step."""
        return checked(StageCreate, self.model_dump())


class DecisionForm(BaseModel):
    """Whether a signal speaks of a parcel."""

    parcel_uid: Id
    is_match: bool
    reason: str = ""

    def as_decision(self) -> DecisionCreate:
        """Return the decision."""
        return checked(DecisionCreate, self.model_dump())


class AttachForm(BaseModel):
    """A parcel that a signal speaks of, though no rule proposed it."""

    parcel: str = ""
    """Its link from the map, its id, or 标识码."""
    reason: str = ""

    def as_decision(self, session: Session) -> DecisionCreate:
        """Return the decision; say in Chinese which parcel is not found."""
        uid = _parcel_of(session, self.parcel.strip())
        told = {"parcel_uid": uid, "is_match": True, "reason": self.reason}
        return checked(DecisionCreate, told)


def _parcel_of(session: Session, told: str) -> UUID:
    written = UUID_TEXT.search(told)
    if written is not None:
        return UUID(written[0])
    found = parcels.uids_of_survey_code(session, told, Moment.of(session)) if told else []
    if len(found) != 1:
        what = "有几个图斑用这个标识码" if found else "没有找到这个图斑"
        raise Invalid(f"{what};请在地图上点开图斑,复制卡片下方的链接", field="parcel")
    return found[0]


def imported(report: PatchReport | None = None) -> dict[str, Any]:
    """Gather the page of patches, with the report of a file that was brought."""
    return words() | {"report": report}


class CoverageAsked(BaseModel):
    """Of which period the coverage is shown: by its first and last day."""

    since: Annotated[Day | None, BLANK] = None
    until: Annotated[Day | None, BLANK] = None
    cursor: Cursor = 0

    def query(self, cursor: int | str) -> str:
        """Write what is asked for, further on or back, as a query string."""
        said = {"since": self.since, "until": self.until, "cursor": cursor}
        return urlencode({name: str(value) for name, value in said.items() if value})


def patrols(page: PageFrame, asked: CoverageAsked) -> dict[str, Any]:
    """Gather the patrols in view, the newest first, and the farmland that all of them saw."""
    found = patrol_actions.patrols(
        page.session, area_code="", since=None, until=None, cut=(0, AT_ONCE)
    )
    names = areas.villages_by_code(page.session, {each.area_code for each in found})
    return (
        words()
        | _coverage(page, asked)
        | {
            "items": [patrol_actions.shown(each) for each in found],
            "names": {code: each.name for code, each in names.items()},
        }
    )


def _coverage(page: PageFrame, asked: CoverageAsked) -> dict[str, Any]:
    """Gather what the patrols of a period saw; a reader of a village has its town's."""
    period = patrol_cover.period(page.session, asked.since, asked.until)
    area = page.viewer.area_code[: patrol_cover.TOWN]
    is_town = is_in_view(page.session, area)
    cover = (
        patrol_cover.shown(page.session, area, period, offset=asked.cursor, limit=AT_ONCE)
        if is_town
        else None
    )
    return {
        "asked": asked,
        "period": period,
        "cover": cover,
        "names_of_towns": {each.area_code: each.name for each in cover.towns} if cover else {},
        "earlier": max(asked.cursor - AT_ONCE, 0),
    }


def new_patrol(page: PageFrame, because_of: UUID | None) -> dict[str, Any]:
    """Gather what a patrol's form needs; the id makes a second click harmless."""
    today, area = records.today(page.session), page.viewer.area_code
    towns = areas.unit_names(page.session, within=area, level="town", on=today)
    villages = areas.unit_names(page.session, within=area, level="village", on=today)
    now = clock_of(page.session)().astimezone(CIVIL_ZONE)
    return words() | {
        "id": uuid4(),
        "because_of": because_of,
        "towns": towns,
        "villages": villages,
        "now": now.strftime("%Y-%m-%dT%H:%M"),
    }


class PatrolForm(BaseModel):
    """What the form of a patrol sends; empty fields are absent ones."""

    id: Id
    area_code: AreaCode
    started_at: str
    ended_at: str
    because_of: Annotated[Id | None, BLANK] = None
    track: str = ""
    """One point a line: longitude, latitude, instant."""
    claim: Annotated[Claim | None, BLANK] = None
    lon: Annotated[float | None, BLANK] = None
    lat: Annotated[float | None, BLANK] = None
    accuracy_m: Annotated[float | None, BLANK] = None
    finding_note: Annotated[str | None, BLANK] = None
    note: Annotated[str | None, BLANK] = None

    def as_patrol(self) -> PatrolCreate:
        """Return the patrol that the form tells of; say in Chinese what does not fit."""
        starts, ends = local_instant(self.started_at), local_instant(self.ended_at)
        points = [_point(line) for line in self.track.splitlines() if line.strip()]
        # A field of the wall clock has no seconds; the track that it frames does.
        times = [datetime.fromisoformat(each["at"]) for each in points]
        starts, ends = min([starts, *times]), max([ends, *times])
        given: dict[str, Any] = {
            "id": self.id,
            "area_code": self.area_code,
            "started_at": starts,
            "ended_at": ends,
            "because_of": self.because_of,
            "points": points or None,
            "findings": [self._finding(ends)] if self.claim else None,
            "note": self.note,
        }
        return checked(PatrolCreate, given)

    def _finding(self, seen_at: datetime) -> dict[str, Any]:
        if self.lon is None or self.lat is None:
            raise Invalid("发现了问题,要记录发现处的位置(经度、纬度)", field="lon")
        accuracy = None if self.accuracy_m is None else round(self.accuracy_m, 1)
        return {
            "lon": self.lon,
            "lat": self.lat,
            "accuracy_m": accuracy,
            "claim": self.claim,
            "observed_at": seen_at,
            "note": self.finding_note,
        }


def _point(line: str) -> dict[str, Any]:
    parts = line.split(",")
    try:
        lon, lat, at = float(parts[0]), float(parts[1]), datetime.fromisoformat(parts[2].strip())
    except (ValueError, IndexError):
        raise Invalid("轨迹每行写成 经度,纬度,时刻", field="track") from None
    # A recorder without a time zone tells the wall clock of the place.
    told = at if at.tzinfo else at.replace(tzinfo=CIVIL_ZONE)
    return {"lon": lon, "lat": lat, "at": told.isoformat()}
