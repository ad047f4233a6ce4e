"""All rules over all books."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from inspections.doubts.catalogue import RULES
from inspections.doubts.doubt import Book, Doubt, Found, Skipped
from inspections.doubts.limits import DoubtLimits
from service.database import thresholds_of
from service.doubts import field_frames, price_frames, sowing_frames, stock_frames, visit_frames
from service.doubts.question import Look

JUDGES: tuple[Callable[[Session, Look, DoubtLimits], Iterable[Found]], ...] = (
    sowing_frames.judge,
    stock_frames.judge,
    price_frames.judge,
    visit_frames.judge,
    field_frames.judge_machinery,
    field_frames.judge_agronomy,
)


@dataclass(frozen=True)
class Judged:
    """What a run found, what it could not check, and how far back it looked."""

    look: Look
    doubts: dict[tuple[str, str, str], Doubt]
    skipped: list[Skipped]
    prices_since: date
    corrected_prices: frozenset[str]

    def has_gone(self, rule: str, subject_id: str) -> bool:
        """Tell whether the row itself was corrected or withdrawn, however long ago it was."""
        known = RULES.get(rule)
        is_price = known is not None and known.scope is Book.PRICES
        return is_price and subject_id in self.corrected_prices

    def has_looked_at(self, rule: str, observed_on: date) -> bool:
        """Tell whether an observation of a rule would have been found if it still stood."""
        known = RULES.get(rule)
        if known is None or observed_on > self.look.as_of:
            return False
        if any(each.rule == rule and each.is_whole for each in self.skipped):
            return False
        since = self.prices_since if known.scope is Book.PRICES else self.look.since
        return known.is_state or observed_on >= since


def judge(session: Session, as_of: date, area: str) -> Judged:
    """Go over every book of an area as of a day."""
    told = thresholds_of(session).doubts
    limits = DoubtLimits(**told.model_dump(exclude={"due_workdays", "window_days"}))
    look = Look(as_of, area, told.window_days)
    doubts: dict[tuple[str, str, str], Doubt] = {}
    skipped: list[Skipped] = []
    for judge_book in JUDGES:
        for found in judge_book(session, look, limits):
            if isinstance(found, Skipped):
                skipped.append(found)
            elif found.observed_on >= look.since or RULES[found.rule].is_state:
                doubts.setdefault(found.key, found)
    prices_since = as_of - timedelta(days=price_frames.window_days(session))
    corrected = price_frames.corrected(session)
    return Judged(look, doubts, skipped, prices_since, corrected)
