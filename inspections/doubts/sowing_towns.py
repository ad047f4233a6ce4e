"""The villages of a town beside each other, and the town beside their sum."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from statistics import median

from inspections.doubts.catalogue import NEIGHBOURS, ROUND, TOWN_TOTAL
from inspections.doubts.doubt import Doubt, Found, Subject, WhichRange, percent, plain
from inspections.doubts.limits import DoubtLimits
from inspections.doubts.sowing_series import TOWN, ZERO, SowingRow
from inspections.doubts.sowing_sums import Plans, Standing, standings

CONSISTENCY = Decimal("0.6745")
"""Makes the median absolute deviation of a normal sample its standard deviation."""


def round_towns(rows: Iterable[SowingRow], limits: DoubtLimits) -> Iterator[Doubt]:
    """Yield a doubt for each town all of whose villages report the same round number.

    Parameters
    ----------
    rows : iterable of SowingRow
        Standing rows of one season, mu.
    limits : DoubtLimits
        `round_mu`, the multiple that is round; `round_villages`, the fewest that are told of.

    Yields
    ------
    Doubt
        One per town, crop, method and week.
    """
    told: dict[tuple[str, str, str, date], list[Decimal]] = defaultdict(list)
    for row in rows:
        if len(row.area_code) > TOWN:
            told[row.area_code[:TOWN], row.crop, row.method, row.week].append(row.mu)
    for (town, crop, method, week), figures in sorted(told.items()):
        mu = figures[0]
        is_one = len(figures) >= limits.round_villages and set(figures) == {mu}
        if is_one and mu > 0 and mu % limits.round_mu == 0:
            name = f"{town}/{crop}/{method}/{week}"
            yield ROUND.doubt(
                Subject("town_week", name, town, week, plain(mu)),
                observed=f"{len(figures)} 个村都报 {plain(mu)} 亩",
                expected="各村面积各不相同",
                because="全镇各村报同一个整数,像是平均分摊的;请按村核实",
                which=WhichRange.PEERS,
            )


def neighbours(rows: Iterable[SowingRow], plans: Plans, limits: DoubtLimits) -> Iterator[Found]:
    """Yield a doubt for each village far ahead of or behind the other villages of its town.

    Parameters
    ----------
    rows : iterable of SowingRow
        Standing rows of one season, mu.
    plans : mapping
        (area, crop) -> planned mu; villages are compared by the part of their plan that is done.
    limits : DoubtLimits
        `neighbour_share` and `neighbour_z`, both of which must be passed; `min_peers`.

    Yields
    ------
    Doubt or Skipped
        One per village and crop; skipped in towns with too few villages to compare.

    References
    ----------
    Iglewicz, B. and Hoaglin, D. (1993). How to Detect and Handle Outliers.
    """
    beside: dict[tuple[str, str], list[tuple[Standing, Decimal]]] = defaultdict(list)
    for each in standings(rows):
        plan = plans.get((each.area_code, each.crop))
        if len(each.area_code) > TOWN and plan:
            beside[each.area_code[:TOWN], each.crop].append((each, each.sown_mu / plan))
    bare = 0
    for _, told in sorted(beside.items()):
        if len(told) <= limits.min_peers:
            bare += len(told)
            continue
        yield from _outliers(told, limits)
    if bare:
        is_whole = bare == sum(map(len, beside.values()))
        yield NEIGHBOURS.skipped("同镇可比的村太少", bare, is_whole=is_whole)


def _outliers(told: list[tuple[Standing, Decimal]], limits: DoubtLimits) -> Iterator[Doubt]:
    middle = median(share for _, share in told)
    spread = median(abs(share - middle) for _, share in told)
    for each, share in told:
        away = share - middle
        z = CONSISTENCY * abs(away) / spread if spread else None
        if abs(away) > limits.neighbour_share and (z is None or z > limits.neighbour_z):
            way = "ahead" if away > 0 else "behind"
            name = "/".join((each.season, each.area_code, f"{each.crop}-neighbours"))
            yield NEIGHBOURS.doubt(
                Subject("sowing_sum", name, each.area_code, each.week, way),
                observed=f"{each.week} 完成计划的 {percent(share)}",
                expected=f"同镇 {len(told)} 个村的中位数 {percent(middle)}",
                because="进度与同镇各村相差过大;请核对本村面积",
                evidence=(("同镇中位数", percent(middle)), ("可比的村(个)", len(told))),
                which=WhichRange.PEERS,
            )


def town_totals(
    rows: Iterable[SowingRow], n_villages: Mapping[str, int], limits: DoubtLimits
) -> Iterator[Found]:
    """Yield a doubt where a town's own total is not the sum of its villages.

    Parameters
    ----------
    rows : iterable of SowingRow
        Standing rows of one season, mu, of towns (9 digits) and villages (12).
    n_villages : mapping
        Town -> villages that are to report.
    limits : DoubtLimits
        `total_mu`, the difference that is let pass.

    Yields
    ------
    Doubt or Skipped
        One per town, crop, method and week; skipped where villages are missing.
    """
    own: list[SowingRow] = []
    below: dict[tuple[str, str, str, date], dict[str, Decimal]] = defaultdict(dict)
    for row in rows:
        if len(row.area_code) == TOWN:
            own.append(row)
        else:
            below[row.area_code[:TOWN], row.crop, row.method, row.week][row.area_code] = row.mu
    bare = 0
    for row in sorted(own, key=lambda each: (each.series, each.week)):
        villages = below.get((*row.series, row.week), {})
        if not villages:
            continue  # the town reports for its villages
        if len(villages) < n_villages.get(row.area_code, 0):
            bare += 1
            continue
        total = sum(villages.values(), ZERO)
        if abs(row.mu - total) > limits.total_mu:
            yield _difference(row, total, len(villages))
    if bare:
        yield TOWN_TOTAL.skipped("还有村没有报,不能相加", bare, is_whole=bare == len(own))


def _difference(row: SowingRow, total: Decimal, n_villages: int) -> Doubt:
    return TOWN_TOTAL.doubt(
        row.subject(f"{plain(row.mu)}<>{plain(total)}"),
        observed=f"{row.week} 镇报 {plain(row.mu)} 亩",
        expected=f"{n_villages} 个村合计 {plain(total)} 亩",
        because=f"镇报总数与各村之和相差 {plain(row.mu - total)} 亩;请核对",
        evidence=(("各村合计(亩)", plain(total)),),
    )
