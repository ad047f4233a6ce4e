"""Every importer of every book: a clear refusal or a right reading, and nothing half-written."""

import ast
import csv
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest
from sqlalchemy import func, select

from config.settings import Settings
from service.accounts.policy import may
from service.app import create_app
from service.database import Base
from service.security import Role
from tests import books
from tests.hostile_tables import (
    BAD_DAY_NUMBERS,
    BAD_DAYS,
    BAD_NUMBERS,
    REFUSED,
    SAME,
    a_csv,
    a_workbook,
    pickles,
    same_days,
    same_numbers,
)

TAIHE = "441803102"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
DOCUMENT = create_app(Settings(_env_file=None, jobs=False)).openapi()
LAND = ("/api/v1/parcels/imports", "/api/v1/patches/imports")
"""Files with geometry have a corpus of their own; patches are told row by row in `test_signals`."""
SOWING = "/api/v1/sowing/imports"
IMPORTERS = [
    path
    for path, methods in DOCUMENT["paths"].items()
    if path.endswith("/imports") and "post" in methods and path not in LAND
]
NUMBER, DAY = ("数字", "整数"), ("写成 2023-04-20",)
ROLES = (Role.RECORDER, Role.BUREAU, Role.ADMIN, Role.OFFICER, Role.OUTLET)
each_importer = pytest.mark.parametrize("path", IMPORTERS, ids=lambda path: path[8:-8])
ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what is refused before the database is asked."""
FORMS = ({}, {"partial": "true"}, {"dry_run": "true"})
WHOLE_HOUSE = Path(__file__).parents[2]


@dataclass
class Importer:
    """One importer: who may use it, its headings and one good row."""

    path: str
    speaker: object
    headings: list[str]
    row: list[str]
    form: dict = field(default_factory=dict)

    def send(self, content: bytes, name: str = "t.csv", **form):
        return self.speaker.send(
            "POST", self.path, files={"file": (name, content)}, data=self.form | form
        )

    def filed(self, content: bytes, name: str = "t.csv", **form) -> dict:
        answer = self.send(content, name, **form)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def kinds(self) -> dict[str, str]:
        """Return heading -> what its cells hold, as the template's own explanation says."""
        if self.path == SOWING:
            return {"累计面积(亩)": "数字", "报告日": "写成 2023-04-20"}
        answer = self.speaker.get(f"{self.path}/template")
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content))["说明"]
        return {row[0]: row[2] for row in sheet.iter_rows(values_only=True)}

    def columns(self, wanted: tuple[str, ...]) -> Iterator[int]:
        kinds = self.kinds()
        return (n for n, name in enumerate(self.headings) if kinds.get(name) in wanted)

    def row_with(self, column: int, cell: object) -> list[object]:
        return [cell if n == column else old for n, old in enumerate(self.row)]


@pytest.fixture
def importer(path, season, as_role, database) -> Importer:
    action = DOCUMENT["paths"][path]["post"]["x-action"]
    role = next(role for role in ROLES if may(role, action))
    speaker = as_role(role.value, TAIHE)
    if path == SOWING:
        headings = ["村代码", "作物", "方式", "累计面积(亩)", "报告日"]
        row = ["441803102201", "早稻", "栽插", "12.5", "2023-04-20"]
        return Importer(path, speaker, headings, row, {"season": season})
    place = SimpleNamespace(area=TAIHE, village="441803102201", more=books.put(database, TAIHE, 1))
    request = books.REQUESTS["POST", path](place)
    content = request["files"]["file"][1].decode("utf-8-sig")
    headings, row = list(csv.reader(io.StringIO(content)))
    return Importer(path, speaker, headings, row, request.get("data", {}))


@pytest.fixture
def contents(database):
    """Count the rows of every table."""

    def count() -> dict[str, int]:
        with database.system_reading() as session:
            return {
                table.name: session.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
            }

    return count


def assert_refused(answer, of: str) -> dict:
    assert 400 <= answer.status_code < 500, (of, answer.status_code, answer.text[:300])
    assert answer.headers["content-type"] == "application/problem+json", of
    told = answer.json()
    assert CHINESE.search(told["detail"]), (of, told)
    return told


def test_the_importers_of_every_book_are_tried_here():
    assert len(IMPORTERS) >= 4
    assert {path for path in IMPORTERS if path != SOWING} == {
        path
        for method, path in books.REQUESTS
        if method == "POST" and path.endswith("/imports") and path not in LAND
    }


@ONE_ENGINE
@each_importer
def test_a_spoilt_file_is_refused_and_nothing_is_stored(importer, contents):
    before, server = contents(), os.getpid()
    for (name, make), form in zip(REFUSED.items(), cycle(FORMS), strict=False):
        content = make(importer.headings, importer.row)
        told = assert_refused(importer.send(content, **form), name)
        assert "rows" not in told, (name, "the file itself is refused, not a row of it")
    assert contents() == before
    assert os.getpid() == server


@each_importer
def test_a_table_written_in_another_way_is_read_as_the_plain_one(importer):
    first = importer.filed(a_csv(importer.headings, importer.row))
    assert (first["n_filed"], first["n_refused"]) == (1, 0), first
    for name, make in SAME.items():
        again = importer.filed(make(importer.headings, importer.row))
        figures = (again["n_filed"], again["n_unchanged"], again["n_refused"])
        assert figures == (0, 1, 0), (name, again)


@each_importer
def test_a_number_or_a_day_written_in_another_way_is_the_same(importer):
    importer.filed(a_csv(importer.headings, importer.row))
    written = [
        (n, each) for n in importer.columns(NUMBER) for each in same_numbers(importer.row[n])
    ]
    written += [(n, float(importer.row[n])) for n in importer.columns(NUMBER)]
    for n in importer.columns(DAY):
        written += [(n, each) for each in same_days(date.fromisoformat(importer.row[n]))]
    assert written
    for column, cell in written:
        content = a_workbook(importer.headings, importer.row_with(column, cell))
        report = importer.filed(content)
        assert (report["n_filed"], report["n_unchanged"]) == (0, 1), (cell, report)


@ONE_ENGINE
@each_importer
def test_a_bad_number_or_day_is_refused_at_its_cell_and_nothing_is_stored(importer, contents):
    bad = [(n, each) for n in importer.columns(NUMBER) for each in BAD_NUMBERS]
    bad += [(n, each) for n in importer.columns(DAY) for each in BAD_DAYS]
    table = [importer.headings, *(importer.row_with(*each) for each in bad)]
    before = contents()
    for content in (a_csv(*table), a_workbook(*table)):
        report = importer.filed(content, dry_run="true")
        told = {each["row"]: each for each in report["refused"]}
        for number, (column, cell) in enumerate(bad, start=2):
            said = told.get(number)
            assert said is not None, (importer.headings[column], cell)
            assert said["column"] == importer.headings[column]
            assert said["value"].lower().replace("+", "") == cell.lower().replace("+", "")
            assert CHINESE.search(said["reason"]), said
        told = assert_refused(importer.send(content), "as it is")
        assert told["n_refused"] >= len(bad)
    assert contents() == before


@ONE_ENGINE
@each_importer
def test_a_serial_number_is_no_day(importer, contents):
    days = list(importer.columns(DAY))
    rows = [importer.row_with(n, each) for n in days for each in BAD_DAY_NUMBERS]
    before = contents()
    if rows:
        report = importer.filed(a_workbook(importer.headings, *rows), dry_run="true")
        assert {each["row"] for each in report["refused"]} == set(range(2, len(rows) + 2))
    assert contents() == before


@ONE_ENGINE
@each_importer
def test_a_heading_in_another_unit_is_refused_and_never_left_out(importer, contents):
    before = contents()
    for column in importer.columns(NUMBER):
        stem = re.sub(r"\(.*\)$", "", importer.headings[column])
        for unit in ("公顷", "万亩", "万元", "吨"):
            headings = list(importer.headings)
            headings[column] = f"{stem}({unit})"
            answer = importer.send(a_csv(headings, importer.row))
            told = assert_refused(answer, headings[column])
            assert "单位" in told["detail"], told
    assert contents() == before


@each_importer
def test_a_partial_upload_files_the_good_row_alone(importer):
    column = next(iter([*importer.columns(NUMBER), *importer.columns(DAY)]))
    content = a_csv(importer.headings, importer.row_with(column, "x"), importer.row)
    report = importer.filed(content, partial="true")
    assert (report["n_filed"], report["n_refused"]) == (1, 1)
    assert report["refused"][0]["row"] == 2


@ONE_ENGINE
@each_importer
def test_a_pickle_under_any_name_is_refused_and_never_opened(importer, contents, tmp_path):
    canary, before = tmp_path / "opened", contents()
    for name, content in pickles(canary).items():
        assert_refused(importer.send(content, name), name)
    assert not canary.exists()
    assert contents() == before


UNPICKLERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
UNPICKLING = {"read_pickle", "to_pickle", "allow_pickle"}


def test_no_code_of_ours_can_open_a_pickle():
    for folder in ("service", "geo", "inspections", "config"):
        for path in (WHOLE_HOUSE / folder).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                names = [each.name for each in getattr(node, "names", []) if hasattr(each, "name")]
                names.append(getattr(node, "module", None) or "")
                assert not {name.split(".")[0] for name in names} & UNPICKLERS, path
                words = {getattr(node, "attr", ""), getattr(node, "arg", "")}
                assert not words & UNPICKLING, path
