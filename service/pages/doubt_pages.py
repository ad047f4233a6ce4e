"""The list of doubts and the card of one."""

from collections import Counter
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel

from inspections.doubts.catalogue import RULES
from inspections.doubts.doubt import BOOK_TEXT
from service import records
from service.areas import queries as areas
from service.doubts import queries
from service.doubts.models import Verdict
from service.doubts.queries import Filter
from service.doubts.schemas import RuleCode
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
from service.schemas import AreaCode

TOWN = areas.CODE_LENGTH["town"]
SHOWN = 100
GOOD = frozenset({State.CONFIRMED, State.CORRECTED, State.CLOSED})


class Asked(BaseModel):
    """Which doubts the list shows; without a state, those that are open."""

    town: Annotated[AreaCode | None, BLANK] = None
    rule: Annotated[RuleCode | None, BLANK] = None
    state: Annotated[State | None, BLANK] = None
    is_overdue: bool = False

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
    listed = queries.page(page.session, asked.as_filter(page), limit=SHOWN)
    opened, skipped = queries.open_ones(page.session), queries.skipped(page.session)
    return words() | {
        "asked": asked,
        "items": listed.items,
        "has_more": listed.next is not None,
        "places": _places(page, [each.area_code for each in listed.items]),
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


def _names(page: PageFrame) -> dict[str, str]:
    today, within = records.today(page.session), page.viewer.area_code
    return areas.unit_names(page.session, within=within, level="town", on=today)


def _places(page: PageFrame, codes: list[str]) -> dict[str, str]:
    wanted = {*codes, *(code[:TOWN] for code in codes)}
    found = areas.villages_by_code(page.session, wanted)
    return {
        code: " ".join(
            found[each].name for each in dict.fromkeys((code[:TOWN], code)) if each in found
        )
        or code
        for code in codes
    }


def card(page: PageFrame, doubt_id: UUID) -> dict[str, Any]:
    """Gather one doubt."""
    found = queries.card(page.session, doubt_id)
    return words() | {
        "doubt": found,
        "place": _places(page, [found.area_code])[found.area_code],
        "may_reply": page.may("doubt.reply") and found.state in OPEN,
        "may_settle": page.may("doubt.settle") and found.state in OPEN,
        "verdicts": list(Verdict),
    }
