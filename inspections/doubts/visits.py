"""Rules over inspections and their photos."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations

from inspections.doubts.catalogue import OFFICERS, REUSED, TWO_PLACES
from inspections.doubts.doubt import Doubt, Found, Subject
from inspections.doubts.limits import DoubtLimits
from inspections.photo_marks import distance_m

LEAST_OFFICERS = 2
"""Source: 行政处罚法 42: no fewer than two officers with certificates."""


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit that stands.

    Attributes
    ----------
    root_id, subject_name, area_code : str
        Which; a correction keeps its root.
    on : date
        Its civil date.
    at : datetime
        Its instant, aware.
    officers : tuple of (id, certificate)
        Who was there; an empty certificate is none.
    position : tuple of float or None
        lon, lat in degrees of CGCS2000.
    """

    root_id: str
    subject_name: str
    area_code: str
    on: date
    at: datetime
    officers: tuple[tuple[str, str], ...]
    position: tuple[float, float] | None

    def subject(self, version: str = "") -> Subject:
        """Return it as what is doubted."""
        return Subject("visit", self.root_id, self.area_code, self.on, version)


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """One photo of something.

    Attributes
    ----------
    photo_id, area_code, sha256, subject : str
        Which, of which bytes, of what.
    on : date
        When it was handed in.
    """

    photo_id: str
    area_code: str
    sha256: str
    subject: str
    on: date


def too_few_officers(visits: Iterable[VisitRow]) -> Iterator[Doubt]:
    """Yield a doubt for each visit with fewer than two certified officers.

    Parameters
    ----------
    visits : iterable of VisitRow
        Visits that stand.

    Yields
    ------
    Doubt
        One per visit.
    """
    for visit in visits:
        certified = {who for who, certificate in visit.officers if certificate.strip()}
        if len(certified) < LEAST_OFFICERS:
            yield OFFICERS.doubt(
                visit.subject(f"{len(certified)}/{len(visit.officers)}"),
                observed=f"{visit.subject_name} {visit.on} 的检查有持证人员 {len(certified)} 名",
                expected=f"不少于 {LEAST_OFFICERS} 名",
                because="执法检查须有两名以上持证人员;请补登人员和证号",
            )


def two_places(visits: Iterable[VisitRow], limits: DoubtLimits) -> Iterator[Found]:
    """Yield a doubt for each pair of visits that one officer made in the same minute far apart.

    Parameters
    ----------
    visits : iterable of VisitRow
        Visits that stand.
    limits : DoubtLimits
        `apart_m`, metres.

    Yields
    ------
    Doubt or Skipped
        One per pair, about the later of their ids; skipped where a position is missing.
    """
    told = list(visits)
    together: dict[tuple[str, datetime], list[VisitRow]] = defaultdict(list)
    for visit in told:
        for who, _ in visit.officers:
            together[who, visit.at.replace(second=0, microsecond=0)].append(visit)
    bare: set[str] = set()
    seen: set[tuple[str, str]] = set()
    for (_, minute), found in sorted(together.items(), key=lambda each: each[0]):
        for one, other in combinations(sorted(found, key=lambda each: each.root_id), 2):
            if one.position is None or other.position is None:
                bare |= {each.root_id for each in (one, other) if each.position is None}
                continue
            apart = distance_m(*one.position, *other.position)
            if apart > limits.apart_m and (one.root_id, other.root_id) not in seen:
                seen.add((one.root_id, other.root_id))
                yield _apart(one, other, minute, apart)
    if bare:
        yield TWO_PLACES.skipped("同一分钟有两处检查,但没有位置", len(bare), is_whole=False)


def _apart(one: VisitRow, other: VisitRow, minute: datetime, apart_m: float) -> Doubt:
    return TWO_PLACES.doubt(
        other.subject(f"{one.root_id}@{minute:%Y-%m-%dT%H:%M}"),
        observed=f"同一名执法人员同一分钟在 {one.subject_name} 和 {other.subject_name}",
        expected="同一时刻只能在一处",
        because=f"两处相距 {apart_m / 1000:.1f} 公里;请核对时间和人员",
        evidence=(("另一次检查", f"{one.subject_name} {one.on}"),),
    )


def reused_photos(photos: Iterable[PhotoRow]) -> Iterator[Doubt]:
    """Yield a doubt for each photo whose bytes were handed in for something else before.

    Parameters
    ----------
    photos : iterable of PhotoRow
        Photos of all subjects.

    Yields
    ------
    Doubt
        One per subject after the first that the same bytes were handed in for.
    """
    first: dict[str, PhotoRow] = {}
    told: set[tuple[str, str]] = set()
    for photo in sorted(photos, key=lambda each: (each.on, each.photo_id)):
        before = first.setdefault(photo.sha256, photo)
        if photo.subject == before.subject or (photo.sha256, photo.subject) in told:
            continue
        told.add((photo.sha256, photo.subject))
        yield REUSED.doubt(
            Subject("photo", photo.photo_id, photo.area_code, photo.on, photo.sha256),
            observed=f"{photo.on} 交来的照片",
            expected="每次检查、每块地各有自己的照片",
            because=f"同一张照片 {before.on} 已用于别处;请补交现场照片",
            evidence=(("照片摘要", photo.sha256[:12]), ("首次使用", f"{before.on}")),
        )
