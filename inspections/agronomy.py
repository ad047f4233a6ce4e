"""Rules of the season's weather: when early rice can be sown, which days are for fieldwork."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

ONE_DAY = timedelta(days=1)
TENTH = Decimal("0.1")


class Grade(StrEnum):
    """How a day suits sowing."""

    SUITABLE = "suitable"
    MARGINAL = "marginal"
    UNSUITABLE = "unsuitable"
    UNKNOWN = "unknown"


class Bed(StrEnum):
    """Where early rice is sown, and which."""

    OPEN = "open"
    CONVENTIONAL = "conventional"
    FILM = "film"


class Work(StrEnum):
    """Whether fields could be worked on a day."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class DayWeather:
    """What was measured on a day; None where it was not.

    Attributes
    ----------
    mean_c : Decimal or None
        Daily mean temperature, °C.
    rain_mm : Decimal or None
        Precipitation of the day, mm.
    sun_h : Decimal or None
        Hours of sunshine.
    """

    mean_c: Decimal | None = None
    rain_mm: Decimal | None = None
    sun_h: Decimal | None = None


NOTHING = DayWeather()
Weather = Mapping[date, DayWeather]


@dataclass(frozen=True)
class SowingRule:
    """What a day must be like for sowing.

    Attributes
    ----------
    mean_days : int
        Days of the running mean, the judged day being the last.
    suitable_c, marginal_c : Decimal
        The running mean from which a day is suitable, or only just, °C.
    low_c, wet_mm : Decimal
        A day of low-temperature rain has a mean below the one (°C) and rain from the other (mm).
    max_low_rain_days : int or None
        How many such days on end are borne; None where rain does not matter (under film).
    """

    mean_days: int
    suitable_c: Decimal
    marginal_c: Decimal
    low_c: Decimal
    wet_mm: Decimal
    max_low_rain_days: int | None


@dataclass(frozen=True)
class Suitability:
    """How a day suits sowing, and why.

    Attributes
    ----------
    grade : Grade
        The verdict.
    mean_c : Decimal or None
        The running mean, °C, one decimal place for show; the verdict uses the exact one.
    n_low_rain_days : int or None
        Days of low-temperature rain on end up to this day; None where it cannot be told.
    reasons : tuple of str
        For people, in Chinese.
    """

    grade: Grade
    mean_c: Decimal | None
    n_low_rain_days: int | None
    reasons: tuple[str, ...]


def sowing_suitability(weather: Weather, day: date, rule: SowingRule) -> Suitability:
    """Judge whether early rice can be sown on a day.

    Parameters
    ----------
    weather : mapping of date to DayWeather
        The days that were measured; a day that is not there is unknown.
    day : date
        The day to judge.
    rule : SowingRule
        The rule of the place and the variety.

    Returns
    -------
    Suitability
        Unsuitable as soon as one condition is known to fail; suitable only where all is known.

    Notes
    -----
    Open field: running mean of 5 days at least 12 °C (10 °C for conventional varieties) and no
    more than 3 days of low-temperature rain on end; under film 7 to 9 °C.
    """
    mean, missing = _running_mean(weather, day, rule.mean_days)
    n_low, is_certain = _low_rain_days(weather, day, rule)
    shown = None if mean is None else mean.quantize(TENTH, ROUND_HALF_UP)
    known = n_low if is_certain else None
    limit = rule.max_low_rain_days
    if limit is not None and n_low > limit:
        reason = f"低温阴雨已连续 {n_low} 天,超过 {limit} 天"
        return Suitability(Grade.UNSUITABLE, shown, known, (reason,))
    if mean is not None and mean < rule.marginal_c:
        reason = f"{rule.mean_days} 日平均气温 {shown} ℃,低于 {rule.marginal_c} ℃"
        return Suitability(Grade.UNSUITABLE, shown, known, (reason,))
    reasons = _gaps(rule, missing, is_certain)
    if mean is None or reasons:
        return Suitability(Grade.UNKNOWN, shown, known, reasons)
    if mean < rule.suitable_c:
        reason = f"{rule.mean_days} 日平均气温 {shown} ℃,未到 {rule.suitable_c} ℃"
        return Suitability(Grade.MARGINAL, shown, known, (reason,))
    reason = f"{rule.mean_days} 日平均气温 {shown} ℃,达到 {rule.suitable_c} ℃"
    return Suitability(Grade.SUITABLE, shown, known, (reason,))


def _running_mean(weather: Weather, day: date, days: int) -> tuple[Decimal | None, list[date]]:
    """Return the mean of the last days, and which of them were not measured."""
    wanted = [day - ONE_DAY * n for n in reversed(range(days))]
    found = [weather.get(each, NOTHING).mean_c for each in wanted]
    values = [each for each in found if each is not None]
    missing = [each for each, value in zip(wanted, found, strict=True) if value is None]
    return (None if missing else sum(values, Decimal(0)) / days), missing


def _low_rain_days(weather: Weather, day: date, rule: SowingRule) -> tuple[int, bool]:
    """Count the days of low-temperature rain up to a day that are certain.

    The second value is False where a gap hides whether there are more, and it could matter.
    """
    limit = rule.max_low_rain_days
    if limit is None:
        return 0, True
    count = 0
    while True:
        state = _is_low_rain(weather.get(day - ONE_DAY * count, NOTHING), rule)
        if state is None:
            return count, count > limit
        if not state:
            return count, True
        count += 1


def _is_low_rain(given: DayWeather, rule: SowingRule) -> bool | None:
    is_cold = None if given.mean_c is None else given.mean_c < rule.low_c
    is_wet = None if given.rain_mm is None else given.rain_mm >= rule.wet_mm
    if is_cold is False or is_wet is False:
        return False
    return None if is_cold is None or is_wet is None else True


def _gaps(rule: SowingRule, missing: list[date], is_certain: bool) -> tuple[str, ...]:
    found = []
    if missing:
        days = "、".join(f"{each.month}月{each.day}日" for each in missing)
        found.append(f"缺 {days} 的平均气温,算不出 {rule.mean_days} 日平均")
    if not is_certain:
        found.append("缺气温或雨量,判断不了低温阴雨连续几天")
    return tuple(found)


def could_work(weather: Weather, day: date, *, wet_mm: Decimal, heavy_mm: Decimal) -> Work:
    """Judge whether fields could be worked on a day.

    Parameters
    ----------
    weather : mapping of date to DayWeather
        The days that were measured.
    day : date
        The day to judge.
    wet_mm : Decimal
        Rain from which a day is lost, mm.
    heavy_mm : Decimal
        Rain from which the day after is lost as well, mm.

    Returns
    -------
    Work
        NO as soon as one of the two days is known to be too wet; YES only where both are known.

    Notes
    -----
    After the "days suitable for fieldwork" of USDA/NASS crop progress reports.
    """
    today = weather.get(day, NOTHING).rain_mm
    before = weather.get(day - ONE_DAY, NOTHING).rain_mm
    if (today is not None and today >= wet_mm) or (before is not None and before >= heavy_mm):
        return Work.NO
    return Work.UNKNOWN if today is None or before is None else Work.YES
