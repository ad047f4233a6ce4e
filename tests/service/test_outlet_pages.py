"""The pages of the outlet register, as their readers open them."""

import pytest

from tests.service.test_outlets import TAIHE, an_outlet

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def outlet(as_role) -> dict:
    body = an_outlet(name="<b>丰收</b>农资", categories=["pesticide"])
    return as_role("bureau").post("outlets", body).json()


def test_the_list_shows_counts_what_wants_attention_and_escapes_names(outlet, as_role):
    shown = as_role("leader").get("/outlets").text
    assert "营业网点" in shown
    assert "农药·无证" in shown
    assert "没有位置" in shown
    assert "<b>丰收" not in shown
    assert "&lt;b&gt;丰收" in shown
    assert "开业" not in as_role("leader").get("/outlets", as_of="2019-01-01").text
    assert "没有符合条件的网点" in as_role("leader").get("/outlets", status="closed").text


def test_the_bureau_enters_a_change_on_the_card_and_sees_it(outlet, as_role):
    bureau, where = as_role("bureau"), f"/outlets/{outlet['id']}"
    assert "登记变动" in bureau.get(where).text
    assert "登记变动" not in as_role("leader").get(where).text
    form = {"what": "suspended", "valid_from": "2023-04-10", "reason": "整改"}
    answer = bureau.send("POST", f"{where}/changes", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{where}?done=outlet-change")
    shown = bureau.get(where, done="outlet-change").text
    assert "从所填的日期起生效" in shown
    assert "整改" in shown
    early = bureau.send("POST", f"{where}/changes", data=form | {"valid_from": "2019-01-01"})
    assert early.status_code == 422
    denied = as_role("leader").send("POST", f"{where}/changes", data=form)
    assert denied.status_code == 403


def test_an_operator_reads_their_own_card_only(outlet, as_role):
    bureau, operator = as_role("bureau"), as_role("outlet", TAIHE, "shop")
    assert operator.get(f"/outlets/{outlet['id']}").status_code == 404
    bureau.post(f"outlets/{outlet['id']}/operator", {"username": "shop"})
    assert operator.get(f"/outlets/{outlet['id']}").status_code == 200
    assert "待核实" not in operator.get("/outlets").text
