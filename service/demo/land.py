"""The land of the demonstration county: all of it invented, and it says so.

Only the county's outline and the names of its areas may be real. Parcels, village borders,
classes, numbers and approvals are drawn by a seeded generator, at any count, in linear time.
Frames have the canonical columns of the reader and EPSG:4490 geometry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import ellipsoid
from service.demo import changes, defects, lattice, register, territory
from service.demo.changes import Change
from service.demo.defects import Defect
from service.demo.story import CHANGED_TOWN
from service.demo.territory import DEGREES, TOWN, Territory

NOTICE = "演示数据:图斑、村界、地类、编号和批准文件均为虚构,不得用作任何依据"
DEFAULT_COUNT = 20_000
LOWLAND = ("1", "2")
"""Slope grades of the paddies that the protected farmland is taken from."""
SHIFTED, PARTIAL = 0.08, 0.05
SHIFT_M = 3.0
N_APPROVALS = 12
FIRST_DAY = date(2020, 3, 2)
APPROVALS = {
    "NYDZY": ("农用地转用", "0103", None),
    "LSYD": ("临时用地", "0404", 730),
    "SSNYD_BA": ("设施农用地备案", "1202", 1826),
    "JCPH": ("进出平衡", "0201", None),
    "TGHL": ("退耕", "0301", None),
    "XG": ("休耕", "0101", 365),
    "ZJD": ("宅基地", "0702", None),
}
"""Kind by code: its name, the land class its areas lie on, its days of validity."""

FIELDS = {
    "survey_code": "BSM", "parcel_number": "TBBH", "land_class": "DLBM",
    "planting_attribute": "ZZSXDM", "ownership": "QSXZ", "owner_code": "QSDWDM",
    "location_code": "ZLDWDM", "location_name": "ZLDWMC", "deduction_class": "KCDLBM",
    "deduction_ratio": "KCXS", "terrain": "GDLX", "slope_grade": "GDPDJB",
    "strip_width_m": "XZDWKD", "refinement": "TBXHDM", "settlement_attribute": "CZCSXM",
    "is_enclave": "FRDBS", "source_year": "SJNF", "declared_area_m2": "TBMJ",
    "deducted_area_m2": "KCMJ", "net_area_m2": "TBDLMJ", "remark": "BZ",
}  # fmt: skip
FARMLAND_FIELDS = FIELDS | {"declared_area_m2": "YJJBNTTBMJ", "net_area_m2": "YJJBNTMJ"}
OUTLINE_FIELDS = {"location_code": "XZQDM", "location_name": "XZQMC", "remark": "BZ"}
APPROVAL_FIELDS = {
    "kind": "PZLX", "kind_name": "PZLXMC", "document_number": "PZWH",
    "starts_on": "QSRQ", "ends_on": "ZZRQ", "remark": "BZ",
}  # fmt: skip
LAYERS = {
    "parcels": ("DLTB", FIELDS),
    "next_year": ("DLTB", FIELDS),
    "next_year_draft": ("DLTB", FIELDS),
    "farmland": ("YJJBNTTB", FARMLAND_FIELDS),
    "outlines": ("XZQ", OUTLINE_FIELDS),
    "approvals": ("PZYD", APPROVAL_FIELDS),
}
"""Layers by attribute of `Land`: their name in a file, and their fields."""


@dataclass(frozen=True)
class Land:
    """The invented land of a county, and what is wrong with it."""

    parcels: gpd.GeoDataFrame  # the survey of 2022, with defects that are warned of
    farmland: gpd.GeoDataFrame  # permanent basic farmland
    outlines: gpd.GeoDataFrame  # county, towns, villages: level, location_code, location_name
    approvals: gpd.GeoDataFrame  # kind, document_number, starts_on, ends_on
    next_year: gpd.GeoDataFrame  # the survey of 2023 of one town
    next_year_draft: gpd.GeoDataFrame  # its first delivery, with defects that block
    changes: tuple[Change, ...]  # what became of that town's parcels
    defects: tuple[Defect, ...]
    notice: str = NOTICE


def make_land(
    count: int = DEFAULT_COUNT,
    outline: shapely.Geometry | None = None,
    areas: Sequence[tuple[str, str]] = (),
    *,
    seed: int = territory.SEED,
) -> Land:
    """Invent about so many parcels within an outline (EPSG:4490) for a list of areas.

    The list gives (code, name) of villages (12 digits), towns (9) and the county (6); without
    an outline an invented one is taken.
    """
    random = np.random.default_rng(seed)
    county = territory.invented_outline() if outline is None else outline
    ground = territory.survey(county, areas, random)
    pieces = lattice.tessellate(ground, count, seed=seed)
    whole = register.frame(pieces, ground, random)
    parcels, warned = defects.warnings_planted(whole, seed=seed)
    towns = sorted({code[:TOWN] for code in ground.codes.tolist()})
    town = CHANGED_TOWN if CHANGED_TOWN in towns else towns[0]
    is_there = whole["location_code"].str.startswith(town)
    later, changed = changes.next_year(whole[is_there].reset_index(drop=True), seed=seed)
    draft, blocked = defects.blocks_planted(later, seed=seed)
    return Land(
        parcels=parcels,
        farmland=_farmland(whole, pieces.block, random),
        outlines=_outlines(ground, dict(areas)),
        approvals=_approvals(whole, random),
        next_year=later,
        next_year_draft=draft,
        changes=changed,
        defects=(*warned, *blocked),
    )


def write_gpkg(land: Land, path: Path, layer: str, crs: str = DEGREES) -> None:
    """Write one layer of the land (an attribute's name) under its field names."""
    name, fields = LAYERS[layer]
    frame = getattr(land, layer).rename(columns=fields)
    columns = [field for field in fields.values() if field in frame]
    if "FRDBS" in columns:
        frame["FRDBS"] = np.where(frame["FRDBS"], "1", "0")
    shown = frame[[*columns, "geometry"]].to_crs(crs)
    shown.to_file(path, layer=name, driver="GPKG", engine="pyogrio")


def _outlines(ground: Territory, names: dict[str, str]) -> gpd.GeoDataFrame:
    """Return the outlines of the county, of its towns and of its villages."""
    town_of = np.array([code[:TOWN] for code in ground.codes.tolist()])
    county = str(ground.codes[0])[: len(register.COUNTY)]
    rows: list[tuple[str, str, str, Any]] = [
        ("county", county, names.get(county, county), ground.outline)
    ]
    for town in sorted(set(town_of.tolist())):
        merged = shapely.coverage_union_all(ground.cells[town_of == town])
        rows.append(("town", town, names.get(town, town), merged))
    villages = zip(ground.codes.tolist(), ground.names.tolist(), ground.cells, strict=True)
    rows += [("village", code, name, cell) for code, name, cell in villages]
    columns = ["level", "location_code", "location_name", "geometry"]
    made = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), crs=DEGREES)
    return made.assign(remark=register.REMARK)


def _farmland(whole: gpd.GeoDataFrame, block: Any, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the protected paddies: most as surveyed, some shifted, some in part."""
    is_paddy = (whole["land_class"] == "0101") & whole["slope_grade"].isin(LOWLAND)
    made = whole[is_paddy].reset_index(drop=True)
    shapes, is_shifted = _shifted(made, block[is_paddy.to_numpy()], random)
    is_partial = ~is_shifted & (random.random(len(shapes)) < PARTIAL)
    west, south, _, top = shapely.bounds(shapes[is_partial]).T
    middle = shapely.get_x(shapely.centroid(shapes[is_partial]))
    shapes[is_partial] = shapely.intersection(
        shapes[is_partial], shapely.box(west, south, middle, top)
    )
    made = made.set_geometry(gpd.GeoSeries(shapes, crs=DEGREES))
    made = made.assign(survey_code=register.codes(50_000_001 + np.arange(len(made))).to_numpy())
    return register.measured(made)


def _shifted(made: gpd.GeoDataFrame, block: Any, random: np.random.Generator) -> tuple[Any, Any]:
    """Shift the fields of some blocks, where the strips around keep them off their neighbours."""
    shapes = made.geometry.to_numpy()
    east, north = ellipsoid.local_scale(shapely.get_coordinates(shapes[:1])[:1, 1])
    step = SHIFT_M / np.sqrt(2) / np.array([east[0], north[0]])
    fate = random.random(int(block.max()) + 1)
    moved = shapes.copy()
    is_shifted = fate[block] < SHIFTED
    moved[is_shifted] = shapely.transform(shapes[is_shifted], lambda xy: xy + step)
    tree = shapely.STRtree(moved)
    hit, _ = tree.query(moved[is_shifted], predicate="overlaps")
    fate[block[is_shifted][hit]] = 1.0
    is_shifted = fate[block] < SHIFTED
    return np.where(is_shifted, moved, shapes), is_shifted


def _approvals(whole: gpd.GeoDataFrame, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return dated areas on parcels, or parts of them, where each kind belongs."""
    rows: list[dict[str, Any]] = []
    for kind, (name, land_class, days) in APPROVALS.items():
        on = np.flatnonzero((whole["land_class"] == land_class).to_numpy())
        for place in random.permutation(on)[:N_APPROVALS]:
            starts_on = FIRST_DAY + timedelta(days=int(random.integers(0, 1000)))
            number = f"演示{name}〔{starts_on.year}〕{len(rows) + 1}号"
            shape = whole.geometry.iloc[place]
            if random.random() < register.HALF:
                west, south, east, north = shape.bounds
                shape = shape.intersection(shapely.box(west, south, (west + east) / 2, north))
            rows.append({
                "kind": kind,
                "kind_name": name,
                "document_number": number,
                "starts_on": starts_on,
                "ends_on": starts_on + timedelta(days=days) if days else None,
                "geometry": shape,
            })  # fmt: skip
    made = gpd.GeoDataFrame(pd.DataFrame(rows), crs=DEGREES)
    return made.assign(remark=register.REMARK)
