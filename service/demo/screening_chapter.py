"""What was found on the land this spring: images, signals, two screenings, and what came of it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid5

import numpy as np
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.signals import Source
from service.database import thresholds_of
from service.demo import cropland, curves, truth
from service.demo.case_story import CaseStory
from service.demo.stage import Stage
from service.demo.story import CLOSING_DAY
from service.demo.truth import Kind, Plot
from service.imagery import keeping, store
from service.parcels import approvals
from service.parcels.models import ApprovalKind, ParcelVersion
from service.parcels.queries import Moment
from service.parcels.schemas import ApprovalCreate, Geometry
from service.records import NAMESPACE
from service.schemas import CIVIL_ZONE
from service.screening import actions
from service.signals.land_around import land_around
from service.signals.recording import Said, Spot, record_signals

COUNTY = "441803"
FIRST_DAY = date(2023, 3, 9)
"""Of the first screening."""
ISSUERS = {
    ApprovalKind.CONVERSION: ("国务院", "国土资函"),
    ApprovalKind.TEMPORARY: ("演示自然资源局", "演示临用"),
    ApprovalKind.FACILITY: ("演示镇人民政府", "演示设备"),
}
APPROVED_ON, LIMITED_DAYS = date(2022, 6, 1), 730
TOLD_BY = {
    Source.MONITORING: ("file", 4, 0),
    Source.TIP: ("phone", 9, 1),
    Source.PATROL: ("patrol", 7, 2),
}
"""Source -> its channel; it sees every so many of the parcels of known truth, from which on."""
SEEN_BEFORE = timedelta(days=12)


class ScreeningChapter:
    """Images from January 2022; a screening in March, one at the end, and their cases."""

    def __init__(self) -> None:
        self.land: list[Plot] = []
        self.kinds: list[Kind] = []
        self.cases: CaseStory | None = None
        self.kept_until = date.min

    def begin(self, stage: Stage) -> None:
        """Nothing is seen before the land is surveyed."""

    def week(self, stage: Stage, day: date) -> None:
        """Tell the first screening, and from then on the week's steps of the cases."""
        if day == FIRST_DAY:
            self.open(stage)
        elif self.cases is not None:
            self.cases.week(day)

    def open(self, stage: Stage) -> None:
        """Draw the truth over the land that is in the book, and screen it for the first time."""
        stage.clock.go(FIRST_DAY + timedelta(days=1), 14)
        with stage.acting("bureau") as session:
            moment = Moment.of(session, FIRST_DAY)
            self.land = cropland.plots(session, moment)
            n_parcels = len(session.scalars(select(ParcelVersion.id)).all())
        if not self.land:
            return
        self.kinds = truth.drawn(self.land, n_parcels)
        truth.write(truth.path_of(stage.database.observation_directory), self.land, self.kinds)
        self._approve(stage)
        self._look(stage, FIRST_DAY)
        self._tell(stage, FIRST_DAY - SEEN_BEFORE, Source.MONITORING)
        self._screen(stage, FIRST_DAY)
        self.cases = CaseStory(stage, self.land, self.kinds)

    def end(self, stage: Stage) -> None:
        """Bring the images and signals since, and screen once more."""
        if self.cases is None:
            return
        self._look(stage, CLOSING_DAY)
        self._tell(stage, CLOSING_DAY - SEEN_BEFORE, Source.TIP)
        self._tell(stage, CLOSING_DAY - SEEN_BEFORE / 2, Source.PATROL)
        self._screen(stage, CLOSING_DAY)

    def _screen(self, stage: Stage, day: date) -> None:
        with stage.acting("bureau") as session:
            actions.screen(session, actions.wanted(session, as_of=day, area_code=COUNTY))

    def _look(self, stage: Stage, until: date) -> None:
        """Keep the images since the last ones."""
        dates = curves.days()
        is_new = (dates > np.datetime64(self.kept_until)) & (dates < np.datetime64(until))
        rows, towns = cropland.images(self.land, self.kinds, dates[is_new])
        with stage.acting("bureau") as session:
            keeping.keep(
                session,
                store.folder_of(session),
                rows,
                towns,
                action="observation.import",
                subject=f"演示影像 {until}",
                area_code=COUNTY,
            )
        self.kept_until = until

    def _approve(self, stage: Stage) -> None:
        """File what was approved on look-alikes."""
        viewer = stage.viewers["bureau"]
        with stage.acting("bureau") as session:
            chosen = [at for at, kind in enumerate(self.kinds) if kind.approval is not None]
            shapes = _shapes(session, [self.land[at] for at in chosen])
            for number, at in enumerate(chosen, start=1):
                given = _approval(self.land[at], self.kinds[at], shapes[number - 1], number)
                approvals.file_approval(session, viewer, given)

    def _tell(self, stage: Stage, day: date, source: Source) -> None:
        """Let people see some of what is there, and some of what only looks like it."""
        known = [at for at, kind in enumerate(self.kinds) if kind.claim is not None]
        _, every, first = TOLD_BY[source]
        chosen = known[first::every]
        with stage.acting("bureau") as session:
            shapes = _shapes(session, [self.land[at] for at in chosen])
            said = [
                _said(session, self.land[at], self.kinds[at], shape, source, day)
                for at, shape in zip(chosen, shapes, strict=True)
            ]
            spots = [(each.spot.geometry, each.spot.accuracy_m) for each in said if each.spot]
            record_signals(session, said, land_around(session, spots))


def _shapes(session: Session, land: Sequence[Plot]) -> list[shapely.Geometry]:
    ids = [each.version_id for each in land]
    query = select(ParcelVersion.id, ParcelVersion.geometry).where(ParcelVersion.id.in_(ids))
    found = {version_id: shape for version_id, shape in session.execute(query)}
    return [found[each] for each in ids]


def _said(
    session: Session, plot: Plot, kind: Kind, shape: shapely.Geometry, source: Source, day: date
) -> Said:
    limits = thresholds_of(session).signals
    inside = shape.representative_point()
    assert kind.claim is not None  # only such were chosen
    is_patch = source is Source.MONITORING
    return Said(
        source,
        TOLD_BY[source][0],
        plot.area_code,
        kind.claim,
        datetime.combine(day, time(10), CIVIL_ZONE).astimezone(UTC),
        limits.patch_quality if is_patch else limits.patrol_quality,
        Spot(shape) if is_patch else Spot(inside, limits.trusted_accuracy_m),
        id=uuid5(NAMESPACE, f"demo:{source}:{plot.survey_code}"),
        reference_no=plot.survey_code if is_patch else None,
        note="演示数据,虚构",
    )


def _approval(plot: Plot, kind: Kind, shape: shapely.Geometry, number: int) -> ApprovalCreate:
    assert kind.approval is not None  # only such were chosen
    issuer, words = ISSUERS[kind.approval]
    told: dict[str, Any] = shapely.geometry.mapping(shape)
    is_for_good = kind.approval is ApprovalKind.CONVERSION
    return ApprovalCreate(
        uid=uuid5(NAMESPACE, f"demo:approval:{plot.survey_code}"),
        kind=kind.approval,
        document_no=f"{words}〔2022〕{number}号",
        issued_by=issuer,
        valid_from=APPROVED_ON,
        valid_to=None if is_for_good else APPROVED_ON + timedelta(days=LIMITED_DAYS),
        note="演示数据,虚构",
        geometry=Geometry(type=told["type"], coordinates=_lists(told["coordinates"])),
    )


def _lists(value: Any) -> Any:
    return [_lists(each) for each in value] if isinstance(value, tuple | list) else value
