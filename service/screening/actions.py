"""Writing verdicts: a screening supersedes what has changed, and opens leads. Safe to repeat."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.fusion_words import VerdictClass
from service import audit, records
from service.areas import queries as areas
from service.cases import leads
from service.cases.lead_schemas import LeadCreate
from service.errors import Invalid
from service.imagery import store
from service.records import within
from service.screening import evidence, judging, running, sightings
from service.screening.judging import Draft, OnStep, Plan, Wanted
from service.screening.models import Screening, Verdict
from service.screening.running import Runner
from service.security import Viewer, whole_system

LAST_RULE = "R099"
"""Of what no rule speaks of: a person looks."""
AS_SAID = (
    "verdict_class",
    "claim",
    "category",
    "severity",
    "rule_id",
    "overlap_m2",
    "is_urgent",
    "score",
    "n_sources",
    "first_source",
    "first_observed_on",
    "unknown",
)


@dataclass
class _Tally:
    """What became of the drafts."""

    n_new: int = 0
    n_changed: int = 0
    n_same: int = 0
    n_newer: int = 0
    n_leads: int = 0


@dataclass(frozen=True)
class _Step:
    """A verdict that is to be written, and the one that it supersedes."""

    verdict_id: UUID
    draft: Draft
    before: Verdict | None


def _quiet(_town: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def wanted(
    session: Session, *, as_of: date | None, area_code: str, season: str | None = None
) -> Wanted:
    """Return what is to be screened; refuse a day to come, or one that is not of the season."""
    day = as_of or records.today(session)
    records.refuse_future(session, day, "as_of")
    areas.area(session, area_code)
    asked = season or store.season_of(day)
    if store.season_of(day) != asked:
        raise Invalid(f"{day} 不在 {asked} 年度内;请换一个日期或年度", field="season")
    return Wanted(day, asked, area_code, store.folder_of(session))


def screen(session: Session, asked: Wanted) -> Screening:
    """Screen an area and write what has changed, in one transaction."""
    return apply(session, plan(session, asked))


def plan(
    session: Session, asked: Wanted, runner: Runner = running.here, on_step: OnStep = _quiet
) -> Plan:
    """Screen an area; nothing is written, so a session that only reads will do."""
    return judging.planned(session, asked, runner, on_step)


def apply(session: Session, made: Plan) -> Screening:
    """Write the verdicts that are not the same as those that stand, and open their leads."""
    records.take_turn(session)
    at = audit.instant(session)
    with whole_system(session):
        steps, tally = _steps(made, _standing(session, made.wanted))
        sightings.record(session, made.wanted.season, (each.draft for each in steps))
        tally.n_leads = sum(_tell_cases(session, made.wanted.season, each) for each in steps)
        row = _screening(session, made, tally)
        for each in steps:
            if each.before is not None:
                each.before.superseded_at, each.before.superseded_on = at, made.wanted.as_of
        session.add(row)
        session.flush()  # what stood gives way before what stands from now on
        session.add_all(_verdict(row, each, at) for each in steps)
        session.flush()
    audit.record(
        session, "screening.run", str(row.id), area_code=row.area_code, season=row.season,
        as_of=row.as_of, n_new=row.n_new, n_changed=row.n_changed, n_leads=row.n_leads,
    )  # fmt: skip
    return row


def _steps(made: Plan, standing: Mapping[UUID, Verdict]) -> tuple[list[_Step], _Tally]:
    """Return the drafts that say something new, and count the others."""
    steps, tally = [], _Tally()
    for draft in made.drafts:
        before = standing.get(draft.parcel_uid)
        if before is None:
            if draft.said.verdict_class is VerdictClass.NONE:
                continue
            tally.n_new += 1
        elif before.as_of > made.wanted.as_of:
            tally.n_newer += 1
            continue
        elif before.digest == draft.digest:
            tally.n_same += 1
            continue
        else:
            tally.n_changed += 1
        steps.append(_Step(uuid4(), draft, before))
    return steps, tally


def _standing(session: Session, asked: Wanted) -> dict[UUID, Verdict]:
    query = select(Verdict).where(
        Verdict.superseded_at.is_(None),
        Verdict.season == asked.season,
        within(Verdict.area_code, asked.area_code),
    )
    return {each.parcel_uid: each for each in session.scalars(query)}


def _screening(session: Session, made: Plan, tally: _Tally) -> Screening:
    viewer: Viewer | None = session.info.get("viewer")
    counts = {
        "classes": {each: n for each, n in sorted(made.n_by_class.items()) if n},
        "unknown": dict(sorted(made.n_unknown.items())),
    }
    return Screening(
        id=uuid4(),
        season=made.wanted.season,
        as_of=made.wanted.as_of,
        area_code=made.wanted.area_code,
        ran_at=audit.instant(session),
        recorded_by=viewer.account_id if viewer else None,
        n_land=made.n_land,
        counts=json.dumps(counts),
        **vars(tally),
    )


def _verdict(row: Screening, step: _Step, at: datetime) -> Verdict:
    draft, said = step.draft, step.draft.said
    return Verdict(
        id=step.verdict_id,
        parcel_uid=draft.parcel_uid,
        parcel_version_id=draft.parcel_version_id,
        area_code=draft.area_code,
        season=row.season,
        as_of=row.as_of,
        recorded_at=at,
        screening_id=row.id,
        digest=draft.digest,
        is_farmland=draft.is_farmland,
        signal_ids=_json(said.signal_ids),
        reasons=_json(said.reasons),
        missing=_json(said.missing),
        **{name: getattr(said, name) for name in AS_SAID},
    )


def _json(told: Iterable[str]) -> str:
    return json.dumps(list(told), ensure_ascii=False)


def _tell_cases(session: Session, season: str, step: _Step) -> bool:
    """Open the lead of a verdict, or tell a case of what is new; tell whether a lead is new."""
    draft, said = step.draft, step.draft.said
    if not draft.is_lead or said.claim is None:
        _tell_of_signals(session, step)
        return False
    _, is_new = leads.open_lead(
        session,
        LeadCreate(
            parcel_uid=draft.parcel_uid,
            rule_id=said.rule_id or LAST_RULE,
            claim=said.claim,
            category=said.category,
            severity=said.severity,
            verdict_class=said.verdict_class,
            verdict_id=step.verdict_id,
            observed_on=draft.last_observed_on,
            reason="\n".join(said.reasons),
            area_code=draft.area_code,
            overlap_m2=said.overlap_m2,
            signal_ids=evidence.signal_ids(said.signal_ids),
            signals=sightings.seen(draft, season),
        ),
    )
    return is_new


def _tell_of_signals(session: Session, step: _Step) -> None:
    """Tell an open or closed case of signals that the last verdict did not know."""
    known = set(json.loads(step.before.signal_ids)) if step.before else set()
    for told, day in step.draft.signals:
        if told not in known:
            leads.signal_matched(session, step.draft.parcel_uid, UUID(told), day)
