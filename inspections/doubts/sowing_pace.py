"""The pace of weekly figures: beside the days without rain, standing still, told ahead."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from inspections.doubts.catalogue import EARLY, FIELDWORK, REPEATED
from inspections.doubts.doubt import Doubt, Found, Subject, plain
from inspections.doubts.limits import DoubtLimits
from inspections.doubts.sowing_series import NURSERY, TOWN, ZERO, SowingRow, gains_of

ESTIMATED = "estimated"


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
    for gain in gains_of(rows):
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
