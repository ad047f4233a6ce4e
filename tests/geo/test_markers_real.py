"""Markers on real series: dated mowing in France, double rice in Iloilo."""

import csv
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from config.thresholds import Thresholds
from geo import series, stamps
from geo.drops import drops_of
from geo.markers import markers_of
from geo.series import Missing

SHIPPED = Thresholds.read()
LIMITS = SHIPPED.markers
DROPS = SHIPPED.drops
MOWN_FROM, MOWN_TO = np.datetime64("2020-04-15"), np.datetime64("2020-10-31")
WITHIN_DAYS = 10
GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "markers.zh-CN.md"
CLEAR_RED, CLEAR_SD = 0.11, 0.08
"""The series has no cloud mask: brighter in red, or patchier, is cloud or its shadow."""


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def salms(folder: Path) -> series.Series:
    """The ten parcels, clouds masked by the red band and the spread."""
    ndvi = rows_of(folder / "jrc_salms_ndvi_10_parcels_2020.csv")
    red = {
        (row["parcel"], row["date"]): float(row["B04"])
        for row in rows_of(folder / "jrc_salms_s2bands_10_parcels_2020.csv")
    }
    values = np.full((len(ndvi), 4), np.nan)
    values[:, series.NDVI] = [float(row["ndvi_mean"]) for row in ndvi]
    is_cloud = np.array(
        [
            red[row["parcel"], row["date"]] >= CLEAR_RED or float(row["ndvi_sd"]) >= CLEAR_SD
            for row in ndvi
        ]
    )
    table = series.Table(
        np.array([int(row["parcel"]) - 1 for row in ndvi]),
        np.array([row["date"] for row in ndvi], dtype="datetime64[D]"),
        values,
        np.array([int(row["pixels"]) for row in ndvi]),
        np.where(is_cloud, Missing.CLOUD, Missing.PRESENT).astype(np.uint8),
    )
    return series.from_table(table, 10)


def test_mowing_events_are_found_within_ten_days(shared_data):
    folder = shared_data / "series"
    given = salms(folder)
    found = drops_of(given.dates, given.cube, given.missing, LIMITS, DROPS).days()
    n_true = n_found = n_events = 0
    days_off: list[int] = []
    for parcel in range(10):
        days = [day for day in found[parcel] if MOWN_FROM <= day <= MOWN_TO]
        n_events += len(days)
        for row in rows_of(folder / "jrc_salms_events.csv"):
            if int(row["ID"]) == parcel + 1:
                n_true += 1
                on = np.datetime64(datetime.strptime(row["Event_date"], "%d/%m/%Y").date())
                near = [day for day in days if abs((day - on).astype(int)) <= WITHIN_DAYS]
                if near:
                    n_found += 1
                    nearest = min(near, key=lambda day: abs(day - on))
                    days.remove(nearest)
                    days_off.append(abs(nearest - on).astype(int))
    recall, precision, off = n_found / n_true, n_found / n_events, np.median(days_off)
    assert n_true == 17
    assert recall >= 0.88, (n_found, n_events)
    assert precision >= 0.68, (n_found, n_events)
    told = f"| {n_true} | {n_events} | {n_found} | {precision:.2f} | {recall:.2f} | {off:.0f} 天 |"
    assert told in GUIDE.read_text(encoding="utf-8")


def iloilo(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Irrigated and rain-fed: days and cube."""
    rows = rows_of(folder / "ph_iloilo_rice_monthly_vi_2019.csv")
    days = np.array(
        [datetime.strptime(row["month"], "%d-%b-%y").date() for row in rows],
        dtype="datetime64[D]",
    )
    cube = np.full((2, len(rows), 4), np.nan, dtype=np.float32)
    for i, kind in enumerate(("Irrigated", "Rain-fed")):
        cube[i, :, series.NDVI] = [float(row[f"NDVI {kind} Rice"]) for row in rows]
        cube[i, :, series.LSWI] = [float(row[f"LSWI {kind} Rice"]) for row in rows]
    return days, cube


def test_double_rice_yields_two_floodings(shared_data):
    days, cube = iloilo(shared_data / "series")
    given = series.clean(days, cube, np.zeros(cube.shape[:2], dtype=np.uint8))
    found = markers_of(given.dates, given.cube, given.missing, LIMITS, composite_days=31).flooding
    assert found.count().tolist() == [2, 2]
    months = [[str(day)[:7] for day in row if not np.isnat(day)] for row in found.days()]
    assert months == [["2019-04", "2019-09"], ["2019-05", "2019-10"]]
    assert found.confidence[found.offset >= 0] == pytest.approx(0.4), "half, for composites"


def test_single_images_of_the_same_values_would_be_no_flooding(shared_data):
    days, cube = iloilo(shared_data / "series")
    found = markers_of(days, cube, np.zeros(cube.shape[:2], dtype=np.uint8), LIMITS).flooding
    assert found.count().tolist() == [0, 0]
    assert (found.unknown > 0).all(), "a month between images may hide one"


def test_months_slipped_by_a_time_zone_are_told(shared_data):
    days, _ = iloilo(shared_data / "series")
    utc = days.astype("datetime64[s]") - np.timedelta64(8, "h")
    assert str(utc[0]) == "2018-12-31T16:00:00"
    assert (stamps.civil_days(utc, utc_offset_hours=8) == days).all()
    assert stamps.are_months_slipped(utc.astype("datetime64[D]"))
    assert not stamps.are_months_slipped(days)
