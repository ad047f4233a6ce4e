"""The pages of leads and cases: who sees them, what they say, their forms and their refusals."""

import html
import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.cases import nightly
from service.screening.models import Verdict
from tests import books_screening
from tests.case_desk import MIDDLE, SHANTANG, SIDE, TAIHE, WEST, Desk
from tests.conftest import COUNTY

PAGES = ("/leads", "/cases")
READERS = {"bureau", "officer", "leader", "auditor", "recorder", "approver", "admin"}
HTML_WANTED = {"Accept": "text/html"}
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@pytest.fixture
def desk(as_role, database, clock) -> Desk:
    return Desk(as_role, database, clock)


def posted(speaker, path: str, **data):
    return speaker.send("POST", path, data=data, headers=HTML_WANTED, follow_redirects=False)


def stepped(speaker, case: str, event: str, n: int, **told):
    told = {"id": str(uuid4()), "event": event, "expected_n": n} | told
    return posted(speaker, f"/cases/{case}/steps", **told)


def page(speaker, path: str) -> str:
    answer = speaker.send("GET", path, headers=HTML_WANTED)
    assert answer.status_code == 200, answer.text
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", answer.text)
    return answer.text


def sent(desk, **lead) -> str:
    case = desk.lead(**lead)
    desk.done(desk.bureau, case, "accept")
    desk.done(desk.bureau, case, "assign", assignee=desk.officer_name())
    desk.done(desk.officer, case, "arrive")
    return case


def forms(text: str) -> set[str]:
    return set(re.findall(r'<form class="fields step"[^>]*aria-label="([^"]+)"', text))


def test_each_duty_sees_what_it_may(desk, as_role):
    case = desk.lead()
    for role in (*sorted(READERS), "outlet"):
        speaker = as_role(role, COUNTY if role != "outlet" else TAIHE)
        wanted = 200 if role in READERS else 403
        for path in (*PAGES, f"/cases/{case}"):
            assert speaker.get(path).status_code == wanted, (role, path)


def test_nobody_is_led_to_the_door_and_another_town_finds_nothing(desk, nobody, as_role):
    case = desk.lead()
    for path in (*PAGES, f"/cases/{case}"):
        answer = nobody.send("GET", path, headers=HTML_WANTED, follow_redirects=False)
        assert answer.headers["location"].startswith("/login?next="), path
    far = as_role("recorder", SHANTANG)
    assert far.get(f"/cases/{case}").status_code == 404
    assert case not in page(far, "/leads")
    assert stepped(far, case, "accept", 0).status_code == 404


def test_an_empty_book_says_so(desk):
    assert "没有等待受理的线索" in page(desk.bureau, "/leads")
    assert "没有符合条件的案件" in page(desk.bureau, "/cases")


def test_leads_are_filtered_by_town_class_and_source(desk, as_role):
    near = desk.lead(verdict_class="likely")
    far = desk.lead(f"{SHANTANG}201", verdict_class="hint", rule_id="R061")
    for query, shown in {
        "": {near, far},
        f"town={TAIHE}": {near},
        "verdict_class=hint": {far},
        "verdict_class=excluded": set(),
        "source=tip": set(),
        "town=&verdict_class=&source=": {near, far},
    }.items():
        text = page(desk.bureau, f"/leads?{query}")
        assert {each for each in (near, far) if f"/cases/{each}" in text} == shown, query
    assert "看全部 2 条" in page(desk.bureau, "/leads?source=tip")
    assert "只能是" in desk.bureau.send("GET", "/leads?source=x", headers=HTML_WANTED).text


def test_a_lead_is_accepted_or_dismissed_from_the_list(desk):
    taken, dropped = desk.lead(), desk.lead(rule_id="R061")
    answer = stepped(desk.bureau, taken, "accept", 0, back="leads")
    assert (answer.status_code, answer.headers["location"]) == (303, "/leads?done=case-step")
    refused = stepped(desk.bureau, dropped, "dismiss", 0, reason=" ")
    assert refused.status_code == 409
    assert "须写明原因" in refused.text
    assert stepped(desk.bureau, dropped, "dismiss", 0, reason="农民晒谷").status_code == 303
    text = page(desk.bureau, "/leads")
    assert "没有等待受理的线索" in text
    assert f"/cases/{taken}" in page(desk.bureau, "/cases")
    assert "农民晒谷" in page(desk.bureau, f"/cases/{dropped}")
    assert f"/cases/{dropped}" in page(desk.bureau, "/cases?state=dismissed")


def test_only_the_bureau_is_offered_the_decision_and_others_are_refused(desk):
    case = desk.lead()
    assert forms(page(desk.bureau, f"/cases/{case}")) == {"受理", "不予受理", "合并"}
    assert "不予受理</summary>" in page(desk.bureau, "/leads")
    for speaker in (desk.officer, desk.recorder):
        assert not forms(page(speaker, f"/cases/{case}"))
        assert "不予受理</summary>" not in page(speaker, "/leads")
        answer = stepped(speaker, case, "accept", 0)
        assert answer.status_code == 403
        assert "不是您这个岗位的步骤" in answer.text


def test_who_comes_second_is_told_and_a_second_click_changes_nothing(desk):
    case, told = desk.lead(), {"id": str(uuid4()), "event": "accept", "expected_n": "0"}
    for _ in range(2):
        assert posted(desk.bureau, f"/cases/{case}/steps", **told).status_code == 303
    assert desk.card(case)["n"] == 1
    late = stepped(desk.other, case, "dismiss", 0, reason="看错")
    assert late.status_code == 409
    assert "刚被别人办过一步" in late.text


def test_the_card_says_what_is_missing_and_offers_only_what_can_be_done(desk):
    case = desk.lead()
    desk.done(desk.bureau, case, "accept")
    assert forms(page(desk.bureau, f"/cases/{case}")) == {"派核", "合并"}
    assert desk.officer_name() in page(desk.bureau, f"/cases/{case}")
    desk.done(desk.bureau, case, "assign", assignee=desk.officer_name())
    desk.done(desk.officer, case, "arrive")
    text = page(desk.officer, f"/cases/{case}")
    assert not forms(text)
    assert "核查照片合格的有 0 张,须有 2 张" in text
    answer = stepped(desk.officer, case, "report", 3, reason="看过了")
    assert answer.status_code == 409
    assert "核查照片合格的有 0 张" in answer.text


def test_the_card_tells_clocks_actors_and_photos_with_their_verdict(desk):
    case = desk.lead()
    desk.confirm(case)
    near = desk.photo(desk.officer, case, "stop")
    far = desk.photo(desk.officer, case, "stop", place={"lon": 112.9, "lat": 23.7, "accuracy_m": 5})
    assert near["is_qualified"]
    assert not far["is_qualified"]
    text = page(desk.bureau, f"/cases/{case}")
    assert "起始时间不明" in text
    assert "尚未制止" in text
    assert "已挖成鱼塘" in text
    assert f'src="/api/v1/photos/{near["photo_id"]}/view"' in text
    assert far["verdict"] in text
    assert forms(text) == {"制止", "移送", "合并"}
    assert "须有责令停止通知书文号" not in text
    assert stepped(desk.officer, case, "stop", 5, document_no="停〔2023〕1号").status_code == 303
    text = page(desk.bureau, f"/cases/{case}?done=case-step")
    assert "已办理这一步" in text
    assert "停〔2023〕1号" in text
    assert f"/api/v1/cases/{case}/file" in text
    assert f"/api/v1/cases/{case}/file" not in page(desk.officer, f"/cases/{case}")
    assert "/map#map=17/23.70" in text


def test_overdue_cases_come_first_and_are_marked(desk, clock):
    late, fresh = desk.lead(), None
    desk.done(desk.bureau, late, "accept")
    clock.forward(days=20)
    fresh = desk.lead(rule_id="R061")
    desk.done(desk.bureau, fresh, "accept")
    text = page(desk.bureau, "/cases")
    assert text.index(f"/cases/{late}") < text.index(f"/cases/{fresh}")
    only = page(desk.bureau, "/cases?is_overdue=true")
    assert f"/cases/{late}" in only
    assert f"/cases/{fresh}" not in only
    assert "过期</span>" in only


def test_a_document_and_a_visit_are_brought_by_form_and_bad_ones_refused(desk):
    case = desk.lead()
    path = f"/cases/{case}"
    told = {"id": str(uuid4()), "kind": "visit", "purpose": "sighting", "note": "路过看到"}
    at = (desk.clock() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    assert posted(desk.officer, f"{path}/evidence", **told, occurred_at=at).status_code == 303
    bare = told | {"id": str(uuid4()), "note": ""}
    refused = posted(desk.officer, f"{path}/evidence", **bare, occurred_at=at)
    assert refused.status_code == 422
    assert "到访须写明情况" in refused.text
    paper = {"purpose": "stop", "title": "通知书"}
    for content, status in ((b"%PDF-1.7 ", 303), (b"<html>", 415)):
        answer = desk.officer.send(
            "POST",
            f"{path}/documents",
            data=paper,
            files={"file": ("n.pdf", content)},
            headers=HTML_WANTED,
            follow_redirects=False,
        )
        assert answer.status_code == status, answer.text
    text = page(desk.bureau, path)
    assert "路过看到" in text
    assert "通知书" in text


def test_whatever_was_written_is_words(desk):
    case = desk.lead(reason=HOSTILE)
    desk.done(desk.bureau, case, "accept", reason=HOSTILE)
    desk.bring(
        desk.officer, case, "document", "other", document_no="1", title=HOSTILE, note=HOSTILE
    )
    text = desk.bureau.get(f"/cases/{case}").text
    assert text.count("&lt;script&gt;alert(1)") == 4
    assert "<img src=x" not in text
    assert "<script>alert" not in text


def test_the_reasoning_is_for_whoever_may_read_verdicts(desk, database):
    books_screening.put(database, TAIHE, 1)
    with database.system_transaction() as session:
        verdict_id = session.scalars(sa.select(Verdict.id)).one()
    case = desk.lead(verdict_id=verdict_id, rule_id="R061", verdict_class="suspected")
    for speaker in (desk.bureau, desk.officer):
        text = page(speaker, f"/cases/{case}")
        assert "现场认定" in text
        assert "独立来源" in text
    text = page(desk.recorder, f"/cases/{case}")
    assert "疑似" in text
    assert "现场认定" not in text


def test_pages_follow_each_other(desk):
    cases = [desk.lead(rule_id=f"R{each:03}") for each in range(52)]
    first = page(desk.bureau, "/leads")
    found = set(re.findall(r'href="/cases/([0-9a-f-]{36})"', first))
    following = re.search(r'rel="next" href="([^"]+)#', first)[1].replace("&amp;", "&")
    found |= set(re.findall(r'href="/cases/([0-9a-f-]{36})"', page(desk.bureau, following)))
    assert found == set(cases)
    assert "这一页没有了" in page(desk.bureau, "/leads?cursor=900")


def test_an_officer_can_ask_for_their_own_cases(desk):
    case, other = sent(desk), desk.lead(rule_id="R061")
    desk.done(desk.bureau, other, "accept")
    text = page(desk.officer, "/cases?is_mine=true")
    assert f"/cases/{case}" in text
    assert f"/cases/{other}" not in text
    assert f"/cases/{case}" not in page(desk.second, "/cases?is_mine=true")


def test_reminders_of_cases_are_on_the_page_of_whom_they_are_for(desk, database, as_role):
    case = desk.lead()
    desk.check(case)
    desk.clock.forward(days=20)
    with database.system_transaction() as session:
        nightly.run(session)
    leader = as_role("leader")
    told = {
        "期限过半": desk.officer,
        "期限已到": desk.bureau,
        "超过期限一半": leader,
    }
    for words, speaker in told.items():
        text = page(speaker, "/notices")
        assert f'href="/cases/{case}">核查{words}' in text
        assert 'aria-label="1 条"' in page(speaker, f"/cases/{case}")
        assert not [other for other in told if other != words and other in text]
    assert f"/cases/{case}" not in page(desk.second, "/notices"), "another officer was sent"
    assert f"/cases/{case}" not in page(desk.recorder, "/notices")
    desk.clock.forward(days=8)
    assert "近七天没有提醒" in page(leader, "/notices")


def attribute(text: str, name: str):
    return json.loads(html.unescape(re.search(rf'{name}="([^"]*)"', text).group(1)))


def test_the_evidence_of_a_case_is_on_a_map_and_in_words_beside_it(desk, as_role):
    case = desk.lead()
    bare = page(desk.bureau, f"/cases/{case}")
    assert "还没有能放到图上的证据" in bare
    desk.check(case)
    far = desk.photo(desk.officer, case, "check", place=MIDDLE | {"lon": 113.2})
    assert not far["is_qualified"]
    text = page(desk.bureau, f"/cases/{case}")
    pins = attribute(text, "data-pins")
    assert [(each["number"], each["what"], each["is_qualified"]) for each in pins] == [
        (1, "核查照片", True),
        (2, "核查照片", True),
        (3, "核查定位", True),
        (4, "核查照片", False),
    ]
    west, south, east, north = attribute(text, "data-known")["box"]
    assert WEST - 0.001 < west < east < WEST + SIDE + 0.001, "one far off does not hide the rest"
    assert south < MIDDLE["lat"] < north
    features = attribute(text, "data-features")["features"]
    kinds = [each["properties"]["kind"] for each in features]
    assert kinds == ["land", *["view", "ray"] * 3]
    (start_lon, start_lat), (end_lon, end_lat) = features[2]["geometry"]["coordinates"]
    assert (start_lon, start_lat) == pytest.approx((MIDDLE["lon"], MIDDLE["lat"]))
    assert end_lon > start_lon, "it looks east"
    assert end_lat == pytest.approx(start_lat, abs=1e-7)
    assert "在图斑内</td>" in text
    assert "90 度</td>" in text
    leader = page(as_role("leader"), f"/cases/{case}")
    assert attribute(leader, "data-pins") == [], "where somebody stood is not for every duty"
    assert [
        each["properties"]["kind"] for each in attribute(leader, "data-features")["features"]
    ] == ["land"]
