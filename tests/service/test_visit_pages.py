"""The pages of campaigns and visits, as their readers open them and press their buttons."""

import re
from html import unescape

import pytest

from tests.service.test_draws import begun, drawn
from tests.service.test_outlets import changed, opened
from tests.service.test_pages import Suspicious
from tests.service.test_visits import a_visit, enrolled, visited

NOWHERE = "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d999"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


@pytest.fixture
def officer(as_role):
    return as_role("officer", "441803", "officer-1")


@pytest.fixture
def team(bureau) -> list[str]:
    return [
        enrolled(bureau, name="陈大文", username="officer-1")["id"],
        enrolled(bureau, name="李明")["id"],
    ]


@pytest.fixture
def outlet(bureau) -> dict:
    return opened(bureau, name="<b>丰收</b>农资", categories=["seed"])


def page(speaker, path: str, **params) -> str:
    answer = speaker.send("GET", path, params=params or None)
    assert answer.status_code == 200, answer.text
    assert Suspicious(answer.text).found == []
    return answer.text


def press(speaker, path: str, **form):
    return speaker.send("POST", path, data=form, follow_redirects=False)


def pressed(speaker, path: str, **form) -> str:
    answer = press(speaker, path, **form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def field(html: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', html).group(1)


def test_two_officers_enter_a_visit_on_the_form_and_a_second_click_is_none(
    bureau, officer, outlet, team
):
    pick = page(officer, "/visits/new")
    assert outlet["id"] in pick
    form = page(officer, "/visits/new", outlet=outlet["id"])
    assert "<b>丰收" not in form
    assert "&lt;b&gt;丰收" in form
    assert "生产经营假种子" in form
    assert "无证经营农药" not in form
    assert re.search(rf'value="{team[0]}" checked', form), "who fills it in is there"
    sent = {name: field(form, name) for name in ("id", "outlet_id", "checklist_version")}
    sent |= {"visited_at": "2023-04-20T08:30", "kind": "special", "officer_ids": team}
    sent |= {"outcome": "no_violation", "answers": ["SD01:pass", "", "SD06:not_applicable"]}
    sent |= {"lon": "113.010001", "lat": "23.710001", "accuracy_m": "8.24", "note": ""}
    where = pressed(officer, "/visits", **sent)
    assert pressed(officer, "/visits", **sent) == where
    shown = page(officer, where)
    for said in ("未发现违法行为", "陈大文", "2023-04-20 08:30", "种子法36", "±8.2 米", "没有抽样"):
        assert said in shown, said
    listed = page(bureau, "/visits")
    assert "可以说“暂未发现违法行为”" in listed
    assert re.search(r"<strong>1</strong> 家次", listed)
    assert re.search(r"<strong>2</strong> 人次", listed)
    assert "登记检查" not in listed


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("officer_ids", [], "至少 2 项"),
        ("outcome", "", "必填"),
        ("answers", ["SD01:fail"], "有不合格的项目"),
        ("answers", ["SD99:pass"], "没有这些项目"),
        ("visited_at", "昨天", "2023-04-20T14:30"),
        ("lon", "113.01", "经度和纬度"),
    ],
)
def test_a_form_that_does_not_fit_is_refused_in_chinese(officer, outlet, team, name, value, said):
    form = page(officer, "/visits/new", outlet=outlet["id"])
    sent = {key: field(form, key) for key in ("id", "outlet_id", "checklist_version")}
    sent |= {"visited_at": "2023-04-20T08:30", "kind": "special", "officer_ids": team}
    sent |= {"outcome": "no_violation", "answers": ["SD01:pass"]} | {name: value}
    answer = press(officer, "/visits", **sent)
    assert answer.status_code == 422
    assert said in unescape(answer.text)
    assert "没有检查" in page(officer, "/visits")


def test_the_form_says_when_nobody_can_go_and_when_the_shop_is_shut(bureau, officer, outlet):
    assert "不足两名" in page(officer, "/visits/new", outlet=outlet["id"])
    for _ in range(2):
        enrolled(bureau)
    changed(bureau, outlet, "suspended", "2023-04-10")
    assert "只能填“到访未检(闭店)”" in page(officer, "/visits/new", outlet=outlet["id"])
    assert officer.get("/visits/new", outlet=NOWHERE).status_code == 404


def test_samples_and_findings_are_followed_on_the_card_to_their_end(bureau, officer, outlet, team):
    made = visited(officer, a_visit(outlet, team, "2023-04-12T10:00:00+08:00", outcome="order_fix"))
    where = f"/visits/{made['id']}"
    form = page(officer, where)
    new = {"id": field(form, "id"), "sealed_on": "2023-04-12"}
    pressed(officer, f"{where}/samples", seal_no="QX-1", product="稻种", batch="", **new)
    sample = officer.get(f"visits/{made['id']}").json()["samples"][0]["id"]
    step = f"{where}/samples/{sample}"
    pressed(officer, step, step="sent", occurred_on="2023-04-13", lab="省站")
    assert "样品还没有结果 1 个" in page(bureau, "/visits")
    pressed(officer, step, step="result", occurred_on="2023-04-19", result="true")
    told = {"violation_code": "SD06", "description": "档案缺三月", "product": ""}
    pressed(officer, f"{where}/findings", id="0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d111", **told)
    finding = f"{where}/findings/0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d111"
    pressed(officer, finding, step="order", occurred_on="2023-04-12", due_on="2023-04-15")
    assert "责令改正·超期" in page(officer, where)
    assert f"/visits/new?outlet={outlet['id']}" in page(officer, where)
    again = a_visit(outlet, team, "2023-04-19T10:00:00+08:00", kind="recheck")
    recheck = visited(officer, again)
    shown = page(officer, where)
    choice = f"{recheck['id']} 2023-04-19"
    assert choice in shown
    pressed(officer, finding, step="recheck_passed", recheck=choice)
    shown = page(officer, where)
    assert "复查合格,了结" in shown
    assert "超期" not in shown
    assert "登记问题" not in page(bureau, where)


def test_the_bureau_opens_and_draws_a_campaign_and_everyone_reads_how_to_draw_again(
    bureau, officer, outlet, team, as_role
):
    assert "还没有检查行动" in page(as_role("leader"), "/campaigns")
    form = page(bureau, "/campaigns")
    sent = {"id": field(form, "id"), "checklist_version": "2023-1", "title": "<i>春季</i>"}
    sent |= {"kind": "random", "starts_on": "2023-04-10", "ends_on": "2023-05-31"}
    sent |= {"medium_percent": "100", "low_percent": "12.5", "categories": ["seed"]}
    where = pressed(bureau, "/campaigns", **sent).partition("?")[0]
    shown = page(bureau, where)
    assert "&lt;i&gt;春季" in shown
    assert "由局里" not in shown
    assert "名单和复算办法在这里公布" in page(as_role("leader"), where)
    order = {"id": field(shown, "id"), "seed": "seed-of-the-day"}
    pressed(bureau, f"{where}/draw", **order)
    again = press(bureau, f"{where}/draw", id="0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d222", seed="")
    assert again.status_code == 409
    shown = page(as_role("leader"), where)
    told = bureau.get(f"campaigns/{where.rpartition('/')[2]}/draw").json()
    for said in (told["seed"], told["list_digest"], told["recipe"], "list.csv", "没有检查过"):
        assert said in unescape(shown), said
    assert "抽中的还有 1 家没有检查" in shown
    assert "去检查" not in shown
    link = unescape(re.search(r'href="(/visits/new\?outlet=[^"]*)"', page(officer, where)).group(1))
    assert "&lt;i&gt;春季" in page(officer, link)


def test_a_bad_ratio_or_seed_is_refused_in_chinese(bureau, outlet, team):
    form = page(bureau, "/campaigns")
    sent = {"id": field(form, "id"), "checklist_version": "2023-1", "title": "春季"}
    sent |= {"kind": "random", "starts_on": "2023-04-10", "ends_on": "2023-05-31"}
    for percent in ("101", "-1", "多", "0.001"):
        answer = press(bureau, "/campaigns", **sent, medium_percent=percent, low_percent="1")
        assert answer.status_code == 422, percent
    campaign = begun(bureau)
    for seed in ("$(reboot)", "短", "a b c d e f"):
        answer = press(bureau, f"/campaigns/{campaign['id']}/draw", id=team[0], seed=seed)
        assert answer.status_code == 422, seed
    assert drawn(bureau, campaign)["items"]


def test_who_has_no_part_in_inspections_sees_none_of_these_pages(as_role, bureau, outlet, team):
    for role in ("recorder", "outlet", "approver", "admin"):
        speaker = as_role(role, "441803")
        for path in ("/visits", "/campaigns", "/visits/new"):
            assert speaker.get(path).status_code == 403, (role, path)
    assert bureau.get("/visits/new").status_code == 403
    assert as_role("auditor").get("/visits").status_code == 200
