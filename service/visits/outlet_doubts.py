"""What the books of stock and prices doubt of outlets, as reasons to watch them more closely."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from inspections.visits import OutletDoubt
from service.database import thresholds_of
from service.supply import outlets, price_spikes, prices, stock_marks, stock_positions
from service.supply.outlets import Question

WATCHED = ("banned_in_stock", "outside_scope", "negative_stock", "disagreement")
"""Marks of stock that count, in this order; a slipped unit is a question for whoever typed it."""
GRAVE = frozenset({"banned_in_stock"})
Told = tuple[UUID, OutletDoubt]


@dataclass(frozen=True)
class Asked:
    """The day that is spoken of; since when counts are remembered; double -> the outlet it is."""

    on: date
    since: date
    doubles: Mapping[UUID, UUID]


def doubts(
    session: Session, outlet_ids: Collection[UUID], asked: Asked
) -> dict[UUID, list[OutletDoubt]]:
    """Return outlet -> what is doubted of it on a day.

    For a session that sees the whole system, as risk is weighed.
    """
    found: dict[UUID, list[OutletDoubt]] = defaultdict(list)
    told = [
        *_of_stock(session, asked),
        *_of_prices(session, asked),
        *_of_silence(session, outlet_ids, asked),
    ]
    for outlet_id, doubt in told:
        found[outlet_id].append(doubt)
    return found


def _of_stock(session: Session, asked: Asked) -> Iterator[Told]:
    marks = [
        each
        for each in stock_marks.marks(session, Question(asked.on))
        if each.mark in WATCHED and (each.mark != "disagreement" or each.since >= asked.since)
    ]
    marks.sort(key=lambda each: (WATCHED.index(each.mark), -each.since.toordinal(), each.text))
    for each in marks:
        yield each.outlet_id, OutletDoubt(each.text, each.mark in GRAVE)


def _of_prices(session: Session, asked: Asked) -> Iterator[Told]:
    for each in price_spikes.spikes(session, prices.Asked(asked.on)):
        key = asked.doubles.get(each.price.outlet_id, each.price.outlet_id)
        yield key, OutletDoubt(f"{each.product_name}的价格{each.text}")


def _of_silence(session: Session, outlet_ids: Collection[UUID], asked: Asked) -> Iterator[Told]:
    """Tell of outlets that told nothing for long; what officers counted is not their word."""
    since = asked.on - timedelta(days=thresholds_of(session).visits.missing_ledger_days)
    registered = outlets.on_day(session, Question(asked.on))
    told = _last_told(session, asked, registered)
    for key in sorted(registered.keys() & set(outlet_ids)):
        newest = told.get(key)
        if (newest or registered[key].opened_on) < since:
            said = f"{newest} 以后没有报进销存" if newest else "从未报过进销存"
            yield key, OutletDoubt(said)


def _last_told(session: Session, asked: Asked, among: Collection[UUID]) -> dict[UUID, date]:
    """Return outlet -> the last day that it told of; a double speaks for the outlet it is."""
    found: dict[UUID, date] = {}
    for (outlet_id, _), state in stock_positions.states(session, Question(asked.on), among).items():
        key = asked.doubles.get(outlet_id, outlet_id)
        for day in (state.reported_on, state.ledger_on):
            if day is not None:
                found[key] = max(found.get(key, day), day)
    return found
