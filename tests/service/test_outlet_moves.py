"""Outlets that move and outlets that come at once: who sees the licences, who gets the code."""

import threading
from uuid import uuid4

import pytest

TAIHE, SHANTANG = "441803102", "441803105"
CODE = "91350100M000100Y43"


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


def an_outlet(area: str = TAIHE, **other) -> dict:
    body = {"area_code": area, "name": f"店{uuid4().hex[:8]}", "categories": ["pesticide"]}
    return body | {"opened_on": "2020-03-01"} | other


def opened(bureau, **other) -> dict:
    answer = bureau.post("outlets", an_outlet(**other))
    assert answer.status_code == 201, answer.text
    return answer.json()


def licensed(bureau, outlet: dict) -> dict:
    body = {"outlet_id": outlet["id"], "kind": "pesticide_licence", "number": uuid4().hex[:8]}
    answer = bureau.post("licences", body | {"valid_from": "2020-03-02", "valid_to": "2023-05-10"})
    assert answer.status_code == 201, answer.text
    return answer.json()


def moved(bureau, outlet: dict, day: str = "2023-04-01") -> None:
    body = {"change": "moved", "valid_from": day, "reason": "迁址", "area_code": SHANTANG}
    answer = bureau.post(f"outlets/{outlet['id']}/changes", body)
    assert answer.status_code == 201, answer.text


def test_the_licences_of_an_outlet_go_where_it_goes(bureau, as_role):
    outlet = opened(bureau)
    licence = licensed(bureau, outlet)
    operator = as_role("outlet", TAIHE, "shop")
    bureau.post(f"outlets/{outlet['id']}/operator", {"username": "shop"})
    left, new = as_role("recorder", TAIHE), as_role("recorder", SHANTANG)
    assert [each["id"] for each in left.get("licences").json()["items"]] == [licence["id"]]
    assert new.get("licences").json()["items"] == []
    moved(bureau, outlet)
    assert left.get("licences").json()["items"] == []
    for speaker in (new, operator, bureau):
        assert [each["id"] for each in speaker.get("licences").json()["items"]] == [licence["id"]]
        card = speaker.get(f"outlets/{outlet['id']}").json()
        assert [each["id"] for each in card["licences"]] == [licence["id"]]
        assert card["licensed"] == ["pesticide"]
    counted = new.get("outlets/counts").json()
    assert (counted["by_category"]["pesticide"], counted["n_expiring"]) == (1, 1)
    then = left.get("outlets/counts", as_of="2023-03-31").json()
    assert then["by_category"]["pesticide"] == 1


def test_a_licence_out_of_sight_is_not_there(bureau, as_role):
    licence = licensed(bureau, opened(bureau))
    other = as_role("bureau", SHANTANG, "planner")
    for row in (licence["id"], str(uuid4())):
        answer = other.post(f"licences/{row}/withdraw", {"reason": "试"})
        assert answer.status_code == 404
        assert answer.json()["detail"] == "没有这条记录"


def test_two_openings_with_one_code_at_once_leave_one_outlet(bureau):
    start, answers = threading.Barrier(12), []

    def send() -> None:
        body = an_outlet(uscc=CODE)
        start.wait()
        answers.append(bureau.post("outlets", body).status_code)

    threads = [threading.Thread(target=send) for _ in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answers) == [201] + [409] * 11
    assert bureau.get("outlets/counts").json()["n_active"] == 1


def test_two_changes_to_one_code_at_once_leave_it_with_one(bureau):
    outlets, answers = [opened(bureau) for _ in range(6)], []
    start = threading.Barrier(len(outlets))

    def send(outlet: dict) -> None:
        body = {"change": "changed", "valid_from": "2023-04-01", "reason": "补录", "uscc": CODE}
        start.wait()
        answers.append(bureau.post(f"outlets/{outlet['id']}/changes", body).status_code)

    threads = [threading.Thread(target=send, args=(each,)) for each in outlets]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answers) == [201] + [409] * 5
