"""Rules over sums of figures: against the plan, the land, nurseries, neighbours, the town."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median

from inspections.doubts.catalogue import (
    NEIGHBOURS,
    OVER_LAND,
    OVER_NURSERY,
    OVER_PLAN,
    ROUND,
    TOWN_TOTAL,
)
from inspections.doubts.doubt import Doubt, Found, Subject, WhichRange, percent, plain
from inspections.doubts.limits import DoubtLimits
from inspections.doubts.sowing_series import NURSERY, TOWN, ZERO, SowingRow, in_series

SEEDLINGS = frozenset({"transplanted", "thrown"})
BANDS = 10
"""A share is the same observation within a tenth; the next tenth is asked about again."""
CONSISTENCY = Decimal("0.6745")
"""Makes the median absolute deviation of a normal sample its standard deviation."""
Plans = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True)
class Standing:
    """What one unit has of one crop, by its newest rows.

    Attributes
    ----------
    season, area_code, crop : str
        Whose.
    week : date
        The newest reference day among its rows.
    sown_mu, seedlings_mu : Decimal
        By all methods but the nursery; of it transplanted and thrown.
    nursery_mu : Decimal or None
        Field area that its nurseries plant; None where none was reported.
    """

    season: str
    area_code: str
    crop: str
    week: date
    sown_mu: Decimal
    seedlings_mu: Decimal
    nursery_mu: Decimal | None

    def subject(self, share: Decimal, what: str = "") -> Subject:
        """Return it as what is doubted, to a tenth of a share."""
        name = "/".join((self.season, self.area_code, what or self.crop))
        band = str(int(share * BANDS))
        return Subject("sowing_sum", name, self.area_code, self.week, band)


def standings(rows: Iterable[SowingRow]) -> list[Standing]:
    """Return what each unit has of each crop.

    Parameters
    ----------
    rows : iterable of SowingRow
        Standing rows of one season, mu.

    Returns
    -------
    list of Standing
        In order of area and crop.
    """
    newest: dict[tuple[str, str], list[SowingRow]] = defaultdict(list)
    for (area, crop, _), told in in_series(rows).items():
        newest[area, crop].append(told[-1])
    return [_standing(told) for _, told in sorted(newest.items())]


def _standing(told: list[SowingRow]) -> Standing:
    first = told[0]
    beds = [row.equivalent_mu for row in told if row.method == NURSERY and row.equivalent_mu]
    return Standing(
        first.season,
        first.area_code,
        first.crop,
        max(row.week for row in told),
        sum((row.mu for row in told if row.method != NURSERY), ZERO),
        sum((row.mu for row in told if row.method in SEEDLINGS), ZERO),
        sum(beds, ZERO) if beds else None,
    )


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


def over_plan(rows: Iterable[SowingRow], plans: Plans, limits: DoubtLimits) -> Iterator[Found]:
    """Yield a doubt for each unit that sowed far more of a crop than was planned.

    Parameters
    ----------
    rows : iterable of SowingRow
        Standing rows of one season, mu.
    plans : mapping
        (area, crop) -> planned mu.
    limits : DoubtLimits
        `over_plan_share`, from which it is doubted.

    Yields
    ------
    Doubt or Skipped
        One per unit and crop; skipped for units without a plan.
    """
    told = standings(rows)
    bare = 0
    for each in told:
        plan = plans.get((each.area_code, each.crop))
        if not plan:
            bare += plan is None and each.sown_mu > 0
        elif each.sown_mu >= plan * limits.over_plan_share:
            yield OVER_PLAN.doubt(
                each.subject(each.sown_mu / plan),
                observed=f"{each.week} 已播 {plain(each.sown_mu)} 亩",
                expected=f"计划 {plain(plan)} 亩,不到 {percent(limits.over_plan_share)}",
                because=f"已播面积是计划的 {percent(each.sown_mu / plan)};请核对面积或更新计划",
                evidence=(("计划(亩)", plain(plan)),),
                which=WhichRange.BOOKS,
            )
    if bare:
        yield OVER_PLAN.skipped("没有计划面积", bare, is_whole=bare == len(told))


def over_land(
    rows: Iterable[SowingRow],
    land_mu: Mapping[str, Decimal],
    n_harvests: Mapping[str, int],
    limits: DoubtLimits,
) -> Iterator[Found]:
    """Yield a doubt for each village that sowed more than its land holds.

    Parameters
    ----------
    rows : iterable of SowingRow
        Standing rows of one season, mu.
    land_mu : mapping
        Village -> net arable area by the survey.
    n_harvests : mapping
        Village -> crops that follow each other on the same land within the season; one where it
        says nothing.
    limits : DoubtLimits
        `over_land_share`, above which it is doubted.

    Yields
    ------
    Doubt or Skipped
        One per village over all its crops; skipped for villages without surveyed land.
    """
    sown: dict[str, list[Standing]] = defaultdict(list)
    for each in standings(rows):
        if len(each.area_code) > TOWN:
            sown[each.area_code].append(each)
    bare = [area for area in sown if not land_mu.get(area)]
    for area in sorted(sown.keys() - set(bare)):
        total = sum((each.sown_mu for each in sown[area]), ZERO)
        room = land_mu[area] * n_harvests.get(area, 1)
        if total > room * limits.over_land_share:
            yield _over_land(sown[area], total, room)
    if bare:
        reason = "没有图斑,不知道耕地面积;请导入国土变更调查图斑"
        yield OVER_LAND.skipped(reason, len(bare), is_whole=len(bare) == len(sown))


def _over_land(told: list[Standing], total: Decimal, room: Decimal) -> Doubt:
    newest = max(told, key=lambda each: each.week)
    return OVER_LAND.doubt(
        newest.subject(total / room, "land"),
        observed=f"{newest.week} 各作物共播 {total:.2f} 亩",
        expected=f"图斑净耕地 {room:.2f} 亩",
        because=f"播种面积是可种耕地的 {percent(total / room)};"
        "同一块地种两茬的请说明,否则请核对面积",
        evidence=(
            ("图斑净耕地(亩)", f"{room:.2f}"),
            *((f"{each.crop} 已播(亩)", plain(each.sown_mu)) for each in told),
        ),
    )


def over_nursery(rows: Iterable[SowingRow], limits: DoubtLimits) -> Iterator[Found]:
    """Yield a doubt for each unit that planted out more than its nurseries hold.

    Parameters
    ----------
    rows : iterable of SowingRow
        Standing rows of one season, mu; nurseries with their field equivalent.
    limits : DoubtLimits
        `over_nursery_share`, above which it is doubted.

    Yields
    ------
    Doubt or Skipped
        One per unit and crop; skipped for units that reported no nursery.
    """
    planting = [each for each in standings(rows) if each.seedlings_mu > 0]
    bare = [each for each in planting if each.nursery_mu is None]
    for each in planting:
        beds = each.nursery_mu
        if beds and each.seedlings_mu > beds * limits.over_nursery_share:
            yield OVER_NURSERY.doubt(
                each.subject(each.seedlings_mu / beds, f"{each.crop}-nursery"),
                observed=f"{each.week} 栽插、抛秧 {plain(each.seedlings_mu)} 亩",
                expected=f"秧田可栽 {plain(beds)} 亩",
                because="栽插和抛秧的面积超过秧田可栽的;外购秧苗的请说明",
                evidence=(("秧田折合大田(亩)", plain(beds)),),
            )
    if bare:
        yield OVER_NURSERY.skipped("没有报育秧面积", len(bare), is_whole=len(bare) == len(planting))


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
