"""All rules over all books."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy.orm import Session

from inspections.doubts.catalogue import REPAIRED, RULES
from inspections.doubts.doubt import Book, Doubt, Found, Rule, Skipped
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
    first_season_on: date
    """From here the sowing book was read: whole seasons."""
    prices_since: date
    corrected_prices: frozenset[str]
    doubts: dict[tuple[str, str, str], Doubt] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, found: Found) -> None:
        """Take up what a rule found."""
        if isinstance(found, Skipped):
            self.skipped.append(found)
        elif found.observed_on >= self._since(RULES[found.rule]):
            self.doubts.setdefault(found.key, found)

    def _since(self, rule: Rule) -> date:
        """Return the first day whose observations the rule looks at."""
        if rule.is_state:
            return date.min
        if rule is REPAIRED:
            return date(self.look.as_of.year, 1, 1)
        of_book = {Book.SOWING: self.first_season_on, Book.PRICES: self.prices_since}
        return of_book.get(rule.scope, self.look.since)

    def has_gone(self, rule: str, subject_id: str) -> bool:
        """Tell whether the row itself was corrected or withdrawn, however long ago it was."""
        known = RULES.get(rule)
        is_price = known is not None and known.scope is Book.PRICES
        return is_price and subject_id in self.corrected_prices

    def has_looked_at(self, rule: str, observed_on: date) -> bool:
        """Tell whether an observation of a rule would have been found if it still stood."""
        known = RULES.get(rule)
        if known is None or any(each.rule == rule and each.is_whole for each in self.skipped):
            return False
        return self._since(known) <= observed_on <= self.look.as_of


def judge(session: Session, as_of: date, area: str) -> Judged:
    """Go over every book of an area as of a day."""
    told = thresholds_of(session).doubts
    limits = DoubtLimits(**told.model_dump(exclude={"due_workdays", "window_days"}))
    look = Look(as_of, area, told.window_days)
    seasons = sowing_frames.seasons_in(session, look)
    judged = Judged(
        look,
        min((each.starts_on for each in seasons), default=date.max),
        as_of - timedelta(days=price_frames.window_days(session)),
        price_frames.corrected(session),
    )
    for judge_book in JUDGES:
        for found in judge_book(session, look, limits):
            judged.add(found)
    return judged
