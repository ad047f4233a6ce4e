"""The leader's page: tiles of a day, each leading to its rows, and the season to slide along."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from service import records
from service.adequacy.schemas import Adequacy, AdequacyCell
from service.bulletins import queries as bulletins
from service.bulletins.schemas import Decision
from service.doubts.states import WAITING
from service.facts import queries
from service.facts.asked import Asked as Question
from service.facts.definitions import Form
from service.facts.reading import Reading
from service.facts.schemas import FactValue
from service.pages import doubt_pages, sparkline
from service.pages.board import BLANK
from service.pages.page import PageFrame
from service.pages.rendering import month_day, number, percent, plain
from service.reporting import queries as reporting
from service.reporting.models import Season
from service.schemas import Code, Day
from service.security import Role
from service.sowing.models import ALL_GRAIN
from service.sowing.schemas import Progress
from service.supply.models import Category
from service.supply.outlets import CATEGORY_TEXT

SOON = timedelta(days=21)
TILES = {
    "进度": ("sowing.grain", "sowing.share_of_plan", "sowing.early_rice", "sowing.yoy"),
    "保供": ("stock.fertilizer", "stock.pesticide"),
    "价格与网点": ("prices.yoy", "stock.needs_met", "outlets.active", "stock.pesticide_per_mu"),
    "执法": ("visits.visit_times", "visits.outlets", "visits.officer_times", "visits.none_found"),
    "农技": ("pests.technician_times", "pests.plots", "pests.area"),
    "农机": ("machinery.repaired", "machinery.trained", "machinery.fit_share"),
    "土地风险": ("land.suspected", "cases.open", "cases.overdue", "cases.days_to_stop"),
}
COVER, LATE = "保供", "迟报与存疑"
COVERED = (Category.FERTILIZER, Category.PESTICIDE)
MU_PER_WAN, WAN_FROM = 10_000, 10_000
YES_NO = {True: "是", False: "不能这样说", None: "没有数据"}
NOTHING = "—"
MAX_DECISIONS = 5


class Asked(BaseModel):
    """Of which day: by its date, or by its week of a season, as the slider tells it."""

    as_of: Annotated[Day | None, BLANK] = None
    season: Annotated[Code | None, BLANK] = None
    week: Annotated[Annotated[int, Field(ge=1, le=60)] | None, BLANK] = None


@dataclass(frozen=True)
class Tile:
    """One figure, where its rows are, and what is said beneath it."""

    title: str
    figure: str
    href: str
    notes: tuple[str, ...] = ()
    text: str = ""
    n_doubts: int = 0
    is_bad: bool = False
    has_value: bool = True
    code: str = ""
    """Of a fact, whose line through the season may be drawn."""


@dataclass(frozen=True)
class Slide:
    """The closed weeks of a season, and where a day stands among them."""

    season: Season
    days: list[date]
    week: int
    """Number of the newest week that had closed by the day, from one; one before the first."""

    @property
    def label(self) -> str:
        """How the week reads."""
        return month_day(self.days[self.week - 1])

    def to(self, n_weeks: int) -> str:
        """Return the address of so many weeks on; empty where the season has none there."""
        week = self.week + n_weeks
        if not 1 <= week <= len(self.days):
            return ""
        return "/overview?" + urlencode({"season": self.season.code, "week": week})


def _decisions(page: PageFrame) -> list[Decision]:
    """Return the bulletins that went out with open doubts in this leader's name."""
    if page.viewer.role is not Role.LEADER:
        return []
    return bulletins.decisions(page.session, limit=MAX_DECISIONS)


def overview(page: PageFrame, asked: Asked) -> dict[str, Any]:
    """Gather the tiles of a day."""
    as_of = _day(page, asked)
    question = queries.asked(page.session, page.viewer.area_code, as_of)
    groups = _groups(page, question)
    shown = [tile for _, tiles in groups for tile in tiles]
    return {
        "as_of": as_of,
        "slide": _slide(page, question),
        "groups": groups,
        "n_doubted": sum(tile.n_doubts > 0 for tile in shown),
        "n_without": sum(not tile.has_value for tile in shown),
        "decisions": _decisions(page),
    }


def trends(page: PageFrame, asked: Asked) -> dict[str, Any]:
    """Gather the lines of the facts through the weeks of the season."""
    question = queries.asked(page.session, page.viewer.area_code, _day(page, asked))
    slide = _slide(page, question)
    if slide is None:
        return {"lines": {}}
    # All facts: each week of the slider is then read, and waits for whoever moves it there.
    told = queries.series(page.session, [replace(question, as_of=day) for day in slide.days])
    found = [{point.code: point.value for point in each.facts} for each in told]
    codes = [code for group in TILES.values() for code in group]
    lines = {code: sparkline.draw([values[code] for values in found]) for code in codes}
    return {"lines": {code: line for code, line in lines.items() if line is not None}}


def _day(page: PageFrame, asked: Asked) -> date:
    """Return the day that is asked for; a week beyond those that have closed is the last one."""
    today = records.today(page.session)
    if asked.week is None:
        return asked.as_of or today
    season = (
        reporting.season(page.session, asked.season)
        if asked.season
        else queries.season_of(page.session, asked.as_of or today)
    )
    days = _closed(season, today) if season else []
    return days[min(asked.week, len(days)) - 1] if days else today


def _closed(season: Season, today: date) -> list[date]:
    return [day for day in reporting.reference_days(season) if day <= today]


def _slide(page: PageFrame, question: Question) -> Slide | None:
    season = question.season
    days = _closed(season, records.today(page.session)) if season else []
    if season is None or not days:
        return None
    return Slide(season, days, max(sum(day <= question.as_of for day in days), 1))


def _groups(page: PageFrame, question: Question) -> list[tuple[str, list[Tile]]]:
    facts = queries.facts(page.session, question)
    reading = Reading(page.session, question)
    groups = {title: [_fact(facts[code]) for code in codes] for title, codes in TILES.items()}
    if page.may("stock.adequacy.read"):
        groups[COVER] += [_cover(reading.adequacy, each, question.as_of) for each in COVERED]
    groups[LATE] = [_late(reading.progress(ALL_GRAIN), question)]
    if page.may("doubt.read"):
        groups[LATE] += _doubts(page, question.as_of)
    return list(groups.items())


def _fact(fact: FactValue) -> Tile:
    notes = [f"{fact.n_rows} 行"]
    if fact.coverage is not None:
        notes.append(f"覆盖 {percent(fact.coverage)}")
    if fact.age_days is not None:
        notes.append(f"账龄 {plain(fact.age_days)} 天")
    return Tile(
        fact.title,
        figure(fact),
        f"/facts/{fact.code}?as_of={fact.as_of}",
        tuple(notes),
        fact.text,
        fact.open_doubts,
        is_bad=fact.statement is False and fact.form is Form.STATEMENT,
        has_value=fact.value is not None or fact.statement is not None,
        code="" if fact.form is Form.STATEMENT else fact.code,
    )


def figure(fact: FactValue) -> str:
    """Write a fact as a leader reads it."""
    if fact.form is Form.STATEMENT:
        return YES_NO[fact.statement]
    if fact.value is None:
        return NOTHING
    if fact.unit == "%":
        return percent(fact.value)
    if fact.unit == "亩" and fact.value >= WAN_FROM:
        return f"{number(fact.value / MU_PER_WAN, 3)} 万亩"
    places = fact.places if fact.form is Form.RATIO else 0
    if fact.is_lower_bound:
        return f"≥ {number(fact.value, places, ROUND_DOWN)} {fact.unit}"
    return f"{number(fact.value, places)} {fact.unit}"


def _cover(found: Adequacy | None, category: Category, as_of: date) -> Tile:
    """Return how long a category lasts where it lasts shortest."""
    title = f"{CATEGORY_TEXT[category]}可用天数"
    names = {e.code: e.name for e in found.commodities if e.category is category} if found else {}
    cells = [each for each in (found.items if found else []) if each.commodity in names]
    wanted = [each for each in cells if each.cover_days is not None]
    if found is None or not wanted:
        why = "今后三周没有需求" if found else "没有春播的播种季"
        return Tile(title, NOTHING, f"/supply?as_of={as_of}", text=why, has_value=False)
    least = min(wanted, key=_days_left)
    towns = {each.area_code: each.name for each in found.towns}
    n_short = sum(each.short_from is not None and each.short_from < as_of + SOON for each in cells)
    asked = {"town": least.area_code, "commodity": least.commodity, "as_of": as_of}
    return Tile(
        title,
        f"{plain(least.cover_days)} 天",
        f"/supply/rows?{urlencode(asked)}",
        (f"最紧:{towns[least.area_code]} {names[least.commodity]}",),
        f"三周内不够的有 {n_short} 处(镇×品种)" if n_short else "今后三周都够",
        is_bad=n_short > 0,
    )


def _days_left(cell: AdequacyCell) -> tuple[Any, ...]:
    return (cell.cover_days, cell.area_code, cell.commodity)


def _late(found: Progress | None, question: Question) -> Tile:
    """Return the villages without a row for the week."""
    season = question.season
    if found is None or season is None or found.week is None:
        return Tile("迟报的村", NOTHING, "/progress", text="没有到期的报告日", has_value=False)
    asked = urlencode({"season": season.code, "as_of": question.as_of})
    covered = found.total.coverage
    return Tile(
        "迟报的村",
        f"{len(found.late)} 个",
        f"/progress?{asked}#late-title",
        (f"{covered.reported}/{covered.expected} 个村已报",),
        f"{month_day(found.week)}一周" + (",迟报的沿用上次" if covered.carried else ""),
    )


def _doubts(page: PageFrame, as_of: date) -> Iterable[Tile]:
    """Return what is doubted, and not yet settled, of what was true by the day."""
    found = doubt_pages.open_until(page.session, as_of)
    n_overdue = sum(each.is_overdue for each in found)
    n_waiting = sum(each.state in WAITING for each in found)
    rows = f"/doubts?until={as_of}"
    yield Tile("未了结的存疑", f"{len(found)} 条", rows, (f"待答复 {n_waiting} 条",))
    yield Tile("过期未答", f"{n_overdue} 条", f"{rows}&is_overdue=true", is_bad=n_overdue > 0)
