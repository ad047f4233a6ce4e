"""Observations of parcels from rasters and tables, as the command line brings them in."""

import json
import shutil
import subprocess
import sys
import warnings
from datetime import date
from uuid import uuid4

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from rasterio import Affine
from rasterio.errors import NotGeoreferencedWarning
from sqlalchemy import select
from typer.testing import CliRunner

from geo import ellipsoid
from geo.series import Missing
from service import audit, cli, imagery_commands, telemetry
from service.audit import AuditEntry
from service.errors import Forbidden, Invalid
from service.imagery import keeping, store
from service.imagery.errors import RasterRefused
from service.imagery.rasters import Given
from service.parcels.models import ParcelVersion
from tests.land_files import SOUTH, STEP, TAIHE, TAIPING, WEST, squares

SHANTANG = "441803105"
SINUSOIDAL = "+proj=sinu +lon_0=0 +R=6371007.181 +units=m"
LOCAL = 'LOCAL_CS["plan",UNIT["metre",1]]'
DAY = "2023-04-18"
UTM = "EPSG:32649"
PIXEL = 10.0
REFLECTANCE = {"B2": 0.05, "B4": 0.04, "B8": 0.36, "B11": 0.16}
NDVI = (0.36 - 0.04) / (0.36 + 0.04)
LSWI = (0.36 - 0.16) / (0.36 + 0.16)
EVI = 2.5 * (0.36 - 0.04) / (0.36 + 6 * 0.04 - 7.5 * 0.05 + 1)
BSI = ((0.16 + 0.04) - (0.36 + 0.05)) / ((0.16 + 0.04) + (0.36 + 0.05))


@pytest.fixture
def parcels(database):
    """Nine squares of 200 m in two towns."""
    shapes = squares(3)
    with database.system_transaction() as session:
        at = audit.instant(session)
        made = [
            ParcelVersion(
                id=number,
                uid=uuid4(),
                area_code=f"{TAIHE if number <= 6 else TAIPING}201",
                valid_from=date(2022, 1, 1),
                recorded_at=at,
                digest="0" * 64,
                land_class="0101",
                survey_code=f"44180310200000{number:05d}",
                ellipsoidal_area_m2=float(ellipsoid.areas_m2(np.array([shape], object))[0]),
                geometry=shape,
            )
            for number, shape in enumerate(shapes, start=1)
        ]
        session.add_all(made)
    return made


def utm_corner():
    """The north-west corner of a grid that holds the squares with 50 m around."""
    mover = pyproj.Transformer.from_crs("EPSG:4490", UTM, always_xy=True)
    bounds = np.array([each.bounds for each in squares(3)])
    west, south, east, north = *bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0)
    xs, ys = mover.transform([west, west, east, east], [south, north, south, north])
    return min(xs) - 50, max(ys) + 50


def layers_of(values=None, *, shape=(80, 80), dtype="uint16", scale=1e4, lift=0):
    """One even layer for each band, with a dark corner as every scene has somewhere."""
    told = values or REFLECTANCE
    made = np.array([np.full(shape, value * scale + lift) for value in told.values()])
    return made.astype(dtype)


def a_raster(path, layers, names=tuple(REFLECTANCE), *, crs=UTM, transform=None, **profile):
    """Write a raster over the squares."""
    x, y = utm_corner()
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=layers.shape[2],
        height=layers.shape[1],
        count=len(layers),
        dtype=layers.dtype,
        crs=crs,
        transform=transform or Affine(PIXEL, 0, x, 0, -PIXEL, y),
        **({"nodata": 0} | profile),
    ) as raster:
        raster.write(layers)
        for number, name in enumerate(names, start=1):
            raster.set_band_description(number, name)
    return path


@pytest.fixture
def observe(database, settings, parcels):
    """Run `chungeng observe` in this process."""

    def run(*rasters, on=DAY, source="S2", acting="", area="", buffer=None, **given):
        order = imagery_commands.order_of(
            on, source, Given(**given), database.thresholds.imagery, area, buffer, None
        )
        return imagery_commands.observe(database, settings, rasters, order, acting=acting)

    return run


@pytest.fixture
def cube(settings):
    def read(town=TAIHE, **asked):
        return store.read_cube(settings.observation_directory, "2023", town, **asked)

    return read


def test_a_raster_gives_every_parcel_its_four_indices(observe, cube, tmp_path, parcels):
    outcome = observe(a_raster(tmp_path / "a.tif", layers_of()))
    assert outcome.n_by_reason[Missing.PRESENT] == 9
    uids, dates, values, missing = cube()
    assert set(uids) == {each.uid for each in parcels[:6]}
    assert dates.tolist() == [date(2023, 4, 18)]
    assert (missing == Missing.PRESENT).all()
    assert values.reshape(-1, 4) == pytest.approx(np.tile([NDVI, EVI, LSWI, BSI], (6, 1)), rel=1e-5)


def test_the_same_raster_again_changes_nothing_and_another_supersedes_it(
    observe, cube, tmp_path, settings, clock, database
):
    first = a_raster(tmp_path / "a.tif", layers_of())
    assert observe(first).counts == store.Counts(n_new=9)
    known_at = clock()
    clock.forward(hours=1)
    file = settings.observation_directory / "2023" / f"{TAIHE}.parquet"
    before = file.read_bytes()
    again = observe(first)
    assert (again.counts, again.n_weights_made) == (store.Counts(n_same=9), 0)
    assert file.read_bytes() == before
    greener = layers_of(REFLECTANCE | {"B8": 0.5})
    assert observe(a_raster(tmp_path / "b.tif", greener)).counts == store.Counts(n_changed=9)
    assert cube()[2][..., 0] == pytest.approx(0.46 / 0.54)
    assert cube(known_at=known_at)[2][..., 0] == pytest.approx(NDVI)
    with database.system_reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "observation.observe")
        ).all()
        assert audit.first_break(session) is None
    assert [json.loads(each.detail)["n_changed"] for each in entries] == [0, 9]


def test_weights_are_computed_once_for_a_grid_and_an_edited_parcel_computes_its_own(
    observe, tmp_path, database, settings, parcels
):
    first = a_raster(tmp_path / "a.tif", layers_of())
    assert observe(first).n_weights_made == 9
    assert observe(first, on="2023-04-19").n_weights_made == 0
    assert observe(first, on="2023-04-19", buffer=8).n_weights_made == 9
    folder = settings.observation_directory / "weights"
    kept = sorted(folder.iterdir())
    kept[0].write_bytes(kept[0].read_bytes()[:200])
    kept[1].write_bytes(b"")
    assert observe(first, on="2023-04-20").n_weights_made == 9
    with database.system_transaction() as session:
        session.get(ParcelVersion, 3).valid_to = date(2023, 4, 20)
        session.add(edited(parcels[2], audit.instant(session)))
    outcome = observe(first, on="2023-04-20")
    assert (outcome.n_weights_made, outcome.counts) == (1, store.Counts(n_changed=1, n_same=8))
    assert observe(first, on="2023-04-19", source="again").n_weights_made == 0
    shutil.rmtree(folder)
    anew = observe(first, on="2023-04-20")
    assert (anew.n_weights_made, anew.counts) == (9, store.Counts(n_same=9))


def edited(parcel, at):
    """The next version of a parcel, which is the half of it."""
    west, south, east, north = parcel.geometry.bounds
    return ParcelVersion(
        id=60,
        uid=parcel.uid,
        area_code=parcel.area_code,
        valid_from=date(2023, 4, 20),
        recorded_at=at,
        digest="1" * 64,
        ellipsoidal_area_m2=parcel.ellipsoidal_area_m2 / 2,
        geometry=shapely.box(west, south, (west + east) / 2, north),
    )


@pytest.fixture
def small(database, parcels):
    """A parcel of 25 m, and one of 8 m that the buffer leaves nothing of."""
    west, south = parcels[0].geometry.bounds[:2]
    with database.system_transaction() as session:
        at = audit.instant(session)
        for number, size in ((50, 25), (51, 8)):
            degrees = size / 111_000
            session.add(
                ParcelVersion(
                    id=number,
                    uid=uuid4(),
                    area_code=f"{SHANTANG}201",
                    valid_from=date(2022, 1, 1),
                    recorded_at=at,
                    digest="0" * 64,
                    ellipsoidal_area_m2=float(size**2),
                    geometry=shapely.box(west, south, west + degrees, south + degrees),
                )
            )


def test_every_missing_value_says_why_and_none_is_zero(observe, cube, tmp_path, small):
    layers = layers_of()
    layers[:, :, :40] = 0  # no data
    layers[2, 50:, 40:] = 65000  # a reflectance of 6.5: EVI and BSI beyond what can be
    clouds = np.zeros((1, 80, 80), np.uint8)
    clouds[:, :30, 40:] = 1
    cloud = a_raster(tmp_path / "cloud.tif", clouds, ["CLOUD"], nodata=None)
    outcome = observe(a_raster(tmp_path / "a.tif", layers), cloud=cloud, scale=1e-4)
    seen = {reason for reason, n in outcome.n_by_reason.items() if n}
    assert {Missing.CLOUD, Missing.NO_IMAGE, Missing.TOO_SMALL} <= seen
    for town in (TAIHE, TAIPING, SHANTANG):
        _, _, values, missing = cube(town)
        assert np.isnan(values[missing != Missing.PRESENT]).all()
        assert not (values == 0).any()
    assert (cube(SHANTANG)[3] == Missing.TOO_SMALL).all()


def test_neighbouring_rasters_of_one_day_complete_each_other(observe, cube, tmp_path):
    west, east = layers_of(), layers_of()
    west[:, :, 40:], east[:, :, :40] = 0, 0
    whole = observe(a_raster(tmp_path / "w.tif", west), a_raster(tmp_path / "e.tif", east))
    assert whole.n_by_reason[Missing.PRESENT] == 9
    _, dates, values, _ = cube()
    assert (len(dates), np.isnan(values).any()) == (1, False)


def test_a_raster_that_does_not_show_a_parcel_takes_no_value_from_it(observe, cube, tmp_path):
    observe(a_raster(tmp_path / "a.tif", layers_of()))
    half = layers_of()
    half[:, :, :40] = 0
    counts = observe(a_raster(tmp_path / "b.tif", half)).counts
    # Those that the edge of the data cuts are measured anew, by fewer pixels.
    assert (counts.n_new, counts.n_changed, counts.n_same) == (0, 3, 6)
    assert (cube()[3] == Missing.PRESENT).all()


def test_a_scene_classification_is_a_cloud_mask_on_its_own_coarser_grid(observe, tmp_path):
    x, y = utm_corner()
    scl = np.full((1, 40, 40), 4, np.uint8)
    scl[:, :20] = 9
    mask = a_raster(tmp_path / "scl.tif", scl, ["SCL"], transform=Affine(20, 0, x, 0, -20, y))
    outcome = observe(a_raster(tmp_path / "a.tif", layers_of()), cloud=mask)
    assert outcome.n_by_reason[Missing.CLOUD] > 0
    assert outcome.n_by_reason[Missing.PRESENT] > 0


@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:4490", "sinusoidal", "rotated", "south-up"])
def test_any_grid_that_lies_somewhere_is_measured_without_resampling(observe, cube, tmp_path, crs):
    """Offset, geographic, sinusoidal, rotated and south-up grids: the weights go to them."""
    said = {"sinusoidal": SINUSOIDAL, "rotated": UTM, "south-up": UTM}.get(crs, crs)
    mover = pyproj.Transformer.from_crs("EPSG:4490", said, always_xy=True)
    x, y = mover.transform(WEST + 1.5 * STEP, SOUTH + 1.5 * STEP)
    step = 1e-4 if crs == "EPSG:4490" else 10.0
    turn = Affine.rotation(30) if crs == "rotated" else Affine.identity()
    up = step if crs == "south-up" else -step
    affine = Affine.translation(x + 3.3, y - 1.7) if step == 10.0 else Affine.translation(x, y)
    affine = affine @ turn @ Affine.scale(step, up) @ Affine.translation(-60, -60)
    layers = layers_of(shape=(120, 120))
    outcome = observe(a_raster(tmp_path / "a.tif", layers, crs=said, transform=affine))
    assert outcome.n_by_reason[Missing.PRESENT] == 9
    assert cube()[2][..., 0] == pytest.approx(NDVI)


REFUSED = {
    "not_a_raster": (lambda path: path.write_text("这不是影像"), "不是影像"),
    "damaged": (lambda path: cut(a_raster(path, layers_of(), compress="deflate")), "损坏"),
    "no_crs": (lambda path: a_raster(path, layers_of(), crs=None), "没有坐标系"),
    "no_place": (lambda path: without_place(a_raster(path, layers_of())), "六参数"),
    "unknown_crs": (lambda path: a_raster(path, layers_of(), crs=LOCAL), "CGCS2000"),
    "elsewhere": (lambda path: a_raster(path, layers_of(), crs="EPSG:32633"), "压到"),
    "bands": (lambda path: a_raster(path, layers_of(), ["a", "b", "c", "d"]), "--bands"),
    "scale": (
        lambda path: a_raster(path, layers_of(dtype="float32"), nodata=None),
        "--scale 0.0001",
    ),
    "offset": (lambda path: a_raster(path, layers_of(lift=1000)), "--offset -1000"),
    "out_of_range": (
        lambda path: a_raster(path, np.full((1, 80, 80), 1.7, np.float32), ["NDVI"], nodata=None),
        "NDVI 为 -1 到 1",
    ),
}


def without_place(path):
    """Take away where a raster lies, and leave its coordinate system."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "r+") as raster:
            raster.transform = Affine.identity()


def cut(path):
    """Leave off the end of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


@pytest.mark.parametrize("code", REFUSED)
def test_a_bad_raster_is_refused_with_what_to_do_and_leaves_nothing(
    observe, tmp_path, settings, code
):
    make, words = REFUSED[code]
    make(tmp_path / "bad.tif")
    with pytest.raises(RasterRefused) as refused:
        observe(tmp_path / "bad.tif")
    assert refused.value.members["code"] == code
    assert words in refused.value.detail
    assert store.seasons(settings.observation_directory) == []


def test_a_file_that_names_another_is_no_raster(observe, tmp_path):
    a_raster(tmp_path / "a.tif", layers_of())
    (tmp_path / "a.vrt").write_text("<VRTDataset rasterXSize='80' rasterYSize='80'/>")
    with pytest.raises(RasterRefused, match="不是影像"):
        observe(tmp_path / "a.vrt")
    with pytest.raises(RasterRefused, match="没有文件"):
        observe(tmp_path / "absent.tif")


def test_the_offset_of_a_known_baseline_is_taken_off_and_said(observe, cube, tmp_path):
    lifted = a_raster(tmp_path / "T49QGG_N0509_20230418.tif", layers_of(lift=1000))
    outcome = observe(lifted)
    assert any("已减去 1000" in note for note in outcome.notes)
    assert cube()[2][..., 0] == pytest.approx(NDVI)
    done = a_raster(tmp_path / "T49QGG_N0510_20230418.tif", layers_of())
    outcome = observe(done)
    assert any("已减过" in note for note in outcome.notes)
    assert outcome.counts == store.Counts(n_same=9)


def test_an_offset_that_is_said_is_used_unless_it_makes_reflectances_negative(
    observe, cube, tmp_path
):
    observe(a_raster(tmp_path / "a.tif", layers_of(lift=1000)), offset=-1000.0)
    assert cube()[2][..., 0] == pytest.approx(NDVI)
    with pytest.raises(RasterRefused, match="负的"):
        observe(a_raster(tmp_path / "b.tif", layers_of()), offset=-1000.0)


def test_a_scale_of_ten_thousand_and_missing_nodata_are_said(observe, tmp_path):
    outcome = observe(a_raster(tmp_path / "a.tif", layers_of(), nodata=None))
    assert any("除以 10,000" in note for note in outcome.notes)
    assert any("没有写明无数据值" in note for note in outcome.notes)
    index = np.full((1, 80, 80), 8000, np.int16)
    outcome = observe(a_raster(tmp_path / "i.tif", index, ["NDVI"], nodata=-32768), source="I")
    assert any("放大 10,000 倍" in note for note in outcome.notes)


@pytest.mark.parametrize("fill", [0, -3000, -9999])
def test_a_parcel_in_an_undeclared_fill_has_no_image_and_no_value(
    observe, cube, tmp_path, parcels, fill
):
    layers = layers_of(dtype="int16")
    mover = pyproj.Transformer.from_crs("EPSG:4490", UTM, always_xy=True)
    x, y = mover.transform(*shapely.centroid(parcels[0].geometry).coords[0])
    west, north = utm_corner()
    row, column = int((north - y) / PIXEL), int((x - west) / PIXEL)
    layers[:, row - 12 : row + 13, column - 12 : column + 13] = fill
    outcome = observe(a_raster(tmp_path / "a.tif", layers, nodata=None))
    assert any("没有写明无数据值" in note for note in outcome.notes)
    uids, _, values, missing = cube()
    at = uids.index(parcels[0].uid)
    assert missing[at].tolist() == [Missing.NO_IMAGE]
    assert np.isnan(values[at]).all()
    assert values[np.arange(len(uids)) != at, 0, 0] == pytest.approx(NDVI)


def test_that_there_is_no_fill_can_be_said_and_the_ledger_stays_readable(
    observe, tmp_path, database
):
    index = np.random.default_rng(4).integers(3000, 9000, (1, 80, 80)).astype(np.int16)
    index[:, :, :4] = 0
    path = a_raster(tmp_path / "i.tif", index, ["NDVI"], nodata=None)
    observe(path, no_data=float("nan"))
    with database.system_reading() as session:
        (detail,) = session.scalars(
            select(AuditEntry.detail).where(AuditEntry.action == "observation.observe")
        )
    told = json.loads(detail, parse_constant=pytest.fail)
    assert told["given"]["no_data"] == "nan"


def test_a_few_pixels_beyond_one_are_left_out_and_said(observe, cube, tmp_path):
    index = np.full((1, 80, 80), 0.8, np.float32)
    index[:, ::10, ::10] = 1.3
    outcome = observe(a_raster(tmp_path / "i.tif", index, ["NDVI"]))
    assert any("超出指数的取值范围" in note for note in outcome.notes)
    _, _, values, _ = cube()
    assert values[..., 0] == pytest.approx(0.8)
    assert np.isnan(values[..., 1:]).all()


def test_bands_are_told_by_their_names_or_on_the_command_line(observe, cube, tmp_path):
    names = ["B02 - Blue", "B04", "nir", "SWIR1"]
    observe(a_raster(tmp_path / "a.tif", layers_of(), names))
    assert cube()[2][..., 3] == pytest.approx(BSI)
    plain = a_raster(tmp_path / "b.tif", layers_of()[::-1], [""] * 4)
    assert observe(plain, bands=("B11", "B8", "B4", "B2")).counts.n_same == 9
    for wrong in (("B2", "B4"), ("B2", "B2", "B4", "B8"), ("B2", "B4", "B8", "rouge")):
        with pytest.raises(RasterRefused):
            observe(plain, bands=wrong)


def test_a_town_sees_only_its_own_parcels_and_a_recorder_may_not_observe(
    observe, tmp_path, make_account, cube
):
    make_account("bureau", TAIHE, "town-bureau")
    make_account("recorder", TAIHE, "a-recorder")
    raster = a_raster(tmp_path / "a.tif", layers_of())
    assert observe(raster, acting="town-bureau").counts == store.Counts(n_new=6)
    assert cube(TAIPING)[0] == []
    with pytest.raises(Forbidden):
        observe(raster, acting="a-recorder")
    assert observe(raster, area=TAIPING).counts == store.Counts(n_new=3)


def test_the_command_says_what_it_read_kept_and_refused(
    database, settings, parcels, tmp_path, monkeypatch
):
    monkeypatch.setattr(telemetry, "configure_logging", lambda **_: None)
    monkeypatch.setenv("CHUNGENG_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("CHUNGENG_OBSERVATION_DIRECTORY", str(settings.observation_directory))
    monkeypatch.chdir(tmp_path)
    file = a_raster(tmp_path / "a.tif", layers_of())
    told = CliRunner().invoke(cli.app, ["observe", str(file), "--on", DAY])
    assert told.exit_code == 0, told
    assert "图斑 9 个" in told.output
    assert "新增 9" in told.output
    again = CliRunner().invoke(cli.app, ["observe", str(file), "--on", DAY])
    assert "没有改动" in again.output
    wrong = CliRunner().invoke(cli.app, ["observe", str(file), "--on", "18/04/2023"])
    assert isinstance(wrong.exception, Invalid)


def table(*lines: str) -> dict:
    text = "\n".join(("图斑,日期,来源,NDVI,EVI,缺测原因", *lines)) + "\n"
    return {"files": {"file": ("观测.csv", text.encode(), "text/csv")}}


@pytest.fixture
def bring(as_role):
    """Bring a table of observations through the API."""

    def send(*lines, **form):
        bureau = as_role("bureau")
        return bureau.send("POST", "observations/imports", data=form, **table(*lines))

    return send


def test_a_table_comes_in_once_and_a_correction_supersedes(bring, parcels, as_role, clock):
    code = parcels[0].survey_code
    rows = (f"{code},2023-03-01,S2,0.5,,", f"{parcels[7].uid},2023-03-01,S2,,,云")
    assert bring(*rows, dry_run="true").json()["n_filed"] == 2
    assert bring(*rows).json()["n_filed"] == 2
    assert bring(*rows).json()["n_unchanged"] == 2
    known_at = clock().isoformat()
    clock.forward(hours=1)
    assert bring(f"{code},2023-03-01,S2,0.6,,").json()["n_filed"] == 1
    of = f"parcels/{parcels[0].uid}/observations"
    leader = as_role("leader")
    (now,) = leader.get(of).json()["items"]
    assert (now["ndvi"], now["evi"], now["missing"]) == (0.6, None, "present")
    assert leader.get(of, known_at=known_at).json()["items"][0]["ndvi"] == 0.5
    (hidden,) = leader.get(f"parcels/{parcels[7].uid}/observations").json()["items"]
    assert (hidden["missing"], hidden["ndvi"]) == ("cloud", None)
    elsewhere = as_role("recorder", TAIPING).get(of)
    assert elsewhere.status_code == 404


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("{0},2023-03-01,S2,1.2,,", "NDVI", "-1 与 1"),
        ("{0},2023-03-01,S2,5200,,", "NDVI", "10,000 倍"),
        ("{0},2023-03-01,S2,0.5,9,", "EVI", "1.5"),
        ("{0},2023-03-01,S2,,,", "", "缺测原因"),
        ("{0},2023-03-01,S2,0.5,,云", "", "只能有一样"),
        ("{0},01/03/2023,S2,0.5,,", "日期", "2023-04-20"),
        ("{0},2023-02-28 16:00:00,S2,0.5,,", "日期", "没有时区"),
        ("{0},2023-02-28T10:30,S2,0.5,,", "日期", "没有时区"),
        ("{0},2023-09-01,S2,0.5,,", "日期", "今天"),
        ("{0},2021-09-01,S2,0.5,,", "图斑", "没有这个图斑"),
        ("没有的,2023-03-01,S2,0.5,,", "图斑", "没有这个图斑"),
    ],
)
def test_a_row_that_cannot_be_is_refused_at_its_cell_with_the_reason(
    bring, parcels, settings, row, column, words
):
    answer = bring(row.format(parcels[0].survey_code))
    assert answer.status_code == 422, answer.text
    (refused,) = answer.json()["rows"]
    assert (refused["row"], refused["column"]) == (2, column)
    assert words in refused["reason"]
    assert store.seasons(settings.observation_directory) == []


def test_the_second_row_of_a_parcel_and_day_is_refused(bring, parcels):
    code = parcels[0].survey_code
    answer = bring(f"{code},2023-03-01,S2,0.5,,", f"{code},2023-03-01,S2,0.6,,")
    assert [each["row"] for each in answer.json()["rows"]] == [3]
    kept = bring(f"{code},2023-03-01,S2,0.5,,", f"{code},2023-03-01,S2,0.6,,", partial="true")
    assert (kept.json()["n_filed"], kept.json()["n_refused"]) == (1, 1)


def test_months_that_slipped_by_a_time_zone_are_refused_and_instants_come_right(
    bring, parcels, as_role
):
    code = parcels[0].survey_code
    ends = [f"{code},{day},S2,0.5,," for day in ("2022-12-31", "2023-01-31", "2023-02-28")]
    answer = bring(*ends)
    assert [each["row"] for each in answer.json()["rows"]] == [2, 3, 4]
    assert "时区" in answer.json()["rows"][0]["reason"]
    mixed = [f"{code},{day},S2,0.5,," for day in ("2022-12-31", "2023-01-31", "2023-03-01")]
    assert "时区" in bring(*mixed).json()["rows"][0]["reason"]
    assert bring(*mixed[:2], dry_run="true").json()["n_filed"] == 2
    midnight = f"{code},2023-01-15T00:00,S2,0.5,,"
    assert bring(midnight, dry_run="true").json()["n_filed"] == 1
    instants = [
        f"{code},{day}T16:00:00Z,S2,0.5,," for day in ("2022-12-31", "2023-01-31", "2023-02-28")
    ]
    assert bring(*instants).json()["n_filed"] == 3
    found = as_role("leader").get(f"parcels/{parcels[0].uid}/observations").json()["items"]
    assert [each["observed_on"] for each in found] == ["2023-01-01", "2023-02-01", "2023-03-01"]


def test_a_write_that_fails_leaves_the_series_as_they_were(
    database, settings, parcels, observe, tmp_path
):
    observe(a_raster(tmp_path / "a.tif", layers_of()))
    folder = settings.observation_directory
    file = folder / "2023" / f"{TAIHE}.parquet"
    before = file.read_bytes()
    rows = store.read(folder, "2023", TAIHE).drop(columns="recorded_at").assign(ndvi=0.1)
    towns = np.full(len(rows), TAIHE)
    with database.write_session() as session:
        session.info["is_system"] = True
        told = {"action": "observation.observe", "subject": "x", "area_code": None}
        assert keeping.keep(session, folder, rows, towns, **told).n_changed == 6
        session.rollback()
    assert file.read_bytes() == before
    assert list(file.parent.glob("*.new")) == []
    assert observe(a_raster(tmp_path / "b.tif", layers_of())).counts.n_same == 9


def test_the_server_takes_tables_without_loading_rasters_or_kernels():
    """Both are large, and kernels are compiled: neither is the business of a web worker."""
    program = (
        "import sys, service.imagery.routes; print({'numba', 'rasterio'} & sys.modules.keys())"
    )
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert told.stdout.strip() == b"set()"


def test_what_one_transaction_keeps_in_two_steps_is_published_together(
    database, settings, observe, tmp_path, cube
):
    observe(a_raster(tmp_path / "a.tif", layers_of()))
    folder = settings.observation_directory
    rows = store.read(folder, "2023", TAIHE).drop(columns="recorded_at")
    towns = np.full(len(rows), TAIHE)
    told = {"action": "observation.observe", "subject": "x", "area_code": None}
    with database.system_transaction() as session:
        for day in (19, 20):
            later = rows.assign(day=date(2023, 4, day))
            assert keeping.keep(session, folder, later, towns, **told).n_new == 6
            assert len(cube()[1]) == 1
    assert [each.day for each in cube()[1].tolist()] == [18, 19, 20]
