"""Capacity of the machines against the area that is left."""

import pytest

from service.capacity import codes
from service.machinery.models import MachineClass
from tests.service.test_machinery_lives import ended

TAIHE, SHANTANG = "441803102", "441803105"
VILLAGE = "441803102201"
WEEK = "2023-04-13"


@pytest.fixture
def recorder(as_role):
    return as_role("recorder", TAIHE)


def registered(speaker, class_code: str, n: int, n_fit: int, area: str = TAIHE) -> dict:
    body = {"area_code": area, "class_code": class_code, "counted_on": "2023-01-10"}
    answer = speaker.post("machinery/registers", body | {"n_registered": n, "n_fit": n_fit})
    assert answer.status_code == 201, answer.text
    return answer.json()


def asked(speaker, season: str, **other) -> dict:
    answer = speaker.get("machinery/capacity", season=season, **({"as_of": WEEK} | other))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return {each["operation"]: each for each in found["operations"]} | {"rates": found["rates"]}


def line(found: dict, operation: str, town: str = TAIHE) -> dict:
    return next(each for each in found[operation]["items"] if each["area_code"] == town)


@pytest.fixture
def planned(book) -> str:
    """1,000 mu of early rice planned in a village of 太和镇, 400 of it sown and accepted."""
    assert book.plan(VILLAGE, 1000).is_success
    book.accepted(WEEK, {VILLAGE: 400})
    return book.season


def test_every_rate_is_of_a_known_class_and_names_its_source(database):
    with database.system_reading() as session:
        known = {each.code for each in session.query(MachineClass)}
    assert {each.rate.class_code for each in codes.rates()} <= known
    assert all(each.source and each.is_default for each in codes.rates())
    assert all(each.rate.low_mu_per_day <= each.rate.high_mu_per_day for each in codes.rates())


def test_the_area_left_is_what_is_planned_less_what_is_sown(planned, recorder, as_role):
    registered(recorder, "PLANT_R", 9, 5)
    registered(recorder, "TRAC_W", 50, 50)
    found = asked(as_role("leader"), planned)
    own = line(found, "transplant")
    # 2023-04-13 to the stage's end on 04-22: nine days; 15 to 60 mu a day each.
    assert (found["transplant"]["days_left"], found["transplant"]["is_default_days"]) == (9, True)
    assert (own["n_fit"], own["low_mu"], own["high_mu"]) == (5, 5 * 15 * 9, 5 * 60 * 9)
    assert (own["left_mu"], own["gap_mu"], own["verdict"]) == (600, 0, "enough")
    assert line(found, "plough")["n_fit"] == 0, "a tractor ploughs with its tiller"
    assert line(found, "plough")["verdict"] == "short"
    nothing = line(found, "transplant", SHANTANG)
    assert (nothing["left_mu"], nothing["verdict"]) == (None, "unknown")
    assert "计划" in nothing["text"]


def test_fewer_days_make_a_gap_that_is_said_in_words(planned, recorder):
    registered(recorder, "PLANT_R", 9, 5)
    tight = line(asked(recorder, planned, days_left=3), "transplant")
    assert (tight["verdict"], tight["gap_mu"]) == ("tight", 600 - 225)
    assert "还差 375 亩" in tight["text"]
    short = line(asked(recorder, planned, days_left=1), "transplant")
    assert short["verdict"] == "short"
    assert "还差 300 至 525 亩" in short["text"]


def test_a_visiting_machine_adds_to_capacity_while_it_is_here(planned, recorder, clock):
    before = clock().isoformat()
    clock.forward(seconds=1)
    body = {"area_code": TAIHE, "class_code": "PLANT_R", "registered_on": "2023-04-10"}
    guest = recorder.post("machines", body | {"is_visiting": True}).json()
    recorder.post("machines", body)
    own = line(asked(recorder, planned), "transplant")
    assert (own["n_fit"], own["n_visiting"], own["low_mu"]) == (0, 1, 15 * 9)
    assert line(asked(recorder, planned, known_at=before), "transplant")["n_visiting"] == 0
    earlier = asked(recorder, planned, as_of="2023-04-09", known_at=clock().isoformat())
    assert line(earlier, "transplant")["n_visiting"] == 0
    assert ended(recorder, guest, "2023-04-13", "left").status_code == 201
    assert line(asked(recorder, planned), "transplant")["n_visiting"] == 0
    day_before = asked(recorder, planned, as_of="2023-04-12")
    assert line(day_before, "transplant")["n_visiting"] == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_asked_is_refused(planned, recorder, as_role):
    for other, status in (
        ({"season": "1999-spring"}, 404),
        ({"as_of": "2020-01-01"}, 422),
        ({"days_left": 121}, 422),
        ({"days_left": -1}, 422),
        ({"area": SHANTANG}, 404),
        ({"area": VILLAGE}, 422),
    ):
        answer = recorder.get("machinery/capacity", **({"season": planned} | other))
        assert answer.status_code == status, (other, answer.text)
    assert as_role("officer").get("machinery/capacity", season=planned).status_code == 403
