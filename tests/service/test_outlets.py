"""The register of outlets: its life by days, its licences, doubles, operators, workbooks."""

from collections import Counter
from datetime import date, timedelta
from random import Random
from uuid import uuid4

import pytest
import shapely

from inspections.outlets import is_uscc, uscc_check_character
from service import audit
from service.parcels.models import AreaOutline

TAIHE, SHANTANG, SHIKAN = "441803102", "441803105", "441803118"


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


def an_outlet(area: str = TAIHE, **other) -> dict:
    body = {"area_code": area, "name": f"店{uuid4().hex[:8]}", "categories": ["fertilizer"]}
    return body | {"opened_on": "2020-03-01"} | other


def opened(bureau, area: str = TAIHE, **other) -> dict:
    answer = bureau.post("outlets", an_outlet(area, **other))
    assert answer.status_code == 201, answer.text
    return answer.json()


def changed(bureau, outlet: dict, change: str, day: str, **other) -> dict:
    body = {"change": change, "valid_from": day, "reason": "照实登记"} | other
    answer = bureau.post(f"outlets/{outlet['id']}/changes", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def licensed(bureau, outlet: dict, kind: str, first: str, last: str | None = None, **other):
    body = {"outlet_id": outlet["id"], "kind": kind, "number": uuid4().hex[:8]}
    body |= {"valid_from": first, "valid_to": last} | other
    answer = bureau.post("licences", {k: v for k, v in body.items() if v is not None})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_the_check_digit_is_the_standards():
    assert is_uscc("91350100M000100Y43"), "the example of GB 32100-2015"
    assert not is_uscc("91350100M000100Y44")
    assert uscc_check_character("91350100M000100YI") is None
    for code in ("", "9135", "91350100M000100Y4O", "9" * 18):
        assert not is_uscc(code), code


def test_a_code_with_one_wrong_character_is_refused(bureau):
    answer = bureau.post("outlets", an_outlet(uscc="91350100M000100Y44"))
    assert answer.status_code == 422
    assert "校验位" in answer.text
    assert opened(bureau, uscc="91350100m000100y43")["uscc"] == "91350100M000100Y43"
    again = bureau.post("outlets", an_outlet(uscc="91350100M000100Y43"))
    assert again.status_code == 409


def test_the_count_of_any_past_day_and_of_any_knowledge_is_found_again(bureau, clock):
    random = Random(20230420)
    life: dict[str, list[tuple[date, str, str]]] = {}
    first, noted = date(2022, 1, 1), []
    for _ in range(30):
        day = first + timedelta(days=random.randrange(300))
        town = random.choice([TAIHE, SHANTANG, SHIKAN])
        outlet = opened(bureau, town, opened_on=str(day))
        story = life.setdefault(outlet["id"], [(day, "active", town)])
        for change in random.sample(["suspended", "moved", "closed"], k=random.randrange(4)):
            day += timedelta(days=random.randrange(1, 60))
            if story[-1][1] == "closed":
                break
            town = random.choice([TAIHE, SHANTANG]) if change == "moved" else story[-1][2]
            other = {"area_code": town} if change == "moved" else {}
            changed(bureau, outlet, change, str(day), **other)
            story.append((day, story[-1][1] if change == "moved" else change, town))
        clock.forward(seconds=1)
        noted.append((clock().isoformat(), {key: list(told) for key, told in life.items()}))
        clock.forward(seconds=1)
    for known_at, stories in [*random.sample(noted, 4), noted[-1]]:
        clock.forward(seconds=1)
        for day in (first + timedelta(days=n) for n in (0, 40, 150, 299, 400)):
            states = [
                [each for each in story if each[0] <= day][-1]
                for story in stories.values()
                if story[0][0] <= day
            ]
            active = [each for each in states if each[1] == "active"]
            answer = bureau.get("outlets/counts", as_of=str(day), known_at=known_at).json()
            assert answer["n_active"] == len(active)
            assert answer["by_town"] == dict(Counter(each[2] for each in active))
            assert answer["n_suspended"] == sum(each[1] == "suspended" for each in states)


def test_a_category_counts_only_with_a_valid_basis(bureau):
    outlet = opened(bureau, categories=["pesticide", "seed", "fertilizer"])
    licensed(bureau, outlet, "pesticide_licence", "2020-03-01", "2023-05-31")

    def count(day: str) -> dict:
        return bureau.get("outlets/counts", as_of=day).json()

    now = count("2023-04-20")
    assert now["by_category"] == {"fertilizer": 1, "pesticide": 1, "seed": 0, "film": 0}
    assert (now["n_expiring"], now["n_without_basis"], now["n_without_place"]) == (1, 1, 1)
    assert count("2023-06-01")["by_category"]["pesticide"] == 0
    assert count("2023-05-31")["by_category"]["pesticide"] == 1
    told = bureau.get("outlets/findings", as_of="2023-04-20").json()["items"]
    assert {each["finding"] for each in told} == {"expiring", "without_basis", "without_place"}
    assert any("种子" in each["text"] for each in told)


def test_a_licence_is_corrected_and_withdrawn_without_losing_what_was_said(bureau, clock):
    outlet = opened(bureau, categories=["pesticide"])
    wrong = licensed(bureau, outlet, "pesticide_licence", "2020-03-01", "2022-03-01")
    clock.forward(seconds=1)
    before = clock().isoformat()
    clock.forward(seconds=1)
    body = {"supersedes_id": wrong["id"], "reason": "止日录错"}
    right = licensed(bureau, outlet, "pesticide_licence", "2020-03-01", "2025-03-01", **body)
    late = {"outlet_id": outlet["id"], "kind": "business", "number": "1"}
    late |= {"valid_from": "2020-03-01", "supersedes_id": wrong["id"], "reason": "再改"}
    again = bureau.post("licences", late)
    assert again.status_code == 409
    assert again.json()["newest"] == right["id"]
    day = "2023-04-20"
    assert bureau.get("outlets/counts", as_of=day).json()["by_category"]["pesticide"] == 1
    then = bureau.get("outlets/counts", as_of=day, known_at=before).json()
    assert then["by_category"]["pesticide"] == 0
    where = f"licences/{right['id']}/withdraw"
    assert bureau.post(where, {"reason": "重复"}).status_code == 200
    assert bureau.post(where, {"reason": "重复"}).status_code == 200
    assert bureau.get("outlets/counts", as_of=day).json()["by_category"]["pesticide"] == 0
    card = bureau.get(f"outlets/{outlet['id']}").json()
    assert len(card["licences"]) == 3


def test_a_double_is_merged_by_a_person_and_its_id_still_leads_somewhere(bureau):
    kept, double = opened(bureau, name="丰收农资"), opened(bureau, name="丰收农资店")
    where = f"outlets/{double['id']}/merge"
    assert bureau.get("outlets/counts").json()["n_active"] == 2
    for _ in range(2):
        answer = bureau.post(where, {"into_id": kept["id"], "reason": "同一家"})
        assert answer.status_code == 200, answer.text
    assert bureau.get("outlets/counts", as_of="2021-01-01").json()["n_active"] == 1
    card = bureau.get(f"outlets/{double['id']}").json()
    assert (card["status"], card["merged_into_id"]) == ("merged", kept["id"])
    refused = bureau.post(f"outlets/{kept['id']}/merge", {"into_id": double["id"], "reason": "x"})
    assert refused.status_code == 409


def test_a_change_that_does_not_follow_is_refused(bureau):
    outlet = opened(bureau, opened_on="2022-01-01")
    where = f"outlets/{outlet['id']}/changes"

    def refused(change: str, day: str, status: int, **other) -> str:
        body = {"change": change, "valid_from": day, "reason": "试"} | other
        answer = bureau.post(where, body)
        assert answer.status_code == status, answer.text
        return answer.text

    assert "2022-01-01" in refused("suspended", "2021-12-31", 422)
    assert "今天" in refused("suspended", "2023-05-01", 422)
    assert "没有停业" in refused("resumed", "2022-02-01", 409)
    assert "area_code" in refused("moved", "2022-02-01", 422)
    assert refused("moved", "2022-02-01", 404, area_code="441803999")
    changed(bureau, outlet, "closed", "2022-06-01")
    assert "注销" in refused("changed", "2022-07-01", 409)


def test_an_operator_sees_their_own_outlet_and_no_other(bureau, as_role):
    own, other = opened(bureau), opened(bureau)
    operator = as_role("outlet", TAIHE, "shop")
    assert operator.get("outlets").json()["items"] == []
    named = bureau.post(f"outlets/{own['id']}/operator", {"username": "shop"})
    assert named.status_code == 200, named.text
    assert [each["id"] for each in operator.get("outlets").json()["items"]] == [own["id"]]
    assert operator.get(f"outlets/{own['id']}").status_code == 200
    hidden, absent = (operator.get(f"outlets/{each}") for each in (other["id"], uuid4()))
    assert hidden.status_code == absent.status_code == 404
    assert operator.get("outlets/counts").status_code == 403
    licensed(bureau, other, "business", "2020-01-01")
    assert operator.get("licences").json()["items"] == []


def test_an_outlet_that_moved_away_is_seen_where_it_is_now(bureau, as_role):
    outlet = opened(bureau, TAIHE)
    changed(bureau, outlet, "moved", "2023-04-01", area_code=SHANTANG)
    left, new = as_role("recorder", TAIHE), as_role("recorder", SHANTANG)
    assert left.get("outlets").json()["items"] == []
    assert [each["id"] for each in new.get("outlets").json()["items"]] == [outlet["id"]]
    before = left.get("outlets", as_of="2023-03-31").json()["items"]
    assert [each["id"] for each in before] == [outlet["id"]]


TABLE = """网点名称,统一社会信用代码,所在镇村,电话,经营类别,开业日期,经度,纬度
丰收农资,91350100M000100Y43,太和镇,0763-5811111,化肥、农药,2019-05-01,113.01,23.71
春雨种子行,,{shantang},0763-5822222,种子,2020-02-02,,
"""


def brought(bureau, text: str, **data):
    files = {"file": ("outlets.csv", text.encode("gb18030"), "text/csv")}
    return bureau.send("POST", "outlets/imports", files=files, data=data)


def test_a_workbook_is_entered_once_and_found_again_by_code_and_by_name(bureau):
    text = TABLE.format(shantang=SHANTANG)
    assert brought(bureau, text, dry_run="true").json()["n_filed"] == 2
    assert bureau.get("outlets/counts").json()["n_active"] == 0
    first = brought(bureau, text)
    assert (first.json()["n_filed"], first.json()["encoding"]) == (2, "gb18030"), first.text
    renamed = text.replace("丰收农资", "丰收农资总店").replace("0763-5811111", "0763-5899999")
    again = brought(bureau, renamed).json()
    assert (again["n_filed"], again["n_unchanged"]) == (0, 2)
    doubtful = brought(bureau, text.replace("0763-5822222", "0763-5833333"))
    assert doubtful.status_code == 422
    (row,) = doubtful.json()["rows"]
    assert (row["row"], row["column"]) == (3, "网点名称")
    assert "0763-5822222" in row["reason"]
    assert bureau.get("outlets/counts").json()["n_active"] == 2


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("91350100M000100Y43", "91350100M000100Y44", "统一社会信用代码"),
        ("太和镇", "没有的镇", "所在镇村"),
        ("2019-05-01", "1/5/2019", "开业日期"),
        ("2019-05-01", "2019-02-29", "开业日期"),
        ("化肥、农药", "化肥、百货", "经营类别"),
        ("113.01", "一百一十三", "经度"),
        ("113.01", "213.01", "经度"),
        ("0763-5811111", "=cmd|' /C calc'!A0", "电话"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_bad_cell_is_named_and_nothing_is_entered(bureau, old, new, column):
    answer = brought(bureau, TABLE.format(shantang=SHANTANG).replace(old, new))
    assert answer.status_code == 422, answer.text
    assert {each["column"] for each in answer.json()["rows"]} == {column}
    assert bureau.get("outlets/counts").json()["n_active"] == 0


def merge(bureau, double: dict, kept: dict):
    body = {"into_id": kept["id"], "reason": "同一家"}
    return bureau.post(f"outlets/{double['id']}/merge", body)


def test_a_merge_takes_the_shop_from_no_past_day(bureau):
    kept, double = opened(bureau, opened_on="2022-01-01"), opened(bureau, opened_on="2019-01-01")
    answer = merge(bureau, double, kept)
    assert answer.status_code == 409
    assert "早登记" in answer.json()["detail"]
    assert merge(bureau, kept, double).status_code == 200
    for day in ("2020-01-01", "2022-06-01"):
        assert bureau.get("outlets/counts", as_of=day).json()["n_active"] == 1, day


def test_no_shop_in_business_is_merged_into_one_that_ended(bureau):
    kept, double = opened(bureau), opened(bureau)
    changed(bureau, kept, "closed", "2022-01-01")
    assert merge(bureau, double, kept).status_code == 409
    assert bureau.get("outlets/counts").json()["n_active"] == 1


def test_a_doubles_licence_is_the_shops(bureau):
    categories = ["fertilizer", "pesticide"]
    kept, double = opened(bureau, categories=categories), opened(bureau, categories=categories)
    licensed(bureau, double, "pesticide_licence", "2020-01-01")
    assert merge(bureau, double, kept).status_code == 200
    found = bureau.get(f"outlets/{kept['id']}").json()
    assert found["licensed"] == categories


@pytest.mark.parametrize(("last", "n"), [("2023-06-19", 1), ("2023-06-20", 0), ("2023-04-19", 0)])
def test_a_licence_expires_within_sixty_days(bureau, last, n):
    outlet = opened(bureau, categories=["seed"])
    licensed(bureau, outlet, "seed_filing", "2020-01-01", last)
    found = bureau.get("outlets/counts", as_of="2023-04-20").json()
    assert found["n_expiring"] == n


def test_a_licence_that_was_renewed_does_not_expire(bureau):
    outlet = opened(bureau, categories=["seed"])
    licensed(bureau, outlet, "seed_filing", "2020-01-01", "2023-05-01")
    licensed(bureau, outlet, "seed_filing", "2023-05-02", "2026-05-01")
    assert bureau.get("outlets/counts", as_of="2023-04-20").json()["n_expiring"] == 0


def test_a_phone_is_its_digits_and_a_name_that_is_nearly_the_same_is_asked_about(bureau):
    opened(bureau, name="春雨农资店", phone="0763-5822222")
    heading = "网点名称,电话,所在镇村,经营类别,开业日期\n"

    def brought(row):
        files = {"file": ("t.csv", (heading + row).encode(), "text/csv")}
        return bureau.send("POST", "outlets/imports", files=files)

    same = brought("春雨农资店,07635822222,太和镇,肥料,2020-03-01\n")
    assert same.json()["n_unchanged"] == 1, same.text
    near = brought("春雨,0763 5822222,太和镇,肥料,2020-03-01\n")
    assert near.status_code == 422
    assert "是同一家" in near.json()["rows"][0]["reason"]
    other = brought("金穗,0763-5822222,太和镇,肥料,2020-03-01\n")
    assert other.json()["n_filed"] == 1, other.text


def test_a_place_outside_its_own_town_is_found(bureau, database):
    square = shapely.box(113.0, 23.7, 113.1, 23.8)
    with database.system_transaction() as session:
        session.add(
            AreaOutline(
                id=1,
                area_code=TAIHE,
                valid_from=date(2020, 1, 1),
                recorded_at=audit.instant(session),
                name="太和镇",
                level="town",
                ellipsoidal_area_m2=1.0,
                geometry=square,
            )
        )
    inside = opened(bureau, lon=113.0999, lat=23.7001)
    outside = opened(bureau, lon=113.1001, lat=23.7001)
    opened(bureau, SHANTANG, lon=113.1001, lat=23.7001)  # its town has no outline: nothing is said
    told = bureau.get("outlets/findings", as_of="2023-04-20").json()["items"]
    found = {each["outlet_id"] for each in told if each["finding"] == "outside_town"}
    assert found == {outside["id"]} != {inside["id"]}
