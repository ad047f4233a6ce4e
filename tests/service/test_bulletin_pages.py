"""The pages of facts and bulletins, as their readers open them."""

from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.service.test_bulletins import STOCKED, bureau, count_of, drafted, second
from tests.service.test_outlets import TAIHE, opened

__all__ = ["bureau", "second"]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FORM = {
    "kind": "bulletin",
    "masthead": "春耕工作简报",
    "title": "<b>春耕</b>进展顺利",
    "number": "3",
    "total_number": "",
    "as_of": "2023-04-20",
    "office": "区农业农村局",
    "reported_to": "市农业农村局",
}


def sent(speaker, path: str, **form):
    data = {"id": str(uuid4())} | form
    return speaker.send("POST", path, data=data, follow_redirects=False)


def went_to(answer) -> str:
    assert answer.status_code == 303, answer.text
    return urlsplit(answer.headers["location"]).path


def test_every_fact_of_a_day_opens_to_its_rows(bureau, as_role):
    shop = opened(bureau, name="<i>丰收</i>农资")
    count_of(bureau, shop, 400_000)
    leader = as_role("leader")
    shown = leader.get("/facts", as_of="2023-04-20").text
    assert "农资经营网点" in shown
    assert "暂未发现违法行为" in shown
    assert 'href="/facts/stock.fertilizer?as_of=2023-04-20&amp;area=441803"' in shown
    rows = leader.get("/facts/outlets.active", as_of="2023-04-20", area="441803").text
    assert "&lt;i&gt;丰收" in rows
    assert "<i>丰收" not in rows
    assert f'href="/outlets/{shop["id"]}"' in rows
    assert "这一天还没有记录" in leader.get("/facts/outlets.active", as_of="2010-01-01").text
    assert leader.get("/facts/no.such").status_code == 404
    assert leader.get("/facts", area="441803999").status_code == 404
    assert as_role("outlet", TAIHE).get("/facts").status_code == 403


def test_a_bulletin_goes_from_the_template_to_paper_in_the_browser(bureau, second, as_role):
    opened(bureau)
    assert "拟第一期" in bureau.get("/bulletins").text
    where = went_to(sent(bureau, "/bulletins", **FORM))
    shown = bureau.get(where).text
    assert "还不能签发" in shown, "the shipped template asks for more than there is"
    assert "&lt;b&gt;春耕" in shown
    assert "请一位没有拟过这一稿的同事" in shown
    refused = sent(bureau, f"{where}/revise", template="网点800个")
    assert refused.status_code == 422
    assert "800个" in refused.text
    text = "农资网点{{outlets.active|.0}}。\r\n好。"
    assert went_to(sent(bureau, f"{where}/revise", template=text)) == where
    shown = bureau.get(where).text
    assert '<a href="/facts/outlets.active?as_of=2023-04-20&amp;area=441803">1个</a>' in shown
    assert "核稿通过" in second.get(where).text
    assert went_to(sent(second, f"{where}/review", note="已核")) == where
    assert went_to(sent(bureau, f"{where}/issue")) == where
    shown = as_role("leader").get(where, done="bulletin-issue").text
    assert "已签发" in shown
    assert "不再变动" in shown
    assert "known_at=" in shown
    assert f"/api/v1{where}.docx" in shown
    assert "核稿通过" not in shown
    opened(bureau)
    shown = bureau.get(where).text
    assert "文字要改:2个" in shown
    again = went_to(sent(bureau, f"{where}/correct", reason="漏报"))
    assert "网点2个" in second.get(again).text.replace("</a>", "").replace(
        '<a href="/facts/outlets.active?as_of=2023-04-20&amp;area=441803">', ""
    )
    assert "更正" in bureau.get(where).text


def test_open_doubts_ask_for_a_leader_on_the_page(bureau, second, as_role):
    shops = [opened(bureau) for _ in range(5)]
    count_of(bureau, shops[0], 400_000)
    made = drafted(bureau, template=STOCKED)
    where = f"/bulletins/{made['id']}"
    sent(second, f"{where}/review")
    assert "决定签发的领导" in bureau.get(where).text
    as_role("leader", username="zhang")
    refused = sent(bureau, f"{where}/issue")
    assert refused.status_code == 409
    assert went_to(sent(bureau, f"{where}/issue", leader="zhang", reason="农时")) == where
    shown = as_role("leader").get(where).text
    assert "决定带存疑签发" in shown
    assert "签发时的存疑" in shown


def test_a_town_reads_the_countys_issue_without_links_into_its_books(bureau, second, as_role):
    opened(bureau)
    made = drafted(bureau)
    town = as_role("approver", TAIHE)
    where = f"/bulletins/{made['id']}"
    assert town.get(where).status_code == 404
    assert "区业务签发后" in town.get("/bulletins").text
    sent(second, f"{where}/review")
    sent(bureau, f"{where}/issue")
    shown = town.get(where).text
    assert "网点1个" in shown
    assert "/facts/outlets.active" not in shown
    assert sent(town, f"{where}/correct", reason="x").status_code == 403
