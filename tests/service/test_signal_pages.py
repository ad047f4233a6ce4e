"""The pages of tips, signals, patches and patrols: who sees them, and what they say."""

import re

import pytest

from service.parcels.queries import Moment
from service.screening.evidence import of_parcels
from tests.conftest import SHANTANG, TAIHE
from tests.hostile_photos import HTML, a_jpeg
from tests.land_files import squares, write
from tests.signal_files import VILLAGE, patch_fields, put_parcels, tip

HTML_WANTED = {"Accept": "text/html"}
PAGES = {
    "/signals": {"bureau", "officer", "leader", "auditor"},
    "/patches": {"bureau"},
    "/patrols": {"bureau", "officer", "leader", "auditor", "recorder"},
    "/patrols/new": {"bureau", "officer", "recorder"},
}


def posted(speaker, path: str, data: dict, **more):
    return speaker.send(
        "POST", path, data=data, headers=HTML_WANTED, follow_redirects=False, **more
    )


def received(nobody, number: int = 1, **said) -> str:
    answer = posted(nobody, "/tip", tip(number, **said))
    assert answer.status_code == 201, answer.text
    return re.search(r"data-receipt[^>]*>([^<]+)<", answer.text)[1]


def test_each_page_opens_to_its_duties_and_to_nobody_else(as_role):
    for path, duties in PAGES.items():
        for role in ("bureau", "officer", "leader", "auditor", "recorder", "approver", "outlet"):
            answer = as_role(role, TAIHE).get(path)
            assert answer.status_code == (200 if role in duties else 403), (role, path)


def test_the_public_needs_no_account_and_sees_nothing_else(nobody):
    assert nobody.get("/tip").status_code == 200
    assert nobody.get("/tip/status").status_code == 200
    for path in PAGES:
        answer = nobody.send("GET", path, headers=HTML_WANTED, follow_redirects=False)
        assert answer.headers["location"].startswith("/login?next="), path


def test_the_form_offers_every_village_under_its_town_and_has_no_inline_script(nobody):
    text = nobody.get("/tip").text
    assert text.count("<optgroup") == 9
    assert "黄坑村委会" in text
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", text)


def test_what_does_not_fit_is_said_and_what_was_typed_is_kept(nobody):
    said = tip(1, text="打地基 <b>很大</b>", name="陈小燕", claim="")
    answer = posted(nobody, "/tip", said, files=[("photos", ("a.jpg", a_jpeg()))])
    assert answer.status_code == 422
    assert "请选发生了什么" in answer.text
    assert "照片没有保留" in answer.text
    assert "打地基 &lt;b&gt;很大&lt;/b&gt;" in answer.text
    assert said["id"] in answer.text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lon": "abc"}, "数字"),
        ({"claim": "murder"}, "只能是"),
        ({"seen_on": "昨天"}, "日期"),
        ({"area_code": "清新"}, "格式"),
        ({"text": "长" * 2001}, "2000"),
        ({"lon": "300"}, "180"),
    ],
)
def test_bad_fields_are_refused_in_chinese(changed, said, nobody):
    answer = posted(nobody, "/tip", tip(1, **changed))
    assert answer.status_code == 422
    assert said in answer.text


def test_a_hostile_photo_is_refused_on_the_page_as_well(nobody):
    answer = posted(nobody, "/tip", tip(1), files=[("photos", ("a.jpg", HTML))])
    assert answer.status_code == 415
    assert "照片" in answer.text
    assert "查询码,只显示这一次" in answer.text  # the form, not a receipt


def test_a_second_click_shows_the_same_receipt(nobody, as_role):
    assert received(nobody) == received(nobody)
    assert len(as_role("bureau").get("tips").json()["items"]) == 1


def test_too_many_are_told_when_to_come_again_on_a_page(nobody, database):
    for k in range(database.thresholds.signals.tips_per_address):
        received(nobody, k, claim="other", lon=112.9 + k / 100)
    answer = posted(nobody, "/tip", tip(99))
    assert answer.status_code == 429
    assert "请 600 秒后再试" in answer.text
    assert answer.headers["Retry-After"] == "600"


def test_guessing_receipts_is_slowed_down(nobody, database):
    for _ in range(database.thresholds.signals.status_per_address):
        assert posted(nobody, "/tip/status", {"receipt": "0" * 26}).status_code == 404
    assert posted(nobody, "/tip/status", {"receipt": "0" * 26}).status_code == 429


def test_the_card_shows_words_as_words_and_the_stage_to_the_sender(nobody, as_role, database):
    put_parcels(database)
    code = received(nobody, text="<script>alert(1)</script>", place='"><img src=x onerror=1>')
    bureau = as_role("bureau")
    (signal,) = bureau.get("signals").json()["items"]
    card = bureau.get(f"/signals/{signal['id']}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in card
    assert "<img src=x" not in card
    step = {"stage": "accepted", "reason": "转太和镇"}
    assert posted(bureau, f"/signals/{signal['id']}/stage", step).status_code == 303
    shown = posted(nobody, "/tip/status", {"receipt": code}).text
    assert "已受理" in shown
    assert "转太和镇" not in shown
    assert posted(bureau, f"/signals/{signal['id']}/stage", {"stage": "done"}).status_code == 422


def test_an_officer_sees_the_signal_and_not_the_tip(nobody, as_role, database):
    put_parcels(database)
    received(nobody, text="秘密的话")
    (signal,) = as_role("officer").get("signals").json()["items"]
    card = as_role("officer").get(f"/signals/{signal['id']}")
    assert card.status_code == 200
    assert "秘密的话" not in card.text
    assert as_role("officer", SHANTANG).get(f"/signals/{signal['id']}").status_code == 404


def test_the_list_is_filtered_and_says_so_when_it_is_empty(nobody, as_role, database):
    put_parcels(database)
    received(nobody)
    bureau = as_role("bureau")
    assert "建房</a>" in bureau.get("/signals", source="tip", town=TAIHE).text
    for asked in ({"source": "patrol"}, {"claim": "trees"}, {"town": SHANTANG}):
        assert "没有符合条件的信号" in bureau.get("/signals", **asked).text
    assert bureau.get("/signals", source="rumour").status_code == 422


def test_a_candidate_is_decided_on_the_card(nobody, as_role, database):
    put_parcels(database)
    received(nobody, accuracy_m=300)
    bureau = as_role("bureau")
    (signal,) = bureau.get("signals").json()["items"]
    uid = signal["parcels"][0]["parcel_uid"]
    said = {"parcel_uid": uid, "is_match": "true", "reason": "现场看过"}
    assert posted(bureau, f"/signals/{signal['id']}/decision", said).status_code == 303
    assert ">对上<" in bureau.get(f"/signals/{signal['id']}").text


def test_patches_are_tried_and_entered_on_the_page(as_role, database, tmp_path):
    put_parcels(database)
    path = write(tmp_path / "p.gpkg", squares(6)[:3], patch_fields(3), layer="JCTB")
    bureau = as_role("bureau")

    def bring(step: str):
        files = {"file": ("p.gpkg", path.read_bytes())}
        return posted(bureau, "/patches", {"step": step, "datum": "", "crs": ""}, files=files)

    assert "还没有入账" in bring("try").text
    assert bureau.get("signals").json()["items"] == []
    assert "已入账" in bring("enter").text
    assert len(bureau.get("signals").json()["items"]) == 3


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"track": "北,东"}, "每行写成"),
        ({"claim": "trees"}, "要记录发现处的位置"),
        ({"started_at": "昨天"}, "时间写成"),
    ],
)
def test_a_patrol_that_cannot_be_is_refused_on_the_page(changed, said, as_role):
    form = {
        "id": "0c7c2a4f-1111-4222-8333-444455556667",
        "area_code": VILLAGE,
        "started_at": "2023-04-20T08:00",
        "ended_at": "2023-04-20T08:30",
    }
    answer = posted(as_role("officer"), "/patrols", form | changed)
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.parametrize("at", ["2023-04-20T08:05:00", "2023-04-20T08:05:00+08:00"])
def test_a_track_without_a_time_zone_tells_the_clock_of_the_place(at, as_role, database):
    form = {
        "id": "0c7c2a4f-1111-4222-8333-444455556667",
        "area_code": VILLAGE,
        "started_at": "2023-04-20T08:06",
        "ended_at": "2023-04-20T08:06",
        "track": f"113,23.7,{at}\n113.0001,23.7,{at[:15]}6{at[16:]}",
    }
    officer = as_role("officer")
    answer = posted(officer, "/patrols", form)
    assert answer.status_code == 303, answer.text
    (made,) = officer.get("patrols").json()["items"]
    assert made["started_at"] == "2023-04-20T00:05:00Z"


def test_a_tip_that_only_tells_of_a_village_is_put_to_a_parcel_by_the_bureau(
    nobody, as_role, database
):
    parcels = put_parcels(database)
    received(nobody, lon="", lat="", accuracy_m="", area_code=VILLAGE)
    bureau = as_role("bureau")
    (signal,) = bureau.get("signals").json()["items"]
    assert signal["parcels"] == []
    where = f"/signals/{signal['id']}"
    assert "另指一块地" in bureau.get(where).text
    assert "另指一块地" not in as_role("officer").get(where).text
    link = f"http://testserver/map?uid={parcels[7].uid}#map=16/23.7/112.9"
    said = {"parcel": link, "reason": "举报人所说的村小学东边只有这一块"}
    assert posted(as_role("officer"), f"{where}/parcel", said).status_code == 403
    assert posted(bureau, f"{where}/parcel", said).status_code == 303
    (spoken,) = bureau.get(f"signals/{signal['id']}").json()["parcels"]
    assert (spoken["parcel_uid"], spoken["state"]) == (str(parcels[7].uid), "matched")
    assert ">对上<" in bureau.get(where).text
    (entry,) = [
        each
        for each in as_role("auditor").get("audit", limit=500).json()["items"]
        if each["action"] == "signal.attach"
    ]
    assert entry["actor"] == "bureau-441803"
    with database.system_reading() as session:
        told = of_parcels(session, Moment.of(session), VILLAGE, 365)[parcels[7].uid]
    assert [(e.evidence.match, e.evidence.is_candidate) for e in told] == [(1.0, False)]
    # A later word takes it back; the row stays.
    back = {"parcel_uid": str(parcels[7].uid), "is_match": "false", "reason": "看错了"}
    assert posted(bureau, f"{where}/decision", back).status_code == 303
    (spoken,) = bureau.get(f"signals/{signal['id']}").json()["parcels"]
    assert spoken["state"] == "rejected"


def test_only_land_in_view_that_is_in_the_book_can_be_meant(nobody, as_role, database):
    parcels = put_parcels(database)
    received(nobody, lon="", lat="", accuracy_m="", area_code=f"{SHANTANG}201")
    town = as_role("bureau", SHANTANG)
    (signal,) = town.get("signals").json()["items"]
    where = f"/signals/{signal['id']}/parcel"
    for told, status in (
        (str(parcels[0].uid), 409),
        ("0c7c2a4f-1111-4222-8333-444455556669", 409),
        ("4418031022010001", 422),
        ("", 422),
    ):
        answer = posted(town, where, {"parcel": told, "reason": "指认"})
        assert answer.status_code == status, (told, answer.text)
    body = {"parcel_uid": str(parcels[0].uid), "is_match": False, "reason": "不是"}
    answer = as_role("bureau").post(f"signals/{signal['id']}/decisions", body)
    assert answer.status_code == 409
    assert town.get("signals").json()["items"][0]["parcels"] == []
