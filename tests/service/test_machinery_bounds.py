"""What a town has bounds what is repaired in it: races, villages, visitors, plates, ends."""

import threading
from uuid import uuid4

import pytest

TAIHE, SHANTANG = "441803102", "441803105"
VILLAGE = "441803102201"
TILLER, TRACTOR = "TILL_R", "TRAC_W"
SPRING = {"from": "2023-01-01", "as_of": "2023-04-20"}


@pytest.fixture
def recorder(as_role):
    return as_role("recorder", TAIHE)


def registered(speaker, n: int, class_code: str = TILLER, area: str = TAIHE) -> dict:
    body = {"area_code": area, "class_code": class_code, "counted_on": "2023-01-10"}
    answer = speaker.post("machinery/registers", body | {"n_registered": n, "n_fit": n})
    assert answer.status_code == 201, answer.text
    return answer.json()


def a_group(n: int, class_code: str = TILLER, area: str = TAIHE, **other) -> dict:
    body = {"area_code": area, "class_code": class_code, "n_machines": n, "outcome": "fit"}
    return body | {"repaired_on": "2023-03-10"} | other


def a_machine(area: str = TAIHE, **other) -> dict:
    body = {"area_code": area, "class_code": TRACTOR, "registered_on": "2020-01-01"}
    return body | {"plate": f"粤18-{uuid4().hex[:5]}"} | other


def entered(speaker, **other) -> dict:
    answer = speaker.post("machines", a_machine(**other))
    assert answer.status_code == 201, answer.text
    return answer.json()


def one(machine: dict, day: str = "2023-03-20", **other) -> dict:
    body = {"area_code": machine["area_code"], "machine_id": machine["id"], "repaired_on": day}
    return body | {"outcome": "fit"} | other


def total(speaker) -> dict:
    return speaker.get("machinery/summary", **SPRING).json()["total"]


def at_once(send, n: int) -> list[int]:
    """Send from so many threads at one moment; return the statuses."""
    start, answers = threading.Barrier(n), []

    def run(number: int) -> None:
        start.wait()
        answers.append(send(number).status_code)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(n)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return sorted(answers)


def test_groups_filed_at_once_do_not_pass_the_register_together(recorder):
    registered(recorder, 10)
    answers = at_once(lambda _: recorder.post("repairs", a_group(2)), 20)
    assert answers == [201] * 5 + [422] * 15
    assert total(recorder)["n_machines"] == 10


def test_a_plate_entered_at_once_by_many_stands_once(recorder):
    answers = at_once(lambda _: recorder.post("machines", a_machine(plate="粤18-A0001")), 12)
    assert answers == [201] + [409] * 11
    assert len(recorder.get("machines").json()["items"]) == 1


def test_the_same_id_at_once_is_one_repair(recorder):
    registered(recorder, 10)
    body = a_group(2, id=str(uuid4()))
    assert at_once(lambda _: recorder.post("repairs", body), 8) == [200] * 7 + [201]
    assert total(recorder)["n_machines"] == 2


def test_a_village_files_within_what_its_town_has_and_learns_no_figure_of_it(recorder, as_role):
    village = as_role("recorder", VILLAGE)
    registered(recorder, 10)
    assert recorder.post("repairs", a_group(7)).status_code == 201
    assert village.post("repairs", a_group(2, area=VILLAGE)).status_code == 201
    over = village.post("repairs", a_group(2, area=VILLAGE))
    assert over.status_code == 422
    assert "在册数" in over.json()["detail"]
    assert not any(figure in over.json()["detail"] for figure in ("10", "7", "9"))
    assert "在册 10 台" in recorder.post("repairs", a_group(2)).json()["detail"]
    assert total(recorder)["n_machines"] == 9


def test_a_named_machine_is_bounded_by_what_groups_have_left(recorder):
    machines = [entered(recorder) for _ in range(3)]
    registered(recorder, 10, TRACTOR)
    assert recorder.post("repairs", a_group(9, TRACTOR)).status_code == 201
    assert recorder.post("repairs", one(machines[0])).status_code == 201
    assert recorder.post("repairs", one(machines[0], "2023-04-01")).status_code == 201
    over = recorder.post("repairs", one(machines[1]))
    assert over.status_code == 422
    assert "在册 10 台" in over.json()["detail"]
    assert total(recorder)["n_machines"] == 10


def test_a_visiting_machine_is_no_stock_and_no_repaired_machine_of_the_town(recorder):
    guest = entered(recorder, is_visiting=True)
    assert recorder.post("repairs", one(guest)).status_code == 201
    refused = recorder.post("repairs", a_group(1, TRACTOR))
    assert refused.status_code == 422
    registered(recorder, 2, TRACTOR)
    assert recorder.post("repairs", a_group(2, TRACTOR)).status_code == 201
    found = total(recorder)
    assert (found["n_machines"], found["n_jobs"], found["n_registered"]) == (2, 2, 2)
    assert found["n_visiting"] == 1


def test_a_scrapped_machine_takes_no_more_repairs(recorder):
    machine = entered(recorder)
    assert recorder.post("repairs", one(machine, "2023-03-01")).status_code == 201
    early = recorder.post("repairs", one(machine, "2023-02-01", outcome="scrapped"))
    assert early.status_code == 409
    scrapped = recorder.post("repairs", one(machine, "2023-03-20", outcome="scrapped"))
    assert scrapped.status_code == 201, scrapped.text
    for day in ("2023-03-20", "2023-04-01"):
        refused = recorder.post("repairs", one(machine, day))
        assert refused.status_code == 409
        assert "2023-03-20" in refused.json()["detail"]
    assert recorder.post("repairs", one(machine, "2023-03-05")).status_code == 201
    where = f"repairs/{scrapped.json()['id']}/withdraw"
    assert recorder.post(where, {"reason": "认错了机具"}).status_code == 200
    assert recorder.post("repairs", one(machine, "2023-04-01")).status_code == 201


def test_a_plate_stands_once_among_living_machines_however_it_is_written(recorder, as_role):
    first = entered(recorder, plate="粤18-a0001")
    assert first["plate"] == "粤18-A0001"
    for same in ("粤18-A0001", "粤１８ A0001", "粤18·a0001"):
        again = as_role("recorder", SHANTANG).post("machines", a_machine(SHANTANG, plate=same))
        assert again.status_code == 409, same
        assert "太和" not in again.text
        assert TAIHE not in again.text
    assert entered(recorder, plate="粤18-A0002")
    scrapped = recorder.post("repairs", one(first, outcome="scrapped"))
    assert scrapped.status_code == 201
    assert entered(recorder, plate="粤18-A0001")["id"] != first["id"]
    where = f"repairs/{scrapped.json()['id']}/withdraw"
    assert recorder.post(where, {"reason": "认错了"}).status_code == 409
    undone = one(first, supersedes_id=scrapped.json()["id"], reason="认错了")
    assert recorder.post("repairs", undone).status_code == 409


def test_a_repair_is_told_of_the_town_that_the_machine_is_of(as_role):
    bureau = as_role("bureau")
    machine = entered(bureau)
    elsewhere = bureau.post("repairs", one(machine | {"area_code": SHANTANG}))
    assert elsewhere.status_code == 422
    assert "登记在" in elsewhere.json()["detail"]
    guest = entered(bureau, is_visiting=True)
    assert bureau.post("repairs", one(guest | {"area_code": SHANTANG})).status_code == 201
