"""The draw of a campaign over the API, drawn again from what is published with a shell."""

import hashlib
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.service.test_outlets import SHANTANG, TAIHE, changed, opened
from tests.service.test_stock import posted
from tests.service.test_visits import a_visit, counted, enrolled, visited

SEED = "seed-of-2023-04-20"


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


@pytest.fixture
def officer(as_role):
    return as_role("officer")


@pytest.fixture
def team(bureau) -> list[str]:
    return [enrolled(bureau)["id"] for _ in range(4)]


def a_campaign(area: str = "441803", **other) -> dict:
    body = {"area_code": area, "title": "春季双随机", "kind": "random"}
    body |= {"starts_on": "2023-04-10", "ends_on": "2023-05-31", "checklist_version": "2023-1"}
    return body | {"ratio_high": 1, "ratio_medium": 0.5, "ratio_low": 0.1} | other


def begun(bureau, area: str = "441803", **other) -> dict:
    answer = bureau.post("campaigns", a_campaign(area, **other))
    assert answer.status_code == 201, answer.text
    return answer.json()


def drawn(bureau, campaign: dict, **body) -> dict:
    answer = bureau.post(f"campaigns/{campaign['id']}/draw", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_the_draw_is_drawn_again_from_the_published_list_with_one_shell_line(
    bureau, officer, team, tmp_path
):
    sold = {"categories": ["fertilizer"]}
    outlets = [opened(bureau, (TAIHE, SHANTANG)[n % 2], **sold) for n in range(11)]
    visited(officer, a_visit(outlets[0], team[:2], "2023-03-01T09:00:00+08:00", outcome="case"))
    for each in outlets[1:4]:
        visited(officer, a_visit(each, team[:2], "2023-03-02T09:00:00+08:00"))
        posted(bureau, each, "count", 100, "2023-04-01")
    told = drawn(bureau, begun(bureau), seed=SEED)
    published = bureau.get(f"campaigns/{told['campaign_id']}/draw/list")
    (tmp_path / "list.csv").write_bytes(published.content)

    def shell(line: str) -> list[str]:
        run = subprocess.run(
            ["sh", "-c", line],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        )
        return run.stdout.split()

    assert shell("sha256sum list.csv")[0] == told["list_digest"]
    wanted = {each["outlet_id"] for each in told["items"] if each["is_drawn"]}
    again = shell(told["recipe"])
    assert set(again) == wanted
    assert len(again) == len(wanted) == 1 + 4 + 1
    assert [(each["tier"], each["n_listed"], each["n_drawn"]) for each in told["strata"]] == [
        ("high", 1, 1),
        ("medium", 7, 4),
        ("low", 3, 1),
    ]
    high = next(each for each in told["items"] if each["tier"] == "high")
    assert high["outlet_id"] == outlets[0]["id"]
    assert "立案" in high["tier_reasons"]


def test_a_campaign_is_drawn_once_and_a_repeat_is_answered_as_the_first_time(bureau, team):
    for _ in range(6):
        opened(bureau)
    campaign = begun(bureau)
    assert bureau.get(f"campaigns/{campaign['id']}/draw").status_code == 404
    body = {"id": str(uuid4())}
    first = drawn(bureau, campaign, **body)
    assert len(first["seed"]) == 32
    where = f"campaigns/{campaign['id']}/draw"
    again = bureau.post(where, body)
    assert (again.status_code, again.json()) == (200, first)
    assert bureau.post(where, body | {"seed": SEED}).status_code == 409
    for other in ({}, {"id": str(uuid4())}, {"seed": SEED}):
        refused = bureau.post(where, other)
        assert refused.status_code == 409
        assert "不能重抽" in refused.json()["detail"]
    assert bureau.get(where).json() == first
    different = drawn(bureau, begun(bureau))
    assert different["seed"] != first["seed"]


def test_of_simultaneous_draws_one_is_made(bureau, team):
    for _ in range(5):
        opened(bureau)
    where = f"campaigns/{begun(bureau)['id']}/draw"
    bodies = [{"seed": f"seed-number-{n}"} for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda body: bureau.post(where, body), bodies))
    assert sorted(each.status_code for each in answers) == [201] + [409] * 5
    made = next(each.json() for each in answers if each.status_code == 201)
    assert bureau.get(where).json() == made


def test_the_list_is_frozen_as_it_was_on_the_day(bureau, team):
    stays, closes, shut = (opened(bureau, categories=["seed"]) for _ in range(3))
    changed(bureau, shut, "suspended", "2023-04-01")
    opened(bureau, categories=["film"])
    told = drawn(bureau, begun(bureau, categories=["seed", "pesticide"]))
    listed = {each["outlet_id"] for each in told["items"]}
    assert listed == {stays["id"], closes["id"]}
    changed(bureau, closes, "closed", "2023-04-20")
    opened(bureau, categories=["seed"])
    assert bureau.get(f"campaigns/{told['campaign_id']}/draw").json() == told
    text = bureau.get(f"campaigns/{told['campaign_id']}/draw/list").text
    assert hashlib.sha256(text.encode()).hexdigest() == told["list_digest"]


def test_officers_are_drawn_evenly_and_none_who_must_keep_away_or_has_no_certificate(bureau, team):
    outlets = [opened(bureau) for _ in range(8)]
    lapsing = enrolled(bureau, valid_to="2023-05-30")["id"]
    for outlet in outlets[:4]:
        body = {"officer_id": team[0], "outlet_id": outlet["id"], "ground": "近亲属"}
        assert bureau.post("exclusions", body).status_code == 201
    told = drawn(bureau, begun(bureau, ratio_medium=1), seed=SEED)
    away = {outlet["id"] for outlet in outlets[:4]}
    sent = Counter()
    for each in told["items"]:
        assert len(set(each["officer_ids"])) == 2
        assert each["outlet_id"] not in away or team[0] not in each["officer_ids"]
        sent.update(each["officer_ids"])
    assert lapsing not in sent
    assert sum(sent.values()) == 16
    assert max(sent.values()) - min(sent.values()) <= 2


def test_too_few_officers_stop_the_draw_by_the_name_of_the_outlet(bureau):
    outlet, pair = opened(bureau), [enrolled(bureau)["id"] for _ in range(2)]
    body = {"officer_id": pair[0], "outlet_id": outlet["id"], "ground": "近亲属"}
    exclusion = bureau.post("exclusions", body).json()
    campaign = begun(bureau, ratio_medium=1)
    where = f"campaigns/{campaign['id']}/draw"
    refused = bureau.post(where, {})
    assert refused.status_code == 409
    assert outlet["name"] in refused.json()["detail"]
    assert bureau.get(where).status_code == 404
    assert bureau.post(f"exclusions/{exclusion['id']}/withdraw", {"reason": "错"}).is_success
    assert set(drawn(bureau, campaign)["items"][0]["officer_ids"]) == set(pair)


def test_nothing_to_draw_and_a_campaign_that_is_over_are_refused(bureau, clock):
    assert bureau.post(f"campaigns/{begun(bureau)['id']}/draw", {}).status_code == 409
    over = begun(bureau, ends_on="2023-04-19")
    assert "已结束" in bureau.post(f"campaigns/{over['id']}/draw", {}).json()["detail"]
    bad = a_campaign(checklist_version="1999-1")
    assert bureau.post("campaigns", bad).status_code == 422
    assert bureau.post("campaigns", a_campaign(ends_on="2023-04-01")).status_code == 422
    assert bureau.post("campaigns", a_campaign(ratio_low=0.00001)).status_code == 422


def test_only_the_bureau_draws_and_a_town_draws_among_its_own(bureau, as_role, team):
    here, there = opened(bureau, TAIHE), opened(bureau, SHANTANG)
    campaign = begun(bureau)
    for role in ("officer", "leader", "auditor"):
        speaker = as_role(role)
        assert speaker.post(f"campaigns/{campaign['id']}/draw", {}).status_code == 403
        assert speaker.get(f"campaigns/{campaign['id']}").status_code == 200
    local = as_role("bureau", TAIHE, "local")
    assert local.get(f"campaigns/{campaign['id']}").status_code == 404
    assert local.post("campaigns", a_campaign(SHANTANG)).status_code == 404
    for _ in range(2):
        enrolled(local, area_code=TAIHE)
    told = drawn(local, begun(local, TAIHE))
    assert [each["outlet_id"] for each in told["items"]] == [here["id"]] != [there["id"]]


def test_a_draw_without_a_hit_bounds_all_and_is_withheld_where_it_may_not(bureau, officer, team):
    for _ in range(12):
        opened(bureau)
    campaign = begun(bureau, ratio_medium=0.5)
    told = drawn(bureau, campaign, seed=SEED)
    ids = [each["outlet_id"] for each in told["items"] if each["is_drawn"]]

    def bound() -> dict:
        return counted(bureau, campaign=campaign["id"])["bound"]

    for n, outlet_id in enumerate(ids):
        assert bound()["at_most"] is None
        assert any(f"还有 {len(ids) - n} 家" in each for each in bound()["withheld"])
        at = f"2023-04-{12 + n}T10:00:00+08:00"
        body = a_visit({"id": outlet_id}, team[:2], at, campaign_id=campaign["id"])
        last = visited(officer, body | {"kind": "random"})
    assert bound() == {
        "at_most": 3,  # C(9,6)/C(12,6) = 84/924 > 0.05 >= C(8,6)/C(12,6) = 28/924
        "confidence": 0.95,
        "n_listed": 12,
        "n_inspected": 6,
        "withheld": [],
    }
    other = next(each["outlet_id"] for each in told["items"] if not each["is_drawn"])
    extra = a_visit({"id": other}, team[:2], campaign_id=campaign["id"])
    made = visited(officer, extra)
    assert any("不是抽中的" in each for each in bound()["withheld"])
    officer.post(f"visits/{made['id']}/withdraw", {"reason": "不属于这次行动"})
    assert bound()["at_most"] == 3
    body |= {"outcome": "on_site_fix", "supersedes_id": last["id"], "reason": "漏填"}
    visited(officer, body)
    assert bound()["at_most"] is None
    assert counted(bureau)["bound"] is None
