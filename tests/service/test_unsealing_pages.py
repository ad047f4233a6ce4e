"""The pages of unsealing: who sees them, two duties and a reason, and nothing kept of it."""

import re
from uuid import uuid4

import pytest

from service.security import Role
from tests.conftest import COUNTY, SHANTANG, TAIHE
from tests.hostile_photos import NIKON, a_jpeg, an_exif, gps, taken
from tests.signal_files import put_parcels, tip

HTML = {"Accept": "text/html"}
ANNE = {"name": "陈小燕 <b>", "contact": "13800138000"}
HERE = an_exif(NIKON, taken(), gps())
REASON = "需核实施工时间"
ABSENT = "00000000-0000-4000-8000-000000000000"


def page(speaker, path: str, **asked):
    more = {"params": asked} if asked else {}
    return speaker.send("GET", path, headers=HTML, follow_redirects=False, **more)


def press(speaker, path: str, **form):
    return speaker.send("POST", path, headers=HTML, data=form, follow_redirects=False)


@pytest.fixture
def told(nobody, as_role, database) -> dict:
    """A tip of a person with a name and a photo, as the bureau sees it."""
    put_parcels(database)
    photo = ("photos", ("photo.jpg", a_jpeg(HERE, width=400, height=300)))
    nobody.send("POST", "tips", data=tip(1, **ANNE), files=[photo])
    return as_role("bureau").get("tips").json()["items"][0]


@pytest.fixture
def order(told, as_role) -> str:
    """The page of an order that waits."""
    form = {"id": str(uuid4()), "reason": REASON}
    answer = press(as_role("bureau"), f"/tips/{told['id']}/unsealings", **form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def approve(as_role, order: str, said: str = "true"):
    return press(as_role("auditor"), f"{order}/answer", is_approved=said, reason="理由充分")


def entries(as_role) -> list[str]:
    """Whatever the audit tells of this, in order."""
    found = as_role("auditor").get("audit", limit=500).json()["items"]
    return [each["action"] for each in found if each["action"].startswith("tip.unseal")]


def test_only_the_bureau_and_the_auditor_have_these_pages_and_a_way_to_them(order, as_role):
    for role in Role:
        speaker = as_role(role, TAIHE if role is Role.RECORDER else COUNTY)
        is_one = role in {Role.BUREAU, Role.AUDITOR}
        for path in ("/unsealings", order):
            assert page(speaker, path).status_code == (200 if is_one else 403), (role, path)
        home = page(speaker, "/signals" if is_one else "/")
        assert ('href="/unsealings"' in home.text) == is_one, role


def test_each_step_is_for_its_duty_only(told, order, as_role):
    steps = {
        f"/tips/{told['id']}/unsealings": {Role.BUREAU},
        f"{order}/answer": {Role.AUDITOR},
        f"{order}/open": {Role.BUREAU},
        f"{order}/originals/{told['photos'][0]}": {Role.BUREAU},
    }
    for path, duties in steps.items():
        for role in set(Role) - duties:
            answer = press(as_role(role, COUNTY), path)
            assert answer.status_code == 403, (role, path)
            assert ANNE["contact"] not in answer.text
    assert entries(as_role) == ["tip.unseal.ask"]


def test_what_is_absent_or_of_another_area_is_not_found(order, told, as_role):
    for speaker in (as_role("bureau"), as_role("bureau", SHANTANG)):
        path = order if speaker is not as_role("bureau") else f"/unsealings/{ABSENT}"
        assert page(as_role("bureau", SHANTANG), order).status_code == 404, path
    assert page(as_role("bureau"), f"/unsealings/{ABSENT}").status_code == 404
    form = {"id": str(uuid4()), "reason": REASON}
    for speaker, each in ((as_role("bureau"), ABSENT), (as_role("bureau", SHANTANG), told["id"])):
        assert press(speaker, f"/tips/{each}/unsealings", **form).status_code == 404


def test_the_bureau_asks_on_the_signals_card_and_nobody_else_sees_the_form(told, as_role):
    card = f"/signals/{told['signal_id']}"
    text = page(as_role("bureau"), card).text
    action = f'action="/tips/{told["id"]}/unsealings"'
    assert action in text
    for role in ("officer", "leader", "auditor"):
        assert "unsealings" not in page(as_role(role), card).text.partition("<main")[2]
    made = re.search(rf'{action}>\s*<input type="hidden" name="id" value="([^"]+)"', text)[1]
    for _ in range(2):
        answer = press(as_role("bureau"), f"/tips/{told['id']}/unsealings", id=made, reason=REASON)
        assert answer.headers["location"] == f"/unsealings/{made}?done=unseal-ask"
    assert entries(as_role) == ["tip.unseal.ask"], "a second click asks for nothing new"


@pytest.mark.parametrize("reason", ["", "不行", "  \t "])
def test_an_order_without_a_reason_is_refused(told, as_role, reason):
    form = {"id": str(uuid4()), "reason": reason}
    answer = press(as_role("bureau"), f"/tips/{told['id']}/unsealings", **form)
    assert answer.status_code == 422
    assert entries(as_role) == []


def test_the_list_is_empty_and_says_so_then_shows_each_order_as_it_stands(told, as_role, clock):
    bureau, auditor = as_role("bureau"), as_role("auditor")
    assert "还没有人申请启封" in page(bureau, "/unsealings").text
    assert "线索的举报内容下面" not in page(auditor, "/unsealings").text
    made = {}
    for standing in ("waiting", "approved", "used", "refused"):
        clock.forward(minutes=1)
        form = {"id": str(uuid4()), "reason": f"理由:{standing} <i>"}
        made[standing] = f"/unsealings/{form['id']}"
        press(bureau, f"/tips/{told['id']}/unsealings", **form)
        if standing != "waiting":
            approve(as_role, made[standing], "false" if standing == "refused" else "true")
        if standing == "used":
            assert press(bureau, f"{made[standing]}/open").status_code == 200
    text = page(auditor, "/unsealings").text
    assert "1 份等批准" in text
    assert "理由:used &lt;i&gt;" in text
    waits, newest = (text.index(made[each]) for each in ("waiting", "refused"))
    assert waits < newest, "what waits comes first, though it is the oldest"
    for standing, path in made.items():
        shown = page(auditor, "/unsealings", standing=standing).text
        assert [each for each in made.values() if each in shown] == [path]
    assert "没有这样的申请" in page(auditor, "/unsealings", standing="expired").text
    clock.forward(hours=25)
    assert made["approved"] in page(auditor, "/unsealings", standing="expired").text
    assert page(auditor, "/unsealings", standing="open").status_code == 422


def test_the_pages_turn(told, as_role, monkeypatch):
    monkeypatch.setattr("service.pages.unsealing_pages.AT_ONCE", 2)
    for number in range(5):
        form = {"id": str(uuid4()), "reason": f"第 {number} 份的理由"}
        press(as_role("bureau"), f"/tips/{told['id']}/unsealings", **form)
    seen, path = [], "/unsealings"
    while path and len(seen) <= 5:
        text = page(as_role("auditor"), path).text
        seen += re.findall(r"第 (\d) 份", text)
        found = re.search(r'rel="next" href="([^"]+)"', text)
        path = found[1].replace("&amp;", "&") if found else ""
    assert sorted(seen) == list("01234")
    assert "这一页没有了" in page(as_role("auditor"), "/unsealings", cursor=10).text


def test_the_auditor_answers_once_with_a_reason_and_the_bureau_sees_it(order, as_role):
    bureau, auditor = as_role("bureau"), as_role("auditor")
    assert f'action="{order}/answer"' in page(auditor, order).text
    assert f'action="{order}/answer"' not in page(bureau, order).text
    assert f'action="{order}/open"' not in page(bureau, order).text
    assert press(auditor, f"{order}/answer", is_approved="true", reason="").status_code == 422
    assert press(auditor, f"{order}/answer", reason="没有说批不批").status_code == 422
    assert approve(as_role, order, "false").status_code == 303
    assert approve(as_role, order).status_code == 409
    text = page(bureau, order).text
    assert "拒绝" in text
    assert "理由充分" in text
    assert f'action="{order}/open"' not in text
    assert press(bureau, f"{order}/open").status_code == 409


def test_opening_shows_who_told_and_is_written_down_each_time(told, order, as_role):
    bureau = as_role("bureau")
    approve(as_role, order)
    shown = page(bureau, order).text
    assert f'action="{order}/open"' in shown
    assert "先记入审计,再显示" in shown
    for _ in range(2):
        opened = press(bureau, f"{order}/open")
        assert opened.status_code == 200
        assert "陈小燕 &lt;b&gt;" in opened.text
        assert ANNE["contact"] in opened.text
        assert "已记入审计" in opened.text
        assert opened.headers["cache-control"] == "no-store"
        assert "script-src 'self'" in opened.headers["content-security-policy"]
    path = f"{order}/originals/{told['photos'][0]}"
    assert f'action="{path}"' in opened.text
    file = press(bureau, path)
    assert file.content == a_jpeg(HERE, width=400, height=300)
    assert file.headers["cache-control"] == "no-store"
    assert file.headers["content-disposition"].startswith("attachment")
    assert entries(as_role).count("tip.unseal.open.of") == 3


def test_nothing_of_it_is_on_a_page_that_is_only_looked_at(order, as_role):
    bureau = as_role("bureau")
    approve(as_role, order)
    press(bureau, f"{order}/open")
    for path in (order, "/unsealings", f"{order}/open"):
        text = page(bureau, path).text
        assert ANNE["contact"] not in text, path
        assert "陈小燕" not in text, path
    assert page(bureau, f"{order}/open").status_code == 405, "by a press of the button only"


def test_only_who_asked_opens_and_only_in_time(order, as_role, clock):
    approve(as_role, order)
    other = as_role("bureau", COUNTY, "another-bureau")
    assert "只有申请人能启封" in page(other, order).text
    assert press(other, f"{order}/open").status_code == 409
    clock.forward(hours=25)
    assert f'action="{order}/open"' not in page(as_role("bureau"), order).text
    assert press(as_role("bureau"), f"{order}/open").status_code == 409


def test_the_audit_row_comes_with_the_page_or_neither_does(told, order, as_role, monkeypatch):
    approve(as_role, order)

    def fail(*_):
        raise RuntimeError("no audit")

    with monkeypatch.context() as patch:
        patch.setattr("service.audit._digest", fail)
        for path in (f"{order}/open", f"{order}/originals/{told['photos'][0]}"):
            answer = press(as_role("bureau"), path)
            assert answer.status_code == 500
            assert ANNE["contact"] not in answer.text
            assert b"\xff\xd8" not in answer.content
    assert "tip.unseal.open" not in entries(as_role)


def test_the_row_is_written_before_the_box_is_opened(order, as_role, monkeypatch):
    approve(as_role, order)
    happened = []
    from service.signals import informants, unsealing  # noqa: PLC0415 - to watch them

    for module, name in ((unsealing, "_note"), (informants, "informant")):
        real = getattr(module, name)

        def watched(*given, real=real, name=name):
            happened.append(name)
            return real(*given)

        monkeypatch.setattr(module, name, watched)
    assert press(as_role("bureau"), f"{order}/open").status_code == 200
    assert happened == ["_note", "informant"]


def test_pages_of_land_cases_and_risk_lead_to_no_order(order, as_role):
    for role in ("bureau", "officer", "leader"):
        for path in ("/cases", "/leads", "/risk", "/patrols", "/patches"):
            answer = page(as_role(role), path)
            body = answer.text.partition("<main")[2]
            assert "unsealing" not in body, (role, path)
