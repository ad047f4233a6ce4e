"""Rules of monitoring patches (监测图斑): what a row of a file says, and in which datum. Pure."""

import calendar
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import shapely

from inspections.land_uses import Claim, Use

FIELDS = ("JCBH", "TBLX", "QSX", "HSX", "SFYN", "JCMJ", "XZQDM", "BZ")
"""Fields of table JCTB that are read; source: domain part 3.1."""
DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(?:(\d{1,2})日?)?", re.ASCII)
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})?", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1990, 2100
YES, NO = (
    frozenset({"1", "Y", "YES", "是", "T", "TRUE"}),
    frozenset({"0", "N", "NO", "否", "F", "FALSE"}),
)
MAX_TEXT = 64
MONTHS = 12


@dataclass(frozen=True)
class PatchType:
    """One code of TBLX.

    Attributes
    ----------
    code, name : str
        As in the national list.
    claim : Claim or None
        What it says of farmland; None where it says nothing against it (01 耕地).
    use : Use or None
        The use under which the rules judge it; None where only a person can tell.
    is_asked : bool
        A person must look at what it is: a pond or a lake, a farm road or another.
    """

    code: str
    name: str
    claim: Claim | None
    use: Use | None
    is_asked: bool


@dataclass(frozen=True)
class PatchRow:
    """What one patch says.

    Attributes
    ----------
    number : str
        JCBH.
    kind : PatchType
        TBLX.
    before_on, after_on : date or None, date
        Days of the images before and after (QSX, HSX). Of a month alone the last day, even
        where that is still to come: the same file says the same whenever it is read.
    says_basic_farmland : bool or None
        SFYN: whether it lies in permanent basic farmland, as its maker says.
    area_mu : float or None
        JCMJ as declared, in mu.
    area_code : str or None
        XZQDM.
    note : str or None
        BZ.
    """

    number: str
    kind: PatchType
    before_on: date | None
    after_on: date
    says_basic_farmland: bool | None
    area_mu: float | None
    area_code: str | None
    note: str | None


@dataclass(frozen=True)
class Fault:
    """Why a row is not taken: the column, its value, and the reason in Chinese."""

    column: str
    value: str
    reason: str


def kind_of(code: str, kinds: Mapping[str, PatchType]) -> PatchType | None:
    """Return the type of a TBLX code.

    Parameters
    ----------
    code : str
        As written in the file; case and blanks do not matter, and `DL` with any digit is a road.
    kinds : mapping of str to PatchType
        The list of codes.

    Returns
    -------
    PatchType or None
        None where the list does not have it.
    """
    plain = code.strip().upper()
    return kinds.get(plain) or (kinds.get("DL1") if re.fullmatch(r"DL\d*", plain) else None)


def day_of(text: str, *, is_end: bool) -> date | None:
    """Return the day that a time stamp of an image names.

    Parameters
    ----------
    text : str
        As 20230401, 2023-04-01, 2023/4/1, 2023年4月1日, or a month only.
    is_end : bool
        A month alone is its last day; otherwise its first.

    Returns
    -------
    date or None
        None where it is no day of the years 1990 to 2100.
    """
    plain = text.strip().removesuffix(".0")
    told = COMPACT.fullmatch(plain) or DAY.fullmatch(plain[:10].rstrip("T "))
    if told is None:
        return None
    year, month = int(told[1]), int(told[2])
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= MONTHS):
        return None
    last = calendar.monthrange(year, month)[1]
    day = int(told[3]) if told[3] else (last if is_end else 1)
    return date(year, month, day) if 1 <= day <= last else None


def read_row(
    fields: Mapping[str, str], kinds: Mapping[str, PatchType], *, today: date
) -> PatchRow | tuple[Fault, ...]:
    """Read one patch, or say everything that is wrong with it.

    Parameters
    ----------
    fields : mapping of str to str
        The file's own fields, names in upper case; missing and empty are alike.
    kinds : mapping of str to PatchType
        The list of TBLX codes.
    today : date
        An image of a later day is refused.

    Returns
    -------
    PatchRow or tuple of Fault
        The patch, or one fault for each wrong field.
    """
    said = {name: fields.get(name, "").strip() for name in FIELDS}
    kind = kind_of(said["TBLX"], kinds)
    days = day_of(said["QSX"], is_end=False), day_of(said["HSX"], is_end=True)
    wrong = dict([*_wrong_words(said, kind), *_wrong_days(said, *days, today)])
    if wrong or kind is None or days[1] is None:
        return tuple(Fault(name, said[name][:MAX_TEXT], why) for name, why in wrong.items())
    return PatchRow(
        said["JCBH"],
        kind,
        days[0],
        days[1],
        _truth(said["SFYN"]),
        _number(said["JCMJ"]),
        said["XZQDM"] or None,
        said["BZ"] or None,
    )


def _wrong_words(said: Mapping[str, str], kind: PatchType | None) -> Iterator[tuple[str, str]]:
    if not said["JCBH"] or len(said["JCBH"]) > MAX_TEXT:
        yield "JCBH", f"监测编号必填,最多 {MAX_TEXT} 个字"
    if kind is None:
        yield "TBLX", "不是图斑类型代码;见监测图斑类型表"
    if said["SFYN"] and _truth(said["SFYN"]) is None:
        yield "SFYN", "是否永农只能是 是、否、1、0"
    if said["JCMJ"] and _number(said["JCMJ"]) is None:
        yield "JCMJ", "监测面积须是大于零的数(亩)"


def _wrong_days(
    said: Mapping[str, str], before: date | None, after: date | None, today: date
) -> Iterator[tuple[str, str]]:
    if said["QSX"] and before is None:
        yield "QSX", "前时相写成 20230401 或 2023-04-01"
    if after is None:
        yield "HSX", "后时相必填,写成 20230401 或 2023-04-01"
    elif after > today and not _is_this_month(said["HSX"], after, today):
        yield "HSX", "后时相不能晚于今天"
    elif before is not None and before >= after:
        yield "QSX", "前时相要早于后时相"


def _is_this_month(text: str, after: date, today: date) -> bool:
    """Tell whether a month alone was given that has not ended yet."""
    is_month = day_of(text, is_end=False) != after
    return is_month and (after.year, after.month) == (today.year, today.month)


def _truth(text: str) -> bool | None:
    plain = text.upper().removesuffix(".0")
    return True if plain in YES else False if plain in NO else None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < 1e7 else None  # noqa: PLR2004 - mu; a county has less


@dataclass(frozen=True)
class ShiftEvidence:
    """How well patches fit the parcels as given, and with GCJ-02 taken back.

    The figures are the means over the patches of the best common share (common area over the
    area of both together). Where there are too few patches, or none lies on a parcel either way,
    nothing `is_told`.
    """

    n_patches: int
    is_told: bool
    fit_as_given: float
    fit_taken_back: float
    is_shifted: bool


def shift_evidence(
    given: Sequence[shapely.Geometry],
    taken_back: Sequence[shapely.Geometry],
    parcels: Sequence[shapely.Geometry],
    *,
    least_patches: int,
    least_gain: float,
) -> ShiftEvidence:
    """Tell whether patches that pass for CGCS2000 are in GCJ-02.

    Parameters
    ----------
    given, taken_back : sequence of shapely geometries
        The same patches as in the file, and with the shift of GCJ-02 taken back; degrees.
    parcels : sequence of shapely geometries
        The parcels around both, EPSG:4490.
    least_patches : int
        Fewer patches tell nothing.
    least_gain : float
        By how much the fit must be better with the shift taken back.

    Returns
    -------
    ShiftEvidence
        Shifted where the fit gains `least_gain` and at least doubles. Common shares are taken
        in degrees: both sides of the ratio shrink alike.
    """
    fits = [_fit(np.asarray(each, dtype=object), parcels) for each in (given, taken_back)]
    gain = fits[1] - fits[0]
    is_told = len(given) >= least_patches and max(fits) > 0
    is_shifted = is_told and gain >= least_gain and fits[1] >= 2 * fits[0]
    return ShiftEvidence(
        len(given), is_told, round(fits[0], 4), round(fits[1], 4), bool(is_shifted)
    )


def _fit(patches: npt.NDArray[np.object_], parcels: Sequence[shapely.Geometry]) -> float:
    if not len(patches) or not len(parcels):
        return 0.0
    tree = shapely.STRtree(list(parcels))
    ours, theirs = tree.query(patches, predicate="intersects")
    best = np.zeros(len(patches))
    if len(ours):
        land = np.asarray(parcels, dtype=object)[theirs]
        common = shapely.area(shapely.intersection(patches[ours], land))
        whole = shapely.area(patches[ours]) + shapely.area(land) - common
        np.maximum.at(best, ours, common / whole)
    return float(best.mean())
