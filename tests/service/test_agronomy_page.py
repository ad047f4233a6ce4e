"""The page about the season, as its readers open it and its forms are sent."""

import pytest

from service.security import Role
from tests.service.test_agronomy import (
    TAIHE,
    WEATHER_TABLE,
    a_reading,
    a_reservoir,
    a_station,
    a_survey,
    asked,
    filed,
    made,
)
from tests.service.test_pages import Suspicious

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NO_WRITERS = (Role.LEADER, Role.APPROVER, Role.OFFICER, Role.AUDITOR, Role.ADMIN)


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


def press(speaker, path: str, **form):
    return speaker.send("POST", f"/agronomy{path}", data=form, follow_redirects=False)


def a_form(**other) -> dict[str, str]:
    body = {key: f"{value}" for key, value in a_survey().items()}
    return body | {"technicians": "陈大文、李明"} | other


def test_an_empty_book_says_what_to_do(bureau, as_role):
    shown = bureau.get("/agronomy").text
    for told in ("没有站点", "还没有登记水库", "还没有调查", "没有气象数据"):
        assert told in shown
    assert "上传表格" in shown
    for role in NO_WRITERS:
        read = as_role(role.value).get("/agronomy")
        assert read.status_code == 200
        assert "上传表格" not in read.text
        assert press(as_role(role.value), "/readings").status_code == 403
    assert as_role("outlet", TAIHE).get("/agronomy").status_code == 403


def test_the_page_shows_the_verdicts_in_words_and_escapes_names(bureau):
    a_station(bureau, name="<b>站</b>")
    filed(bureau, "2023-04-16", [13, 13, 13, 13, 3])
    a_reservoir(bureau, name="<i>库</i>", irrigates_mu=6000)
    made(bureau.post("reservoirs/readings", a_reading("2023-04-01", 370_000)))
    made(bureau.post("pest_surveys", a_survey("<u>地</u>")))
    shown = bureau.get("/agronomy").text
    assert Suspicious(shown).found == []
    assert "次适宜" in shown
    assert "低温" in shown
    assert "19 天前" in shown
    assert ">不足<" not in shown
    assert ">偏紧<" in shown  # 45 m³ a mu, and 45 needed on 20 April
    assert "160.1" in shown
    for name in ("站", "库", "地"):
        assert f">{name}</" not in shown
    assert "&lt;u&gt;地" in shown
    assert "还没有调查" in bureau.get("/agronomy", as_of="2023-03-01").text
    assert bureau.get("/agronomy", bed="film", as_of="").status_code == 200
    assert bureau.get("/agronomy", bed="roof").status_code == 422


def test_a_reading_is_entered_by_form_and_what_is_wrong_is_said_beside_it(bureau):
    a_reservoir(bureau)
    form = {"reservoir_code": "R1", "observed_on": "2023-04-05", "storage_m3": "600,000"}
    answer = press(bureau, "/readings", **form)
    assert answer.headers["location"] == "/agronomy?done=agronomy-reading"
    assert "已保存这次读数" in bureau.get("/agronomy", done="agronomy-reading").text
    (kept,) = asked(bureau, "reservoirs/readings")["items"]
    assert kept["storage_m3"] == 600_000
    for change, said in (
        ({"storage_m3": "很多"}, "蓄水量:须是数字"),
        ({"storage_m3": "60,0000"}, "蓄水量:须是数字"),
        ({"storage_m3": "600000.55"}, "1 位小数"),
        ({"storage_m3": "9000000"}, "总库容"),
        ({"storage_m3": "500000"}, "更正"),
        ({"observed_on": ""}, "日期:必填"),
        ({"reservoir_code": "R9"}, "没有水库 R9"),
    ):
        refused = press(bureau, "/readings", **(form | change))
        assert 400 <= refused.status_code < 500
        assert said in refused.text
        assert 'role="alert"' in refused.text
    assert (
        'value="9000000"' in press(bureau, "/readings", **(form | {"storage_m3": "9000000"})).text
    )
    right = form | {"storage_m3": "500000", "reason": "读错"}
    assert press(bureau, "/readings", **right).status_code == 303
    assert [each["storage_m3"] for each in asked(bureau, "reservoirs/readings")["items"]] == [5e5]


def test_a_survey_is_entered_by_form(as_role):
    recorder = as_role("recorder", TAIHE)
    assert press(recorder, "/surveys", **a_form()).status_code == 303
    for change, said in (
        ({"live": "1.5"}, "活虫数:须是整数"),
        ({"live": ""}, "活虫数:必填"),
        ({"technicians": " 、"}, "技术人员:"),
        ({"sampled_m2": "0"}, "取样面积:须大于 0"),
        ({"plot_mu": "0.1"}, "代表面积"),
        ({"area_code": "441803105"}, "没有区划"),
    ):
        refused = press(recorder, "/surveys", **a_form(**change))
        assert 400 <= refused.status_code < 500
        assert said in refused.text, change
    (kept,) = asked(recorder, "pest_surveys")["items"]
    assert (kept["live"], kept["technicians"]) == (36, ["李明", "陈大文"])


def test_a_table_is_tried_first_and_one_bad_row_keeps_all_of_it_out(bureau):
    a_station(bureau)

    def bring(text: str, **form):
        files = {"file": ("t.csv", text.encode(), "text/csv")}
        form = {"kind": "weather"} | form
        return bureau.send("POST", "/agronomy/tables", files=files, data=form)

    def kept() -> int:
        return len(asked(bureau, "weather", **{"from": "2023-03-01"})["items"])

    assert "试读,没有保存:读到 2 行,可保存 2 行" in bring(WEATHER_TABLE, dry_run="true").text
    assert kept() == 0
    refused = bring(WEATHER_TABLE + "A1站,2023-03-03,999.9,0\n")
    assert (refused.status_code, kept()) == (422, 0)
    assert "第 5 行" in refused.text
    assert "缺测标记" in refused.text
    late = bring(WEATHER_TABLE + "A1站,2023-03-02,1,0\n")  # refused after others were written
    assert (late.status_code, kept()) == (422, 0)
    assert "已保存 2 行" in bring(WEATHER_TABLE).text
    assert kept() == 2
    assert bring(WEATHER_TABLE, kind="none").status_code == 422
    empty = bureau.send("POST", "/agronomy/tables", data={"kind": "weather"})
    assert "请先选一个文件" in empty.text
