"""The photos of a visit: whichever comes first, they find each other, within what each may see."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.audit import AuditEntry
from tests.hostile_photos import a_field_photo, a_jpeg
from tests.service.test_outlets import SHANTANG, TAIHE, opened
from tests.service.test_photos import HERE, kept
from tests.service.test_visit_pages import field, page
from tests.service.test_visits import a_visit, enrolled, visited

NOWHERE = "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d999"
ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


@pytest.fixture
def officer(as_role):
    return as_role("officer")


@pytest.fixture
def body(bureau) -> dict:
    """A visit to a shop in Taihe, with an id of the phone's own."""
    team = [enrolled(bureau)["id"] for _ in range(2)]
    return a_visit(opened(bureau), team, id=str(uuid4()))


def put(speaker, visit: str, photo: str):
    return speaker.post(f"visits/{visit}/photos", {"photo_id": photo})


def shown(speaker, visit: str) -> list[str]:
    answer = speaker.get(f"visits/{visit}")
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["photos"]]


def test_photo_and_visit_find_each_other_in_any_order(officer, clock, body):
    early = kept(officer, a_jpeg(seed=1), subject_kind="visit", subject_id=body["id"])
    lone = kept(officer, a_jpeg(seed=2))
    other = kept(officer, a_jpeg(seed=3), subject_kind="parcel", subject_id=body["id"])
    assert officer.get(f"visits/{body['id']}").status_code == 404
    assert put(officer, body["id"], lone["id"]).status_code == 404
    visited(officer, body)
    clock.forward(minutes=1)
    late = kept(officer, a_jpeg(seed=4), subject_kind="visit", subject_id=body["id"])
    assert set(shown(officer, body["id"])) == {early["id"], late["id"]}
    assert shown(officer, body["id"])[-1] == late["id"]
    made = put(officer, body["id"], lone["id"])
    assert made.status_code == 201, made.text
    again = put(officer, body["id"], lone["id"])
    assert (again.status_code, again.json()) == (200, made.json())
    assert set(shown(officer, body["id"])) == {early["id"], lone["id"], late["id"]}
    assert other["id"] not in shown(officer, body["id"])


def test_photos_stay_with_a_visit_that_is_corrected_or_withdrawn(officer, body):
    first = visited(officer, body)
    photo, named = kept(officer, a_jpeg(seed=1)), a_jpeg(seed=2)
    assert put(officer, first["id"], photo["id"]).status_code == 201
    right = body | {"id": str(uuid4()), "supersedes_id": first["id"], "reason": "结果填错"}
    second = visited(officer, right | {"outcome": "on_site_fix"})
    third = kept(officer, named, subject_kind="visit", subject_id=second["id"])
    for row in (first["id"], second["id"]):
        assert set(shown(officer, row)) == {photo["id"], third["id"]}
        assert put(officer, row, photo["id"]).json()["visit_id"] == first["id"]
    gone = officer.post(f"visits/{second['id']}/withdraw", {"reason": "录错了"})
    assert gone.status_code == 200, gone.text
    assert put(officer, first["id"], kept(officer, a_jpeg(seed=3))["id"]).status_code == 409
    assert set(shown(officer, first["id"])) == {photo["id"], third["id"]}


def test_only_what_is_in_view_can_be_put_and_only_that_is_shown(officer, as_role, body):
    visit = visited(officer, body)["id"]
    here, there = as_role("officer", TAIHE, "near"), as_role("officer", SHANTANG, "far")
    mine, theirs = kept(here, a_jpeg(seed=1)), kept(there, a_jpeg(seed=2))
    assert put(there, visit, theirs["id"]).status_code == 404
    assert put(here, visit, theirs["id"]).status_code == 404
    assert put(here, visit, NOWHERE).status_code == 404
    assert put(as_role("leader"), visit, mine["id"]).status_code == 403
    assert put(here, visit, mine["id"]).status_code == 201
    assert put(officer, visit, theirs["id"]).status_code == 201
    assert shown(here, visit) == [mine["id"]]
    assert set(shown(officer, visit)) == {mine["id"], theirs["id"]}


def test_the_same_pair_sent_by_many_at_once_is_put_once_and_told_once(officer, database, body):
    visit, photo = visited(officer, body)["id"], kept(officer, a_jpeg())["id"]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: put(officer, visit, photo), range(6)))
    assert sorted(each.status_code for each in answers) == [200] * 5 + [201]
    assert len({each.json()["id"] for each in answers}) == 1
    with database.system_reading() as session:
        wanted = sa.select(AuditEntry).where(AuditEntry.action == "visit.photo")
        assert len(session.scalars(wanted).all()) == 1


def upload(speaker, visit: str, content: bytes, **said):
    files = {"file": ("IMG_1.jpg", content, "image/jpeg")}
    return speaker.send(
        "POST", f"/visits/{visit}/photos", files=files, data=said, follow_redirects=False
    )


def test_the_page_takes_a_photo_in_one_request_and_shows_it(officer, bureau, as_role, body):
    visit = visited(officer, body)["id"]
    form = page(officer, f"/visits/{visit}")
    assert 'capture="environment"' in form
    assert "还没有照片" in form
    said = {"id": field(form, "id"), "lon": HERE["lon"], "lat": HERE["lat"], "accuracy_m": "8"}
    for _ in range(2):  # a second click is none
        answer = upload(officer, visit, a_field_photo(), **said)
        assert answer.status_code == 303, answer.text
    assert "照片已保存" in page(officer, answer.headers["location"])
    (photo,) = officer.get(f"visits/{visit}").json()["photos"]
    assert (photo["id"], photo["area_code"]) == (said["id"], TAIHE)
    assert (photo["subject_id"], photo["position"]["accuracy_m"]) == (visit, 8)
    (tag,) = re.findall(r"<img [^>]*>", page(as_role("leader"), f"/visits/{visit}"))
    source, words = (re.search(rf'{name}="([^"]*)"', tag).group(1) for name in ("src", "alt"))
    assert source == f"/api/v1/photos/{photo['id']}/view"
    assert body_name(bureau, visit) in unescape(words)
    answer = as_role("leader").get(source)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert 'type="file"' not in page(as_role("leader"), f"/visits/{visit}")


def body_name(speaker, visit: str) -> str:
    return speaker.get(f"visits/{visit}").json()["subject_name"]


@ONE_ENGINE
def test_a_file_that_is_no_photo_is_refused_in_chinese_and_nothing_is_put(officer, bureau, body):
    visit = visited(officer, body)["id"]
    for content in (b"", b"GIF89a", b"<svg onload=alert(1)>"):
        answer = upload(officer, visit, content, id=str(uuid4()))
        assert 400 <= answer.status_code < 500, content
        assert re.search("照片|文件", answer.json()["detail"]), answer.text
    answer = upload(officer, visit, a_jpeg(), id=str(uuid4()), lon="113", lat="", accuracy_m="")
    assert answer.status_code == 422
    assert upload(officer, NOWHERE, a_jpeg(), id=str(uuid4())).status_code == 404
    assert upload(bureau, visit, a_jpeg(), id=str(uuid4())).status_code == 403
    assert shown(officer, visit) == []
    assert officer.get("photos").json()["items"] == []
    plain = {"id": str(uuid4()), "lon": "", "lat": "", "accuracy_m": ""}
    assert upload(officer, visit, a_jpeg(), **plain).status_code == 303
