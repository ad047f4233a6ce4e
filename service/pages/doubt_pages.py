"""The list of doubts and the card of one."""

from collections import Counter
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from inspections.doubts.catalogue import RULES
from inspections.doubts.doubt import BOOK_TEXT
from service import records
from service.areas import queries as areas
from service.doubts import queries
from service.doubts.models import Verdict
from service.doubts.queries import Filter
from service.doubts.schemas import DoubtRead, RuleCode
from service.doubts.states import (
    EVENT_TEXT,
    OPEN,
    STATE_TEXT,
    VERDICT_TEXT,
    WAITING,
    State,
)
from service.pages.board import BLANK
from service.pages.page import PageFrame
from service.pages.places import places
from service.schemas import AreaCode, Day, Page

TOWN = areas.CODE_LENGTH["town"]
SHOWN, ALL = 100, 10**6
GOOD = frozenset({State.CONFIRMED, State.CORRECTED, State.CLOSED})


class Asked(BaseModel):
    """Which doubts the list shows; without a state, those that are open."""

    town: Annotated[AreaCode | None, BLANK] = None
    rule: Annotated[RuleCode | None, BLANK] = None
    state: Annotated[State | None, BLANK] = None
    is_overdue: bool = False
    until: Annotated[Day | None, BLANK] = None
    """Of what was true by this day only."""
    cursor: Annotated[int, Field(ge=0, le=10**9)] = 0
    """How many were shown before."""

    def query(self, **other: object) -> str:
        """Write what is asked for, with some of it changed, as a query string."""
        fields = {
            "town": self.town,
            "rule": self.rule,
            "state": self.state,
            "is_overdue": "true" if self.is_overdue else None,
            "until": self.until,
        }
        return urlencode({key: value for key, value in (fields | other).items() if value})

    def as_filter(self, page: PageFrame) -> Filter:
        """Return what is asked for."""
        overdue_on = records.today(page.session) if self.is_overdue else None
        is_open = True if self.state is None else None
        return Filter(self.state, is_open, self.town or "", self.rule, None, overdue_on)


def words() -> dict[str, Any]:
    """Return how the words of doubts read."""
    return {
        "DOUBT_STATE_TEXT": STATE_TEXT,
        "DOUBT_EVENT_TEXT": EVENT_TEXT,
        "VERDICT_TEXT": VERDICT_TEXT,
        "BOOK_TEXT": BOOK_TEXT,
        "GOOD": GOOD,
        "WAITING": WAITING,
    }


def register(page: PageFrame, asked: Asked) -> dict[str, Any]:
    """Gather what is open by town and by rule, and the list that was asked for."""
    listed = _listed(page, asked)
    opened, skipped = queries.open_ones(page.session), queries.skipped(page.session)
    return words() | {
        "asked": asked,
        "items": listed.items,
        "next": listed.next,
        "earlier": max(asked.cursor - SHOWN, 0),
        "places": places(page, [each.area_code for each in listed.items]),
        "towns": _names(page),
        "by_town": Counter(each.area_code[:TOWN] for each in opened),
        "by_rule": Counter(each.rule for each in opened),
        "n_open": len(opened),
        "n_overdue": sum(each.is_overdue for each in opened),
        "n_waiting": sum(each.state in WAITING for each in opened),
        "n_replied": sum(each.state is State.REPLIED for each in opened),
        "RULES": {code: each.title for code, each in RULES.items()},
        "skipped": skipped,
        "skipped_items": skipped.items,
    }


def _listed(page: PageFrame, asked: Asked) -> Page[DoubtRead]:
    """Return the page that was asked for."""
    wanted, start = asked.as_filter(page), asked.cursor
    if asked.until is None:
        return queries.page(page.session, wanted, offset=start, limit=SHOWN)
    found = queries.page(page.session, wanted, limit=ALL).items
    items = [each for each in found if each.observed_on <= asked.until]
    end = start + SHOWN
    return Page(items=items[start:end], next=str(end) if len(items) > end else None)


def open_until(session: Session, day: date) -> list[DoubtRead]:
    """Return the open doubts of what was true by a day: what the list shows with `until`."""
    return [each for each in queries.open_ones(session) if each.observed_on <= day]


def _names(page: PageFrame) -> dict[str, str]:
    today, within = records.today(page.session), page.viewer.area_code
    return areas.unit_names(page.session, within=within, level="town", on=today)


def card(page: PageFrame, doubt_id: UUID) -> dict[str, Any]:
    """Gather one doubt."""
    found = queries.card(page.session, doubt_id)
    return words() | {
        "doubt": found,
        "place": places(page, [found.area_code])[found.area_code],
        "may_reply": page.may("doubt.reply") and found.state in OPEN,
        "may_settle": page.may("doubt.settle") and found.state in OPEN,
        "verdicts": list(Verdict),
    }
