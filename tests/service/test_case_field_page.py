"""The field page of a case: what it asks, photos judged at once, and what is refused."""

from uuid import uuid4

import pytest

from tests.case_desk import MIDDLE, TAIHE, Desk
from tests.hostile_photos import HTML, a_jpeg
from tests.service.test_case_pages import (
    HTML_WANTED,
    READERS,
    forms,
    page,
    posted,
    sent,
    stepped,
)


@pytest.fixture
def desk(as_role, database, clock) -> Desk:
    return Desk(as_role, database, clock)


def uploaded(speaker, case: str, content: bytes, **told):
    return speaker.send(
        "POST",
        f"/cases/{case}/photos",
        data={"id": str(uuid4()), "purpose": "check", "shows": "", "bearing_deg": ""} | told,
        files={"file": ("p.jpg", content)},
        headers=HTML_WANTED,
        follow_redirects=False,
    )


def there(desk, **other) -> dict:
    told = {"device_time": desk.clock().isoformat(), "bearing_deg": 90} | MIDDLE | other
    return {name: str(value) for name, value in told.items()}


def test_the_field_page_asks_for_what_is_missing_and_judges_each_photo_at_once(desk):
    case = sent(desk)
    text = page(desk.officer, f"/cases/{case}/visit")
    assert "核查照片合格的有 0 张,须有 2 张" in text
    assert forms(text) == {"照片", "定位", "无法进入"}
    for seed in range(2):
        answer = uploaded(desk.officer, case, a_jpeg(seed=seed), **there(desk))
        assert answer.status_code == 303, answer.text
        assert "<strong>合格</strong>" in page(desk.officer, answer.headers["location"])
    far = uploaded(desk.officer, case, a_jpeg(seed=9), **there(desk, lon=112.9))
    text = page(desk.officer, far.headers["location"])
    assert "<strong>不合格</strong> — 拍摄点离图斑" in text
    assert "没有现场定位" in text
    place = {name: str(value) for name, value in MIDDLE.items()}
    told = {"id": str(uuid4()), "kind": "position", "purpose": "check", "back": "visit"} | place
    answer = posted(desk.officer, f"/cases/{case}/evidence", **told)
    assert answer.headers["location"].startswith(f"/cases/{case}/visit?done=case-evidence&brought=")
    text = page(desk.officer, f"/cases/{case}/visit")
    assert "提交核查意见" in forms(text)
    assert 'value="officer-2"' in text, "who may have come along"
    assert f'value="{desk.officer_name()}"' not in text
    assert (
        stepped(desk.officer, case, "report", 3, reason="已挖塘", back="visit").status_code == 303
    )


def test_a_photo_without_place_or_time_is_kept_and_told_what_it_lacks(desk):
    case = sent(desk)
    answer = uploaded(desk.officer, case, a_jpeg(seed=1), lon="", lat="", device_time="")
    text = page(desk.officer, answer.headers["location"])
    assert "照片没有拍摄时间;照片没有位置" in text


def test_a_second_click_brings_a_photo_once(desk):
    case, told = sent(desk), {"id": str(uuid4())}
    for _ in range(2):
        answer = uploaded(desk.officer, case, a_jpeg(seed=1), **told, **there(desk))
        assert answer.status_code == 303
    assert len(desk.card(case)["evidence"]) == 1


def test_bad_files_and_wrong_fields_are_refused_in_chinese(desk):
    case = sent(desk)
    for content, told, status, said in (
        (HTML, {}, 415, "照片"),
        (a_jpeg(), {"purpose": "fun"}, 422, "只能是"),
        (a_jpeg(), {"shows": "crop"}, 422, "只有恢复耕种的照片"),
        (a_jpeg(), {"lon": "112.9", "lat": ""}, 422, "经度和纬度"),
    ):
        answer = uploaded(desk.officer, case, content, **told)
        assert answer.status_code == status, answer.text
        assert said in answer.text
    told = {"id": str(uuid4()), "kind": "position", "purpose": "check", "lon": "", "lat": ""}
    refused = posted(desk.officer, f"/cases/{case}/evidence", **told)
    assert refused.status_code == 422
    assert "定位须有经度和纬度" in refused.text
    assert not desk.card(case)["evidence"]


def test_who_could_not_enter_says_why(desk):
    case = sent(desk)
    told = {"id": str(uuid4()), "kind": "no_entry", "purpose": "check", "no_entry": "flooded"}
    assert posted(desk.officer, f"/cases/{case}/evidence", **told).status_code == 303
    text = page(desk.officer, f"/cases/{case}/visit")
    assert "水淹" in text
    assert "提交核查意见" in forms(text)


def test_the_field_page_is_for_those_who_bring_evidence(desk, as_role):
    case = desk.lead()
    for role in (*sorted(READERS), "outlet"):
        wanted = 200 if role in {"bureau", "officer", "recorder"} else 403
        assert as_role(role, TAIHE).get(f"/cases/{case}/visit").status_code == wanted, role
    desk.done(desk.bureau, case, "dismiss", reason="看错")
    text = page(desk.officer, f"/cases/{case}/visit")
    assert "案件已了结,不再收证据" in text
    assert 'type="file"' not in text
    assert uploaded(desk.officer, case, a_jpeg(), **there(desk)).status_code == 409


def test_what_is_closed_comes_back_to_be_looked_at_again(desk, clock):
    case = desk.lead()
    desk.close(case)
    assert f"/cases/{case}" not in page(desk.bureau, "/cases")
    assert f"/cases/{case}" not in page(desk.bureau, "/cases?needs_relook=true")
    clock.forward(days=91)
    assert f"/cases/{case}" in page(desk.bureau, "/cases?needs_relook=true")
    text = page(desk.officer, f"/cases/{case}/visit")
    assert "回头看还缺:没有回头看的合格照片" in text
    answer = uploaded(desk.officer, case, a_jpeg(seed=77), **there(desk, purpose="relook"))
    assert "<strong>合格</strong>" in page(desk.officer, answer.headers["location"])
    assert "回头看" in forms(page(desk.officer, f"/cases/{case}/visit"))
