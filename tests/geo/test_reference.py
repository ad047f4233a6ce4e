"""Which coordinate system a file is in: the geometry class of the hostile corpus."""

from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import datum, ellipsoid, reference, systems

WGS84 = 'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'  # noqa: E501
ESRI_ZONE_38 = 'PROJCS["CGCS2000_3_Degree_GK_Zone_38",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",38500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'  # noqa: E501
COUNTY = shapely.Polygon(
    [(112.58, 23.6), (112.8, 23.56), (113.08, 23.75), (113.05, 24.1), (112.8, 24.3), (112.6, 24.0)]
)


def parcels(n=1500, county=COUNTY):
    """Points of parcels all over the county, up to its edge."""
    west, south, east, north = county.bounds
    fate = np.random.default_rng(3)
    points = fate.uniform([west, south], [east, north], (9 * n, 2))
    return points[shapely.contains_xy(county, *points.T)][:n]


POINTS = parcels()


def written(code, points=POINTS):
    """The points as a file in another system has them."""
    base = code.removesuffix("+swapped")
    if base == "GCJ-02":
        there = datum.gcj02_from_wgs84(*points.T)
    elif base == "BD-09":
        there = datum.bd09_from_gcj02(*datum.gcj02_from_wgs84(*points.T))
    else:
        there = pyproj.Transformer.from_crs(4490, base, always_xy=True).transform(*points.T)
    return np.column_stack(there if base == code else there[::-1])


ZONES = ["EPSG:4526", "EPSG:4525", "EPSG:4547", "EPSG:4546", "EPSG:4498", "EPSG:4497"]


@pytest.mark.parametrize("swapped", ["", "+swapped"])
@pytest.mark.parametrize("code", ZONES)
def test_a_zone_is_found_without_a_declaration_and_the_datum_is_asked(code, swapped):
    found = reference.reason(written(code + swapped), COUNTY, None)
    assert found.chosen.code == code + swapped
    assert found.chosen.share_inside == 1
    assert (found.source, found.is_certain) == ("reasoned", False)
    assert found.runner_up.name_zh.startswith("西安 1980")
    assert "(未计两基准之差,可达百余米);只凭位置分不开这两种;请确认" in found.text_zh
    assert ("对调" in found.text_zh) == bool(swapped)
    assert np.abs(systems.lonlat_of(written(code + swapped), code + swapped) - POINTS).max() < 1e-9


def test_the_text_says_what_a_land_officer_looks_at():
    found = reference.reason(written("EPSG:4526"), COUNTY, None)
    assert found.text_zh.startswith(
        "坐标东伪值 38 3xx xxx 带 38 带号,落在本县范围内的点占 100%,"
        "判为 CGCS2000 3 度带 38 带(EPSG:4526);"
    )


@pytest.mark.parametrize(
    ("code", "found_as"), [("EPSG:4509", "EPSG:4548"), ("EPSG:32649", "EPSG:32649")]
)
def test_a_bare_easting_is_read_by_its_meridian_and_scale_and_confirmed(code, found_as):
    found = reference.reason(written(code), COUNTY, None)
    assert (found.chosen.code, found.is_certain) == (found_as, False)
    assert np.abs(systems.lonlat_of(written(code), found_as) - POINTS).max() < 1e-9


@pytest.mark.parametrize(
    ("code", "declared"),
    [
        ("EPSG:4526", "EPSG:4526"),
        ("EPSG:4526", ESRI_ZONE_38),
        ("EPSG:4547", pyproj.CRS(4547).to_wkt()),
        ("EPSG:2362", "EPSG:2362"),
        ("EPSG:2414", "EPSG:2414"),
        ("EPSG:4490", "EPSG:4490"),
        ("EPSG:4326", WGS84),
    ],
)
def test_a_declaration_that_the_outline_bears_out_is_taken(code, declared):
    found = reference.reason(written(code), COUNTY, declared)
    assert (found.chosen.code, found.source, found.is_certain) == (code, "file", True)
    assert "采用文件声明的" in found.text_zh


@pytest.mark.parametrize(
    ("code", "declared"),
    [
        ("EPSG:4490+swapped", "EPSG:4490"),
        ("EPSG:4526+swapped", "EPSG:4526"),
        ("EPSG:4547", "EPSG:4326"),
        ("EPSG:4526", "EPSG:4490"),
        ("EPSG:4526", "EPSG:4547"),
        ("EPSG:4547", "EPSG:4526"),
        ("EPSG:4525", "EPSG:4526"),
        ("EPSG:4498", "EPSG:4526"),
        ("EPSG:2383", "EPSG:2362"),
        ("EPSG:4490", "EPSG:4526"),
        ("GCJ-02", "EPSG:4326"),
        ("GCJ-02", "EPSG:4490"),
        ("BD-09", "EPSG:4490"),
    ],
)
def test_a_declaration_that_the_outline_belies_is_replaced_and_confirmed(code, declared):
    found = reference.reason(written(code), COUNTY, declared)
    assert (found.chosen.code, found.source, found.is_certain) == (code, "reasoned", False)
    assert f"文件声明为 {systems.declared_system(declared).name_zh}" in found.text_zh
    assert "请确认" in found.text_zh


def test_degrees_without_a_declaration_are_confirmed_where_a_shift_would_fit_nearly_as_well():
    for code, other in (("EPSG:4490", "GCJ-02"), ("GCJ-02", "EPSG:4490")):
        found = reference.reason(written(code), COUNTY, None)
        assert (found.chosen.code, found.runner_up.code) == (code, other)
        assert not found.is_certain


def test_parcels_in_the_middle_of_the_county_cannot_betray_a_shift():
    middle = parcels(300, COUNTY.centroid.buffer(0.05))
    found = reference.reason(written("GCJ-02", middle), COUNTY, "EPSG:4326")
    assert (found.chosen.code, found.runner_up.code) == ("EPSG:4326", "GCJ-02")
    assert "只凭位置分不开" in found.text_zh
    assert not reference.reason(written("GCJ-02", middle), COUNTY, None).is_certain


@pytest.mark.parametrize("code", ["EPSG:4490", "GCJ-02", "BD-09", "GCJ-02+swapped"])
def test_an_outline_is_told_by_its_line(code):
    line = shapely.get_coordinates(shapely.segmentize(COUNTY, 0.005))
    found = reference.reason(written(code, line), COUNTY, None)
    assert (found.chosen.code, found.is_certain) == (code, True)


def test_the_published_outline_of_the_county_is_recognised_as_shifted(shared_data: Path):
    gcj02, wgs84 = (
        shapely.from_geojson((shared_data / "areas" / name).read_text(encoding="utf-8"))
        for name in ("boundary_441803_gcj02.geojson", "boundary_441803_wgs84_derived.geojson")
    )
    shifted = reference.reason(shapely.get_coordinates(gcj02), wgs84, "EPSG:4326")
    true = reference.reason(shapely.get_coordinates(wgs84), wgs84, "EPSG:4326")
    assert shifted.chosen.code == "GCJ-02"
    assert not shifted.is_certain
    assert (true.chosen.code, true.is_certain) == ("EPSG:4326", True)
    assert reference.shifted_by_gcj02([gcj02], wgs84).is_shifted


def test_villages_serve_as_an_outline():
    halves = [shapely.box(112.5, 23.5, 112.8, 24.4), shapely.box(112.8, 23.5, 113.1, 24.4)]
    villages = shapely.GeometryCollection([COUNTY & half for half in halves])
    assert reference.reason(written("EPSG:4525"), villages, None).chosen.code == "EPSG:4525"


def test_without_an_outline_the_zone_number_decides_and_is_confirmed():
    found = reference.reason(written("EPSG:4526"), None, None)
    assert (found.chosen.code, found.is_certain) == ("EPSG:4526", False)


def test_without_an_outline_and_a_zone_number_only_a_person_can_say():
    found = reference.reason(written("EPSG:4547"), None, None)
    assert (found.chosen, found.source, found.is_certain) == (None, "asked", False)
    assert "EPSG:4547" in {each.code for each in found.candidates}
    assert "请指定坐标系" in found.text_zh


def test_without_an_outline_a_fitting_declaration_is_taken():
    for code in ("EPSG:4547", "EPSG:4490"):
        found = reference.reason(written(code), None, code)
        assert (found.chosen.code, found.source, found.is_certain) == (code, "file", True)


def test_land_outside_the_county_keeps_its_declaration_and_is_confirmed():
    paris = np.array([[600_000.0, 6_700_000.0], [600_100.0, 6_700_100.0]])
    found = reference.reason(paris, COUNTY, "EPSG:2154")
    assert (found.chosen.code, found.source, found.is_certain) == ("EPSG:2154", "file", False)
    assert found.chosen.share_inside == 0
    assert reference.reason(paris, None, "EPSG:2154").is_certain


def test_land_outside_the_county_without_a_declaration_is_asked():
    found = reference.reason(written("EPSG:4526", POINTS + np.array([0, 5])), COUNTY, None)
    assert (found.chosen, found.source) == (None, "asked")
    assert "都没有一半以上的点落在本县范围内" in found.text_zh


@pytest.mark.parametrize(
    "points", [np.empty((0, 2)), POINTS * np.nan, POINTS * np.inf, POINTS * 1e9, POINTS * 1e300]
)
def test_what_is_no_coordinate_is_asked(points):
    for outline in (COUNTY, None):
        found = reference.reason(points, outline, None)
        assert (found.chosen, found.source, found.is_certain) == (None, "asked", False)
        assert "请核对文件" in found.text_zh


@pytest.mark.parametrize(
    "declared",
    [
        "hello",
        'GEOGCS["',
        "EPSG:999999",
        'LOCAL_CS["site"]',
        "+proj=utm +zone=49",
        "+init=/etc/passwd:x",
        "http://127.0.0.1/wkt",
        "/etc/passwd",
        'GEOGCS["x",EXTENSION["PROJ4","+proj=longlat +nadgrids=/etc/passwd"]]',
        "(" * 30_000,
    ],
)
def test_a_declaration_that_makes_no_sense_is_told_and_reasoned_without(declared):
    found = reference.reason(written("EPSG:4526"), COUNTY, declared)
    assert (found.chosen.code, found.is_certain) == ("EPSG:4526", False)
    assert found.text_zh.startswith("文件声明的坐标系无法识别;")


def test_a_null_transformation_is_told():
    assert "零变换" in reference.reason(written("EPSG:4326"), COUNTY, "EPSG:4326").text_zh
    assert "零变换" in systems.shift_note_zh("EPSG:2362")
    assert "零变换" in systems.shift_note_zh("EPSG:32649+swapped")
    assert systems.shift_note_zh("EPSG:4526") == ""


def test_foreign_datums_go_by_way_of_wgs84():
    amersfoort = systems.lonlat_of([[155_000.0, 463_000.0]], "EPSG:28992")
    assert amersfoort[0] == pytest.approx((5.387206, 52.155172), abs=1e-5)


def test_a_few_points_are_enough_for_a_zone_even_beside_some_that_are_no_numbers():
    for n in (1, 2, 4):
        points = np.vstack([written("EPSG:4546", POINTS[:n]), [[np.nan, 1], [np.inf, 1]]])
        assert reference.reason(points, COUNTY, None).chosen.code == "EPSG:4546"


@given(st.permutations(range(40)))
def test_the_order_of_the_points_does_not_matter(order):
    points = written("EPSG:4547", POINTS[:40])
    assert reference.reason(points[order], COUNTY, None) == reference.reason(points, COUNTY, None)


@pytest.mark.parametrize("swapped", ["", "+swapped"])
@pytest.mark.parametrize("code", [*ZONES, "EPSG:4490", "GCJ-02", "BD-09"])
def test_one_parcel_from_any_system_comes_back_with_one_area(code, swapped):
    parcel = shapely.Polygon([(112.9, 23.9), (112.901, 23.9), (112.9012, 23.9008), (112.9, 23.901)])
    rings = shapely.get_coordinates(parcel)
    moved = shapely.Polygon(written(code + swapped, rings))
    given_to_us = np.array([moved, None, shapely.MultiPolygon([moved])], dtype=object)
    back = reference.transform(given_to_us, code + swapped)
    assert back[1] is None
    areas = ellipsoid.areas_m2([parcel, back[0], back[2]])
    assert np.ptp(areas) <= 1e-6 * areas[0]
    assert shapely.hausdorff_distance(back[0], parcel) < 1e-9
    assert given_to_us[0] is moved


@pytest.mark.parametrize(
    ("point", "code"),
    [
        ((23.9, 112.9), "EPSG:4490"),
        ((400_000, 2_640_000), "EPSG:4326"),
        ((np.nan, 23.9), "EPSG:4326"),
        ((np.inf, 23.9), "GCJ-02"),
        ((1e308, 1e308), "EPSG:4526"),
        ((1e308, 1e308), "BD-09"),
    ],
)
def test_what_would_leave_the_earth_is_refused(point, code):
    with pytest.raises(ValueError, match=r"1 of 1 coordinates cannot be read in"):
        reference.transform([shapely.Point(point)], code)


def test_heights_are_dropped_and_nothing_gives_nothing():
    assert not reference.transform([shapely.Point(112.9, 23.9, 7.0)], "EPSG:4490")[0].has_z
    assert reference.transform([], "EPSG:4526").shape == (0,)
    assert reference.transform([shapely.Polygon()], "EPSG:4526")[0].is_empty


def test_the_zones_tried_are_what_their_codes_say():
    for zone in (*systems.SIX_DEGREE_ZONES, *systems.THREE_DEGREE_ZONES):
        meridian = 6 * zone - 3 if zone in systems.SIX_DEGREE_ZONES else 3 * zone
        for system in systems.numbered_zones(zone):
            assert what_is(system) == (meridian, zone * 1_000_000 + 500_000)
    for meridian in range(75, 136, 3):
        for system in systems.bare_zones(meridian, is_utm_too=True):
            assert what_is(system) == (meridian, 500_000)


def what_is(system):
    crs = pyproj.CRS(system.code)
    english = system.datum.replace("西安", "Xian").replace("北京", "Beijing")
    assert crs.name.startswith(english)
    values = {each.name: each.value for each in crs.coordinate_operation.params}
    return values["Longitude of natural origin"], values["False easting"]
