"""The terms of the law on a case's page: what is told, by which forms, to whom."""

import re
from uuid import uuid4

import pytest

from service.cases.term_models import CaseTerm
from tests.case_desk import Desk
from tests.service.test_case_pages import HOSTILE, page, posted

ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def desk(as_role, database, clock) -> Desk:
    return Desk(as_role, database, clock)


@pytest.fixture
def case(desk) -> str:
    made = desk.lead()
    desk.done(desk.bureau, made, "accept")
    return made


def begun(desk, case: str, term: str, speaker=None, **told):
    told = {"id": str(uuid4()), "term": term, "started_on": "2023-04-20"} | told
    return posted(speaker or desk.bureau, f"/cases/{case}/terms", **told)


def term_of(desk, case: str) -> dict:
    return desk.card(case)["terms"][-1]


def stepped(desk, speaker, case: str, event: str, **told):
    desk.clock.forward(minutes=1)
    term = term_of(desk, case)
    told = {"id": str(uuid4()), "event": event, "expected_n": term["n"]} | told
    return posted(speaker, f"/cases/{case}/terms/{term['id']}/steps", **told)


def forms(text: str) -> set[str]:
    return set(re.findall(r'<form class="fields step of-term"[^>]*aria-label="([^"]+)"', text))


@ONE_ENGINE
def test_an_empty_section_says_what_to_do_and_a_lead_has_no_form(desk, case):
    text = page(desk.bureau, f"/cases/{case}")
    assert "还没有登记法定期限" in text
    assert "在下面登记" in text
    assert "登记法定期限" in forms(text)
    for speaker, path in ((desk.recorder, case), (desk.bureau, desk.lead(rule_id="R061"))):
        text = page(speaker, f"/cases/{path}")
        assert "还没有登记法定期限" in text
        assert not forms(text)


def test_a_decision_is_done_by_forms_and_each_is_offered_their_own(desk, case):
    answer = begun(desk, case, "decision")
    assert answer.headers["location"] == f"/cases/{case}?done=case-term#terms"
    text = page(desk.bureau, f"/cases/{case}?done=case-term")
    assert "2023-07-19 24 时止,还有 90 天" in text
    assert "行政处罚法第60条" in text
    assert "已登记法定期限" in text
    assert forms(text) == {"登记法定期限", "作出处罚决定:拟稿", "作出处罚决定:申请"}
    assert "办结:须经另外两人法制审核和批准" in text
    assert stepped(desk, desk.officer, case, "draft").status_code == 303
    assert "作出处罚决定:法制审核通过" not in forms(page(desk.officer, f"/cases/{case}"))
    assert "作出处罚决定:法制审核通过" in forms(page(desk.bureau, f"/cases/{case}"))
    stepped(desk, desk.bureau, case, "review", reason="事实清楚")
    refused = stepped(desk, desk.bureau, case, "approve")
    assert (refused.status_code, "批准人不能是" in refused.text) == (409, True)
    assert stepped(desk, desk.other, case, "approve").status_code == 303
    bare = stepped(desk, desk.bureau, case, "done", occurred_on="2023-04-20", document_no="")
    assert (bare.status_code, "文号" in bare.text) == (422, True)
    told = {"occurred_on": "2023-04-20", "document_no": "罚〔2023〕1号"}
    assert stepped(desk, desk.officer, case, "done", **told).status_code == 303
    text = page(desk.recorder, f"/cases/{case}")
    assert "2023-04-20 办结" in text
    assert "罚〔2023〕1号" in text
    assert "事实清楚" in text


@ONE_ENGINE
def test_what_is_asked_is_granted_or_denied_by_another_on_the_page(desk, case):
    begun(desk, case, "decision")
    told = {"leave": "extend", "days": "30", "reason": "等检测结果"}
    assert stepped(desk, desk.officer, case, "ask", **told).status_code == 303
    text = page(desk.bureau, f"/cases/{case}")
    assert "申请延长 30 天" in text
    assert 'name="event" value="deny">不批准' in text
    assert stepped(desk, desk.bureau, case, "deny").status_code == 303
    stepped(desk, desk.officer, case, "ask", **told)
    assert stepped(desk, desk.bureau, case, "grant").status_code == 303
    text = page(desk.bureau, f"/cases/{case}")
    assert "2023-08-18 24 时止" in text
    assert "<summary>申请暂停计时、作罢</summary>" in text
    desk.clock.forward(days=121)
    text = page(desk.bureau, f"/cases/{case}")
    assert "已过 1 天" in text
    assert "<summary>申请作罢</summary>" in text
    late = page(desk.bureau, "/cases?is_overdue=true")
    assert f"/cases/{case}" in late
    assert "法定 2023-08-18" in late


@ONE_ENGINE
def test_a_fine_is_written_as_people_write_it_and_its_surcharge_is_told(desk, case):
    wrong = begun(desk, case, "payment", fine_yuan="很多")
    assert (wrong.status_code, "罚款数额须是数字" in wrong.text) == (422, True)
    assert begun(desk, case, "payment", fine_yuan="1,000.50").status_code == 303
    desk.clock.forward(days=17)
    assert "可加处罚款 <strong>60.03</strong> 元" in page(desk.bureau, f"/cases/{case}")


@ONE_ENGINE
def test_the_two_years_are_warned_of_and_whatever_was_written_is_words(desk, case, clock):
    begun(desk, case, "service", note=HOSTILE)
    stepped(desk, desk.officer, case, "ask", leave="drop", reason=HOSTILE)
    clock.forward(days=600)
    text = desk.bureau.get(f"/cases/{case}").text
    assert "两年追责期" in text
    assert text.count("&lt;script&gt;alert(1)") == 2
    assert "<script>alert" not in text


@ONE_ENGINE
def test_a_year_that_the_calendar_lacks_leaves_the_page_readable(desk, case, database):
    begun(desk, case, "service")
    with database.system_transaction() as session:
        row = session.query(CaseTerm).one()
        values = {each.key: getattr(row, each.key) for each in CaseTerm.__mapper__.column_attrs}
        year = values["started_on"].replace(year=2040)
        session.add(CaseTerm(**(values | {"id": uuid4(), "started_on": year})))
    assert "工作日历没有这一年" in page(desk.bureau, f"/cases/{case}")
