"""The machinery book: registers, repairs that the register bounds, trainings of persons."""

from random import Random
from uuid import uuid4

import pytest
import sqlalchemy as sa

TAIHE, SHANTANG = "441803102", "441803105"
TILLER, TRACTOR = "TILL_R", "TRAC_W"
SPRING = {"from": "2023-01-01", "as_of": "2023-04-20"}


@pytest.fixture
def recorder(as_role):
    return as_role("recorder", TAIHE)


def registered(speaker, n: int, n_fit: int | None = None, area: str = TAIHE, **other) -> dict:
    body = {"area_code": area, "class_code": TILLER, "counted_on": "2023-01-10"}
    body |= {"n_registered": n, "n_fit": n if n_fit is None else n_fit}
    answer = speaker.post("machinery/registers", body | other)
    assert answer.status_code == 201, answer.text
    return answer.json()


def a_group(n: int, day: str = "2023-03-10", area: str = TAIHE, **other) -> dict:
    body = {"area_code": area, "class_code": TILLER, "n_machines": n, "repaired_on": day}
    return body | {"outcome": "fit"} | other


def repaired(speaker, body: dict) -> dict:
    answer = speaker.post("repairs", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def a_machine(speaker, area: str = TAIHE) -> dict:
    body = {"area_code": area, "class_code": TRACTOR, "registered_on": "2020-01-01"}
    answer = speaker.post("machines", body | {"plate": f"粤18-{uuid4().hex[:5]}"})
    assert answer.status_code == 201, answer.text
    return answer.json()


def one(machine: dict, day: str) -> dict:
    body = {"area_code": machine["area_code"], "machine_id": machine["id"], "repaired_on": day}
    return body | {"outcome": "fit"}


def total(speaker, **asked) -> dict:
    answer = speaker.get("machinery/summary", **(SPRING | asked))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_machine_that_was_repaired_twice_is_one_machine_and_two_repairs(recorder):
    machine, other = a_machine(recorder), a_machine(recorder)
    for day in ("2023-02-20", "2023-03-20"):
        repaired(recorder, one(machine, day))
    repaired(recorder, one(other, "2023-03-20"))
    registered(recorder, 20, 17)
    repaired(recorder, a_group(5))
    found = total(recorder)["total"]
    assert (found["n_machines"], found["n_jobs"], found["n_unverified"]) == (7, 8, 5)
    assert (found["n_registered"], found["n_fit"], found["fit_share"]) == (20, 17, 0.85)
    assert total(recorder, as_of="2023-03-01")["total"]["n_machines"] == 1
    by_class = {each["key"]: each for each in total(recorder, by="class")["items"]}
    assert by_class[TRACTOR]["n_machines"] == 2
    assert by_class[TILLER]["n_unverified"] == 5


def test_a_group_cannot_go_beyond_the_register(recorder):
    refused = recorder.post("repairs", a_group(1))
    assert refused.status_code == 422
    assert "在册 0 台" in refused.json()["detail"]
    registered(recorder, 10)
    repaired(recorder, a_group(8))
    over = recorder.post("repairs", a_group(3, "2023-04-01"))
    assert over.status_code == 422
    assert "在册 10 台,今年已检修 8 台,再加 3 台" in over.json()["detail"]
    repaired(recorder, a_group(2, "2023-04-01"))
    assert total(recorder)["total"]["n_machines"] == 10


def test_a_repair_of_a_machine_that_the_register_does_not_hold_is_refused(recorder, as_role):
    answer = recorder.post("repairs", one({"id": str(uuid4()), "area_code": TAIHE}, "2023-03-01"))
    assert answer.status_code == 404
    assert "先登记机具" in answer.json()["detail"]
    foreign = a_machine(as_role("recorder", SHANTANG), SHANTANG)
    same = recorder.post("repairs", one({"id": foreign["id"], "area_code": TAIHE}, "2023-03-01"))
    assert same.status_code == 404
    assert same.json()["detail"] == answer.json()["detail"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"repaired_on": "2023-05-01"}, 422),
        ({"n_machines": 0}, 422),
        ({"n_machines": 2.5}, 422),
        ({"class_code": "NOTHING"}, 404),
        ({"class_code": None}, 422),
        ({"machine_id": str(uuid4())}, 422),
        ({"area_code": "441803"}, 422),
        ({"area_code": "441803105"}, 404),
        ({"outcome": "gut"}, 422),
        ({"cost_yuan": -1}, 422),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_repair_that_cannot_be_is_refused(recorder, change, status):
    registered(recorder, 10)
    answer = recorder.post("repairs", a_group(1) | change)
    assert answer.status_code == status, answer.text
    assert total(recorder)["total"]["n_jobs"] == 0


def test_a_correction_and_a_withdrawal_change_the_figure_and_not_what_was_known(recorder, clock):
    registered(recorder, 30)
    wrong, twice = repaired(recorder, a_group(9)), repaired(recorder, a_group(4))
    clock.forward(seconds=1)
    before = clock().isoformat()
    clock.forward(seconds=1)
    right = a_group(6, supersedes_id=wrong["id"], reason="多录了")
    repaired(recorder, right)
    assert recorder.post("repairs", right | {"n_machines": 5}).status_code == 409
    where = f"repairs/{twice['id']}/withdraw"
    assert recorder.post(where, {"reason": "重复"}).status_code == 200
    assert total(recorder)["total"]["n_machines"] == 6
    assert total(recorder, known_at=before)["total"]["n_machines"] == 13
    no_reason = a_group(6, supersedes_id=wrong["id"])
    assert recorder.post("repairs", no_reason).status_code == 422


def test_the_same_id_is_one_repair_and_other_content_is_refused(recorder):
    registered(recorder, 30)
    body = a_group(2, id=str(uuid4()))
    assert [recorder.post("repairs", body).status_code for _ in range(3)] == [201, 200, 200]
    assert recorder.post("repairs", body | {"n_machines": 3}).status_code == 409
    assert total(recorder)["total"]["n_machines"] == 2


def test_the_summary_is_what_a_plain_count_gives(recorder, as_role):
    random, rows = Random(7), []
    speakers = {TAIHE: recorder, SHANTANG: as_role("recorder", SHANTANG)}
    for area, speaker in speakers.items():
        registered(speaker, 500, 450, area)
        machines = [a_machine(speaker, area) for _ in range(4)]
        for _ in range(15):
            day = f"2023-0{random.randint(1, 4)}-{random.randint(1, 19):02d}"
            if random.random() < 0.5:
                machine = random.choice(machines)
                repaired(speaker, one(machine, day))
                rows.append((area, day, machine["id"], 1))
            else:
                n = random.randint(1, 9)
                repaired(speaker, a_group(n, day, area))
                rows.append((area, day, None, n))
    bureau = as_role("bureau")
    for first, last in (("2023-01-01", "2023-04-20"), ("2023-02-10", "2023-03-09")):
        found = total(bureau, **{"from": first, "as_of": last})
        for line in found["items"]:
            own = [row for row in rows if row[0] == line["key"] and first <= row[1] <= last]
            named = {row[2] for row in own if row[2]}
            groups = sum(row[3] for row in own if not row[2])
            assert line["n_machines"] == len(named) + groups
            assert line["n_jobs"] == sum(row[3] for row in own)
        assert sum(line["n_machines"] for line in found["items"]) == found["total"]["n_machines"]


def test_persons_are_counted_once_and_times_each_time_and_no_name_is_kept(recorder, database):
    def people(*names: str) -> list[dict]:
        return [{"name": name, "phone4": "1234"} for name in names]

    body = {"area_code": TAIHE, "topic": "安全操作", "audience": "operator"}
    for day, names in (("2023-03-01", ("陈大文", "李明")), ("2023-03-08", ("陈 大文", "何强"))):
        answer = recorder.post("trainings", body | {"held_on": day, "attendees": people(*names)})
        assert (answer.status_code, answer.json()["n_attendees"]) == (201, 2), answer.text
    found = total(recorder)
    assert (found["n_trainings"], found["n_persons"], found["n_person_times"]) == (2, 3, 4)
    first, second = (each["id"] for each in recorder.get("trainings", **SPRING).json()["items"])
    rows = recorder.get("trainings/persons", **SPRING).json()["items"]
    assert [each["number"] for each in rows] == [1, 2, 3]
    assert sorted(each["training_ids"] for each in rows) == sorted(
        [[first], [first, second], [second]]
    )
    assert all(each["n_times"] == len(each["training_ids"]) for each in rows)
    with database.system_reading() as session:
        kept = session.execute(sa.text("SELECT * FROM training_attendees")).all()
    assert len(kept) == 4
    assert not any("陈" in str(value) or value == "1234" for row in kept for value in row)
    assert all(row[1] not in str(rows) for row in kept), "what is kept of a name does not go out"
    listed = recorder.get("trainings", **SPRING).json()["items"]
    assert recorder.post(f"trainings/{listed[0]['id']}/withdraw", {"reason": "没办"}).is_success
    assert total(recorder)["n_persons"] == 2
    assert len(recorder.get("trainings/persons", **SPRING).json()["items"]) == 2


TABLE = """镇,机具类别,检修台数,检修日期,结果
太和镇,旋耕机,3,2023-03-10,修复
太和镇,旋耕机,３,2023-03-10,修复
"""


def brought(speaker, text: str, **data):
    files = {"file": ("repairs.csv", text.encode(), "text/csv")}
    return speaker.send("POST", "repairs/imports", files=files, data=data)


def test_a_table_of_repairs_that_comes_again_changes_nothing(recorder):
    registered(recorder, 30)
    assert brought(recorder, TABLE, dry_run="true").json()["n_filed"] == 2
    assert total(recorder)["total"]["n_jobs"] == 0
    first, again = brought(recorder, TABLE).json(), brought(recorder, TABLE).json()
    assert (first["n_filed"], again["n_filed"], again["n_unchanged"]) == (2, 0, 2)
    assert total(recorder)["total"]["n_machines"] == 6
    beyond = brought(recorder, TABLE + "太和镇,旋耕机,40,2023-03-11,完好\n")
    assert beyond.status_code == 422
    assert beyond.json()["rows"][0]["row"] == 4
    partial = brought(recorder, TABLE + "太和镇,旋耕机,40,2023-03-11,完好\n", partial="true").json()
    assert (partial["n_filed"], partial["n_unchanged"], partial["n_refused"]) == (0, 2, 1)
