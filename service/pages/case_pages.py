"""The leads that wait, the cases in hand, and the card of one."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel

from inspections.case_words import Source, State
from inspections.fusion_words import VerdictClass
from service import records
from service.areas import queries as areas
from service.cases import proof, queries, worklists
from service.cases.evidence_actions import TAKES_EVIDENCE
from service.cases.queries import Filter
from service.cases.schemas import CaseCard, CaseRead
from service.cases.term_actions import TAKES_TERMS
from service.errors import Invalid
from service.pages.board import BLANK
from service.pages.case_words import words
from service.pages.page import PageFrame
from service.pages.places import places
from service.schemas import AreaCode, Cursor, civil_day
from service.screening import queries as verdicts
from service.screening.schemas import VerdictCard

AT_ONCE = 50


class Asked(BaseModel):
    """Which leads or cases a list shows; without a state, those that are not ended."""

    town: Annotated[AreaCode | None, BLANK] = None
    verdict_class: Annotated[VerdictClass | None, BLANK] = None
    source: Annotated[Source | None, BLANK] = None
    state: Annotated[State | None, BLANK] = None
    is_overdue: bool = False
    is_mine: bool = False
    needs_relook: bool = False
    cursor: Cursor = 0

    def query(self, **other: object) -> str:
        """Write what is asked for, with some of it changed, as a query string."""
        plain = {name: value for name, value in self.model_dump(mode="json").items() if value}
        told = {name: value for name, value in (plain | other).items() if value}
        flags = {name: "true" for name, value in told.items() if value is True}
        return urlencode(told | flags)

    def as_filter(self, page: PageFrame) -> Filter:
        """Return what is asked for."""
        is_any = self.state is not None or self.needs_relook or self.is_overdue
        return Filter(
            state=self.state,
            is_open=None if is_any else True,
            area=self.town or "",
            source=self.source,
            assigned_to=page.viewer.account_id if self.is_mine else None,
            is_overdue=self.is_overdue,
            needs_relook=self.needs_relook,
            verdict_class=self.verdict_class.value if self.verdict_class else None,
        )


def leads(page: PageFrame, asked: Asked) -> dict[str, Any]:
    """Gather the leads that nobody has decided, and how long each has waited."""
    wanted = asked.model_copy(update={"state": State.LEAD, "is_mine": False})
    found = worklists.leads(
        page.session, wanted.as_filter(page), offset=asked.cursor, limit=AT_ONCE
    )
    counts = worklists.counts(page.session)
    today = records.today(page.session)
    return _list(page, asked, found.items, found.next) | {
        "n_leads": counts.get(State.LEAD, 0),
        "ages": {each.id: _age(each, today) for each in found.items},
        "rules": {each.rule_id: _rule(each.rule_id) for each in found.items},
        "classes": [each for each in VerdictClass if each is not VerdictClass.NONE],
    }


def _age(found: CaseRead, today: date) -> int:
    return (today - civil_day(found.opened_at)).days


def _rule(rule_id: str) -> str:
    rule = verdicts.rule_of(rule_id)
    return rule.title if rule else rule_id


def cases(page: PageFrame, asked: Asked) -> dict[str, Any]:
    """Gather the cases asked for, what is overdue first."""
    found = worklists.in_hand(
        page.session, asked.as_filter(page), offset=asked.cursor, limit=AT_ONCE
    )
    counts = worklists.counts(page.session)
    return _list(page, asked, found.items, found.next) | {
        "n_leads": counts.get(State.LEAD, 0),
        "n_open": sum(counts.get(each, 0) for each in worklists.TAKEN_UP),
        "n_late": worklists.n_late(page.session),
        "n_closed": counts.get(State.CLOSED, 0),
        "states": [each for each in State if each is not State.LEAD],
    }


def _list(
    page: PageFrame, asked: Asked, items: list[CaseRead], following: str | None
) -> dict[str, Any]:
    today = records.today(page.session)
    return words() | {
        "asked": asked,
        "items": items,
        "next": following,
        "earlier": max(asked.cursor - AT_ONCE, 0),
        "places": places(page, {each.area_code for each in items}),
        "towns": areas.unit_names(
            page.session, within=page.viewer.area_code, level="town", on=today
        ),
    }


def card(page: PageFrame, case_id: UUID) -> dict[str, Any]:
    """Gather one case: its clocks, evidence and reasoning, and the reader's next steps."""
    found = queries.card(page.session, case_id)
    is_wider = page.may("case.assign")
    return words() | {
        "case": found,
        "place": places(page, [found.area_code])[found.area_code],
        "rule": _rule(found.rule_id),
        "verdict": _verdict(page, found),
        "at": _at(page, found.id),
        "mine": [each for each in found.ways if each.is_mine],
        "officers": queries.assignees(page.session, queries.case(page.session, case_id))
        if is_wider
        else [],
        "companions": queries.companions(page.session, queries.case(page.session, case_id)),
        "others": worklists.neighbours(page.session, found) if is_wider else [],
        "photos": [each for each in found.evidence if each.photo_id is not None],
        "papers": [each for each in found.evidence if each.photo_id is None],
        "cited": {each.id: n for n, each in enumerate(found.evidence, 1)},
        "may_begin": page.may("case.term") and found.state in TAKES_TERMS,
        "may_bring": page.may("case.evidence") and found.state in TAKES_EVIDENCE,
        "today": records.today(page.session),
    }


def _verdict(page: PageFrame, found: CaseCard) -> VerdictCard | None:
    """Return what the lead was opened on, for whoever may read verdicts."""
    if found.verdict_id is None or not page.may("verdict.read"):
        return None
    return verdicts.known(page.session, found.verdict_id)


def _at(page: PageFrame, case_id: UUID) -> tuple[float, float] | None:
    """Return a point in a case's land, longitude and latitude, to find it on the map."""
    try:
        land = proof.land_of(page.session, queries.case(page.session, case_id))
    except Invalid:
        return None
    point = land.representative_point()
    return round(point.x, 6), round(point.y, 6)
