"""The page of farm inputs: what is there at least, how far it goes, what is doubted."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import BaseModel

from inspections.adequacy import Alert
from service import records
from service.adequacy import codes
from service.adequacy import queries as adequacy
from service.adequacy.schemas import Adequacy, AdequacyCell
from service.areas import queries as areas
from service.errors import NotFound
from service.pages.board import BLANK
from service.pages.page import PageFrame
from service.pages.stock_words import KIND_TEXT, SOURCE_TEXT
from service.reporting import queries as reporting
from service.reporting.models import Season
from service.schemas import AreaCode, Code, Day, Instant
from service.supply import (
    outlets,
    prices,
    products,
    stock,
    stock_held,
    stock_marks,
    stock_positions,
    stock_shelves,
)
from service.supply.models import Category, Status
from service.supply.outlets import CATEGORY_TEXT, Question
from service.supply.price_schemas import Comparison
from service.supply.stock_positions import Position
from service.supply.stock_schemas import By

N_MARKS, N_WEEKS = 30, 8
"""Marks that the page lists; Thursdays that it looks back on."""
THURSDAY, WEEK = 3, timedelta(weeks=1)
TREND = (Category.FERTILIZER, Category.PESTICIDE)
ALERTS = {
    Alert.RED: ("red", "缺"),
    Alert.ORANGE: ("orange", "偏缺"),
    Alert.YELLOW: ("yellow", "略缺"),
    Alert.ENOUGH: ("enough", "够用"),
    Alert.NO_DEMAND: ("none", "—"),
}
"""Class and word: a cell reads without its colour."""
MARK_TEXT = {
    "negative_stock": "账面为负",
    "disagreement": "盘点不符",
    "outside_scope": "无证经营",
    "banned_in_stock": "禁用产品",
    "implausible": "数量异常",
}
COMPARISON_TEXT = {Comparison.MOM: "环比上周", Comparison.YOY: "同比去年同旬"}


class Asked(BaseModel):
    """Which day and town the page shows."""

    as_of: Annotated[Day | None, BLANK] = None
    town: Annotated[AreaCode | None, BLANK] = None
    known_at: Annotated[Instant | None, BLANK] = None


class RowsAsked(BaseModel):
    """Which cell's rows are shown, and of which day."""

    town: AreaCode
    commodity: Code
    as_of: Annotated[Day | None, BLANK] = None
    known_at: Annotated[Instant | None, BLANK] = None


@dataclass(frozen=True)
class Week:
    """Believed stock at the end of a Thursday."""

    day: date
    kg: dict[Category, Decimal]
    n_fresh: int
    n_outlets: int


def overview(page: PageFrame, asked: Asked) -> dict[str, Any]:
    """Gather what a leader sees of farm inputs on one screen."""
    session = page.session
    question = Question(asked.as_of or records.today(session), asked.known_at)
    area = asked.town or ""
    found = stock.balances(session, question, By.CATEGORY, area=area)
    marks = stock_marks.marks(session, question, area=area)
    towns = _towns(page, question.as_of)
    return _words() | {
        "asked": asked,
        "as_of": question.as_of,
        "known": _known(asked.known_at),
        "towns": towns,
        "lines": {each.key: each for each in found.items},
        "total": found.total,
        "adequacy": _adequacy(page, question),
        "shown_towns": {asked.town} if asked.town else set(towns),
        "area_name": areas.area(session, page.viewer.area_code).name,
        "weeks": _weeks(page, question, area) if found.items else [],
        "marks": marks[:N_MARKS],
        "mark_counts": Counter(each.mark for each in marks),
        "indices": _indices(page, question, area),
    }


def _words() -> dict[str, Any]:
    return {
        "ALERTS": ALERTS,
        "MARK_TEXT": MARK_TEXT,
        "CATEGORY_TEXT": CATEGORY_TEXT,
        "COMPARISON_TEXT": COMPARISON_TEXT,
        "TREND": TREND,
        "KIND_TEXT": KIND_TEXT,
        "SOURCE_TEXT": SOURCE_TEXT,
    }


def _known(known_at: datetime | None) -> str:
    """Return what a link carries on of the instant of knowledge."""
    return "&" + urlencode({"known_at": known_at.isoformat()}) if known_at else ""


def _towns(page: PageFrame, day: date) -> dict[str, str]:
    within = page.viewer.area_code
    return areas.unit_names(page.session, within=within, level="town", on=day)


def _adequacy(page: PageFrame, question: Question) -> Adequacy | None:
    """Return how far the inputs of the reader's whole area go; None where no spring tells.

    Whole, whichever town is shown: a town also lives on what is within reach of it.
    """
    season, area = _spring(page, question.as_of), page.viewer.area_code
    if season is None or len(area) > outlets.TOWN:
        return None
    asked = adequacy.Asked(season, area, question.as_of, question.known_at)
    return adequacy.adequacy(page.session, asked)


def _spring(page: PageFrame, day: date) -> Season | None:
    return next(
        (
            each
            for each in reporting.seasons(page.session)
            if each.kind == adequacy.SPRING and each.crop_year == day.year
        ),
        None,
    )


def _weeks(page: PageFrame, question: Question, area: str) -> list[Week]:
    """Return the stock that was believed on each of the last Thursdays."""
    day = question.as_of
    last = day - timedelta(days=(day.weekday() - THURSDAY) % 7)
    found = []
    for n in range(N_WEEKS - 1, -1, -1):
        thursday = last - n * WEEK
        held = stock_held.held(page.session, replace(question, as_of=thursday), area=area)
        kg = {each: held.of_category(each) for each in TREND}
        found.append(Week(thursday, kg, held.n_fresh, held.n_outlets))
    return found


def _indices(page: PageFrame, question: Question, area: str) -> list[Any]:
    if not page.may("price.compare"):
        return []
    asked = prices.Asked(question.as_of, question.known_at, area)
    return [prices.price_index(page.session, asked, kind) for kind in Comparison]


def rows(page: PageFrame, asked: RowsAsked) -> dict[str, Any]:
    """Gather the balances behind one cell: each outlet's, its age, who told of it and when."""
    session = page.session
    question = Question(asked.as_of or records.today(session), asked.known_at)
    towns = _towns(page, question.as_of)
    if asked.town not in towns:
        raise NotFound("没有这个镇;请从农资页的表里点进来")
    held = [
        each
        for each in stock_positions.positions(session, question, area=asked.town)
        if each.product.commodity == asked.commodity
    ]
    held.sort(key=lambda each: (not each.is_fresh, -each.state.closing_kg, each.outlet.name))
    shops = {each.outlet.id for each in held}
    return _words() | {
        "asked": asked,
        "as_of": question.as_of,
        "known": _known(asked.known_at),
        "town": asked.town,
        "towns": towns,
        "commodity": asked.commodity,
        "commodity_name": products.commodity_name(asked.commodity),
        "held": held,
        "told": stock_shelves.last_told(session, question, shops),
        "fresh_kg": _believed(held),
        "n_sellers": len(_sellers(page, question, asked)),
        "n_fresh": len({each.outlet.id for each in held if each.is_fresh}),
        "cell": _cell(page, question, asked),
        "near": [each for each in codes.reach().get(asked.town, ()) if each in towns],
    }


def _believed(held: list[Position]) -> Decimal:
    believed = (max(each.state.closing_kg, stock.NOTHING) for each in held if each.is_fresh)
    return sum(believed, stock.NOTHING)


def _sellers(page: PageFrame, question: Question, asked: RowsAsked) -> list[object]:
    """Return the outlets in business that sell what the commodity belongs to."""
    sold_as = {
        each.category
        for each in products.products(page.session)
        if each.commodity == asked.commodity
    }
    states = outlets.on_day(page.session, question, area=asked.town).values()
    return [
        each for each in states if each.status is Status.ACTIVE and sold_as & set(each.categories)
    ]


def _cell(page: PageFrame, question: Question, asked: RowsAsked) -> AdequacyCell | None:
    found = _adequacy(page, question)
    return next(
        (
            each
            for each in (found.items if found else [])
            if (each.area_code, each.commodity) == (asked.town, asked.commodity)
        ),
        None,
    )
