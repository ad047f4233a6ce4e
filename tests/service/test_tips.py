"""Tips of the public: taken from anybody, joined, followed by a receipt, and never too many."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from starlette.requests import Request

from service.database import Base
from service.errors import TooManyAttempts
from service.signals.gate import TIPS, admit, household
from service.signals.models import Signal, Tip
from service.signals.sealing import ALPHABET, receipt_hash
from tests.conftest import COUNTY, SHANTANG, TAIHE
from tests.hostile_photos import HOSTILE, a_jpeg
from tests.signal_files import MIDDLE, VILLAGE, put_parcels, tip

RECEIPT_GROUPS = 6


def sent(nobody, number: int = 1, *, photos=(), **said):
    files = [("photos", (f"{k}.jpg", content)) for k, content in enumerate(photos)]
    return nobody.send("POST", "tips", data=tip(number, **said), files=files or None)


def receipt(nobody, number: int = 1, **said) -> str:
    answer = sent(nobody, number, **said)
    assert answer.status_code == 201, answer.text
    return answer.json()["receipt"]


def counts(database) -> dict[str, int]:
    with database.system_reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_anybody_sends_a_tip_and_follows_it_by_its_receipt(nobody, as_role, database):
    put_parcels(database)
    code = receipt(nobody, photos=[a_jpeg()])
    assert len(code.split("-")) == RECEIPT_GROUPS
    assert set(code.replace("-", "")) <= set(ALPHABET)
    bureau = as_role("bureau")
    (shown,) = bureau.get("tips").json()["items"]
    assert shown["area_code"] == VILLAGE
    assert shown["stage"] == "received"
    signal = bureau.get(f"signals/{shown['signal_id']}").json()
    assert signal["source"] == "tip"
    assert signal["origin_id"] == signal["id"]
    assert [each["state"] for each in signal["parcels"]][:1] == ["matched"]
    photo = bureau.get(f"tips/{shown['id']}/photos/{shown['photos'][0]}")
    assert photo.headers["content-type"] == "image/jpeg"

    step = {"stage": "checking", "reason": "派山塘镇核查"}
    assert bureau.post(f"signals/{signal['id']}/stages", step).status_code == 200
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    answer = nobody.post("tips/status", {"receipt": typed})
    assert answer.json() == {"stage": "checking", "text": "正在核查"}


def test_a_receipt_that_was_never_given_is_not_found(nobody):
    answer = nobody.post("tips/status", {"receipt": "00000-00000-00000-00000-00000-0"})
    assert answer.status_code == 404
    assert "核对" in answer.json()["detail"]


def test_the_receipt_stands_nowhere_but_in_the_answer(nobody, database, settings):
    code = receipt(nobody)
    with database.system_reading() as session:
        assert session.scalar(select(Tip.receipt_hash)) == receipt_hash(code)
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)):
                assert code not in str(row)
    if database.is_sqlite:
        file = Path(settings.database_url.removeprefix("sqlite:///"))
        held = b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))
        assert code.encode() not in held
        assert code.replace("-", "").encode() not in held


def test_the_same_submission_again_gives_the_same_receipt_and_writes_nothing(nobody, database):
    first = receipt(nobody, photos=[a_jpeg()])
    before = counts(database)
    assert receipt(nobody, photos=[a_jpeg()]) == first
    assert counts(database) == before
    answer = sent(nobody, photos=[a_jpeg()], text="别的话")
    assert answer.status_code == 409
    assert counts(database) == before


def test_a_village_is_place_enough_and_nothing_at_all_is_not(nobody, as_role):
    nowhere = {"lon": "", "lat": "", "accuracy_m": ""}
    without = {k: v for k, v in tip(1).items() if k not in nowhere}
    answer = nobody.send("POST", "tips", data=without | {"area_code": VILLAGE})
    assert answer.status_code == 201
    (shown,) = as_role("bureau").get("signals").json()["items"]
    assert (shown["area_code"], shown["lon"], shown["parcels"]) == (VILLAGE, None, [])
    answer = nobody.send("POST", "tips", data=without | {"id": tip(2)["id"]})
    assert answer.status_code == 422
    assert "村" in answer.json()["detail"]
    for area in ("440000", "441803999"):
        answer = nobody.send("POST", "tips", data=tip(3, area_code=area))
        assert answer.status_code in {404, 422}


def test_a_place_in_gcj02_is_moved_and_kept_as_it_was_given(nobody, database):
    put_parcels(database)
    receipt(nobody, lon=MIDDLE[0], lat=MIDDLE[1], datum="gcj02")
    with database.system_reading() as session:
        found = session.scalars(select(Signal)).one()
        assert abs(found.lon - MIDDLE[0]) > 0.003
        assert found.given_geometry == f"POINT ({MIDDLE[0]!r} {MIDDLE[1]!r})"
        assert found.datum == "gcj02"


def test_tips_of_one_place_join_and_another_claim_or_place_does_not(nobody, as_role, database):
    put_parcels(database)
    first = receipt(nobody, 1)
    second = receipt(nobody, 2, lon=MIDDLE[0] + 0.0003)  # 30 m
    receipt(nobody, 3, claim="fish_pond")
    receipt(nobody, 4, lon=MIDDLE[0] + 0.001)  # 100 m
    assert first != second
    bureau = as_role("bureau")
    tips = bureau.get("tips").json()["items"]
    assert sorted(each["is_joined"] for each in tips) == [False, False, False, True]
    assert len(bureau.get("signals").json()["items"]) == 3
    joined = next(each for each in tips if each["is_joined"])
    assert len(bureau.get("tips", signal=joined["signal_id"]).json()["items"]) == 2


def test_a_closed_one_is_found_too_and_begins_anew(nobody, as_role, database, clock):
    put_parcels(database)
    first = receipt(nobody, 1)
    bureau = as_role("bureau")
    (signal,) = bureau.get("signals").json()["items"]
    bureau.post(f"signals/{signal['id']}/stages", {"stage": "done", "reason": "已恢复"})
    assert nobody.post("tips/status", {"receipt": first}).json()["stage"] == "done"
    clock.forward(days=40)
    second, third = receipt(nobody, 2), receipt(nobody, 3)
    for code, stage in ((first, "done"), (second, "received"), (third, "received")):
        assert nobody.post("tips/status", {"receipt": code}).json()["stage"] == stage
    new, old = bureau.get("signals").json()["items"]
    assert (old["id"], new["origin_id"]) == (signal["id"], signal["id"]), "no second source"
    before = receipt(nobody, 4, seen_on="2023-04-19")
    assert nobody.post("tips/status", {"receipt": before}).json()["stage"] == "done"
    assert len(bureau.get("signals").json()["items"]) == 2


def test_ten_thousand_tips_a_minute_from_one_address_leave_twenty(nobody, database, settings):
    limit = database.thresholds.signals.tips_per_address
    answers = [sent(nobody, k, claim="other", lon=113 + k / 100) for k in range(limit)]
    assert {each.status_code for each in answers} == {201}
    before = counts(database)
    n_files = sum(1 for _ in settings.photo_directory.glob("**/*"))
    refused = [sent(nobody, 100, photos=[a_jpeg()]) for _ in range(200)]
    assert {each.status_code for each in refused} == {429}
    for _ in range(9_800):
        with pytest.raises(TooManyAttempts, match="秒后再试"):
            knock(nobody.client.app)
    told = refused[0]
    assert told.headers["Retry-After"] == "600"
    assert "请 600 秒后再试" in told.json()["detail"]
    assert "打电话" in told.json()["detail"]
    assert counts(database) == before
    assert sum(1 for _ in settings.photo_directory.glob("**/*")) == n_files


def knock(app, address: str = "testclient") -> None:
    """Come to the gate as a request does, without the seconds that the client takes for it."""
    admit(Request({"type": "http", "client": (address, 1), "app": app, "headers": []}), TIPS)


def test_after_the_wait_the_address_may_send_again(nobody, database, clock):
    limit = database.thresholds.signals.tips_per_address
    for k in range(limit):
        assert sent(nobody, k, claim="other", lon=113 + k / 100).status_code == 201
        clock.forward(seconds=10)
    assert sent(nobody, 50, lon=113.9).status_code == 429
    clock.forward(minutes=10 - limit / 6)
    assert sent(nobody, 50, lon=112.9).status_code == 201


def test_from_everywhere_together_there_is_a_limit_too(client, database):
    for k in range(database.thresholds.signals.tips_per_minute):
        knock(client.app, f"10.0.{k}.1")
    with pytest.raises(TooManyAttempts, match="太多"):
        knock(client.app, "10.1.1.1")


def test_a_household_is_one_address_in_either_internet():
    assert household("203.0.113.7") == "203.0.113.7"
    assert household("2001:db8::1") == household("2001:db8::ffff") == "2001:db8::/64"
    assert household("2001:db8:0:1::1") != household("2001:db8::1")
    assert household("unknown") == "unknown"


def test_a_day_has_a_limit_whichever_server_took_the_tips(nobody, database, clock):
    with database.system_transaction() as session:
        session.add(_a_signal := _signal(database))
        session.flush()
        for k in range(database.thresholds.signals.tips_per_day):
            session.add(_old_tip(database, _a_signal, k))
    answer = sent(nobody)
    assert answer.status_code == 429
    assert "明天" in answer.json()["detail"]
    clock.forward(days=1, seconds=1)
    assert sent(nobody).status_code == 201


def test_photos_of_a_day_have_a_limit_and_words_still_come_in(nobody, database):
    with database.system_transaction() as session:
        session.add(first := _signal(database))
        session.flush()
        full = _old_tip(database, first, 0)
        full.photo_bytes = database.thresholds.signals.photo_mib_per_day * 2**20 - 1
        session.add(full)
    answer = sent(nobody, photos=[a_jpeg()])
    assert answer.status_code == 429
    assert "去掉照片" in answer.json()["detail"]
    assert sent(nobody).status_code == 201


def _signal(database) -> Signal:
    own, at = uuid4(), database.clock()
    return Signal(
        id=own,
        area_code=COUNTY,
        recorded_at=at,
        content_digest="0" * 64,
        source="tip",
        channel="web",
        origin_id=own,
        observed_at=at,
        received_at=at,
        claim="other",
        is_asked=False,
        quality=0.3,
    )


def _old_tip(database, signal: Signal, number: int) -> Tip:
    return Tip(
        area_code=COUNTY,
        signal_id=signal.id,
        is_joined=number > 0,
        claim="other",
        text="",
        seen_on=database.clock().date(),
        received_at=database.clock(),
        n_photos=0,
        photo_bytes=0,
        receipt_hash=f"{number:064d}",
    )


@pytest.mark.parametrize("name", sorted(set(HOSTILE) - {"nothing"}))
def test_a_hostile_photo_is_refused_and_nothing_is_kept(name, nobody, database, settings):
    content, status, said = HOSTILE[name]  # an empty one is a field that was left empty
    before = counts(database)
    answer = sent(nobody, photos=[content])
    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]
    assert counts(database) == before
    assert not list(settings.photo_directory.glob("originals/*/*"))


def test_more_photos_than_three_are_refused(nobody):
    answer = sent(nobody, photos=[a_jpeg(seed=k) for k in range(4)])
    assert answer.status_code == 422
    assert "3 张" in answer.json()["detail"]


def test_naughty_words_come_back_as_they_were_or_are_refused(nobody, as_role, shared_data, clock):
    strings = json.loads((shared_data / "text" / "naughty_strings.json").read_text("utf-8"))
    taken = {}
    for k, words in enumerate(strings):
        clock.forward(minutes=1)
        answer = sent(nobody, k, claim="other", lon=113 + k / 500, text=words, place=words[:200])
        assert answer.status_code in {201, 422}, (words, answer.text)
        if answer.status_code == 201:
            taken[f"{113 + k / 500:.6f}"] = words
    found = {}
    for cursor in range(0, 500, 100):
        for each in as_role("bureau").get("tips", cursor=cursor).json()["items"]:
            found[f"{each['lon']:.6f}"] = each["text"]
    assert len(taken) > 450
    # A form's own line ends are CR LF, whatever was typed.
    same = [k for k in taken if _lines(found[k]) == _lines(taken[k])]
    assert len(same) == len(taken)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_a_day_that_has_not_come_or_is_long_past_is_refused(nobody, clock):
    for day in (clock().date() + timedelta(days=1), clock().date() - timedelta(days=900)):
        answer = sent(nobody, seen_on=day)
        assert answer.status_code == 422
        assert "两年" in answer.json()["detail"]
    assert sent(nobody, seen_on="2023-04-01").status_code == 201


def test_the_bureau_of_a_town_sees_the_tips_of_its_own_land_only(nobody, as_role, database):
    put_parcels(database)
    receipt(nobody)
    assert len(as_role("bureau", TAIHE).get("tips").json()["items"]) == 1
    assert as_role("bureau", SHANTANG).get("tips").json()["items"] == []
    for role in ("officer", "leader", "recorder", "approver", "auditor", "admin", "outlet"):
        assert as_role(role).get("tips").status_code == 403


def test_another_sites_form_sends_nothing(nobody):
    answer = nobody.send(
        "POST", "tips", data=tip(), headers={"Origin": "https://elsewhere.example"}
    )
    assert answer.status_code == 403
