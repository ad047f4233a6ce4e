"""Single machines from their entry to their end; registers and tables that are put right."""

from uuid import uuid4

import pytest

from tests.service.test_machinery_bounds import (
    SHANTANG,
    TAIHE,
    TRACTOR,
    a_group,
    a_machine,
    entered,
    one,
    registered,
    total,
)


@pytest.fixture
def recorder(as_role):
    return as_role("recorder", TAIHE)


def ended(speaker, machine: dict, day: str, cause: str = "sold", **other):
    return speaker.post(f"machines/{machine['id']}/ends", {"ended_on": day, "cause": cause} | other)


def test_a_machine_ends_once_and_takes_no_repair_afterwards(recorder, as_role):
    machine = entered(recorder)
    assert recorder.post("repairs", one(machine, "2023-03-01")).status_code == 201
    early = ended(recorder, machine, "2023-02-01")
    assert early.status_code == 409
    assert "2023-03-01" in early.json()["detail"]
    assert ended(recorder, machine, "2019-12-31").status_code == 422
    assert ended(recorder, machine, "2023-04-21").status_code == 422
    other = as_role("recorder", SHANTANG)
    assert ended(other, machine, "2023-03-10").status_code == 404
    told = ended(recorder, machine, "2023-03-10", id=str(uuid4()))
    assert told.status_code == 201, told.text
    assert ended(recorder, machine, "2023-03-10", id=told.json()["id"]).status_code == 200
    assert ended(recorder, machine, "2023-03-11").status_code == 409
    assert recorder.post("repairs", one(machine, "2023-03-10")).status_code == 409
    assert recorder.post("repairs", one(machine, "2023-03-09")).status_code == 201
    (listed,) = recorder.get("machines").json()["items"]
    assert listed["ended_on"] == "2023-03-10"
    late = ended(recorder, machine, "2023-03-15", supersedes_id=told.json()["id"], reason="日期错")
    assert late.status_code == 201, late.text
    assert recorder.post("repairs", one(machine, "2023-03-14")).status_code == 201
    card = recorder.get(f"machines/{machine['id']}").json()
    assert (card["ended_on"], len(card["repairs"]), len(card["ends"])) == ("2023-03-15", 3, 2)
    where = f"machines/ends/{late.json()['id']}/withdraw"
    assert recorder.post(where, {"reason": "没有卖"}).status_code == 200
    assert recorder.post("repairs", one(machine, "2023-04-10")).status_code == 201


def test_a_plate_is_free_after_its_machines_end_and_not_taken_back(recorder):
    old = entered(recorder, plate="粤18-A0001")
    end = ended(recorder, old, "2023-03-10").json()
    assert entered(recorder, plate="粤18-A0001")
    back = recorder.post(f"machines/ends/{end['id']}/withdraw", {"reason": "没有卖"})
    assert back.status_code == 409
    assert "号牌" in back.json()["detail"]


def test_what_should_not_have_been_entered_was_never_stock(recorder):
    wrong, right = entered(recorder), entered(recorder)
    assert right["id"] != wrong["id"]
    assert ended(recorder, wrong, "2023-04-01", "error").json()["ended_on"] == "2020-01-01"
    over = recorder.post("repairs", a_group(2, TRACTOR))
    assert over.status_code == 422
    assert "在册 1 台" in over.json()["detail"]
    assert recorder.post("repairs", a_group(1, TRACTOR)).status_code == 201


def test_a_withdrawn_register_is_no_stock_and_was_known(recorder, clock):
    register = registered(recorder, 40)
    clock.forward(seconds=1)
    before = clock().isoformat()
    clock.forward(seconds=1)
    where = f"machinery/registers/{register['id']}/withdraw"
    for _ in range(2):
        assert recorder.post(where, {"reason": "类别填错"}).status_code == 200
    assert total(recorder)["n_registered"] == 0
    assert recorder.get("machinery/registers").json()["items"] == []
    (then,) = recorder.get("machinery/registers", known_at=before).json()["items"]
    assert then["n_registered"] == 40
    assert recorder.post("repairs", a_group(1)).status_code == 422


MACHINES = """镇,机具类别,号牌,登记日期,跨区作业
太和镇,轮式拖拉机,粤18-A0001,2020-01-01,否
太和镇,旋耕机,,2021-01-01,
太和镇,水稻插秧机,,2023-04-01,是
"""
TRAININGS = """镇,培训内容,培训日期,对象,参训人员
太和镇,安全操作,2023-03-01,机手,陈大文:1234、李明:5678
太和镇,插秧机,2023-03-08,机手,陈 大文:1234;何强:9012
"""


def brought(speaker, kind: str, text: str, **data):
    files = {"file": (f"{kind}.csv", text.encode("gb18030"), "text/csv")}
    return speaker.send("POST", f"{kind}/imports", files=files, data=data)


def test_a_table_of_machines_is_entered_once(recorder):
    assert brought(recorder, "machines", MACHINES, dry_run="true").json()["n_filed"] == 3
    assert recorder.get("machines").json()["items"] == []
    first, again = (brought(recorder, "machines", MACHINES).json() for _ in range(2))
    assert (first["n_filed"], again["n_filed"], again["n_unchanged"]) == (3, 0, 3)
    listed = recorder.get("machines").json()["items"]
    assert sum(each["is_visiting"] for each in listed) == 1
    twice = brought(recorder, "machines", MACHINES.replace("2020-01-01", "2020-02-01"))
    assert twice.status_code == 422
    (row,) = twice.json()["rows"]
    assert (row["row"], row["column"]) == (2, "号牌")
    without = brought(recorder, "machines", MACHINES.replace("粤18-A0001", ""))
    assert without.json()["rows"][0]["column"] == "号牌"


def test_a_table_of_trainings_counts_persons_once(recorder):
    first, again = (brought(recorder, "trainings", TRAININGS) for _ in range(2))
    assert first.json()["n_filed"] == 2, first.text
    assert again.json()["n_unchanged"] == 2
    found = recorder.get("machinery/summary", **{"from": "2023-01-01"}).json()
    assert (found["n_trainings"], found["n_persons"], found["n_person_times"]) == (2, 3, 4)


@pytest.mark.parametrize(
    "who", ["陈大文", "陈大文:12345", "陈大文:12a4", ":1234", "陈大文:1234、李明"]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_attended_without_four_digits_is_refused_by_row(recorder, who):
    answer = brought(recorder, "trainings", TRAININGS.replace("陈大文:1234、李明:5678", who))
    assert answer.status_code == 422, answer.text
    (row,) = answer.json()["rows"]
    assert (row["row"], row["column"]) == (2, "参训人员")


def test_a_machine_without_a_plate_may_be_entered_where_none_is_needed(recorder):
    body = a_machine(class_code="TILL_R")
    body.pop("plate")
    assert [recorder.post("machines", body).status_code for _ in range(2)] == [201, 201]
