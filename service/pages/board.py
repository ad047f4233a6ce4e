"""The progress page: an area's figures beside plans and other years."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import BaseModel, BeforeValidator

from service.areas import queries as areas
from service.areas.models import Area
from service.database import clock_of, thresholds_of
from service.pages.page import PageFrame
from service.reporting import queries as reporting
from service.reporting.models import Season
from service.schemas import AreaCode, Code, Day, Instant, civil_day
from service.sowing import progress, queries
from service.sowing.models import ALL_GRAIN
from service.sowing.schemas import LateVillage, Progress

A_YEAR = timedelta(days=366)
LEVEL_BELOW = {2: "county", 4: "county", 6: "town", 9: "village", 12: "village"}
BLANK = BeforeValidator(lambda value: value or None)
"""An empty field of a form is an absent one."""


class Asked(BaseModel):
    """What the page is asked to show; absent fields have their usual values."""

    season: Annotated[Code | None, BLANK] = None
    area: Annotated[AreaCode | None, BLANK] = None
    crop: Annotated[Code | None, BLANK] = None
    as_of: Annotated[Day | None, BLANK] = None
    known_at: Annotated[Instant | None, BLANK] = None
    status: Annotated[Code | None, BLANK] = None


@dataclass(frozen=True)
class Choice:
    """A complete question, and the seasons it was chosen from."""

    seasons: list[Season]
    season: Season
    area: Area
    crop: str
    as_of: date | None
    is_day_dropped: bool
    asked: Asked

    @property
    def is_accepted(self) -> bool:
        """Whether only accepted weeks count."""
        return self.asked.status != "filed"

    @property
    def question(self) -> progress.Question:
        """What to ask of the sowing book."""
        code, known_at = self.area.area_code, self.asked.known_at
        return progress.Question(self.season, code, self.crop, known_at, self.is_accepted)

    def query(self, **other: object) -> str:
        """Write this question, with some of it changed, as a query string."""
        known_at = self.asked.known_at
        fields = {
            "season": self.season.code,
            "area": self.area.area_code,
            "crop": self.crop,
            "as_of": self.as_of,
            "known_at": known_at.isoformat() if known_at else None,
            "status": None if self.is_accepted else "filed",
        }
        return urlencode({k: v for k, v in (fields | other).items() if v is not None})


def choose(page: PageFrame, asked: Asked) -> Choice | None:
    """Complete a question; None where there is no season yet."""
    seasons = reporting.seasons(page.session)
    if not seasons:
        return None
    season = (
        reporting.season(page.session, asked.season)
        if asked.season
        else current_season(page, seasons)
    )
    area = areas.area(page.session, asked.area or page.viewer.area_code)
    day = asked.as_of
    if day is not None and not season.starts_on <= day <= season.ends_on + A_YEAR:
        day = None
    is_dropped = day != asked.as_of
    return Choice(seasons, season, area, asked.crop or ALL_GRAIN, day, is_dropped, asked)


def current_season(page: PageFrame, seasons: list[Season]) -> Season:
    """Return the newest season that has begun."""
    today = civil_day(clock_of(page.session)())
    return next((each for each in seasons if each.starts_on <= today), seasons[-1])


def figures(page: PageFrame, choice: Choice) -> Progress:
    """Return the figures of one area's units of the next level."""
    by = LEVEL_BELOW[len(choice.area.area_code)]
    return progress.progress(page.session, choice.question, by=by, as_of=choice.as_of)


def board(page: PageFrame, asked: Asked) -> dict[str, Any]:
    """Gather what the progress page shows."""
    choice = choose(page, asked)
    if choice is None:
        return {"choice": None}
    found = figures(page, choice)
    days = reporting.reference_days(choice.season)
    week = found.week
    soon = civil_day(clock_of(page.session)()) + timedelta(days=6)
    return {
        "choice": choice,
        "found": found,
        "over": thresholds_of(page.session).sowing.warn_share_of_plan,
        "crops": queries.season_crops(page.session, choice.season.code, choice.area.area_code),
        "areas": area_choices(page, choice.area),
        "above": _above(page, choice.area),
        "earlier": max((each for each in days if week and each < week), default=None),
        "later": min((each for each in days if (week or found.as_of) < each <= soon), default=None),
        "late": late_by_town(page, found),
    }


def area_choices(page: PageFrame, shown: Area) -> list[Area]:
    """Return the areas to choose from: the reader's own, its parts, and the one shown."""
    own = page.viewer.area_code
    today = civil_day(clock_of(page.session)())
    parts, _ = areas.areas_page(page.session, parent=own, on=today, after=None, limit=500)
    known = {each.area_code: each for each in (areas.area(page.session, own), *parts, shown)}
    return [known[code] for code in sorted(known)]


def _above(page: PageFrame, area: Area) -> Area | None:
    parent = area.parent_code
    return areas.area(page.session, parent) if parent and page.viewer.covers(parent) else None


def late_by_town(page: PageFrame, found: Progress) -> list[tuple[str, list[LateVillage]]]:
    """Group the villages without a row for the week under their towns' names."""
    groups = groupby(found.late, key=lambda village: village.town_code)
    late: dict[str, list[LateVillage]] = {code: list(group) for code, group in groups}
    known = areas.villages_by_code(page.session, late)
    return [
        (known[code].name if code in known else code, villages) for code, villages in late.items()
    ]
