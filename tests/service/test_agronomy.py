"""The agronomy book: weather and its verdicts, reservoirs, pest surveys."""

import io
from datetime import date, timedelta
from uuid import uuid4

import openpyxl
import pytest

COUNTY, TAIHE, SHANTANG = "441803", "441803102", "441803105"


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


@pytest.fixture
def recorder(as_role):
    return as_role("recorder", TAIHE)


def made(answer) -> dict:
    assert answer.status_code == 201, answer.text
    return answer.json()


def asked(speaker, path: str, **params) -> dict:
    answer = speaker.get(path, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def now(clock) -> str:
    clock.forward(seconds=1)
    text = clock().isoformat()
    clock.forward(seconds=1)
    return text


def a_station(speaker, code: str = "A1", area: str = COUNTY, **other) -> dict:
    body = {"area_code": area, "code": code, "name": f"{code}站", "lon": 113.0, "lat": 23.7}
    return made(speaker.post("weather/stations", body | other))


def a_day(day: str, mean: float | None = None, rain: float | None = 0, **other) -> dict:
    body = {"station_code": "A1", "observed_on": day, "mean_c": mean, "rain_mm": rain}
    return body | other


def filed(speaker, first: str, means: list, rains: list | None = None, station: str = "A1"):
    start = date.fromisoformat(first)
    items = [
        a_day(f"{start + timedelta(days=n)}", mean, rain, station_code=station)
        for n, (mean, rain) in enumerate(zip(means, rains or [0] * len(means), strict=True))
        if mean is not None or rain is not None
    ]
    answer = speaker.post("weather/batch", {"items": items})
    assert answer.status_code == 200, answer.text
    return answer.json()


def grades(speaker, **params) -> dict[str, str]:
    found = asked(speaker, "weather/suitability", area=TAIHE, **params)["items"]
    return {each["day"]: each["grade_text"] for each in found}


# Weather


def test_the_verdicts_of_town_days_are_those_of_the_hand_table(bureau):
    a_station(bureau)
    #                     03-01                             03-06       03-08
    filed(bureau, "2023-03-01", [13, 13, 12, 11, 11, 11, 8, 6, None, 20], [0] * 8 + [None, 0])
    found = grades(bureau, **{"from": "2023-03-04", "as_of": "2023-03-10"})
    assert found == {
        "2023-03-04": "不明",  # 28 February was not measured
        "2023-03-05": "适宜",  # 60 / 5 = 12.0
        "2023-03-06": "次适宜",  # 58 / 5 = 11.6
        "2023-03-07": "次适宜",  # 53 / 5 = 10.6
        "2023-03-08": "不适宜",  # 47 / 5 = 9.4
        "2023-03-09": "不明",
        "2023-03-10": "不明",
    }
    table = asked(bureau, "weather/suitability", area=TAIHE, as_of="2023-03-08", bed="film")
    last = table["items"][-1]
    assert (table["bed"], table["rule_version"]) == ("film", "2023.1")
    assert (last["grade_text"], last["running_mean_c"], last["station_code"]) == ("适宜", 9.4, "A1")
    assert last["basis"] == "only"
    assert "达到" in last["reasons"][0]


def test_four_cold_wet_days_make_a_warm_mean_unsuitable(bureau):
    a_station(bureau)
    filed(bureau, "2023-03-01", [25, 11, 11, 11, 11], [0, 3, 3, 3, 3])
    (last,) = asked(
        bureau, "weather/suitability", area=TAIHE, as_of="2023-03-05", **{"from": "2023-03-05"}
    )["items"]
    assert (last["grade"], last["n_low_rain_days"]) == ("unsuitable", 4)
    assert last["running_mean_c"] == 13.8
    assert "低温阴雨已连续 4 天" in last["reasons"][0]


def test_a_town_that_no_station_serves_is_unknown_and_says_so(bureau):
    (line,) = asked(
        bureau, "weather/suitability", area=TAIHE, as_of="2023-03-05", **{"from": "2023-03-05"}
    )["items"]
    assert (line["grade"], line["station_code"]) == ("unknown", None)
    assert "没有站点服务" in line["reasons"][0]


def test_a_correction_changes_the_verdict_and_not_what_was_known(bureau, clock):
    a_station(bureau)
    filed(bureau, "2023-03-01", [13, 13, 13, 13, 3])
    before = now(clock)
    again = bureau.post("weather", a_day("2023-03-05", 13))
    assert again.status_code == 409
    assert "更正" in again.json()["detail"]
    right = made(bureau.post("weather", a_day("2023-03-05", 13, reason="小数点错位")))
    assert right["supersedes_id"] == again.json()["id"]
    asked_day = {"from": "2023-03-05", "as_of": "2023-03-05"}
    assert grades(bureau, **asked_day) == {"2023-03-05": "适宜"}
    assert grades(bureau, **asked_day, known_at=before) == {"2023-03-05": "次适宜"}
    withdrawn = bureau.post(f"weather/{right['id']}/withdraw", {"reason": "仪器坏了"})
    assert withdrawn.status_code == 200, withdrawn.text
    assert grades(bureau, **asked_day) == {"2023-03-05": "不明"}
    listed = asked(bureau, "weather", **{"from": "2023-03-01", "as_of": "2023-03-31"})["items"]
    assert [each["observed_on"][-2:] for each in listed] == ["04", "03", "02", "01"]
    assert made(bureau.post("weather", a_day("2023-03-05", 14)))["mean_c"] == 14


def test_a_day_that_comes_again_changes_nothing_and_a_batch_is_whole_or_not_at_all(bureau):
    a_station(bureau)
    body = a_day("2023-03-05", 13, id=str(uuid4()))
    assert [bureau.post("weather", body).status_code for _ in range(2)] == [201, 200]
    assert bureau.post("weather", body | {"id": str(uuid4())}).status_code == 200
    assert bureau.post("weather", body | {"mean_c": 9}).status_code == 409
    assert filed(bureau, "2023-03-04", [12, 13]) == {"n_filed": 1, "n_unchanged": 1}
    bad = {"items": [a_day("2023-03-10", 12), a_day("2023-03-05", 1)]}
    assert bureau.post("weather/batch", bad).status_code == 409
    listed = asked(bureau, "weather", **{"from": "2023-03-01", "as_of": "2023-03-31"})["items"]
    assert len(listed) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mean_c": 60.1}, "-60"),
        ({"min_c": 14}, "最低"),
        ({"max_c": 12.9}, "最低"),
        ({"min_c": -5, "max_c": 31}, "相差"),
        ({"rain_mm": 999.9}, "缺测标记"),
        ({"mean_c": -999}, "缺测标记"),
        ({"rain_mm": 2000.1}, "2000"),
        ({"rain_mm": -0.1}, "2000"),
        ({"mean_c": 13.25}, "1 位小数"),
        ({"mean_c": None, "rain_mm": None}, "至少填一项"),
        ({"sun_h": 24.1}, "24"),
        ({"observed_on": "2023-04-21"}, "今天"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_day_that_cannot_be_is_refused_and_says_why(bureau, change, said):
    a_station(bureau)
    answer = bureau.post("weather", a_day("2023-03-05", 13) | change)
    assert answer.status_code == 422
    assert said in answer.text
    assert asked(bureau, "weather", **{"from": "2023-03-01"})["items"] == []


def sources(speaker) -> dict[str, tuple[str, str]]:
    found = asked(speaker, "weather/suitability", as_of="2023-03-05", **{"from": "2023-03-05"})
    return {each["area_code"]: (each["station_code"], each["basis"]) for each in found["items"]}


def test_a_town_has_the_weather_of_its_own_station_or_of_the_one_it_was_given(bureau, clock):
    a_station(bureau, "A1")
    assert set(sources(bureau).values()) == {("A1", "only")}
    a_station(bureau, "B1", TAIHE)
    before = now(clock)
    assert sources(bureau)[TAIHE] == ("B1", "own")
    assert sources(bureau)[SHANTANG] == ("A1", "only")
    moved = {"area_code": COUNTY, "code": "A1", "name": "区站", "lon": 113.0, "lat": 23.7}
    given = moved | {"towns": [TAIHE]}
    assert bureau.post("weather/stations", given).status_code == 409
    made(bureau.post("weather/stations", given | {"reason": "指定"}))
    assert sources(bureau)[TAIHE] == ("A1", "assigned")
    then = asked(bureau, "weather/suitability", area=TAIHE, as_of="2023-03-05", known_at=before)
    assert then["items"][0]["station_code"] == "B1"
    outside = given | {"code": "Z", "area_code": TAIHE, "towns": [SHANTANG]}
    assert "服务的范围" in bureau.post("weather/stations", outside).json()["detail"]


def test_a_recorder_reads_the_countys_station_and_cannot_write_it(bureau, recorder, as_role):
    a_station(bureau)
    filed(bureau, "2023-03-01", [13, 13, 13, 13, 13])
    assert grades(recorder, **{"from": "2023-03-05", "as_of": "2023-03-05"}) == {
        "2023-03-05": "适宜"
    }
    listed = asked(recorder, "weather", area=TAIHE, **{"from": "2023-03-01"})["items"]
    assert len(listed) == 5
    refused = recorder.post("weather", a_day("2023-03-06", 13))
    assert refused.status_code == 403
    assert recorder.post(f"weather/{listed[0]['id']}/withdraw", {"reason": "x"}).status_code == 403
    a_station(recorder, "T1", TAIHE)
    own = a_day("2023-03-06", 13, station_code="T1")
    stolen = own | {"supersedes_id": listed[0]["id"], "reason": "x"}
    assert recorder.post("weather", stolen).status_code == 403
    made(recorder.post("weather", own))
    assert as_role("recorder", SHANTANG).post("weather", own).status_code == 404


@pytest.mark.parametrize("path", ["weather/stations", "reservoirs"])
def test_a_code_that_another_town_took_is_taken_without_a_word_of_who(as_role, path):
    names = {"code": "C1", "name": "某处"}
    more = {"weather/stations": {"lon": 113.0, "lat": 23.7}}
    volumes = {"capacity_m3": 1000, "dead_m3": 10, "irrigates_mu": 5}
    body = names | more.get(path, volumes)
    first = made(as_role("recorder", SHANTANG).post(path, body | {"area_code": SHANTANG}))
    recorder = as_role("recorder", TAIHE)
    for reason in ({}, {"reason": "改为本镇"}):
        answer = recorder.post(path, body | {"area_code": TAIHE} | reason)
        assert answer.status_code == 409
        assert first["id"] not in answer.text
        assert SHANTANG not in answer.text
    assert len(asked(as_role("bureau"), path)["items"]) == 1


def test_the_cold_spells_of_a_spring_end_where_it_was_warm_or_where_nothing_is_known(bureau):
    a_station(bureau)
    means = [13, 13, 12, 11.5, 9, 13, 12, 12, None, 12]
    filed(bureau, "2023-03-18", means)  # 03-18 .. 03-27
    found = asked(bureau, "weather/cold_spells", area=TAIHE, as_of="2023-04-20")
    (town,) = found["items"]
    (spell,) = town["spells"]
    assert (spell["starts_on"], spell["ends_on"]) == ("2023-03-20", "2023-03-22")
    assert (spell["n_days"], spell["lowest_c"], spell["may_be_longer"]) == (3, 9.0, False)
    assert (found["starts_on"], found["as_of"]) == ("2023-03-20", "2023-04-15")
    assert town["n_days_missing"] == 27 - 7
    early = asked(bureau, "weather/cold_spells", area=TAIHE, as_of="2023-03-21")["items"][0]
    assert early["spells"] == []


def test_fieldwork_days_are_counted_by_week_and_gaps_are_not_days(bureau):
    a_station(bureau)
    rains = [0, 26, 0, 4.9, 5, 0, 0, None, 0, 0, 0, 0, 0, 0]  # 03-01 .. 03-14
    filed(bureau, "2023-03-01", [15] * 14, rains)
    weeks = asked(
        bureau, "weather/fieldwork_days", area=TAIHE, as_of="2023-03-14", **{"from": "2023-03-01"}
    )["items"]
    counts = [
        (each["week_ends_on"][-2:], each["n_workable"], each["n_lost"], each["n_unknown"])
        for each in weeks
    ]
    # first week: 1 unknown (28 Feb), 2 heavy, 3 after heavy, 5 wet; second: 8 and 9 unknown
    assert counts == [("07", 3, 3, 1), ("14", 5, 0, 2)]


WEATHER_TABLE = """逐日气象,,,
站点,日期,平均气温(℃),雨量
A1站,2023-03-01,13.2,0
A1站,2023-03-02,１２.５,3.1
"""


def brought(speaker, path: str, content: str | bytes, name: str = "t.csv", **data):
    raw = content if isinstance(content, bytes) else content.encode()
    return speaker.send("POST", path, files={"file": (name, raw, "text/csv")}, data=data)


def test_a_table_of_weather_comes_in_whole_and_coming_again_changes_nothing(bureau):
    none = brought(bureau, "weather/imports", WEATHER_TABLE)
    assert (none.status_code, "请先登记站点" in none.json()["detail"]) == (422, True)
    a_station(bureau)
    assert brought(bureau, "weather/imports", WEATHER_TABLE, dry_run="true").json()["n_filed"] == 2
    assert asked(bureau, "weather", **{"from": "2023-03-01"})["items"] == []
    first, again = (brought(bureau, "weather/imports", WEATHER_TABLE).json() for _ in range(2))
    assert (first["n_filed"], again["n_filed"], again["n_unchanged"]) == (2, 0, 2)
    bad = WEATHER_TABLE.replace("13.2", "999.9") + "A2站,2023-03-03,1,0\nA1站,2023-03-02,9,0\n"
    told = brought(bureau, "weather/imports", bad).json()["rows"]
    assert [(each["row"], each["column"]) for each in told] == [
        (3, "平均气温(℃)"),
        (5, "站点"),
        (6, "日期"),
    ]
    right = "站点,日期,平均气温,雨量,更正原因\nA1,2023-03-02,9,0,抄错\n"
    assert brought(bureau, "weather/imports", right).json()["n_filed"] == 1
    listed = asked(bureau, "weather", **{"from": "2023-03-01"})["items"]
    assert [each["mean_c"] for each in listed] == [9.0, 13.2]


# Reservoirs


def a_reservoir(speaker, code: str = "R1", area: str = TAIHE, **other) -> dict:
    body = {"area_code": area, "code": code, "name": f"{code}库", "capacity_m3": 1_000_000}
    body |= {"dead_m3": 100_000, "irrigates_mu": 5_000}
    return made(speaker.post("reservoirs", body | other))


def a_reading(day: str, m3: float, code: str = "R1", **other) -> dict:
    return {"reservoir_code": code, "observed_on": day, "storage_m3": m3} | other


def water(speaker, as_of: str = "2023-04-05", **params) -> dict:
    return asked(speaker, "reservoirs/summary", as_of=as_of, **params)


def test_the_water_of_a_mu_is_that_of_the_hand_table(recorder, bureau):
    for code, other in (
        ("R1", {}),
        ("R2", {"irrigates_mu": 0}),
        ("R3", {}),
        ("R4", {"irrigates_mu": 12_500}),
    ):
        a_reservoir(recorder, code, **other)
    for code, day, m3 in (
        ("R1", "2023-04-01", 600_000),  # (600,000 - 100,000) / 5,000 = 100 >= 1.2 * 80
        ("R2", "2023-04-05", 600_000),
        ("R4", "2023-03-28", 80_000),  # below the dead storage
    ):
        made(recorder.post("reservoirs/readings", a_reading(day, m3, code)))
    found = water(bureau)
    assert (found["stage_code"], found["items"][0]["need_m3_per_mu"]) == ("E04", 80)
    lines = {each["code"]: each for each in found["items"]}
    told = {
        code: (each["m3_per_mu"], each["supply_text"], each["age_days"], each["is_stale"])
        for code, each in lines.items()
    }
    assert told == {
        "R1": (100.0, "充足", 4, False),
        "R2": (None, "不明", 0, False),
        "R3": (None, "不明", None, False),
        "R4": (0.0, "不足", 8, True),
    }
    total = found["total"]
    assert (total["n_reservoirs"], total["n_read"], total["n_stale"]) == (4, 3, 1)
    # 500,000 + 500,000 + 0; R2 waters nothing: (500,000 + 0) / (5,000 + 12,500)
    assert (total["available_m3"], total["m3_per_mu"], total["supply_text"]) == (1e6, 28.6, "不足")
    winter = water(bureau, "2023-01-05")
    assert (winter["stage_code"], winter["items"][0]["supply"]) == (None, "unknown")


def test_a_reading_is_corrected_with_a_reason_and_what_was_known_stays(recorder, clock):
    a_reservoir(recorder)
    made(recorder.post("reservoirs/readings", a_reading("2023-04-05", 600_000)))
    before = now(clock)
    wrong = recorder.post("reservoirs/readings", a_reading("2023-04-05", 500_000))
    assert wrong.status_code == 409
    right = made(
        recorder.post("reservoirs/readings", a_reading("2023-04-05", 500_000, reason="读错"))
    )
    assert water(recorder)["total"]["m3_per_mu"] == 80.0
    assert water(recorder, known_at=before)["total"]["m3_per_mu"] == 100.0
    gone = recorder.post(f"reservoirs/readings/{right['id']}/withdraw", {"reason": "不可信"})
    assert gone.status_code == 200
    assert water(recorder)["total"]["m3_per_mu"] is None


@pytest.mark.parametrize(
    ("m3", "status"), [(1_100_000, 201), (1_100_000.1, 422), (-1, 422), (0, 201)]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_more_water_than_a_reservoir_can_hold_is_refused(recorder, m3, status):
    a_reservoir(recorder)
    answer = recorder.post("reservoirs/readings", a_reading("2023-04-05", m3))
    assert answer.status_code == status, answer.text


def test_a_reservoir_of_another_town_is_not_there(recorder, as_role):
    a_reservoir(as_role("recorder", SHANTANG), area=SHANTANG)
    answer = recorder.post("reservoirs/readings", a_reading("2023-04-05", 1))
    assert answer.status_code == 404
    assert water(recorder)["items"] == []


def test_a_workbook_of_readings_comes_in(recorder):
    a_reservoir(recorder)
    content = recorder.send("GET", "reservoirs/readings/imports/template").content
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    assert [each.value for each in sheet[1]][:3] == ["水库", "日期", "蓄水量(立方米)"]
    sheet.append(["R1库", date(2023, 4, 5), 600000.5])
    file = io.BytesIO()
    book.save(file)
    where = "reservoirs/readings/imports"
    assert brought(recorder, where, file.getvalue(), "t.xlsx").json()["n_filed"] == 1
    assert brought(recorder, where, file.getvalue(), "t.xlsx").json()["n_unchanged"] == 1
    over = "水库,日期,蓄水量\nR1,2023-04-06,9000000\n"
    assert "万立方米" in brought(recorder, where, over).json()["rows"][0]["reason"]


# Pests


def a_survey(plot: str = "北坑", day: str = "2023-03-10", live: int = 36, **other) -> dict:
    body = {"area_code": TAIHE, "plot_name": plot, "plot_mu": 75.5, "surveyed_on": day}
    body |= {"pest_code": "RSB", "field_type": "fallow", "method": "dissection"}
    body |= {"sampled_m2": 150, "live": live, "dead": 4, "technicians": ["陈大文", "李明"]}
    return body | other


def pests(speaker, **params) -> dict:
    params = {"from": "2023-01-01", "as_of": "2023-04-20"} | params
    return asked(speaker, "pest_surveys/summary", **params)


def test_insects_per_mu_and_deaths_follow_their_formulas(recorder):
    found = made(recorder.post("pest_surveys", a_survey()))
    assert (found["per_mu"], found["death_share"], found["grade"]) == (160.1, 0.1, 1)
    assert found["technicians"] == ["李明", "陈大文"]
    none = made(recorder.post("pest_surveys", a_survey("南坑", live=0, dead=0)))
    assert (none["per_mu"], none["death_share"], none["grade"]) == (0.0, None, 1)
    many = made(recorder.post("pest_surveys", a_survey("西坑", live=400, dead=0)))
    assert (many["per_mu"], many["grade"]) == (1778.7, 5)


def test_persons_visits_and_plots_are_counted_each_in_its_own_way(recorder, bureau):
    for body in (
        a_survey("北坑"),
        a_survey("北坑", pest_code="WBPH", technicians=["陈大文", "陈 大文", "何强"]),
        a_survey("北坑", "2023-03-20", plot_mu=80, technicians=["何强"]),
        a_survey("南坑", live=0, dead=0),
        a_survey("旧地", "2022-12-31"),
    ):
        made(recorder.post("pest_surveys", body))
    found = pests(bureau)
    # visits: 北坑 03-10 {陈, 李, 何}, 北坑 03-20 {何}, 南坑 03-10 {陈, 李}
    assert (found["n_surveys"], found["n_visits"]) == (4, 3)
    assert (found["n_person_times"], found["n_persons"], found["n_plots"]) == (6, 3, 2)
    assert (found["represented_mu"], found["sampled_m2"]) == (155.5, 600)
    lines = {each["pest_code"]: each for each in found["items"]}
    # 72 live in 450 m²
    assert (lines["RSB"]["live"], lines["RSB"]["per_mu"]) == (72, 106.7)
    assert (lines["RSB"]["n_plots"], lines["WBPH"]["n_plots"]) == (2, 1)
    assert pests(bureau, as_of="2023-03-15")["represented_mu"] == 151
    assert pests(bureau, area=SHANTANG)["n_surveys"] == 0


def test_other_years_are_compared_where_they_were_surveyed_and_said_missing_where_not(
    recorder, bureau
):
    made(recorder.post("pest_surveys", a_survey(live=36)))  # 160.1
    line = pests(bureau)["items"][0]
    assert (line["last_year"]["n_years"], line["last_year"]["per_mu"]) == (0, None)
    assert "不能比较" in line["last_year"]["text"]
    made(
        recorder.post("pest_surveys", a_survey(day="2020-03-10", live=18, sampled_m2=100))
    )  # 120.1
    made(recorder.post("pest_surveys", a_survey(day="2022-03-10", live=18, sampled_m2=150)))  # 80.0
    made(recorder.post("pest_surveys", a_survey(day="2022-05-10", live=400)))  # not the same days
    line = pests(bureau)["items"][0]
    last, mean = line["last_year"], line["mean_of_years"]
    assert (last["n_years"], last["per_mu"], last["change_share"]) == (1, 80.0, 1.0013)
    # (80.0 + 120.1) / 2 = 100.05
    assert (mean["n_years"], mean["per_mu"], mean["change_share"]) == (2, 100.1, 0.5994)


def test_zero_last_year_is_a_year_that_was_surveyed(recorder, bureau):
    made(recorder.post("pest_surveys", a_survey()))
    made(recorder.post("pest_surveys", a_survey(day="2022-03-10", live=0, dead=0)))
    last = pests(bureau)["items"][0]["last_year"]
    assert (last["n_years"], last["per_mu"], last["change_share"]) == (1, 0.0, None)
    assert "为零" in last["text"]


def test_a_correction_and_a_withdrawal_of_a_survey_keep_what_was_known(recorder, clock):
    wrong = made(recorder.post("pest_surveys", a_survey(live=360)))
    body = a_survey("南坑", id=str(uuid4()))
    assert [recorder.post("pest_surveys", body).status_code for _ in range(2)] == [201, 200]
    before = now(clock)
    assert recorder.post("pest_surveys", a_survey(live=36)).status_code == 409
    fewer = a_survey(live=360, technicians=["何强"])
    assert recorder.post("pest_surveys", fewer).status_code == 409
    right = a_survey(live=36, supersedes_id=wrong["id"], reason="多写一个零")
    made(recorder.post("pest_surveys", right))
    assert recorder.post(f"pest_surveys/{body['id']}/withdraw", {"reason": "重复"}).is_success
    found, then = pests(recorder), pests(recorder, known_at=before)
    assert (found["n_plots"], found["items"][0]["live"]) == (1, 36)
    assert (then["n_plots"], then["items"][0]["live"]) == (2, 396)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"sampled_m2": 0}, 422),
        ({"live": -1}, 422),
        ({"live": 1.5}, 422),
        ({"pest_code": "NO"}, 404),
        ({"technicians": []}, 422),
        ({"technicians": ["　"]}, 422),
        ({"plot_mu": 0.2}, 422),
        ({"area_code": "441803"}, 422),
        ({"area_code": SHANTANG}, 404),
        ({"surveyed_on": "2023-04-21"}, 422),
        ({"method": "guess"}, 422),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_survey_that_cannot_be_is_refused(recorder, change, status):
    answer = recorder.post("pest_surveys", a_survey() | change)
    assert answer.status_code == status, answer.text
    assert pests(recorder)["n_surveys"] == 0


SURVEY_TABLE = """镇,地块,代表面积,调查日期,病虫,类型田,方法,取样面积,活虫,死虫,技术人员
太和镇,北坑,75.5,2023-03-10,二化螟,冬闲田,剥查,150,36,4,陈大文、李明
太和镇,南坑,80,2023-03-11,白背飞虱,绿肥田,扫网,20,0,,陈大文;何强
"""


def test_a_table_of_surveys_comes_in_and_again_changes_nothing(recorder):
    where = "pest_surveys/imports"
    first, again = (brought(recorder, where, SURVEY_TABLE).json() for _ in range(2))
    assert (first["n_filed"], again["n_filed"], again["n_unchanged"]) == (2, 0, 2)
    found = pests(recorder)
    assert (found["n_person_times"], found["n_persons"], found["represented_mu"]) == (4, 3, 155.5)
    bad = SURVEY_TABLE.replace(",36,", ",三十六,").replace("扫网", "猜")
    told = brought(recorder, where, bad).json()["rows"]
    assert [(each["row"], each["column"]) for each in told] == [(2, "活虫数"), (3, "调查方法")]
