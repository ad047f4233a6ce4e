"""The page of the machines, as its readers open and fill it."""

from uuid import uuid4

import pytest

from tests.service.test_machinery_bounds import TAIHE, VILLAGE, a_group, entered, registered
from tests.service.test_machinery_lives import TRAININGS

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def recorder(as_role):
    return as_role("recorder", TAIHE)


def filled(**other) -> dict:
    form = {"id": str(uuid4()), "area_code": TAIHE, "class_code": "TILL_R", "n_machines": "3"}
    return form | {"repaired_on": "2023-03-10", "outcome": "fit", "team": "", "items": ""} | other


def put(speaker, what: str, form: dict, **other):
    where = f"/machinery/{what}"
    return speaker.send("POST", where, data=form, follow_redirects=False, **other)


def test_an_empty_book_says_what_to_do(recorder, as_role):
    assert "请先用下面的“农机在册数”表填报" in recorder.get("/machinery").text
    shown = as_role("leader").get("/machinery").text
    assert "请等各镇填报" in shown
    assert 'action="/machinery/repairs"' not in shown
    assert 'href="/machinery"' in shown
    assert "农机" not in as_role("outlet", TAIHE).get("/outlets").text
    assert as_role("outlet", TAIHE).get("/machinery").status_code == 403


def test_a_group_is_entered_once_and_shown_by_town(recorder, as_role):
    registered(recorder, 10)
    form = filled()
    for _ in range(2):  # the form knows its own id: sent twice it is one record
        answer = put(recorder, "repairs", form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/machinery?done=repair")
    shown = as_role("leader").get("/machinery").text
    assert "<strong>3</strong> 台" in shown
    assert "太和镇" in shown
    assert "已登记检修" in recorder.get("/machinery", done="repair").text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_machines": "11"}, "在册 10 台"),
        ({"n_machines": "三"}, "台数须是整数"),
        ({"n_machines": "0"}, "台数:"),
        ({"repaired_on": "2023-02-30"}, "检修日期:"),
        ({"area_code": "441803105"}, "没有区划"),
        ({"outcome": "gut"}, "结果:"),
        ({"team": "<b>队</b>" * 30}, "检修队:"),
    ],
)
def test_what_was_typed_stays_beside_what_is_wrong_with_it(recorder, change, said):
    registered(recorder, 10)
    answer = put(recorder, "repairs", filled(**{"items": "换刀片"} | change))
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="换刀片"' in answer.text
    assert "<b>队" not in answer.text
    assert recorder.get("repairs").json()["items"] == []


def test_one_machine_is_entered_by_its_plate(recorder):
    machine = entered(recorder, plate="粤18-A0001")
    assert put(recorder, "repairs", filled(plate="粤18 a0001", n_machines="")).status_code == 303
    (repair,) = recorder.get("repairs").json()["items"]
    assert (repair["machine_id"], repair["is_verified"]) == (machine["id"], True)
    unknown = put(recorder, "repairs", filled(plate="粤18-A0002", n_machines="1"))
    assert unknown.status_code == 422
    assert "没有号牌为 粤18-A0002 的机具" in unknown.text
    two = put(recorder, "repairs", filled(plate="粤18-A0001", n_machines="2"))
    assert "台数填 1 或不填" in two.text


def test_a_training_is_entered_from_lines(recorder):
    form = {"id": str(uuid4()), "area_code": TAIHE, "topic": "安全操作", "held_on": "2023-03-01"}
    form |= {"audience": "operator", "attendees": "陈大文:1234\r\n\r\n李明:5678\r\n"}
    assert put(recorder, "trainings", form).status_code == 303
    found = recorder.get("/machinery").text
    assert "<strong>2</strong> 人" in found
    assert "李明" not in found
    wrong = put(recorder, "trainings", form | {"id": str(uuid4()), "attendees": "陈大文"})
    assert wrong.status_code == 422
    assert "参训人员:" in wrong.text
    assert ">陈大文</textarea>" in wrong.text


def test_a_table_is_examined_then_taken_and_refused_rows_are_listed(recorder):
    def brought(text: str, **data):
        files = {"file": ("培训.csv", text.encode(), "text/csv")}
        return put(recorder, "tables", {"kind": "trainings"} | data, files=files)

    tried = brought(TRAININGS, dry_run="true")
    assert "可以保存 2" in tried.text
    assert recorder.get("trainings").json()["items"] == []
    wrong = brought(TRAININGS.replace("1234", "12"), dry_run="false")
    assert wrong.status_code == 422
    assert "全部未保存" in wrong.text
    assert "姓名:手机后四位" in wrong.text
    assert recorder.get("trainings").json()["items"] == []
    assert "已保存 2" in brought(TRAININGS, dry_run="false").text
    assert len(recorder.get("trainings").json()["items"]) == 2
    assert brought(TRAININGS, kind="parcels").status_code == 404


def test_a_wrong_record_is_taken_back_with_its_reason(recorder):
    registered(recorder, 10)
    repair = recorder.post("repairs", a_group(4)).json()
    where = f"repairs/{repair['id']}/withdraw"
    assert put(recorder, where, {"reason": ""}).status_code == 422
    assert put(recorder, where, {"reason": "重复"}).status_code == 303
    assert "<strong>0</strong> 台次" in recorder.get("/machinery").text


def test_the_capacity_is_shown_to_those_who_may_read_the_sowing(book, as_role, recorder):
    registered(recorder, 5, "PLANT_R")
    assert book.plan(VILLAGE, 100_000).is_success
    shown = as_role("leader").get("/machinery", days_left=2).text
    assert "插秧能力" in shown
    assert "剩 2 天(所填)" in shown
    assert "还差 99,400 至 99,850 亩" in shown
    assert "默认,未核实" in shown
    assert "插秧能力" not in as_role("officer").get("/machinery").text
    assert as_role("recorder", VILLAGE).get("/machinery").status_code == 200
    assert as_role("leader").get("/machinery", days_left=121).status_code == 422
