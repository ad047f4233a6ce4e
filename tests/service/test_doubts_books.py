"""Each book's rows reach the rules: the same doubts on every engine."""

from uuid import uuid4

import pytest

from tests.books_outlets import bind
from tests.hostile_photos import a_field_photo
from tests.service.test_agronomy import a_station, filed
from tests.service.test_doubts import TAIHE, changes, doubts, ran
from tests.service.test_machinery import registered
from tests.service.test_outlets import opened
from tests.service.test_photos import kept
from tests.service.test_prices import seen
from tests.service.test_stock import closing, posted
from tests.service.test_visits import a_visit, enrolled, visited

FAR, NEAR = {"lon": 113.20, "lat": 23.75}, {"lon": 113.00, "lat": 23.70}


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


def rules(speaker, **asked) -> list[str]:
    return sorted(each["rule"] for each in doubts(speaker, **asked))


def a_training(n_attended: int) -> dict:
    people = [{"name": f"人{n}", "phone4": "1234"} for n in range(n_attended)]
    body = {"area_code": TAIHE, "topic": "安全操作", "audience": "operator", "n_planned": 5}
    return body | {"held_on": "2023-04-12", "attendees": people}


def test_stock_below_zero_is_asked_about_until_it_is_not(bureau, as_role, database):
    shop, operator = opened(bureau), as_role("outlet", TAIHE)
    bind(database, f"outlet-{TAIHE}", shop["id"])
    posted(operator, shop, "receipt", 100, "2023-04-10")
    posted(operator, shop, "sale", 130, "2023-04-14")
    ran(bureau)
    (found,) = doubts(bureau, rule="stock.negative")
    assert (found["observed_on"], "-30" in found["observed"]) == ("2023-04-14", True)
    posted(operator, shop, "sale", 5, "2023-04-16")
    assert changes(ran(bureau))[:3] == (0, 0, 0)  # the same run below zero
    posted(operator, shop, "receipt", 100, "2023-04-11")
    assert closing(bureau, shop, "2023-04-20") == 65
    assert changes(ran(bureau))[2] == 1
    assert [each["state"] for each in doubts(bureau, rule="stock.negative")] == ["closed"]


def test_a_count_a_slip_and_silence_are_doubted(bureau):
    shop = opened(bureau)
    posted(bureau, shop, "receipt", 2_000_000, "2023-01-10")
    posted(bureau, shop, "count", 50, "2023-02-10", reason="漏记销售")
    posted(bureau, opened(bureau), "receipt", 900, "2023-04-18")
    ran(bureau)
    assert rules(bureau, book="stock") == ["stock.slip", "stock.stale", "stock.variance"]
    told = {each["rule"]: each for each in bureau.get("doubts/skipped").json()["items"]}
    assert "不能按亩比较" in told["stock.per_mu"]["reason"]


def test_a_price_keeps_its_doubt_when_its_week_is_over_and_loses_it_when_corrected(bureau, clock):
    shops = [opened(bureau) for _ in range(7)]
    for n, shop in enumerate(shops):
        seen(bureau, shop, yuan=135 + n)
    odd = seen(bureau, opened(bureau), yuan=260)
    ran(bureau)
    assert rules(bureau) == ["price.median", "price.spike"]
    assert {each["subject_id"] for each in doubts(bureau)} == {odd["id"]}
    clock.forward(days=30)
    assert changes(ran(bureau))[:3] == (0, 0, 0)
    right = {name: odd[name] for name in ("outlet_id", "product_code", "observed_on")}
    right |= {"price_yuan": 136.0, "supersedes_id": odd["id"], "reason": "录错"}
    assert bureau.post("prices", right).status_code == 201
    assert changes(ran(bureau))[:3] == (0, 0, 2)


def test_one_officer_at_two_places_is_seen_by_officers_and_not_by_recorders(bureau, as_role):
    officer, team = as_role("officer"), [enrolled(bureau)["id"] for _ in range(2)]
    for place in (NEAR, FAR):
        visited(officer, a_visit(opened(bureau), team, **place))
    ran(bureau)
    assert rules(bureau) == ["visit.two_places"]
    (found,) = doubts(officer)
    assert "公里" in found["explanation"]
    recorder = as_role("recorder", TAIHE)
    assert doubts(recorder) == []
    assert recorder.get(f"doubts/{found['id']}").status_code == 404
    told = officer.post(f"doubts/{found['id']}/reply", {"text": "时间录错,已更正"})
    assert told.json()["state"] == "replied"


def test_machines_trainings_and_weather_are_gone_over(bureau, as_role, clock):
    recorder = as_role("recorder", TAIHE)
    registered(recorder, 10)
    body = {"area_code": TAIHE, "class_code": "TILL_R", "n_machines": 8}
    body |= {"repaired_on": "2023-03-10", "outcome": "fit"}
    assert recorder.post("repairs", body).status_code == 201
    registered(recorder, 5, counted_on="2023-04-01")  # fewer than were repaired by then
    assert recorder.post("trainings", a_training(11)).status_code == 201
    a_station(bureau)
    filed(bureau, "2023-04-10", [20.0, 21.0, 41.0, 20.0])
    ran(bureau)
    assert rules(bureau) == ["machinery.repaired", "training.attendance", "weather.climate"]
    ranges = {each["rule"]: each["which_range"] for each in doubts(bureau)}
    assert ranges["weather.climate"] == "static"
    clock.forward(days=300)  # another year, of which nothing is known
    assert changes(ran(bureau)) == (0, 0, 0, 3)


def test_a_photo_that_serves_two_visits_is_asked_about(bureau, as_role):
    officer, content = as_role("officer"), a_field_photo()
    for _ in range(2):
        kept(officer, content, subject_kind="visit", subject_id=str(uuid4()))
    ran(bureau)
    assert rules(bureau) == ["photo.reused"]
    assert changes(ran(bureau)) == (0, 0, 0, 0)
