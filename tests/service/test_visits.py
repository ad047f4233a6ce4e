"""Visits: who may make one, what it may say, and how it is counted."""

import io
from concurrent.futures import ThreadPoolExecutor
from random import Random
from uuid import uuid4

import openpyxl
import pytest

from tests.service.test_outlets import SHANTANG, TAIHE, changed, opened

SPRING = {"from": "2023-01-01", "as_of": "2023-04-20"}
DAY = "2023-04-12"


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


@pytest.fixture
def officer(as_role):
    return as_role("officer")


@pytest.fixture
def team(bureau) -> list[str]:
    return [enrolled(bureau)["id"] for _ in range(4)]


def enrolled(bureau, **other) -> dict:
    body = {"area_code": "441803", "name": f"员{uuid4().hex[:6]}", "unit": "执法大队"}
    body |= {"certificate_no": uuid4().hex[:10]}
    body |= {"valid_from": "2021-01-01", "valid_to": "2025-12-31"} | other
    answer = bureau.post("officers", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def a_visit(outlet: dict, officers: list[str], at: str = f"{DAY}T10:00:00+08:00", **other) -> dict:
    body = {"outlet_id": outlet["id"], "officer_ids": officers, "visited_at": at}
    return body | {"kind": "special", "outcome": "no_violation"} | other


def visited(officer, body: dict) -> dict:
    answer = officer.post("visits", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def counted(speaker, **asked) -> dict:
    answer = speaker.get("visits/counts", **(SPRING | asked))
    assert answer.status_code == 200, answer.text
    return answer.json()


def figures(speaker, **asked) -> tuple[int, int, int, int]:
    """Return 人次, 家次 inspected, 家 inspected, 家次 where nobody could inspect."""
    told = counted(speaker, **asked)
    names = ("officer_times", "visit_times", "outlets", "came_only_times")
    assert [told[name]["unit"] for name in names] == ["人次", "家次", "家", "家次"]
    return tuple(told[name]["value"] for name in names)


def refused(officer, body: dict, status: int = 422) -> str:
    answer = officer.post("visits", body)
    assert answer.status_code == status, answer.text
    return answer.text


# E5: at least two distinct officers, each certified on the day (行政处罚法 42).


def test_one_officer_or_the_same_twice_makes_no_visit(bureau, officer, team):
    outlet = opened(bureau)
    refused(officer, a_visit(outlet, team[:1]))
    assert "两次" in refused(officer, a_visit(outlet, [team[0], team[0]]))
    refused(officer, a_visit(outlet, [team[0], str(uuid4())]), 404)
    assert figures(bureau) == (0, 0, 0, 0)
    visited(officer, a_visit(outlet, team[:2]))
    assert figures(bureau) == (2, 1, 1, 0)


def test_a_certificate_must_hold_on_the_day_of_the_visit(bureau, officer, team):
    outlet = opened(bureau)
    expired = enrolled(bureau, valid_to="2023-04-11")
    assert "没有有效的执法证" in refused(officer, a_visit(outlet, [team[0], expired["id"]]))
    earlier = a_visit(outlet, [team[0], expired["id"]], "2023-04-11T23:59:00+08:00")
    visited(officer, earlier)
    where = f"officers/{expired['id']}/certificates"
    renewal = {"number": uuid4().hex[:10], "valid_from": "2023-04-12", "valid_to": "2028-01-01"}
    assert bureau.post(where, renewal).status_code == 201
    shown = visited(officer, a_visit(outlet, [team[0], expired["id"]]))["officers"]
    assert renewal["number"] in {each["certificate_no"] for each in shown}


def test_a_certificate_number_is_of_one_officer(bureau, team):
    first = enrolled(bureau, username="officer-7")
    number = first["certificates"][0]["number"]
    body = {"number": number, "valid_from": "2023-01-01", "valid_to": "2024-01-01"}
    assert bureau.post(f"officers/{team[0]}/certificates", body).status_code == 409
    again = {"area_code": "441803", "name": "别人", "unit": "执法大队", "username": "officer-7"}
    again |= {"certificate_no": uuid4().hex[:10]}
    again |= {"valid_from": "2021-01-01", "valid_to": "2025-12-31"}
    assert bureau.post("officers", again).status_code == 409


def test_an_officer_who_must_keep_away_is_refused_until_the_exclusion_is_withdrawn(
    bureau, officer, team
):
    outlet, other = opened(bureau), opened(bureau)
    body = {"officer_id": team[0], "outlet_id": outlet["id"], "ground": "近亲属"}
    exclusion = bureau.post("exclusions", body).json()
    assert "回避" in refused(officer, a_visit(outlet, team[:2]))
    visited(officer, a_visit(other, team[:2]))
    where = f"exclusions/{exclusion['id']}/withdraw"
    assert bureau.post(where, {"reason": "登错了"}).status_code == 200
    visited(officer, a_visit(outlet, team[:2]))


def test_who_kept_away_from_a_double_keeps_away_from_the_outlet(bureau, officer, team):
    kept, double = opened(bureau), opened(bureau)
    body = {"officer_id": team[0], "outlet_id": double["id"], "ground": "近亲属"}
    assert bureau.post("exclusions", body).status_code == 201
    visited(officer, a_visit(kept, team[:2]))
    merge = {"into_id": kept["id"], "reason": "同一家"}
    assert bureau.post(f"outlets/{double['id']}/merge", merge).status_code == 200
    assert "回避" in refused(officer, a_visit(kept, team[:2], f"{DAY}T11:00:00+08:00"))
    assert bureau.post("exclusions", body).status_code == 409


# What a visit may say.


def test_a_closed_or_suspended_outlet_was_come_to_and_not_inspected(bureau, officer, team):
    for change in ("closed", "suspended"):
        outlet = opened(bureau)
        changed(bureau, outlet, change, "2023-04-01")
        assert "闭店" in refused(officer, a_visit(outlet, team[:2]))
        visited(officer, a_visit(outlet, team[:2], outcome="closed_shop"))
        visited(officer, a_visit(outlet, team[:2], "2023-03-31T10:00:00+08:00"))
    assert figures(bureau) == (8, 2, 2, 2)
    assert counted(bureau)["by_outcome"]["closed_shop"] == 2


def test_no_visit_before_the_outlet_opened_and_none_tomorrow(bureau, officer, team):
    outlet = opened(bureau, opened_on="2023-04-10")
    early = a_visit(outlet, team[:2], "2023-04-09T10:00:00+08:00")
    assert "2023-04-10" in refused(officer, early)
    assert "现在" in refused(officer, a_visit(outlet, team[:2], "2023-04-20T09:01:00+08:00"))
    visited(officer, a_visit(outlet, team[:2], "2023-04-10T00:00:00+08:00"))


def test_a_double_of_another_outlet_is_not_visited_and_its_visits_are_the_others(
    bureau, officer, team
):
    kept, double = opened(bureau), opened(bureau)
    for each in (kept, double):
        visited(officer, a_visit(each, team[:2]))
    assert figures(bureau)[1:3] == (2, 2)
    merge = {"into_id": kept["id"], "reason": "同一家"}
    assert bureau.post(f"outlets/{double['id']}/merge", merge).status_code == 200
    assert figures(bureau)[1:3] == (2, 1)
    further = opened(bureau)
    merge = {"into_id": further["id"], "reason": "又是同一家"}
    assert bureau.post(f"outlets/{kept['id']}/merge", merge).status_code == 200
    visited(officer, a_visit(further, team[:2], "2023-04-14T10:00:00+08:00"))
    assert figures(bureau)[1:3] == (3, 1)
    assert "合并" in refused(officer, a_visit(double, team[:2], "2023-04-13T10:00:00+08:00"))


def test_the_outcome_must_agree_with_the_checklist(bureau, officer, team):
    outlet = opened(bureau)

    def answers(*told: tuple[str, str], version: str = "2023-1") -> dict:
        items = [{"code": code, "result": result} for code, result in told]
        return {"checklist_version": version, "answers": items}

    failed = answers(("SD01", "pass"), ("SD06", "fail"))
    assert "不合格" in refused(officer, a_visit(outlet, team[:2], **failed))
    for bad in (
        answers(("SD01", "pass"), ("SD01", "fail")),
        answers(("NO01", "pass")),
        answers(("SD01", "pass"), version="1999-1"),
        {"answers": failed["answers"]},
        {"checklist_version": "2023-1"},
    ):
        refused(officer, a_visit(outlet, team[:2], outcome="order_fix", **bad))
    refused(officer, a_visit(outlet, team[:2], outcome="closed_shop", **failed))
    seen = visited(officer, a_visit(outlet, team[:2], outcome="order_fix", **failed))
    card = officer.get(f"visits/{seen['id']}").json()
    assert {each["item_code"]: each["result"] for each in card["answers"]} == {
        "SD01": "pass",
        "SD06": "fail",
    }
    told = answers(("SD06", "not_applicable"), ("SD01", "pass"))
    visited(officer, a_visit(outlet, team[:2], "2023-04-13T10:00:00+08:00", **told))
    looked = {
        each["violation_code"]: (each["n_checked"], each["n_failed"])
        for each in counted(bureau)["checked"]
    }
    assert looked == {"SD01": (2, 0), "SD06": (1, 1)}


def test_every_item_of_the_checklist_names_its_violation_article_and_consequence(officer):
    items = officer.get("checklists", version="2023-1").json()["items"]
    assert {each["domain"] for each in items} == {"seed", "pesticide", "fertilizer", "machinery"}
    assert all(each["article"] and each["consequence"] and each["hint"] for each in items)
    assert officer.get("checklists", version="1999-1").json()["items"] == []


def test_the_same_outlet_twice_a_day_is_two_visits_and_at_one_instant_a_refusal(
    bureau, officer, team
):
    outlet = opened(bureau)
    visited(officer, a_visit(outlet, team[:2]))
    assert "同一时刻" in refused(officer, a_visit(outlet, team[2:]), 409)
    visited(officer, a_visit(outlet, team[:3], f"{DAY}T15:00:00+08:00", partner_unit="市监局"))
    assert figures(bureau) == (5, 2, 1, 0)
    moved = officer.get("visits").json()["items"][1]
    onto = {"supersedes_id": moved["id"], "reason": "时间错"}
    assert "同一时刻" in refused(officer, a_visit(outlet, team[:3], **onto), 409)
    visited(officer, a_visit(outlet, team[:3], f"{DAY}T15:00:00+08:00", **onto))
    assert counted(bureau)["officers"] == {"value": 3, "unit": "人"}


def test_a_position_is_kept_in_one_datum_and_as_it_was_given(bureau, officer, team):
    outlet = opened(bureau)
    place = {"lon": 113.01, "lat": 23.71, "datum": "gcj02", "accuracy_m": 8.5}
    told = visited(officer, a_visit(outlet, team[:2], **place))
    assert 0.001 < 113.01 - told["lon"] < 0.01
    assert told["given_position"] == "113.01 23.71 gcj02"
    assert told["accuracy_m"] == 8.5
    half = {"lon": 113.01, "datum": "gcj02"}
    refused(officer, a_visit(outlet, team[:2], f"{DAY}T11:00:00+08:00", **half))


def test_another_subject_than_an_outlet_is_told_by_name_and_place(bureau, officer, team):
    body = a_visit({"id": None}, team[:2]) | {"subject_name": "流动商贩", "area_code": TAIHE}
    visited(officer, body)
    visited(officer, body | {"visited_at": "2023-04-13T10:00:00+08:00"})
    visited(officer, body | {"subject_name": "另一个"})
    assert figures(bureau)[1:3] == (3, 2)
    assert figures(bureau, area=SHANTANG) == (0, 0, 0, 0)
    refused(officer, body | {"outlet_id": opened(bureau)["id"]})
    refused(officer, {key: value for key, value in body.items() if key != "area_code"})


# E6: what is counted, and that replays do not change it.


def test_replays_change_no_count(bureau, officer, team):
    random = Random(46)
    outlets = [opened(bureau, random.choice([TAIHE, SHANTANG])) for _ in range(4)]
    bodies = []
    for n in range(12):
        at = f"2023-04-{1 + n:02d}T10:00:00+08:00"
        crew = random.sample(team, k=random.choice([2, 3]))
        outcome = random.choice(["no_violation", "no_violation", "closed_shop"])
        body = a_visit(random.choice(outlets), crew, at, outcome=outcome)
        bodies.append(body | {"id": str(uuid4())})
    sent = bodies + random.choices(bodies, k=12)
    random.shuffle(sent)
    for body in sent:
        answer = officer.post("visits", body)
        assert answer.status_code in {200, 201}, answer.text
        assert answer.json()["id"] == body["id"]
    inspected = [each for each in bodies if each["outcome"] != "closed_shop"]
    assert figures(bureau) == (
        sum(len(each["officer_ids"]) for each in bodies),
        len(inspected),
        len({each["outlet_id"] for each in inspected}),
        len(bodies) - len(inspected),
    )
    other = officer.post("visits", bodies[0] | {"note": "别的内容"})
    assert other.status_code == 409


def test_a_correction_and_a_withdrawal_change_what_is_known_from_then_on(
    bureau, officer, team, clock
):
    outlet = opened(bureau)
    wrong = visited(officer, a_visit(outlet, team[:3]))
    clock.forward(seconds=1)
    before = clock().isoformat()
    clock.forward(seconds=1)
    body = a_visit(outlet, team[:2], supersedes_id=wrong["id"])
    refused(officer, body)  # without a reason
    right = visited(officer, body | {"reason": "多填一人"})
    assert (right["root_id"], right["supersedes_id"]) == (wrong["id"], wrong["id"])
    assert figures(bureau) == (2, 1, 1, 0)
    assert figures(bureau, known_at=before) == (3, 1, 1, 0)
    stale = officer.post(f"visits/{wrong['id']}/withdraw", {"reason": "没去"})
    assert (stale.status_code, stale.json()["newest"]) == (409, right["id"])
    clock.forward(seconds=1)
    for _ in range(2):
        gone = officer.post(f"visits/{right['id']}/withdraw", {"reason": "没去"})
        assert gone.status_code == 200, gone.text
    assert figures(bureau) == (0, 0, 0, 0)
    assert figures(bureau, known_at=before) == (3, 1, 1, 0)
    card = bureau.get(f"visits/{wrong['id']}").json()
    assert (card["is_withdrawal"], len(card["versions"])) == (True, 3)
    visited(officer, a_visit(outlet, team[:2]))  # its time is free again


def test_simultaneous_posts_of_one_instant_make_one_visit(bureau, officer, team):
    outlet = opened(bureau)
    bodies = [a_visit(outlet, team[:2], note=f"第{n}份") for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda body: officer.post("visits", body).status_code, bodies))
    assert sorted(answers) == [201] + [409] * 5
    assert figures(bureau) == (2, 1, 1, 0)


def test_a_list_comes_in_pages_in_order_of_time(bureau, officer, team):
    outlet = opened(bureau)
    days = [f"2023-04-{n:02d}" for n in (9, 3, 6, 1, 12)]
    for day in days:
        visited(officer, a_visit(outlet, team[:2], f"{day}T10:00:00+08:00"))
    seen, cursor = [], 0
    while cursor is not None:
        told = bureau.get("visits", cursor=cursor, limit=2).json()
        seen += [each["visited_on"] for each in told["items"]]
        cursor = told["next"]
    assert seen == sorted(days)


def test_visits_are_counted_where_and_when_they_were(bureau, officer, team):
    here, there = opened(bureau, TAIHE), opened(bureau, SHANTANG, categories=["seed"])
    visited(officer, a_visit(here, team[:2], "2023-03-31T23:59:59+08:00"))
    visited(officer, a_visit(there, team[:2], "2023-04-01T00:00:00+08:00"))
    assert figures(bureau, **{"from": "2023-04-01"})[1] == 1
    assert figures(bureau, as_of="2023-03-31")[1] == 1
    assert figures(bureau, area=SHANTANG)[1] == 1
    told = counted(bureau)
    towns = {each["key"]: each for each in told["by_town"]}
    assert (towns[TAIHE]["n_active"], towns[TAIHE]["share"]) == (1, 1.0)
    kinds = {each["key"]: (each["n_active"], each["n_inspected"]) for each in told["by_category"]}
    assert kinds["seed"] == (1, 1)
    assert kinds["fertilizer"] == (1, 1)
    assert kinds["film"] == (0, 0)


def test_what_lies_outside_the_officers_area_looks_like_nothing(bureau, as_role, team):
    outlet = opened(bureau, SHANTANG)
    seen = visited(as_role("officer"), a_visit(outlet, team[:2]))
    local = as_role("officer", TAIHE, "local")
    for path in (f"visits/{seen['id']}", f"visits/{uuid4()}"):
        assert local.get(path).status_code == 404
    assert local.get("visits").json()["items"] == []
    assert figures(local) == (0, 0, 0, 0)
    crew = [enrolled(bureau, area_code=TAIHE)["id"] for _ in range(2)]
    refused(local, a_visit(outlet, crew), 404)
    for role in ("recorder", "outlet"):
        assert as_role(role, TAIHE).get("visits/counts").status_code == 403
    assert as_role("bureau").post("visits", a_visit(outlet, team[:2])).status_code == 403
    assert as_role("leader").get("visits/counts").status_code == 200


def test_a_visit_of_a_campaign_lies_in_its_period(bureau, officer, team):
    body = {"area_code": "441803", "title": "专项", "kind": "special"}
    body |= {"starts_on": "2023-04-01", "ends_on": "2023-04-10", "checklist_version": "2023-1"}
    campaign = bureau.post("campaigns", body | {"ratio_medium": 0, "ratio_low": 0}).json()
    outlet = opened(bureau)
    within = a_visit(outlet, team[:2], "2023-04-10T10:00:00+08:00", campaign_id=campaign["id"])
    visited(officer, within)
    assert "2023-04-10" in refused(officer, within | {"visited_at": "2023-04-11T10:00:00+08:00"})
    visited(officer, a_visit(outlet, team[:2]))
    assert figures(bureau, campaign=campaign["id"])[1] == 1
    assert figures(bureau)[1] == 2
    later = {"visited_at": "2023-04-10T11:00:00+08:00", "campaign_id": str(uuid4())}
    refused(officer, within | later, 404)


# A table of visits.

HEADING = "网点,所在镇村,检查日期,时间,类型,执法人员,结果,备注"


def brought(officer, rows: list[str], **data):
    text = "\n".join([HEADING, *rows]) + "\n"
    files = {"file": ("visits.csv", text.encode("gb18030"), "text/csv")}
    return officer.send("POST", "visits/imports", files=files, data=data)


def test_a_table_of_visits_that_comes_again_changes_nothing(bureau, officer, as_role):
    outlet = opened(bureau, name="丰收农资", uscc="91350100M000100Y43")
    first, second = enrolled(bureau, name="陈大文"), enrolled(bureau, name="李明")
    number = second["certificates"][0]["number"]
    rows = [f"丰收农资,太和镇,2023-04-12,9:30,专项,陈大文、{number},未发现,"]
    rows += [f"{outlet['id']},{TAIHE},2023-04-13,14:05,复查,李明;陈大文,责令改正,缺台账"]
    rows += ["91350100m000100y43,太和镇,2023-04-14,8:00,专项,李明;陈大文,未发现,"]
    assert brought(officer, rows, dry_run="true").json()["n_filed"] == 3
    assert figures(bureau) == (0, 0, 0, 0)
    assert brought(officer, rows).json()["n_filed"] == 3
    again = brought(officer, rows).json()
    assert (again["n_filed"], again["n_unchanged"]) == (0, 3)
    assert figures(bureau) == (6, 3, 1, 0)
    assert {each["id"] for each in bureau.get("officers").json()["items"]} == {
        first["id"],
        second["id"],
    }


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("丰收农资", "没有的店", "网点"),
        ("陈大文、李明", "陈大文", "执法人员"),
        ("陈大文、李明", "陈大文、陈大文", "执法人员"),
        ("陈大文、李明", "陈大文、王五", "执法人员"),
        ("2023-04-12", "2019-04-12", "检查日期"),
        ("2023-04-12", "2023-05-12", "检查日期"),
        ("10:30", "25:30", "时间"),
        ("未发现", "没问题", "结果"),
        ("太和镇", "没有的镇", "所在镇村"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_bad_cell_is_named_and_nothing_is_entered(bureau, officer, old, new, column):
    opened(bureau, name="丰收农资")
    for name in ("陈大文", "李明"):
        enrolled(bureau, name=name)
    row = "丰收农资,太和镇,2023-04-12,9:30,专项,陈大文、李明,未发现,"
    answer = brought(officer, [row, row.replace("9:30", "10:30").replace(old, new)])
    assert answer.status_code == 422, answer.text
    assert {(each["row"], each["column"]) for each in answer.json()["rows"]} == {(3, column)}
    assert figures(bureau) == (0, 0, 0, 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_template_comes_back_filled(bureau, officer):
    outlet = opened(bureau, name="丰收农资")
    for name in ("陈大文", "李明"):
        enrolled(bureau, name=name)
    book = openpyxl.load_workbook(io.BytesIO(officer.get("visits/imports/template").content))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]][:3] == ["网点", "所在镇村", "检查日期"]
    row = ["丰收农资", "太和镇", "2023-04-12", "09:30", "专项", "陈大文、李明", "闭店"]
    for place, value in enumerate(row, start=1):
        sheet.cell(2, place, value)
    file = io.BytesIO()
    book.save(file)
    files = {"file": ("visits.xlsx", file.getvalue())}
    answer = officer.send("POST", "visits/imports", files=files)
    assert answer.json()["n_filed"] == 1, answer.text
    assert bureau.get("visits").json()["items"][0]["outlet_id"] == outlet["id"]
