"""What the rules of a land survey layer (DLTB) ask, row by row, over whole columns.

References
----------
TD/T 1055-2019, Technical regulation of the third nationwide land survey, for the fields;
the checks are those that county tools for the yearly change survey make before delivery.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspections.land_columns import Columns, Flags, Floats

CROPLAND = "01"
RURAL_ROAD = "1006"
RIDGE = "1203"
OWNERSHIPS = frozenset(("10", "20", "21", "30", "31", "32", "33", "34", "40", "41"))
COLLECTIVE = ("3", "4")
SLOPE_GRADES = frozenset("12345")
SLOPING = frozenset("2345")
TERRAINS = frozenset(("TT", "PD"))
CROPLAND_PLANTING = frozenset(("LS", "FLS", "LYFL", "XG", "LLJZ", "WG"))
STRIPS = frozenset(("1001", "1002", "1003", "1004", "1006", "1009", "1101", "1107", "1107A"))
BUILT = ("05", "06", "07", "08", "09")
ALSO_BUILT = frozenset(("1004", "1005", "1201"))
SETTLEMENTS = frozenset(("201", "202", "203", "204", "205", "201A", "202A", "203A"))
REFINEMENTS = frozenset(("HDGD", "HQGD", "LQGD", "MQGD", "SHGD", "HHGD", "SMGD", "LQYD", "GCCD"))
VILLAGE, WITH_SUFFIX = 12, 19
"""Digits of a village code, and of the code of a group in it."""


@dataclass(frozen=True)
class LandCodes:
    """The code lists and limits that the rules compare with.

    Attributes
    ----------
    land_classes : collection of str
        Codes that DLBM may hold.
    planting_attributes : collection of str
        Codes that ZZSXDM may hold.
    first_year, last_year : int
        Between which SJNF is plausible.
    tolerance_m2 : float
        What two areas may differ by rounding, square metres.
    max_road_m : float
        Widest rural road (1006), metres.
    """

    land_classes: Collection[str]
    planting_attributes: Collection[str]
    first_year: int
    last_year: int
    tolerance_m2: float = 0.01
    max_road_m: float = 8.0


Check = Callable[[Columns, LandCodes], Flags]
"""Takes the columns; returns for each row whether it breaks the rule."""


def _is_cropland(code: str) -> bool:
    return code.startswith(CROPLAND)


def _is_other(code: str) -> bool:
    return bool(code) and not _is_cropland(code)


def _is_built(code: str) -> bool:
    return code.startswith(BUILT) or code in ALSO_BUILT


def blank(name: str) -> Check:
    """Make the check that a column has no value."""
    return lambda columns, _: ~columns.is_filled(name)


def unknown(name: str, known: Collection[str]) -> Check:
    """Make the check that a code is given and not among the known ones."""
    return lambda columns, _: columns.where(name, lambda code: bool(code) and code not in known)


def cropland_without(name: str) -> Check:
    """Make the check that cropland lacks a value."""
    return lambda columns, _: columns.where("land_class", _is_cropland) & ~columns.is_filled(name)


def other_with(name: str, is_meant: Callable[[str], bool] = bool) -> Check:
    """Make the check that land which is not cropland has a text that is meant."""
    return lambda columns, _: columns.where("land_class", _is_other) & columns.where(name, is_meant)


def unknown_land_class(columns: Columns, codes: LandCodes) -> Flags:
    """Tell land classes that the code list does not have."""
    known = frozenset(codes.land_classes)
    return columns.where("land_class", lambda code: bool(code) and code not in known)


def unknown_planting(columns: Columns, codes: LandCodes) -> Flags:
    """Tell planting attributes that the code list does not have."""
    known = frozenset(codes.planting_attributes)
    return columns.where("planting_attribute", lambda code: bool(code) and code not in known)


def slope_without_terrain(columns: Columns, _: LandCodes) -> Flags:
    """Tell cropland of slope grade 2 to 5 that is neither terraced nor sloping."""
    is_sloping = columns.where("slope_grade", SLOPING.__contains__)
    is_cropland = columns.where("land_class", _is_cropland)
    return is_cropland & is_sloping & ~columns.is_filled("terrain")


def terrain_of_flat(columns: Columns, _: LandCodes) -> Flags:
    """Tell parcels of slope grade 1 that are terraced or sloping."""
    return columns.where("slope_grade", "1".__eq__) & columns.is_filled("terrain")


def other_with_ratio(columns: Columns, _: LandCodes) -> Flags:
    """Tell land with a deduction that is not cropland; 0 is no deduction."""
    ratio = np.nan_to_num(columns.numbers("deduction_ratio"))
    has_ratio: Flags = np.asarray(ratio != 0)
    return columns.where("land_class", _is_other) & has_ratio


def ratio_out_of_range(columns: Columns, _: LandCodes) -> Flags:
    """Tell deduction ratios below 0 or not below 1."""
    ratio = columns.numbers("deduction_ratio")
    return np.asarray((ratio < 0) | (ratio >= 1))


def settlement_missing(columns: Columns, _: LandCodes) -> Flags:
    """Tell built land without a settlement attribute."""
    return columns.where("land_class", _is_built) & ~columns.is_filled("settlement_attribute")


def width_of_no_strip(columns: Columns, _: LandCodes) -> Flags:
    """Tell land with a strip width that is no strip; 0 is no width."""
    has_width = np.asarray(np.nan_to_num(columns.numbers("strip_width_m")) != 0)
    return has_width & columns.where("land_class", lambda code: bool(code) and code not in STRIPS)


def road_too_wide(columns: Columns, codes: LandCodes) -> Flags:
    """Tell rural roads wider than they may be, metres."""
    is_wide = np.asarray(columns.numbers("strip_width_m") > codes.max_road_m)
    return columns.where("land_class", RURAL_ROAD.__eq__) & is_wide


def area_missing(columns: Columns, _: LandCodes) -> Flags:
    """Tell declared areas that are missing or not above 0."""
    return np.asarray(~(columns.numbers("declared_area_m2") > 0))


def _apart(one: Floats, two: Floats, tolerance: float) -> Flags:
    """Differ by more than rounding; the last bit of a float is not a difference."""
    known = np.isfinite(one) & np.isfinite(two)
    difference = np.abs(np.where(known, one, 0) - np.where(known, two, 0))
    scale = np.maximum(np.abs(np.nan_to_num(one)), 1)
    return np.asarray(difference > tolerance + 1e-12 * scale)


def deducted_wrong(columns: Columns, codes: LandCodes) -> Flags:
    """Tell deducted areas that are not declared area × ratio; nothing given stands for 0."""
    ratio = np.nan_to_num(columns.numbers("deduction_ratio"))
    deducted = np.nan_to_num(columns.numbers("deducted_area_m2"))
    return _apart(columns.numbers("declared_area_m2") * ratio, deducted, codes.tolerance_m2)


def net_wrong(columns: Columns, codes: LandCodes) -> Flags:
    """Tell net areas that are not declared less deducted area, square metres."""
    deducted = np.nan_to_num(columns.numbers("deducted_area_m2"))
    rest = columns.numbers("declared_area_m2") - deducted
    return _apart(rest, columns.numbers("net_area_m2"), codes.tolerance_m2)


def year_implausible(columns: Columns, codes: LandCodes) -> Flags:
    """Tell source years outside the plausible ones."""
    year = columns.numbers("source_year")
    return np.asarray((year < codes.first_year) | (year > codes.last_year))


def _is_unit_code(code: str) -> bool:
    return code.isascii() and code[:VILLAGE].isdigit() and len(code) in (VILLAGE, WITH_SUFFIX)


def malformed(name: str) -> Check:
    """Make the check that a unit's code has not 12 or 19 digits, the first 12 a village."""
    return lambda columns, _: columns.where(
        name, lambda code: bool(code) and not _is_unit_code(code)
    )


def _village(columns: Columns, name: str) -> NDArray[np.object_]:
    codes, values = columns.text(name)
    villages = np.array([each[:VILLAGE] for each in values], dtype=object)
    return np.asarray(villages[codes])


def enclave_wrong(columns: Columns, _: LandCodes) -> Flags:
    """Tell enclave marks that are not as owner, location and ownership say."""
    is_apart = _village(columns, "owner_code") != _village(columns, "location_code")
    is_collective = columns.where("ownership", lambda code: code.startswith(COLLECTIVE))
    is_known = columns.is_filled("owner_code") & columns.is_filled("location_code")
    is_marked = np.nan_to_num(columns.numbers("is_enclave")) == 1
    should_be = is_apart & is_collective
    return np.asarray(is_known & columns.is_filled("ownership") & (is_marked != should_be))
