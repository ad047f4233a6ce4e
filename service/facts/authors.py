"""Who stands behind the rows of a fact: who entered each, and who approved it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from service.accounts.models import Account
from service.agronomy.models import ReservoirReading
from service.facts import season_facts, supply_facts, visit_facts
from service.facts.asked import Asked
from service.facts.definitions import Row
from service.records import standing
from service.reporting.models import TaskEvent, TaskEventKind
from service.schemas import civil_day
from service.supply.models import OutletVersion
from service.supply.price_models import PriceObservation
from service.supply.stock_models import StockEvent
from service.visits.models import Sample, Visit

Entered = tuple[datetime, UUID]
"""When and by whom."""
OUTLET, EVENT = OutletVersion.__table__.c, StockEvent.__table__.c
STEPS = {TaskEventKind.APPROVE: "镇审核", TaskEventKind.ACCEPT: "区接收"}
AT_ONCE = 500
"""Ids of one question; an engine takes only so many."""


def entered(session: Session, asked: Asked, found: list[Row]) -> dict[str, Entered]:
    """Return row id -> when and by whom it was entered, for rows that do not say it themselves."""
    by_book: dict[str, list[str]] = defaultdict(list)
    for each in found:
        if each.recorded_by is None:
            by_book[each.book].append(each.id)
    told: dict[str, Entered] = {}
    for book, ids in by_book.items():
        if book in READ:
            told |= READ[book](session, asked, ids)
    return told


def names(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return account -> its name as shown.

    By table: a town's reader may see who entered a row of the town from above.
    """
    account = Account.__table__.c
    found: dict[UUID, str] = {}
    for some in _parts(list(ids)):
        wanted = select(account.id, account.display_name).where(account.id.in_(some))
        found |= {key: name for key, name in session.execute(wanted)}
    return found


def approved(session: Session, asked: Asked, found: list[Row]) -> dict[UUID, str]:
    """Return task -> who approved and who accepted it last, and when, as was known."""
    tasks = {each.task_id for each in found if each.task_id is not None}
    steps: dict[UUID, dict[TaskEventKind, tuple[datetime, UUID | None]]] = defaultdict(dict)
    for some in _parts(list(tasks)):
        wanted = select(TaskEvent.task_id, TaskEvent.kind, TaskEvent.at, TaskEvent.actor_id)
        wanted = wanted.where(TaskEvent.task_id.in_(some), TaskEvent.kind.in_(STEPS))
        if asked.known_at is not None:
            wanted = wanted.where(TaskEvent.at <= asked.known_at)
        for task, kind, at, actor in session.execute(wanted.order_by(TaskEvent.at)):
            steps[task][kind] = (at, actor)
    who = names(session, {a for each in steps.values() for _, a in each.values() if a})
    return {
        task: "、".join(
            f"{civil_day(each[kind][0])} {STEPS[kind]}:{_name(who, each[kind][1])}"
            for kind in STEPS
            if kind in each
        )
        for task, each in steps.items()
    }


def _name(who: dict[UUID, str], actor: UUID | None) -> str:
    return who.get(actor, "系统") if actor is not None else "系统"


def _outlets(session: Session, asked: Asked, ids: list[str]) -> dict[str, Entered]:
    """An outlet as it is was entered with its newest change by the day."""
    wanted = select(OUTLET.outlet_id, OUTLET.recorded_at, OUTLET.recorded_by).where(
        OUTLET.valid_from <= asked.as_of
    )
    if asked.known_at is not None:
        wanted = wanted.where(OUTLET.recorded_at <= asked.known_at)
    in_order = wanted.order_by(OUTLET.valid_from, OUTLET.recorded_at)
    return _last(session, in_order, OUTLET.outlet_id, {UUID(each) for each in ids})


def _cards(session: Session, asked: Asked, ids: list[str]) -> dict[str, Entered]:
    """A product in a ledger stands as its newest event by the day left it."""
    shops = {UUID(each.partition("/")[0]) for each in ids}
    told: dict[str, Entered] = {}
    for some in _parts(list(shops)):
        wanted = select(
            EVENT.outlet_id, EVENT.product_code, EVENT.recorded_at, EVENT.recorded_by
        ).where(EVENT.outlet_id.in_(some), EVENT.occurred_on <= asked.as_of)
        if asked.known_at is not None:
            wanted = wanted.where(EVENT.recorded_at <= asked.known_at)
        newest = (
            func.row_number()
            .over(
                partition_by=(EVENT.outlet_id, EVENT.product_code),
                order_by=(EVENT.occurred_on.desc(), EVENT.seq.desc()),
            )
            .label("rank")
        )
        ranked = wanted.add_columns(newest).subquery().c
        last = select(*list(ranked)[:4]).where(ranked.rank == 1)
        told |= {f"{o}/{code}": (at, by) for o, code, at, by in session.execute(last)}
    return told


def _prices(session: Session, _: Asked, ids: list[str]) -> dict[str, Entered]:
    return _by_id(session, PriceObservation, ids)


def _visits(session: Session, _: Asked, ids: list[str]) -> dict[str, Entered]:
    return _by_id(session, Visit, ids)


def _samples(session: Session, _: Asked, ids: list[str]) -> dict[str, Entered]:
    return _by_id(session, Sample, ids)


def _readings(session: Session, asked: Asked, ids: list[str]) -> dict[str, Entered]:
    """A reservoir stands as its newest reading by the day told."""
    wanted = standing(ReservoirReading, asked.known_at).where(
        ReservoirReading.reservoir_code.in_(ids), ReservoirReading.observed_on <= asked.as_of
    )
    return {
        each.reservoir_code: (each.recorded_at, each.recorded_by)
        for each in session.scalars(wanted.order_by(ReservoirReading.observed_on))
    }


def _by_id(session: Session, model: Any, ids: list[str]) -> dict[str, Entered]:
    row = model.__table__.c
    wanted = select(row.id, row.recorded_at, row.recorded_by)
    return _last(session, wanted, row.id, {UUID(each) for each in ids})


def _last(session: Session, wanted: Select[Any], key: Any, ids: set[UUID]) -> dict[str, Entered]:
    told: dict[str, Entered] = {}
    for some in _parts(list(ids)):
        told |= {str(one): (at, by) for one, at, by in session.execute(wanted.where(key.in_(some)))}
    return told


def _parts(ids: list[UUID]) -> Iterable[list[UUID]]:
    return (ids[n : n + AT_ONCE] for n in range(0, len(ids), AT_ONCE))


READ: dict[str, Callable[[Session, Asked, list[str]], dict[str, Entered]]] = {
    supply_facts.OUTLETS: _outlets,
    supply_facts.STOCK: _cards,
    supply_facts.PRICES: _prices,
    visit_facts.BOOK: _visits,
    visit_facts.SAMPLES: _samples,
    season_facts.WATER: _readings,
}
