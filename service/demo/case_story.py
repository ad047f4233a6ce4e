"""What became of the first leads: their people take them as far as eight weeks go.

None is closed: that asks for photos taken on the spot, and the demonstration has none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from inspections.case_words import Event, EvidenceKind, NoEntry, Purpose
from inspections.penalty_rules import Term
from service import records
from service.cases import actions, evidence_actions, term_actions
from service.cases.models import Case
from service.cases.schemas import EvidenceCreate, TransitionCreate
from service.cases.term_schemas import TermCreate
from service.demo import truth
from service.demo.stage import Stage
from service.demo.truth import Kind, Plot
from service.parcels.models import ParcelVersion
from service.parcels.schemas import Datum

BUREAU, CHECKER, FIELD = "bureau", "bureau-2", "officer-1"
WEEK, FIRST_WEEK = timedelta(days=7), date(2023, 3, 16)
NO_ENTRY_TEXT = "大门上锁,进不去;在路边可以看清"


@dataclass(frozen=True)
class Step:
    """One thing that somebody does on a case in a week, counted from the first after screening."""

    week: int
    username: str
    event: Event | None = None
    """None for the evidence of a check from the road."""
    told: dict[str, Any] = field(default_factory=dict)
    begins: Term | None = None
    """A term of the law that begins on that day."""


def _checked(week: int, opinion: str) -> tuple[Step, ...]:
    return (
        Step(0, BUREAU, Event.ACCEPT),
        Step(0, BUREAU, Event.ASSIGN, {"assignee": FIELD}),
        Step(week, FIELD, Event.ARRIVE),
        Step(week, FIELD),
        Step(week, FIELD, Event.REPORT, {"reason": opinion}),
    )


_CONFIRMED = Step(2, BUREAU, Event.CONFIRM)
STORIES: tuple[tuple[Kind, tuple[Step, ...]], ...] = (
    (truth.ABANDONED, (Step(0, BUREAU, Event.ACCEPT),)),
    (
        truth.POND,
        (
            Step(0, BUREAU, Event.ACCEPT),
            Step(1, BUREAU, Event.ASSIGN, {"assignee": FIELD}),
            Step(4, FIELD, Event.ARRIVE),
            Step(4, FIELD),
        ),
    ),
    (
        truth.SITE,
        (
            *_checked(1, "路边可见混凝土地面,约占图斑大半"),
            _CONFIRMED,
            Step(2, FIELD, Event.STOP, {"document_no": "演示停〔2023〕1号"}),
            Step(3, BUREAU, Event.ORDER, {"reason": "限期拆除硬化层,恢复耕种条件"}),
            Step(3, FIELD, begins=Term.DECISION),
        ),
    ),
    (
        truth.DRY_SITE,
        (
            *_checked(1, "路边可见地面已硬化"),
            _CONFIRMED,
            Step(
                3,
                BUREAU,
                Event.HAND_OVER,
                {
                    "organ": "演示自然资源局",
                    "document_no": "演示移〔2023〕1号",
                    "receipt_due_on": date(2023, 4, 28),
                },
            ),
            Step(4, CHECKER, Event.RECEIPT, {"receipt_no": "演示收〔2023〕8号", "reason": "已收"}),
        ),
    ),
    (
        truth.FACILITY,
        (
            *_checked(1, "是备案范围内的设施农业用房"),
            Step(2, BUREAU, Event.EXCLUDE, {"reason": "与设施农用地备案一致"}),
        ),
    ),
    (truth.ORCHARD, (Step(1, BUREAU, Event.DISMISS, {"reason": "与上一年的台账线索重复"}),)),
)


class CaseStory:
    """The first lead of some kinds of truth, each taken a different way."""

    def __init__(self, stage: Stage, land: Sequence[Plot], kinds: Sequence[Kind]) -> None:
        """Look up which leads the first screening opened."""
        self.stage = stage
        with stage.acting(BUREAU) as session:
            cases = {each.parcel_uid: each.id for each in session.scalars(select(Case))}
        self.told: list[tuple[UUID, Plot, tuple[Step, ...]]] = []
        for kind, steps in STORIES:
            found = [
                plot
                for plot, its in zip(land, kinds, strict=True)
                if its is kind and plot.uid in cases
            ]
            self.told += [(cases[plot.uid], plot, steps) for plot in found[:1]]

    def week(self, day: date) -> None:
        """Take the week's steps, on the Monday after its reference day."""
        self._take((day - FIRST_WEEK) // WEEK, day + timedelta(days=4))

    def _take(self, week: int, day: date) -> None:
        for case_id, plot, steps in self.told:
            for step in steps:
                if step.week == week:
                    self.stage.clock.go(day, 14)
                    self.stage.clock.at += timedelta(minutes=1)
                    self._step(case_id, plot, step)

    def _step(self, case_id: UUID, plot: Plot, step: Step) -> None:
        with self.stage.acting(step.username) as session:
            if step.begins is not None:
                begun = TermCreate(term=step.begins, started_on=records.today(session))
                term_actions.begin(session, case_id, begun)
                return
            if step.event is not None:
                actions.move(session, case_id, TransitionCreate(event=step.event, **step.told))
                return
            query = select(ParcelVersion.geometry).where(ParcelVersion.id == plot.version_id)
            inside = session.scalars(query).one().representative_point()
            for seen in _from_the_road(inside.x, inside.y):
                evidence_actions.add_evidence(session, case_id, seen)


def _from_the_road(lon: float, lat: float) -> tuple[EvidenceCreate, EvidenceCreate]:
    gate = EvidenceCreate(
        kind=EvidenceKind.NO_ENTRY,
        purpose=Purpose.CHECK,
        no_entry=NoEntry.LOCKED,
        note=NO_ENTRY_TEXT,
    )
    spot = EvidenceCreate(
        kind=EvidenceKind.POSITION,
        purpose=Purpose.CHECK,
        lon=round(lon, 6),
        lat=round(lat, 6),
        datum=Datum.CGCS2000,
        accuracy_m=Decimal(8),
    )
    return gate, spot
