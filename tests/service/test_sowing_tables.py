"""A town's week as a workbook or CSV: out, filled in, and back."""

import io
from decimal import Decimal

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

TAIHE = "441803102"
DAY = "2023-04-20"


@pytest.fixture
def planned(season, as_role):
    """Early rice and spring maize are planned for the town, so the template has their columns."""
    bureau = as_role("bureau")
    for crop in ("RICE_E", "CORN_S"):
        plan = {"season_code": season, "area_code": TAIHE, "crop_code": crop, "plan_mu": 10000}
        assert bureau.post("sowing/plans", plan).status_code == 201
    return season


def upload(speaker, content: bytes, name: str = "week.xlsx", **form):
    fields = {"season": "2023-spring", "as_of": DAY} | form
    fields = {key: value for key, value in fields.items() if value is not None}
    return speaker.send("POST", "sowing/imports", data=fields, files={"file": (name, content)})


def the_template(speaker):
    answer = speaker.get("sowing/imports/template", season="2023-spring", area=TAIHE, as_of=DAY)
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def saved(book) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def column_of(sheet, title: str) -> int:
    return next(cell.column for cell in sheet[2] if cell.value == title)


def csv_of(*lines: str, encoding: str = "utf-8") -> bytes:
    return "\n".join(("村代码,村名,作物,方式,累计面积(亩),更正原因", *lines)).encode(encoding)


def test_the_template_has_every_village_locked_headings_and_validation(planned, as_role):
    sheet = the_template(as_role("recorder", TAIHE))["填报"]
    assert [row[0].value for row in sheet.iter_rows(min_row=3)] == [
        each["code"]
        for each in as_role("recorder", TAIHE).get("areas", parent=TAIHE).json()["items"]
    ]
    assert sheet.protection.sheet
    assert sheet.cell(2, 1).protection.locked
    assert not sheet.cell(3, column_of(sheet, "早稻·栽插")).protection.locked
    kinds = {rule.type for rule in sheet.data_validations.dataValidation}
    assert kinds == {"custom", "list"}


def test_a_filled_template_is_filed_and_a_second_upload_changes_nothing(planned, as_role):
    recorder = as_role("recorder", TAIHE)
    book = the_template(recorder)
    sheet = book["填报"]
    sheet.cell(3, column_of(sheet, "早稻·栽插"), 12.5)
    sheet.cell(3, column_of(sheet, "早稻·育秧"), 1.25)
    sheet.cell(4, column_of(sheet, "早稻·栽插"), 0)
    sheet.cell(5, column_of(sheet, "春玉米·播种"), "无")
    first = upload(recorder, saved(book)).json()
    assert (first["n_read"], first["n_filed"], first["n_unchanged"]) == (4, 4, 0)
    second = upload(recorder, saved(book)).json()
    assert (second["n_filed"], second["n_unchanged"]) == (0, 4)
    again = the_template(recorder)["填报"]
    assert again.cell(3, column_of(again, "早稻·栽插")).value == 12.5
    assert again.cell(4, column_of(again, "早稻·栽插")).value == 0
    assert again.cell(5, column_of(again, "春玉米·播种")).value == "无"
    assert again.cell(6, column_of(again, "早稻·栽插")).value is None


def test_a_table_with_one_bad_cell_stores_nothing_and_names_the_cell(planned, as_role):
    recorder = as_role("recorder", TAIHE)
    table = csv_of(
        "441803102201,黄坑,早稻,栽插,10",
        "441803102202,乐园,早稻,栽插,十亩",
        "441803102203,周田,早稻,栽插,-3",
        "441803102211,飞水,早稻,栽插,1.234",
        "441803999999,别处,早稻,栽插,1",
        "441803102212,塔脚,早稻,播种,1",
    )
    answer = upload(recorder, table, "week.csv")
    assert answer.status_code == 422
    rows = answer.json()["rows"]
    assert [(each["row"], each["column"]) for each in rows] == [
        (3, "累计面积(亩)"),
        (4, "累计面积(亩)"),
        (5, "累计面积(亩)"),
        (6, "累计面积(亩)"),
        (7, "累计面积(亩)"),
    ]
    assert rows[0]["value"] == "十亩"
    assert "负数" in rows[1]["reason"]
    assert "2 位小数" in rows[2]["reason"]
    assert recorder.get("sowing/reports", season="2023-spring").json()["items"] == []


def test_a_partial_import_files_the_good_rows_and_reports_the_others(planned, as_role):
    recorder = as_role("recorder", TAIHE)
    table = csv_of("441803102201,,早稻,栽插,10", "441803102202,,早稻,栽插,?")
    report = upload(recorder, table, "week.csv", partial="true").json()
    assert (report["n_filed"], report["n_refused"]) == (1, 1)


def test_a_dry_run_reports_and_stores_nothing(planned, as_role):
    recorder = as_role("recorder", TAIHE)
    report = upload(recorder, csv_of("441803102201,,早稻,栽插,10"), "w.csv", dry_run="true").json()
    assert report["is_dry_run"]
    assert report["n_filed"] == 1
    assert recorder.get("sowing/reports", season="2023-spring").json()["items"] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_a_csv_is_read_in_utf8_and_gbk(planned, as_role, encoding):
    recorder = as_role("recorder", TAIHE)
    table = csv_of(',黄坑村,早稻,抛秧,"1,234.50"', encoding=encoding)
    report = upload(recorder, table, "week.csv").json()
    assert report["n_filed"] == 1, report
    assert report["encoding"] == ("gb18030" if encoding == "gbk" else "utf-8")
    (item,) = recorder.get("sowing/reports", season="2023-spring").json()["items"]
    assert Decimal(str(item["cumulative_mu"])) == Decimal("1234.50")
    assert item["area_code"] == "441803102201"


def test_a_name_that_stands_twice_is_refused_with_its_candidates(planned, as_role):
    answer = upload(as_role("recorder"), csv_of(",五星,早稻,栽插,1"), "week.csv")
    assert answer.status_code == 422
    assert "441803102216" in answer.json()["rows"][0]["reason"]
    assert "441803112252" in answer.json()["rows"][0]["reason"]


def test_a_figure_given_twice_is_refused(planned, as_role):
    line = "441803102201,,早稻,栽插,10"
    answer = upload(as_role("recorder", TAIHE), csv_of(line, line), "week.csv")
    assert "出现两次" in answer.json()["rows"][0]["reason"]


def test_a_correction_by_table_needs_its_reason(planned, as_role):
    recorder = as_role("recorder", TAIHE)
    upload(recorder, csv_of("441803102201,,早稻,栽插,10"), "a.csv")
    task = recorder.get("reporting/tasks", season="2023-spring", period=DAY).json()["items"][0]
    recorder.post(f"reporting/tasks/{task['id']}/submit")
    as_role("approver", TAIHE).post(f"reporting/tasks/{task['id']}/return", {"reason": "请核实"})
    without = upload(recorder, csv_of("441803102201,,早稻,栽插,9"), "b.csv")
    assert "更正原因" in without.json()["rows"][0]["reason"]
    corrected = upload(recorder, csv_of("441803102201,,早稻,栽插,9,误报更正"), "b.csv")
    assert corrected.json()["n_filed"] == 1
    history = recorder.get("sowing/reports", season="2023-spring", history=True).json()["items"]
    assert [each["cumulative_mu"] for each in history] == [10, 9]
    assert history[1]["old_mu"] == 10


def test_text_that_looks_like_a_formula_stays_text_in_both_directions(planned, as_role):
    recorder = as_role("recorder", TAIHE)
    book = the_template(recorder)
    sheet = book["填报"]
    sheet.cell(3, column_of(sheet, "早稻·栽插"), 5)
    note = sheet.cell(3, column_of(sheet, "备注"))
    note.value, note.data_type = "=1+1", "s"
    assert upload(recorder, saved(book)).json()["n_filed"] == 1
    (item,) = recorder.get("sowing/reports", season="2023-spring").json()["items"]
    assert item["note"] == "=1+1"
    cells = [cell for row in the_template(recorder)["填报"].iter_rows() for cell in row]
    assert not [c for c in cells if c.data_type == "f" or isinstance(c.value, ArrayFormula)]


def test_a_formula_where_a_figure_belongs_is_refused_or_read_as_its_value(planned, as_role):
    book = the_template(as_role("recorder", TAIHE))
    sheet = book["填报"]
    sheet.cell(3, column_of(sheet, "早稻·栽插"), '=HYPERLINK("x")')
    report = upload(as_role("recorder", TAIHE), saved(book))
    assert report.status_code in {200, 422}
    assert (
        as_role("recorder", TAIHE).get("sowing/reports", season="2023-spring").json()["items"] == []
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 no zip",
        b"\xd0\xcf\x11\xe0 old xls",
        b"%PDF-1.7",
        b"\xff\xfea\x00",
        b"\x00\x01\x02",
        b"a,b\n1,2\n",
        '村代码,x\n"unclosed'.encode(),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_a_reason(planned, as_role, content):
    answer = upload(as_role("recorder", TAIHE), content, "week.xlsx")
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
