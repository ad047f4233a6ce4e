"""`chungeng backtest TABLE`: what it shows, what it writes, what it refuses."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from service import cli
from tests import curves

DATES = curves.days_of()
KINDS = {
    "kept:double rice": curves.double_rice,
    "kept:film": curves.film,
    "GRAIN": curves.double_rice,
    "abandoned": curves.weeds,
    "ORCHARD": curves.trees,
    "FISH_POND": curves.pond,
    "converted": curves.site,
}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Two parcels of each kind, and one that clouds hide."""
    parts = []
    for label, parcel in [*KINDS.items(), *KINDS.items(), ("converted:hidden", curves.site)]:
        values = parcel(DATES)
        if label.endswith("hidden"):
            values[3:] = np.nan
        part = pd.DataFrame(values, columns=["ndvi", "evi", "lswi", "bsi"])
        part["parcel"], part["label"] = f"P{len(parts):02d}", label
        part["day"] = DATES.astype(str)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Write a table and judge it."""
    # The runner's terminal is narrow: what is asked for must not be cut off.
    monkeypatch.setattr(cli.console, "width", 200)
    monkeypatch.setattr(cli.problems, "width", 200)

    def backtest(table: pd.DataFrame | str | bytes, *options: str, name: str = "series.csv"):
        path = tmp_path / name
        if isinstance(table, bytes):
            path.write_bytes(table)
        elif isinstance(table, str):
            path.write_text(table, encoding="utf-8")
        elif name.endswith(".parquet"):
            table.to_parquet(path)
        else:
            table.to_csv(path, index=False)
        return CliRunner().invoke(cli.app, ["backtest", str(path), *options])

    return backtest


def refusal(result) -> str:
    """Return what the refusal says, its rows included."""
    error = result.exception
    rows = [
        f"{row['row']} {row['column']} {row['value']}: {row['reason']}"
        for row in error.members.get("rows", [])
    ]
    return "\n".join([error.detail, *rows])


def test_a_table_is_judged_and_both_reports_are_written(run, frame, tmp_path):
    for name, report in (("series.csv", "report.json"), ("series.parquet", "report.md")):
        result = run(frame, "--report", str(tmp_path / report), name=name)
        assert result.exit_code == 0, result.output
        assert "图斑 15 个,1 个判不了" in result.output
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    risk = told["outcomes"][0]
    assert (risk["n_true"], risk["n_told"], risk["n_hit"]) == (9, 8, 8)
    assert risk["precision"] == 1.0
    assert risk["recall"] == pytest.approx(8 / 9)
    assert risk["auc"] > 0.99
    assert sum(map(sum, told["confusion"]["counts"])) == told["n"] == 15
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "| 有风险(改变用途或撂荒) | 9 | 8 | 8 | 1.000 | 0.889 |" in text
    assert "截至 2023-12-27" in text
    assert "| 地膜、迟栽 | 2 |" in text


def test_codes_of_what_is_missing_pixels_and_doubles_are_heeded(run, frame, tmp_path):
    more = frame.assign(n_pixels=12, missing=np.where(frame["ndvi"].isna(), 1, 0))
    worse = more.assign(n_pixels=4, ndvi=0.9)
    result = run(pd.concat([more, worse]), "--report", str(tmp_path / "report.json"))
    assert result.exit_code == 0, result.output
    assert f"同一图斑同一天重复的观测舍去 {len(frame)} 个" in result.output
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert told["outcomes"][0]["n_hit"] == 8


def test_instants_with_a_zone_are_days_in_shanghai(run, frame, tmp_path):
    days = pd.to_datetime(frame["day"])
    stamps = (days - pd.Timedelta(hours=8)).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    reports = []
    for table in (frame, frame.assign(day=stamps)):
        assert run(table, "--report", str(tmp_path / "report.json")).exit_code == 0
        reports.append(json.loads((tmp_path / "report.json").read_text(encoding="utf-8")))
    assert reports[0] == reports[1]


def test_months_that_slipped_by_a_time_zone_are_refused(run, frame):
    months = {day: f"2023-{n % 12 + 1:02d}-01" for n, day in enumerate(frame["day"].unique())}
    firsts = frame.assign(day=frame["day"].map(months)).drop_duplicates(["parcel", "day"])
    assert run(firsts).exit_code == 0
    ends = pd.to_datetime(firsts["day"]) - pd.Timedelta(days=1)
    for table in (firsts.assign(day=ends.dt.strftime("%Y-%m-%d")), firsts.assign(day=ends)):
        assert "时区" in refusal(run(table, name="series.parquet"))


def test_a_time_without_a_zone_is_refused_in_parquet_as_in_csv(run, frame):
    stamps = pd.to_datetime(frame["day"])
    assert run(frame.assign(day=stamps), name="series.parquet").exit_code == 0
    stamps[3] += pd.Timedelta(hours=16)
    for name in ("series.parquet", "series.csv"):
        result = run(frame.assign(day=stamps), name=name)
        assert result.exit_code == 1
        assert "day 2023" in refusal(result)
        assert "不是日期" in refusal(result)


def test_scaled_indices_are_refused_until_the_scale_is_said(run, frame):
    indices = ["ndvi", "evi", "lswi", "bsi"]
    scaled = frame.assign(**{name: (frame[name] * 10000).round() for name in indices})
    assert "--scale" in refusal(run(scaled))
    assert run(scaled, "--scale", "10000").exit_code == 0


HEAD = "parcel,day,ndvi,evi,lswi,bsi,label\n"
GOOD = "A,2023-04-01,0.5,0.4,0.1,-0.1,kept\n"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("A,2023-04-06,abc,0.4,0.1,-0.1,kept", "3 ndvi abc: 不是数"),
        ("A,2023-04-06,0.5,inf,0.1,-0.1,kept", "3 evi inf: 不是数"),
        ("A,06/04/2023,0.5,0.4,0.1,-0.1,kept", "3 day 06/04/2023: 不是日期"),
        ("A,2023-04-31,0.5,0.4,0.1,-0.1,kept", "3 day 2023-04-31: 不是日期"),
        ("A,2023-04-06T00:00,0.5,0.4,0.1,-0.1,kept", "3 day 2023-04-06T00:00: 不是日期"),
        (",2023-04-06,0.5,0.4,0.1,-0.1,kept", "3 parcel : 没有图斑编号"),
        ("A,2023-04-06,0.5,0.4,0.1,-0.1,rice", "3 label rice: 不是标签"),
        ("A,2023-04-06,0.5,0.4,0.1,-0.1,UNKNOWN", "3 label UNKNOWN: 不是标签"),
        ("A,2023-04-06,0.5,0.4,0.1,-0.1,converted", "3 label converted: 与同一图斑"),
    ],
)
def test_a_bad_row_is_named(run, row, said):
    result = run(HEAD + GOOD + row + "\n")
    assert result.exit_code == 1
    assert said in refusal(result)


def test_codes_and_pixels_out_of_bounds_are_named(run):
    head = HEAD.replace("label", "label,missing,n_pixels")
    result = run(head + GOOD.replace("kept", "kept,7,-1"))
    assert "2 missing 7: 缺测代码" in refusal(result)
    assert "2 n_pixels -1: 像元数" in refusal(result)


@pytest.mark.parametrize(
    ("table", "name", "said"),
    [
        ("parcel,day,ndvi\nA,2023-04-01,0.5\n", "series.csv", "缺少列:evi、lswi、bsi、label"),
        (HEAD, "series.csv", "没有数据行"),
        (b"PAR1 and no more", "series.parquet", "不是完好的"),
        (b"\xff\xfe\x00bad", "series.csv", "不是完好的"),
        (HEAD, "series.xlsx", "不是 .csv 或 .parquet"),
    ],
)
def test_a_table_that_is_none_is_refused(run, table, name, said):
    result = run(table, name=name)
    assert result.exit_code == 1
    assert said in refusal(result)


def test_a_report_of_another_kind_is_refused_before_anything_is_read(run, frame, tmp_path):
    result = run(frame, "--report", str(tmp_path / "report.txt"))
    assert result.exit_code == 2
    assert not (tmp_path / "report.txt").exists()
