"""Bulletins: drafted from facts, read by a second person, frozen, corrected by a new issue."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import select

from inspections.bulletin_texts import problems
from service.audit import AuditEntry
from service.bulletins import drafting, figures
from service.bulletins.models import Kind, State, Step
from service.bulletins.rules import MOVES, StepNotAllowed, next_state
from tests.books_bulletins import DRAFT, TEMPLATE
from tests.service.test_outlets import SHANTANG, TAIHE, opened
from tests.service.test_stock import event

DAY = "2023-04-20"
STOCKED = "化肥储备{{stock.fertilizer|以上}}，农资网点{{outlets.active|.0}}。"
CODES = ("stock.fertilizer", "outlets.active")


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


@pytest.fixture
def second(as_role):
    """Another person of the bureau."""
    return as_role("bureau", username="second")


def a_draft(**other) -> dict:
    return DRAFT | {"id": str(uuid4()), "area_code": "441803"} | other


def drafted(bureau, **other) -> dict:
    answer = bureau.post("bulletins", a_draft(**other))
    assert answer.status_code == 201, answer.text
    return answer.json()


def step(speaker, bulletin: dict, name: str, **body):
    return speaker.post(f"bulletins/{bulletin['id']}/{name}", body)


def issued(bureau, second, **other) -> dict:
    made = drafted(bureau, **other)
    assert step(second, made, "review").status_code == 200
    answer = step(bureau, made, "issue")
    assert answer.status_code == 200, answer.text
    return answer.json()


def text(speaker, bulletin: dict) -> str:
    answer = speaker.get(f"bulletins/{bulletin['id']}/text")
    assert answer.status_code == 200, answer.text
    return answer.text


def proposals(speaker, bulletin: dict) -> list[dict]:
    answer = speaker.get(f"bulletins/{bulletin['id']}/proposals")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def count_of(bureau, outlet: dict, kg: float, day: str = "2023-04-19"):
    answer = bureau.post("stock/events", event(outlet, "count", kg, day))
    assert answer.status_code == 201, answer.text


def test_a_draft_moves_with_the_books_and_an_issue_does_not(bureau, second):
    opened(bureau)
    made = drafted(bureau)
    assert made["state"] == "draft"
    assert made["text"] == "截至4月20日，现有农资经营网点1个。"
    opened(bureau)
    assert text(bureau, made) == "截至4月20日，现有农资经营网点2个。"
    assert step(second, made, "review").json()["state"] == "reviewed"
    told = step(bureau, made, "issue").json()
    assert (told["state"], len(told["digest"])) == ("issued", 64)
    (fact,) = told["facts"]
    assert (fact["exact"], fact["n_rows"], fact["shown"]) == ("2", 2, "2")
    opened(bureau)
    assert text(bureau, made) == "截至4月20日，现有农资经营网点2个。"
    asked = {"as_of": DAY, "area": "441803"}
    then = bureau.get("facts/outlets.active", known_at=told["known_at"], **asked).json()
    assert (then["digest"], then["value"]) == (fact["digest"], 2), "the instant gives it again"
    assert bureau.get("facts/outlets.active", **asked).json()["value"] == 3


def test_printed_again_after_two_hundred_later_records_it_says_the_same(bureau, second, clock):
    shops = [opened(bureau) for _ in range(3)]
    for shop in shops:
        count_of(bureau, shop, 400_000)
    made = issued(bureau, second, template=STOCKED)
    assert made["text"] == "化肥储备1200吨以上，农资网点3个。"
    first, random = bureau.get(f"bulletins/{made['id']}").json(), Random(20230420)
    for _ in range(200):
        clock.forward(minutes=1)
        if random.random() < 0.3:
            shops.append(opened(bureau))
            continue
        shop = random.choice(shops)
        if random.random() < 0.1:
            body = {"change": "suspended", "valid_from": "2023-04-01", "reason": "停业"}
            bureau.post(f"outlets/{shop['id']}/changes", body)
            continue
        bureau.post("stock/events", event(shop, "count", random.randrange(1, 900_000), DAY))
    assert bureau.get(f"bulletins/{made['id']}").json() == first
    assert {each["code"] for each in proposals(bureau, made)} == set(CODES)


def test_nobody_reviews_what_they_wrote_and_nothing_goes_out_unread(bureau, second):
    made = drafted(bureau)
    assert step(bureau, made, "issue").status_code == 409
    refused = step(bureau, made, "review")
    assert refused.status_code == 409
    assert "换一位同事" in refused.json()["detail"]
    assert step(second, made, "review").status_code == 200
    assert step(second, made, "revise", template=TEMPLATE + "好。").json()["state"] == "draft"
    assert step(bureau, made, "issue").status_code == 409, "the new text was not read"
    assert step(second, made, "review").status_code == 409, "they changed it"
    assert step(bureau, made, "review").status_code == 409, "they wrote it"


def test_every_step_that_is_not_a_move_is_refused():
    for state in (None, *State):
        for name in Step:
            if (state, name) in MOVES:
                assert next_state(state, name) in State
                continue
            with pytest.raises(StepNotAllowed, match="不能"):
                next_state(state, name)


def test_drafts_are_the_bureaus_and_issues_are_everybodys(bureau, second, as_role):
    made = drafted(bureau)
    leader, town = as_role("leader"), as_role("recorder", TAIHE)
    there = as_role("bureau", TAIHE)
    for reader in (leader, town, there):
        assert reader.get(f"bulletins/{made['id']}").status_code == 404
        assert reader.get("bulletins").json()["items"] == []
    assert there.post(f"bulletins/{made['id']}/review", {}).status_code == 404
    done = issued(bureau, second, number=4)
    for reader in (leader, town, there):
        assert reader.get(f"bulletins/{done['id']}").json()["text"] == done["text"]
        assert [each["id"] for each in reader.get("bulletins").json()["items"]] == [done["id"]]
    assert town.get(f"bulletins/{done['id']}/proposals").status_code == 404
    assert there.post(f"bulletins/{done['id']}/correct", {"reason": "x"}).status_code == 404
    assert there.post("bulletins", a_draft(number=5)).status_code == 404, "above the town"
    assert there.post("bulletins", a_draft(area_code=SHANTANG)).status_code == 404
    assert there.post("bulletins", a_draft(area_code=TAIHE)).status_code == 201


def test_the_same_id_with_the_same_content_answers_as_the_first_time(bureau, second):
    body = a_draft()
    assert [bureau.post("bulletins", body).status_code for _ in range(2)] == [201, 200]
    other = bureau.post("bulletins", body | {"title": "另一期"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/id-taken")
    key = str(uuid4())
    answers = [step(second, body, "review", id=key) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert len(answers[1].json()["steps"]) == 2
    assert step(second, body, "review", id=key, note="改").status_code == 409
    key = str(uuid4())
    first, again = (step(bureau, body, "issue", id=key) for _ in range(2))
    assert first.json() == again.json()


def test_a_number_of_a_year_is_given_once_and_a_draft_holds_none(bureau, second):
    made, other = drafted(bureau), drafted(bureau)
    assert step(second, made, "review").status_code == 200
    refused = (bureau.post("bulletins", a_draft()), step(second, other, "review"))
    for answer in refused:
        assert answer.status_code == 409
        assert "第3期已经有了" in answer.json()["detail"]
    drafted(bureau, number=4)
    drafted(bureau, kind="report")
    drafted(bureau, area_code=TAIHE)


def test_two_who_issue_at_once_issue_once(bureau, second):
    made = drafted(bureau)
    step(second, made, "review")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda who: step(who, made, "issue"), (bureau, second)))
    assert sorted(each.status_code for each in answers) == [200, 409]


def test_an_issue_with_open_doubts_needs_a_leader_by_name_and_a_reason(
    bureau, second, as_role, database
):
    shops = [opened(bureau) for _ in range(5)]
    count_of(bureau, shops[0], 400_000)
    made = drafted(bureau, template=STOCKED)
    assert "400吨以上" in made["text"]
    assert any("20%" in each["text"] for each in made["doubts"]), "one of five has told"
    step(second, made, "review")
    refused = step(bureau, made, "issue")
    assert refused.status_code == 409
    assert "写明决定的领导" in refused.json()["detail"]
    as_role("leader", username="zhang")
    as_role("leader", TAIHE, "town-leader")
    for body in ({"leader": "zhang"}, {"reason": "急"}):
        assert step(bureau, made, "issue", **body).status_code == 409
    for name in ("nobody", "town-leader", "second"):
        answer = step(bureau, made, "issue", leader=name, reason="急")
        assert answer.status_code == 422, name
        assert answer.json()["field"] == "leader"
    told = step(bureau, made, "issue", leader="zhang", reason="农时不等人")
    assert told.status_code == 200, told.text
    (last,) = [each for each in told.json()["steps"] if each["step"] == "issue"]
    assert (last["leader_name"], last["reason"]) == ("leader 441803", "农时不等人")
    assert told.json()["doubts"] == made["doubts"], "what was open then is told for ever"
    with database.system_reading() as session:
        wanted = select(AuditEntry).where(AuditEntry.action == "bulletin.override")
        (entry,) = session.scalars(wanted)
        assert "leader 441803" in entry.detail
        assert "农时不等人" in entry.detail


def test_a_figure_without_data_shows_in_a_draft_and_is_never_issued(bureau, second):
    made = drafted(bureau, template="播种{{sowing.grain|万亩.3}}，{{visits.none_found|暂未发现}}。")
    assert "〔没有数据〕" in made["text"]
    assert any("粮食播种面积" in each for each in made["problems"])
    step(second, made, "review")
    refused = step(bureau, made, "issue", leader="x", reason="y")
    assert refused.status_code == 409
    assert "没有数据" in refused.json()["detail"]


def test_a_correction_is_a_new_issue_and_both_stay(bureau, second, as_role):
    opened(bureau)
    first = issued(bureau, second)
    assert proposals(bureau, first) == []
    opened(bureau)
    (told,) = proposals(bureau, first)
    assert (told["then"], told["now"], told["is_wording_changed"]) == ("1", "2", True)
    assert (told["texts_then"], told["texts_now"]) == (["1个"], ["2个"])
    made = step(bureau, first, "correct", reason="漏报一家")
    assert made.status_code == 201, made.text
    assert made.json()["corrects_id"] == first["id"]
    assert step(bureau, first, "correct", reason="再来").status_code == 409
    leader = as_role("leader")
    assert leader.get(f"bulletins/{first['id']}").json()["state"] == "issued", "until then"
    assert leader.get(f"bulletins/{first['id']}").json()["corrected_by_id"] is None
    step(second, made.json(), "review")
    assert step(bureau, made.json(), "issue").status_code == 200
    old = leader.get(f"bulletins/{first['id']}").json()
    assert (old["state"], old["text"]) == ("corrected", first["text"])
    assert old["corrected_by_id"] == made.json()["id"]
    assert old["steps"][-1]["reason"] == "漏报一家"
    assert "网点2个" in text(leader, made.json())


def test_an_area_moves_beyond_half_a_percent_before_a_correction_is_proposed(bureau, second):
    shop = opened(bureau)
    count_of(bureau, shop, 100_000)
    first = issued(bureau, second, template=STOCKED, number=7)
    sold = bureau.post("stock/events", event(shop, "sale", 400, DAY))
    assert sold.status_code == 201, sold.text
    assert proposals(bureau, first) == []
    bureau.post("stock/events", event(shop, "sale", 200, DAY))
    (told,) = proposals(bureau, first)
    assert (told["code"], told["then"], told["now"]) == ("stock.fertilizer", "100", "99.4")


@pytest.mark.parametrize(
    ("template", "word"),
    [
        ("{{no.such|.0}}", "没有事实"),
        ("{% for a in b %}{% endfor %}", "循环"),
        ("<b>粗</b>", "HTML"),
        ("=1+1", "公式"),
        ("共检修1950多台", "1950多台"),
        ("价格相对持平", "相对持平"),
        ("{{stock.fertilizer|.0}}", "下限"),
    ],
)
def test_a_template_that_could_lie_is_not_saved(bureau, template, word):
    for answer in (
        bureau.post("bulletins", a_draft(template=template)),
        step(bureau, drafted(bureau), "revise", template=template),
    ):
        assert answer.status_code == 422
        assert word in answer.json()["detail"]
        assert answer.json()["problems"][0]["line"] == 1
    assert len(bureau.get("bulletins").json()["items"]) == 1


def test_ten_megabytes_are_refused_before_they_are_read(bureau):
    assert bureau.post("bulletins", a_draft(template="农" * 40_000)).status_code == 422
    assert bureau.post("bulletins", a_draft(template="a" * 200_000)).status_code == 422
    assert bureau.post("bulletins", a_draft(template="a" * 10**7)).status_code == 413


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_shipped_templates_can_be_saved_as_they_are(bureau, database):
    with database.system_reading() as session:
        rule = figures.wording_rule(session)
    for number, kind in enumerate(Kind, start=1):
        template = drafting.shipped_template(kind)
        assert problems(template, figures.known_figures(), rule) == []
        made = drafted(bureau, kind=kind.value, template=None, number=number)
        assert len(made["facts"]) >= 14


def test_a_report_marks_a_stale_source_and_a_bulletin_does_not(bureau, as_role):
    shop = opened(bureau)
    officer = as_role("officer")
    body = event(shop, "count", 100_000, "2023-04-10", source="inspection")
    assert officer.post("stock/events", body).status_code == 201
    template = "二、农资供应\n化肥储备{{stock.fertilizer|以上}}。{{pests.plots|判断}}"
    plain = drafted(bureau, template=template)
    assert plain["text"].splitlines()[1].startswith("化肥储备100吨以上。尚未开展")
    report = drafted(bureau, template=template, kind="report")
    assert "化肥储备100吨以上（数据距今10天）。" in report["text"]
    assert [len(each) for each in report["paragraphs"]] == [1, 4]
