"""The season on one page: weather by town-day, water behind the dams, pests."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi.responses import Response
from pydantic import BaseModel

from inspections.agronomy import Bed, Grade
from inspections.water import Supply
from service import records
from service.agronomy import codes, imports, pests, water, weather
from service.agronomy import period as periods
from service.agronomy.pest_schemas import PestSummary
from service.agronomy.weather_schemas import SuitabilityTable
from service.areas import queries as areas
from service.pages.agronomy_forms import TABLES, Said
from service.pages.board import BLANK
from service.pages.page import PageFrame
from service.schemas import Day, Instant

DAYS = 10
MAX_SURVEYS = 50
"""Newest surveys that the page lists; the totals are of all."""
GRADE_TONE = {
    Grade.SUITABLE: "good",
    Grade.MARGINAL: "warn",
    Grade.UNSUITABLE: "bad",
    Grade.UNKNOWN: "plain",
}
SUPPLY_TONE = {
    Supply.AMPLE: "good",
    Supply.TIGHT: "warn",
    Supply.SHORT: "bad",
    Supply.UNKNOWN: "plain",
}
BED_TEXT = {
    Bed.OPEN: "露地杂交稻(5 日均温 12 ℃)",
    Bed.CONVENTIONAL: "露地常规稻(10 ℃)",
    Bed.FILM: "薄膜育秧(7 至 9 ℃)",
}
BASIS_TEXT = {
    "assigned": "指定",
    "own": "本镇",
    "nearest": "最近",
    "only": "唯一",
    "first": "暂用",
}


class Asked(BaseModel):
    """Of which day the page speaks, and of which bed."""

    as_of: Annotated[Day | None, BLANK] = None
    known_at: Annotated[Instant | None, BLANK] = None
    bed: Annotated[Bed | None, BLANK] = None


def season(page: PageFrame, asked: Asked, said: Said | None = None) -> dict[str, Any]:
    """Gather weather, water and pests as of a day."""
    as_of = asked.as_of or records.today(page.session)
    recent = periods.last_days(page.session, None, as_of, asked.known_at, "", days=DAYS)
    table = weather.suitability(page.session, recent, asked.bed or Bed.OPEN)
    week = periods.last_days(page.session, None, as_of, asked.known_at, "", days=7)
    return {
        "asked": asked,
        "as_of": as_of,
        "today": records.today(page.session),
        "bed": table.bed,
        "matrix": _matrix(table),
        "days": [recent.starts_on + timedelta(days=n) for n in range(DAYS)],
        "n_suitable": sum(
            each.day == as_of and each.grade is Grade.SUITABLE for each in table.items
        ),
        "rule_version": table.rule_version,
        "measured": weather.days(page.session, recent, station=None, limit=100, offset=0),
        "work": {each.area_code: each for each in weather.fieldwork(page.session, week).items},
        "spells": weather.cold_spells(page.session, as_of, asked.known_at, "").items,
        "water": water.summary(page.session, as_of, asked.known_at, ""),
        **_pests(page, asked),
        **_forms(page, said or Said()),
        **words(),
    }


def words() -> dict[str, Any]:
    """Return how the book's words read, and how they are coloured."""
    return {
        "GRADE_TONE": GRADE_TONE,
        "SUPPLY_TONE": SUPPLY_TONE,
        "BED_TEXT": BED_TEXT,
        "BASIS_TEXT": BASIS_TEXT,
        "FIELD_TEXT": imports.FIELD_TEXT,
        "METHOD_TEXT_OF_SURVEYS": imports.METHOD_TEXT,
    }


def _matrix(table: SuitabilityTable) -> list[list[Any]]:
    """Return a row of days for each town."""
    rows: dict[str, list[Any]] = {}
    for each in table.items:
        rows.setdefault(each.area_code, []).append(each)
    return list(rows.values())


def _pests(page: PageFrame, asked: Asked) -> dict[str, Any]:
    year = periods.year_to(page.session, None, asked.as_of, asked.known_at, "")
    found = pests.surveys(page.session, year)
    summary: PestSummary = pests.summary(page.session, year)
    return {
        "pests": summary,
        "surveys": pests.shown(page.session, found[: -MAX_SURVEYS - 1 : -1]),
        "max_surveys": MAX_SURVEYS,
    }


def _forms(page: PageFrame, said: Said) -> dict[str, Any]:
    if not page.may("agronomy.write"):
        return {"said": said, "towns": _towns(page)}
    return {
        "said": said,
        "towns": _towns(page),
        "reservoirs": water.reservoirs(page.session, area=""),
        "pest_list": list(codes.pests().values()),
        "tables": TABLES,
    }


def _towns(page: PageFrame) -> dict[str, str]:
    today = records.today(page.session)
    return areas.unit_names(page.session, within="", level="town", on=today)


def shown(page: PageFrame, said: Said) -> Response:
    """Show the page of today again, with what became of a form."""
    return page.show("agronomy.html", season(page, Asked(), said))
