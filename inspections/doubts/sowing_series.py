"""Rules over one unit's weekly cumulative figures of one crop and method."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from inspections.doubts import ranges
from inspections.doubts.catalogue import EARLY, FALL, FIELDWORK, JUMP, REPEATED
from inspections.doubts.doubt import RANGE_TEXT, Doubt, Found, Subject, plain
from inspections.doubts.limits import DoubtLimits

TOWN = 9
DAYS_OF_WEEK = 7
ESTIMATED = "estimated"
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
    gains = list(_gains(rows))
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
class _Gain:
    row: SowingRow
    before: SowingRow | None
    mu: Decimal


def _gains(rows: Iterable[SowingRow]) -> Iterator[_Gain]:
    """Yield what was added per week: over a gap of weeks, the mean of them."""
    for told in in_series(rows).values():
        for before, now in pairwise(told):
            n_weeks = max(1, round((now.week - before.week).days / DAYS_OF_WEEK))
            yield _Gain(now, before, (now.mu - before.mu) / n_weeks)


def _past_gains(history: Iterable[SowingRow]) -> dict[Series, list[tuple[int, Decimal]]]:
    by_season: dict[str, list[SowingRow]] = defaultdict(list)
    for row in history:
        by_season[row.season].append(row)
    found: dict[Series, list[tuple[int, Decimal]]] = defaultdict(list)
    for rows in by_season.values():
        for gain in _gains(rows):
            found[gain.row.series].append((gain.row.term_day, gain.mu))
    return found


def _town_key(row: SowingRow) -> tuple[str, str, str, date]:
    return row.area_code[:TOWN], row.crop, row.method, row.week


def _by_town(
    gains: Iterable[_Gain],
) -> dict[tuple[str, str, str, date], list[tuple[str, Decimal]]]:
    found: dict[tuple[str, str, str, date], list[tuple[str, Decimal]]] = defaultdict(list)
    for gain in gains:
        found[_town_key(gain.row)].append((gain.row.area_code, gain.mu))
    return found


def _jump(gain: _Gain, wide: ranges.Range) -> Doubt:
    row, before = gain.row, gain.before
    assert before is not None
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


def beyond_fieldwork(
    rows: Iterable[SowingRow],
    plans: Mapping[tuple[str, str], Decimal],
    fieldwork_days: Mapping[tuple[str, date], int],
    limits: DoubtLimits,
) -> Iterator[Found]:
    """Yield a doubt for each week in which more was sown than its days without rain allow.

    Parameters
    ----------
    rows : iterable of SowingRow
        Standing rows of one season, mu.
    plans : mapping
        (area, crop) -> planned mu.
    fieldwork_days : mapping
        (town, reference day) -> days of that week on which fields could be worked; a week with
        a day of unknown weather is not in it.
    limits : DoubtLimits
        `day_share_of_plan`, `jump_least_mu`.

    Yields
    ------
    Doubt or Skipped
        One per town and week over all crops; skipped where the weather or the plan is not known.
    """
    gained, planned = _gained_and_planned(rows, plans)
    n_bare = n_judged = 0
    for (town, week), mu in sorted(gained.items()):
        days, plan = fieldwork_days.get((town, week)), planned.get(town)
        if days is None or plan is None:
            n_bare += 1
            continue
        n_judged += 1
        most = plan * limits.day_share_of_plan * days
        if mu > max(most, limits.jump_least_mu):
            yield FIELDWORK.doubt(
                Subject("town_week", f"{town}/{week}", town, week, plain(mu)),
                observed=f"{week} 全镇一周增加 {mu:.1f} 亩",
                expected=f"这一周适宜作业 {days} 天,最多 {most:.1f} 亩",
                because="雨天多,增加的面积超过作业日的能力;请核对",
                evidence=(("适宜作业日(天)", days), ("各村计划(亩)", plain(plan))),
            )
    if n_bare:
        yield FIELDWORK.skipped("缺那一周的气象数据或计划面积", n_bare, is_whole=not n_judged)


def _gained_and_planned(
    rows: Iterable[SowingRow], plans: Mapping[tuple[str, str], Decimal]
) -> tuple[dict[tuple[str, date], Decimal], dict[str, Decimal]]:
    """Return what villages with a plan added per week, and their plans, by town."""
    gained: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for gain in _gains(rows):
        row = gain.row
        is_village = len(row.area_code) > TOWN
        if is_village and row.method != NURSERY and (row.area_code, row.crop) in plans:
            gained[row.area_code[:TOWN], row.week] += gain.mu
    planned: dict[str, Decimal] = defaultdict(Decimal)
    for (area, _), mu in plans.items():
        if len(area) > TOWN:
            planned[area[:TOWN]] += mu
    return dict(gained), dict(planned)


def repeated(
    rows: Iterable[SowingRow],
    plans: Mapping[tuple[str, str], Decimal],
    limits: DoubtLimits,
) -> Iterator[Found]:
    """Yield a doubt where a unit's figure stays the same for weeks though the work is not done.

    Parameters
    ----------
    rows : iterable of SowingRow
        Standing rows of one season, mu.
    plans : mapping
        (area, crop) -> planned mu.
    limits : DoubtLimits
        `repeated_weeks`, and `finished_share` of the plan from which it may rest.

    Yields
    ------
    Doubt or Skipped
        One per unit, crop and figure over all methods (one of them may well be done before the
        others); skipped where no plan tells whether the work is done.
    """
    n_bare = 0
    for (area, crop), told in _totals(rows).items():
        last = sorted(told.items())[-limits.repeated_weeks :]
        is_same = len(last) == limits.repeated_weeks and len({mu for _, mu in last}) == 1
        mu, plan = last[-1][1], plans.get((area, crop))
        if not is_same or not mu:
            continue
        if plan is None:
            n_bare += 1
        elif mu < plan * limits.finished_share:
            first = last[0][0]
            yield REPEATED.doubt(
                Subject("sowing_series", f"{area}/{crop}/{first.year}", area, first, plain(mu)),
                observed=f"自 {first} 起连续 {len(last)} 周都是 {plain(mu)} 亩",
                expected=f"计划 {plain(plan)} 亩尚未完成,各周应有增加",
                because="数字几周不变而计划尚未完成;请核对是否照抄上周",
                evidence=(("计划(亩)", plain(plan)),),
            )
    if n_bare:
        yield REPEATED.skipped("没有计划面积,不知道是否已完成", n_bare, is_whole=not plans)


def _totals(rows: Iterable[SowingRow]) -> dict[tuple[str, str], dict[date, Decimal]]:
    """Return (area, crop) -> week -> what was sown by all methods; a nursery is no sowing."""
    found: dict[tuple[str, str], dict[date, Decimal]] = defaultdict(dict)
    for row in rows:
        if row.method != NURSERY:
            weeks = found[row.area_code, row.crop]
            weeks[row.week] = weeks.get(row.week, ZERO) + row.mu
    return dict(found)


def early(rows: Iterable[SowingRow], limits: DoubtLimits) -> Iterator[Doubt]:
    """Yield a doubt for each town's week with figures recorded before it that are no estimates.

    Parameters
    ----------
    rows : iterable of SowingRow
        Standing rows of one season.
    limits : DoubtLimits
        `early_days` before the reference day that are let pass.

    Yields
    ------
    Doubt
        One per town and week; what is filed before the day that it speaks of is a forecast.
    """
    found: dict[tuple[str, date], list[SowingRow]] = defaultdict(list)
    for row in rows:
        is_early = (row.week - row.recorded_on).days > limits.early_days
        if is_early and row.basis != ESTIMATED and row.mu:
            found[row.area_code[:TOWN], row.week].append(row)
    for (town, week), told in sorted(found.items()):
        first = min(row.recorded_on for row in told)
        yield EARLY.doubt(
            Subject("town_week", f"{town}/{week}", town, week, f"{first}:{len(told)}"),
            observed=f"{first} 起已填报 {week} 的累计数 {len(told)} 条",
            expected=f"在统计日 {week} 前 {limits.early_days} 天以内填报,或把依据写作“估计”",
            because="早于统计日填报的是预计数,依据却不是估计",
        )
