"""What the demonstration's survey says of each parcel: classes and attributes by DLTB's rules."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo import ellipsoid
from service.demo.lattice import WIDTHS, Pieces
from service.demo.territory import DEGREES, Territory

COUNTY = "441803"
REMARK = "演示数据"
SURVEY_YEAR = 2022
STATE, COLLECTIVE = "20", "30"
CODE_TAIL = 7
CODE_START = COUNTY + "2010"
DIGITS = 8
FOREST_ROAD_FROM = 0.5
CENTRE_M = 600.0
GRADE_FROM = (0.15, 0.3, 0.5, 0.8)
DEDUCTIONS = {"TT": (0.08, 0.12, 0.16, 0.2), "PD": (0.03, 0.05, 0.07, 0.09)}
"""Shares of ridges by terrain and slope grade 2 to 5: invented, each county sets its own."""
ENCLAVE_SHARE = 0.002

LOW, MIDDLE, HIGH, CENTRE = (
    {"0101": 0.72, "0103": 0.09, "1104": 0.05, "0201": 0.05, "0301": 0.055, "0404": 0.02,
     "1202": 0.015},
    {"0101": 0.25, "0103": 0.22, "0201": 0.22, "0301": 0.2, "0305": 0.08, "0202": 0.01,
     "1104": 0.01, "1202": 0.01},
    {"0301": 0.6, "0305": 0.17, "0302": 0.16, "0201": 0.03, "0404": 0.02, "0103": 0.02},
    {"0702": 0.7, "0103": 0.1, "0601": 0.08, "0201": 0.05, "08H2": 0.03, "05H1": 0.02,
     "1202": 0.02},
)  # fmt: skip
"""Shares of land classes by the river, on the slopes, on the hills, and around a village."""
SETTLEMENTS = {"0702": "203", "0601": "203A", "08H2": "203", "05H1": "203"}
PLANTING = {"LS": 0.66, "LYFL": 0.17, "FLS": 0.1, "WG": 0.04, "XG": 0.02, "LLJZ": 0.01}
RESTORABLE = {"JKHF": 0.12, "GCHF": 0.05, "": 0.83}

NONE = np.array(None, dtype=object)
HALF = 0.5

Strings = NDArray[np.object_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Attributes:
    """Columns that follow from the land class and the place."""

    land_class: Strings
    planting_attribute: Strings
    ownership: Strings
    deduction_class: Strings
    deduction_ratio: Floats
    terrain: Strings
    slope_grade: Strings
    strip_width_m: Floats
    settlement_attribute: Strings


def frame(pieces: Pieces, territory: Territory, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the register of the pieces, in the canonical columns of parcels."""
    village, distance = territory.village_at(pieces.metres)
    classes = _classes(pieces, distance, random)
    columns: dict[str, Any] = {
        "survey_code": codes(np.arange(1, len(classes) + 1)),
        "parcel_number": numbers(village),
        **vars(attributes(classes, pieces.elevation, random)),
    }
    columns |= _owners(columns["ownership"], village, territory, random)
    columns |= {"refinement": np.full(len(classes), None), "source_year": np.int32(SURVEY_YEAR)}
    columns |= {"remark": REMARK, "attributes": "{}"}
    made = gpd.GeoDataFrame(columns, geometry=pieces.geometry, crs=DEGREES)
    return measured(made)


def codes(number: NDArray[np.int64]) -> Any:
    """Return survey codes of 18 digits."""
    return CODE_START + pd.Series(number).astype(str).str.zfill(DIGITS)


def numbers(village: NDArray[np.int64]) -> Any:
    """Return a number for each parcel, counted within its village."""
    counted = pd.Series(village).groupby(village).cumcount() + 1
    return counted.astype(str).str.zfill(DIGITS)


def measured(register: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the register with its areas, those of the geometry and those that follow."""
    area = ellipsoid.areas_m2(register.geometry.to_numpy())
    declared = np.round(area, 2)
    deducted = np.round(declared * np.nan_to_num(register["deduction_ratio"].to_numpy()), 2)
    return register.assign(
        declared_area_m2=declared,
        deducted_area_m2=deducted,
        net_area_m2=np.round(declared - deducted, 2),
        ellipsoidal_area_m2=area,
    )


def _drawn(shares: dict[str, float], fate: Floats) -> Strings:
    """Return the class that each fate between 0 and 1 falls on."""
    ends = np.cumsum(list(shares.values()))
    names = np.array(list(shares), dtype=object)
    return np.asarray(names[np.minimum(np.searchsorted(ends, fate), len(names) - 1)])


def _classes(pieces: Pieces, distance: Floats, random: np.random.Generator) -> Strings:
    n, height = len(distance), pieces.elevation
    # Half of a block's parcels share one fate: fields of a kind lie together.
    of_block = random.random(int(pieces.block.max()) + 1)[pieces.block]
    fate = np.where(random.random(n) < HALF, of_block, random.random(n))
    found = _drawn(HIGH, fate)
    for below, shares in ((GRADE_FROM[2], MIDDLE), (GRADE_FROM[0] + 0.05, LOW)):
        found = np.where(height < below, _drawn(shares, fate), found)
    is_centre = random.random(n) < 0.8 * np.exp(-((distance / CENTRE_M) ** 2))
    is_centre &= height < FOREST_ROAD_FROM
    found = np.where(is_centre, _drawn(CENTRE, random.random(n)), found)
    is_track = (pieces.strip == "1107") & (height > FOREST_ROAD_FROM)
    strip = np.where(is_track, "1006", pieces.strip)
    return np.where(strip != "", strip.astype(object), found)


def attributes(classes: Strings, elevation: Floats, random: np.random.Generator) -> Attributes:
    """Return what DLTB's rules ask for of each class: no more and no less."""
    n = len(classes)
    is_cropland = np.isin(classes, ("0101", "0102", "0103"))
    grade = np.searchsorted(GRADE_FROM, elevation + random.normal(0, 0.04, n))
    is_sloping = is_cropland & (grade > 0)
    is_terraced = (classes == "0101") | (random.random(n) < HALF)
    ratio = np.full(n, np.nan)
    for is_kind, shares in ((is_terraced, DEDUCTIONS["TT"]), (~is_terraced, DEDUCTIONS["PD"])):
        chosen = is_sloping & is_kind
        ratio[chosen] = np.array(shares)[grade[chosen] - 1]
    is_restorable = np.isin(classes, ("0201", "0202", "1104"))
    idle = _drawn(RESTORABLE, random.random(n))
    planting = np.where(is_restorable & (idle != ""), idle, NONE)
    return Attributes(
        land_class=classes,
        planting_attribute=np.where(is_cropland, _drawn(PLANTING, random.random(n)), planting),
        ownership=np.where(np.isin(classes, ("1003", "1101", "05H1")), STATE, COLLECTIVE),
        deduction_class=np.where(is_sloping, "1203", NONE),
        deduction_ratio=ratio,
        terrain=np.where(is_sloping, np.where(is_terraced, "TT", "PD"), NONE),
        slope_grade=np.where(is_cropland, (grade + 1).astype(str).astype(object), NONE),
        strip_width_m=pd.Series(classes).map(WIDTHS).to_numpy(np.float64),
        settlement_attribute=pd.Series(classes).map(SETTLEMENTS).to_numpy(object),
    )


def _owners(
    ownership: Strings,
    village: NDArray[np.int64],
    territory: Territory,
    random: np.random.Generator,
) -> dict[str, Any]:
    """Return whose the land is and where: a few parcels are another village's enclaves."""
    located = np.char.add(territory.codes, "0" * CODE_TAIL).astype(object)
    state = COUNTY + "0" * (len(located[0]) - len(COUNTY))
    is_enclave = (random.random(len(village)) < ENCLAVE_SHARE) & (ownership == COLLECTIVE)
    neighbour = np.where(village > 0, village - 1, min(1, len(located) - 1))
    is_enclave &= neighbour != village
    owner = np.where(is_enclave, located[neighbour], located[village])
    return {
        "owner_code": np.where(ownership == STATE, state, owner),
        "location_code": located[village],
        "location_name": territory.names.astype(object)[village],
        "is_enclave": is_enclave,
    }
