"""Patches come again: in another file, on another day, in another datum, at another place."""

import shapely
from sqlalchemy import select

from service.signals.models import Signal
from tests.land_files import squares, write
from tests.service.test_signals import bring
from tests.signal_files import MIDDLE, patch_fields, put_parcels, shifted

TABLE = "JCBH,TBLX,QSX,HSX,SFYN,XZB,YZB,JCMJ\n"


def signals(database) -> list[Signal]:
    with database.system_reading() as session:
        return list(session.scalars(select(Signal).order_by(Signal.reference_no)))


def table_at(path, *places) -> object:
    rows = (f"JC-{k},20,20221101,20230401,是,{x},{y},0.3" for k, (x, y) in enumerate(places))
    path.write_text(TABLE + "\n".join(rows), encoding="utf-8")
    return path


def test_a_month_alone_brings_the_same_patches_on_a_later_day(as_role, database, tmp_path, clock):
    put_parcels(database)
    path = write(
        tmp_path / "p.gpkg", squares(6)[:3], patch_fields(3, HSX=["202304"] * 3), layer="JCTB"
    )
    assert bring(as_role("bureau"), path).json()["n_new"] == 3
    clock.forward(days=1)
    again = bring(as_role("bureau"), path).json()
    assert (again["n_new"], again["n_known"]) == (0, 3)
    # What is told of the end of a month was seen by the day on which it was told.
    assert {each.observed_at.isoformat() for each in signals(database)} == {
        "2023-04-19T16:00:00+00:00"
    }


def test_points_and_few_areas_are_entered_only_with_a_datum(as_role, database, tmp_path):
    put_parcels(database)
    bureau = as_role("bureau")
    points = table_at(tmp_path / "p.csv", *[(MIDDLE[0] + k / 1000, MIDDLE[1]) for k in range(5)])
    few = write(tmp_path / "p.gpkg", squares(6)[:2], patch_fields(2), layer="JCTB")
    for path in (points, few):
        refused = bring(bureau, path)
        assert refused.status_code == 422
        assert "请问清数据来源" in refused.json()["detail"]
        assert signals(database) == []
    report = bring(bureau, points, datum="gcj02").json()
    assert (report["n_new"], report["datum"]) == (5, "gcj02")
    assert all(each.given_geometry for each in signals(database))


def test_a_file_of_which_nothing_is_taken_needs_no_datum(as_role, tmp_path):
    path = tmp_path / "p.csv"
    path.write_text(TABLE + f"JC-1,ZZ,,20230401,,{MIDDLE[0]},{MIDDLE[1]},\n", encoding="utf-8")
    report = bring(as_role("bureau"), path)
    assert (report.status_code, report.json()["n_refused"]) == (200, 1)


def test_a_delivery_that_is_understood_otherwise_makes_no_second_signal(
    as_role, database, tmp_path
):
    put_parcels(database)
    bureau = as_role("bureau")
    given = [shifted(each) for each in squares(6)[7:12]]
    first = write(tmp_path / "a.gpkg", given[:2], patch_fields(2), layer="JCTB")
    assert bring(bureau, first, datum="gcj02").json()["n_new"] == 2
    whole = write(tmp_path / "b.gpkg", given, patch_fields(5), layer="JCTB")
    report = bring(bureau, whole).json()
    assert report["is_datum_detected"]
    assert (report["n_new"], report["n_known"], report["n_refused"]) == (3, 2, 0)
    wrong = bring(bureau, first, datum="cgcs2000").json()
    assert (wrong["n_new"], wrong["n_known"], wrong["n_refused"]) == (0, 0, 2)
    assert "米外" in wrong["rows"][0]["reason"]
    assert "查清坐标基准" in wrong["rows"][0]["reason"]
    assert len(signals(database)) == 5


def test_one_number_with_two_shapes_in_a_file_is_told(as_role, database, tmp_path):
    put_parcels(database)
    shapes = squares(6)[:3]
    fields = patch_fields(4)
    fields["JCBH"][1:3] = "JC-2"
    path = write(tmp_path / "p.gpkg", [*shapes, shapes[2]], fields, layer="JCTB")
    report = bring(as_role("bureau"), path).json()
    assert (report["n_new"], report["n_refused"]) == (3, 1)
    assert (report["rows"][0]["row"], report["rows"][0]["column"]) == (3, "JCBH")
    assert "图形却不同" in report["rows"][0]["reason"]
    assert len({shapely.to_wkb(each.geometry) for each in signals(database)}) == 3


def test_the_image_before_and_the_word_on_farmland_are_kept_and_compared(
    as_role, database, tmp_path
):
    put_parcels(database)  # the first, third and fifth of them are basic farmland
    fields = patch_fields(5, SFYN=["是", "是", "否", "否", ""], QSX=["20221101"] * 4 + [""])
    path = write(tmp_path / "p.gpkg", squares(6)[:5], fields, layer="JCTB")
    bureau = as_role("bureau")
    assert bring(bureau, path).json()["n_farmland_differs"] == 2
    found = {each["reference_no"]: each for each in bureau.get("signals").json()["items"]}
    told = [found[number] for number in fields["JCBH"]]
    assert [each["is_farmland_told"] for each in told] == [True, True, False, False, None]
    assert [each["farmland_differs"] for each in told] == [False, True, True, False, None]
    assert [each["before_on"] for each in told] == ["2022-11-01"] * 4 + [None]
    card = bureau.get(f"/signals/{told[1]['id']}").text
    assert "2022-11-01" in card
    assert "与图斑账不一致" in card
