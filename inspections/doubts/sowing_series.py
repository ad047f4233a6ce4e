"""One unit's weekly cumulative figures of one crop and method: falls and jumps."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from inspections.doubts import ranges
from inspections.doubts.catalogue import FALL, JUMP
from inspections.doubts.doubt import RANGE_TEXT, Doubt, Found, Subject, plain
from inspections.doubts.limits import DoubtLimits

TOWN = 9
DAYS_OF_WEEK = 7
NURSERY = "nursery"
ZERO = Decimal(0)
Series = tuple[str, str, str]
"""Area, crop, method."""


@dataclass(frozen=True, slots=True)
class SowingRow:
    """One standing cumulative figure.

    Attributes
    ----------
    season, area_code, crop, method : str
        Whose figure of what; an area code of 9 or 12 digits.
    week : date
        Its reference day.
    term_day : int
        Days from 立春 of that year to the reference day.
    mu : Decimal
        Cumulative area.
    equivalent_mu : Decimal or None
        Field area that a nursery plants.
    basis : str
        measured, ledger or estimated.
    is_explained : bool
        Whether a fall has a reason.
    recorded_on : date
        The civil date of its recording.
    """

    season: str
    area_code: str
    crop: str
    method: str
    week: date
    term_day: int
    mu: Decimal
    equivalent_mu: Decimal | None = None
    basis: str = "ledger"
    is_explained: bool = False
    recorded_on: date = date.min

    @property
    def series(self) -> Series:
        """Which series of figures it belongs to."""
        return self.area_code, self.crop, self.method

    def subject(self, version: str = "") -> Subject:
        """Return the row as what is doubted."""
        name = f"{self.area_code}/{self.crop}/{self.method}/{self.week}"
        return Subject("sowing_report", name, self.area_code, self.week, version or plain(self.mu))


def in_series(rows: Iterable[SowingRow]) -> dict[Series, list[SowingRow]]:
    """Return the rows of each series in order of weeks.

    Parameters
    ----------
    rows : iterable of SowingRow
        Of one season.

    Returns
    -------
    dict
        Area, crop and method -> rows.
    """
    found: dict[Series, list[SowingRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda each: (each.series, each.week)):
        found[row.series].append(row)
    return dict(found)


def falls(rows: Iterable[SowingRow]) -> Iterator[Doubt]:
    """Yield a doubt for each cumulative figure below that of the week before, without a reason.

    Parameters
    ----------
    rows : iterable of SowingRow
        Standing rows of one season, mu.

    Yields
    ------
    Doubt
        One per row, in order of series and week.
    """
    for told in in_series(rows).values():
        for before, now in pairwise(told):
            if now.mu < before.mu and not now.is_explained:
                yield FALL.doubt(
                    now.subject(f"{plain(before.mu)}>{plain(now.mu)}"),
                    observed=f"{now.week} 累计 {plain(now.mu)} 亩",
                    expected=f"不少于 {before.week} 的 {plain(before.mu)} 亩",
                    because="累计数只增不减;减少须更正并写明误报、毁种或口径调整",
                    evidence=((f"{before.week} 累计(亩)", plain(before.mu)),),
                )


def jumps(
    rows: Iterable[SowingRow],
    history: Iterable[SowingRow],
    plans: Mapping[tuple[str, str], Decimal],
    limits: DoubtLimits,
) -> Iterator[Found]:
    """Yield a doubt for each week in which a unit sowed more than can be expected.

    Parameters
    ----------
    rows : iterable of SowingRow
        Standing rows of one season, mu.
    history : iterable of SowingRow
        Standing rows of earlier seasons of the same kind, mu.
    plans : mapping
        (area, crop) -> planned mu; the fixed limit is a part of it.
    limits : DoubtLimits
        `jump_least_mu`, `jump_share_of_plan`, and those of ranges.

    Yields
    ------
    Doubt or Skipped
        One per row beyond the range of the same weeks of other years, else of its town's other
        units in the same week, else beyond the part of the plan; skipped where there is none
        of these.
    """
    past = _past_gains(history)
    gains = list(gains_of(rows))
    beside = _by_town(gains)
    n_bare = 0
    for gain in gains:
        if gain.mu <= limits.jump_least_mu:
            continue
        row = gain.row
        own = [
            mu
            for day, mu in past.get(row.series, ())
            if ranges.is_same_week(row.term_day, day, limits)
        ]
        peers = [mu for area, mu in beside[_town_key(row)] if area != row.area_code]
        plan = plans.get((row.area_code, row.crop))
        if len(own) < limits.min_history and len(peers) < limits.min_peers and plan is None:
            n_bare += 1
            continue
        fixed = (ZERO, (plan or ZERO) * limits.jump_share_of_plan)
        wide = ranges.expected(own, peers, fixed, limits)
        if gain.mu > max(wide.high, limits.jump_least_mu):
            yield _jump(gain, wide)
    if n_bare:
        yield JUMP.skipped("没有历年、同镇或计划数字可比", n_bare, is_whole=n_bare == len(gains))


@dataclass(frozen=True, slots=True)
class Gain:
    """What was added from one row of a series to the next, per week, in mu."""

    row: SowingRow
    before: SowingRow
    mu: Decimal


def gains_of(rows: Iterable[SowingRow]) -> Iterator[Gain]:
    """Yield what was added per week: over a gap of weeks, the mean of them."""
    for told in in_series(rows).values():
        for before, now in pairwise(told):
            n_weeks = max(1, round((now.week - before.week).days / DAYS_OF_WEEK))
            yield Gain(now, before, (now.mu - before.mu) / n_weeks)


def _past_gains(history: Iterable[SowingRow]) -> dict[Series, list[tuple[int, Decimal]]]:
    by_season: dict[str, list[SowingRow]] = defaultdict(list)
    for row in history:
        by_season[row.season].append(row)
    found: dict[Series, list[tuple[int, Decimal]]] = defaultdict(list)
    for rows in by_season.values():
        for gain in gains_of(rows):
            found[gain.row.series].append((gain.row.term_day, gain.mu))
    return found


def _town_key(row: SowingRow) -> tuple[str, str, str, date]:
    return row.area_code[:TOWN], row.crop, row.method, row.week


def _by_town(
    gains: Iterable[Gain],
) -> dict[tuple[str, str, str, date], list[tuple[str, Decimal]]]:
    found: dict[tuple[str, str, str, date], list[tuple[str, Decimal]]] = defaultdict(list)
    for gain in gains:
        found[_town_key(gain.row)].append((gain.row.area_code, gain.mu))
    return found


def _jump(gain: Gain, wide: ranges.Range) -> Doubt:
    row, before = gain.row, gain.before
    return JUMP.doubt(
        row.subject(f"{plain(before.mu)}>{plain(row.mu)}"),
        observed=f"{before.week} 至 {row.week} 每周增加 {gain.mu:.1f} 亩",
        expected=f"每周不超过 {wide.high:.1f} 亩({RANGE_TEXT[wide.which]})",
        because="一周增加的面积超过可以预期的;请核对是否把累计数、单位或小数点写错",
        evidence=(
            ("上一次累计(亩)", plain(before.mu)),
            ("本次累计(亩)", plain(row.mu)),
            ("可比的数字(个)", wide.n_values),
        ),
        which=wide.which,
    )
