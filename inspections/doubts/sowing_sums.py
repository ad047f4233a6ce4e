"""Rules over sums of figures: against the plan, the land, the nurseries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inspections.doubts.catalogue import OVER_LAND, OVER_NURSERY, OVER_PLAN
from inspections.doubts.doubt import Doubt, Found, Subject, WhichRange, percent, plain
from inspections.doubts.limits import DoubtLimits
from inspections.doubts.sowing_series import NURSERY, TOWN, ZERO, SowingRow, in_series

SEEDLINGS = frozenset({"transplanted", "thrown"})
BANDS = 10
"""A share is the same observation within a tenth; the next tenth is asked about again."""
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
