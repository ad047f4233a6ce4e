"""The leader's page: one screen of facts, as of any day of the season."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from service import records
from service.accounts.access import allow
from service.facts import queries
from service.facts.definitions import Form
from service.facts.schemas import FactValue
from service.pages.board import BLANK
from service.pages.page import PageDep, PageFrame
from service.pages.rendering import number, percent
from service.reporting import queries as reporting
from service.schemas import Day

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
WEEK = timedelta(days=7)
TILES = (
    ("进度", ("sowing.grain", "sowing.share_of_plan", "sowing.early_rice", "sowing.yoy")),
    ("农资", ("stock.fertilizer", "stock.pesticide", "stock.needs_met", "prices.yoy")),
    ("执法", ("visits.visit_times", "visits.outlets", "visits.officer_times", "visits.none_found")),
    ("农技", ("pests.technician_times", "pests.plots", "pests.area")),
    ("农机", ("machinery.repaired", "machinery.trained", "machinery.fit_share")),
    ("网点", ("outlets.active", "stock.pesticide_per_mu")),
)
MU_PER_WAN, WAN_FROM = 10_000, 10_000
YES_NO = {True: "是", False: "不能这样说", None: "没有数据"}


class Asked(BaseModel):
    """Of which day."""

    as_of: Annotated[Day | None, BLANK] = None


def _figure(fact: FactValue) -> str:
    """Write a fact as a leader reads it."""
    if fact.form is Form.STATEMENT:
        return YES_NO[fact.statement]
    if fact.value is None:
        return "—"
    if fact.unit == "%":
        return percent(fact.value)
    if fact.unit == "亩" and fact.value >= WAN_FROM:
        return f"{number(fact.value / MU_PER_WAN, 3)} 万亩"
    places = 2 if fact.form is Form.RATIO else 0
    return f"{'≥ ' if fact.is_lower_bound else ''}{number(fact.value, places)} {fact.unit}"


def _weeks(page: PageFrame, as_of: date) -> list[date]:
    """Return the reference days of the season, to go along."""
    season = queries.season_of(page.session, as_of)
    return list(reporting.reference_days(season)) if season else []


def _context(page: PageFrame, as_of: date) -> dict[str, Any]:
    question = queries.asked(page.session, page.viewer.area_code, as_of)
    facts = queries.facts(page.session, question)
    groups = [
        (title, [(facts[code], _figure(facts[code])) for code in codes]) for title, codes in TILES
    ]
    shown = [fact for _, tiles in groups for fact, _ in tiles]
    return {
        "as_of": as_of,
        "earlier": as_of - WEEK,
        "later": as_of + WEEK,
        "weeks": _weeks(page, as_of),
        "groups": groups,
        "n_doubted": sum(fact.open_doubts > 0 for fact in shown),
        "n_without": sum(fact.value is None and fact.statement is None for fact in shown),
    }


@router.get("/overview", dependencies=[allow("fact.read")])
def show_overview(page: PageDep, asked: Annotated[Asked, Query()]) -> Response:
    """Show the facts of a day on one screen."""
    as_of = asked.as_of or records.today(page.session)
    return page.show("overview.html", _context(page, as_of))
