"""Cut-outs of ten countries' parcel registers go into a book as they are."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from service.parcels.models import ParcelVersion

HECTARE = 10_000
SLOVENE_NOISE = 0.002
"""Its own areas are of parcels before they were cut to the field's edge."""
REGISTERS = {
    # file: (code, parcels, sum of its own areas in m2 or None, tolerance as a share)
    "at_schlaege_2025.gpkg.zip": ("EPSG:31287", 100, 57.97400088 * HECTARE, 0.0005),
    "ch_nutzungsflaechen.gpkg": ("EPSG:2056", 100, 2_139_041, 0.0005),
    "dk_marker_2026.shp.zip": ("EPSG:25832", 100, 263.5 * HECTARE, 0.003),
    "fi_gsaa.gpkg": ("EPSG:3067", 100, None, 0),
    "fr_rpg_193_parcels_2154.gpkg": ("EPSG:2154", 193, 627.13 * HECTARE, 0.003),
    "jp_fude_2024.parquet": ("EPSG:6668", 100, None, 0),
    "nl_brp_2023.gpkg": ("EPSG:28992", 100, None, 0),
    "nl_referentiepercelen.gpkg": ("EPSG:28992", 100, None, 0),
    "se_2023.shp.zip": ("EPSG:3006", 10, None, 0),
    "si_raba_landuse_88.gpkg": ("EPSG:32633", 88, 2_094_780.3983, SLOVENE_NOISE),
}


@pytest.mark.parametrize("name", REGISTERS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_register_goes_in_with_its_system_its_number_and_its_area(
    desk, database, shared_data, tmp_path, name
):
    code, n, own_m2, tolerance = REGISTERS[name]
    path = Path(shutil.copy(shared_data / "parcels" / name, tmp_path))
    found = desk.bring(path, mapping={}, kind="parcels")
    assert found["state"] == "ready", found["problem"] or found["report"].get("reference")
    report = found["report"]
    assert report["reference"]["code"] == code
    assert report["reference"]["source"] == "file"
    assert report["n_features"] == n
    assert report["standing"]["new"] == n
    done = desk.commit(found, accept_repairs=True, leave_out_blocked=True)
    assert done["state"] == "committed", done["problem"]
    left_out = done["report"]["committed"]["n_left_out"]
    with database.system_reading() as session:
        areas = list(session.scalars(select(ParcelVersion.ellipsoidal_area_m2)))
    assert len(areas) == n - left_out
    if own_m2 is not None:
        assert report["areas"]["ellipsoidal_m2"] == pytest.approx(own_m2, rel=tolerance)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_shapefile_in_gbk_without_a_word_about_it_is_read_in_chinese(desk, shared_data):
    folder = shared_data / "parcels" / "gbk_shapefile"
    files = [("file", (each.name, each.read_bytes())) for each in sorted(folder.iterdir())]
    answer = desk.speaker.send("POST", "parcels/imports", files=files)
    assert answer.status_code == 202, answer.text
    found = desk.wait(answer.json()["id"])
    names = [each["field"] for each in found["report"]["fields"]]
    assert any(each.startswith("县区名") for each in names), names
    assert "GB18030" in found["report"]["encoding"]["name"].upper()
    assert found["report"]["encoding"]["reason_zh"]
    samples = str(found["report"]["fields"])
    assert "清远市" in samples or "清新" in samples
