"""Evidence: photos that prove something or say why not, papers, the case file with its hashes."""

import hashlib
import io
import json
import zipfile
from uuid import uuid4

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from service import backup_commands, cli, telemetry
from service.photos.store import PhotoStore
from tests.case_desk import MIDDLE, SIDE, SOUTH, WEST, Desk
from tests.hostile_photos import a_field_photo, a_jpeg
from tests.service.test_photos import kept

ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def desk(as_role, database, clock) -> Desk:
    return Desk(as_role, database, clock)


@pytest.fixture
def case(desk) -> str:
    """A case that an officer has come to."""
    made = desk.lead()
    desk.done(desk.bureau, made, "accept")
    desk.done(desk.bureau, made, "assign", assignee=desk.officer_name())
    desk.done(desk.officer, made, "arrive")
    return made


def codes(evidence: dict) -> list[str]:
    return [each["code"] for each in evidence["faults"]]


BESIDE = {"lon": WEST - 0.0003, "lat": SOUTH + SIDE / 2, "accuracy_m": 6.0}
"""Some 31 m west of the parcel."""


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, []),
        (BESIDE, []),
        (BESIDE | {"bearing_deg": 270}, ["not_in_view"]),
        ({"lon": WEST - 0.0006}, ["too_far"]),
        ({"accuracy_m": 31}, ["inaccurate"]),
        ({"is_mock": "true"}, ["mock_position"]),
        ({"device_time": "2023-04-19T08:00:00+08:00"}, ["too_early"]),
        ({"lon": 112.9563, "lat": 23.6984, "datum": "gcj02"}, []),
        ({"lon": 112.9563, "lat": 23.6984}, ["too_far"]),
    ],
    ids=lambda each: "-".join(map(str, each)) or "good",
)
@ONE_ENGINE
def test_a_photo_says_at_once_whether_it_proves_anything(desk, case, said, found):
    told = desk.photo(desk.officer, case, "check", place=MIDDLE | said)
    assert set(codes(told)) >= set(found)
    assert bool(codes(told)) is bool(found), told
    assert told["is_qualified"] is not bool(found)
    assert (told["verdict"] == "合格") is not bool(found)
    assert told["place"]["distance_m"] >= 0


@ONE_ENGINE
def test_a_photo_is_used_once_and_only_for_what_it_was_brought(desk, case):
    desk.clock.forward(minutes=1)
    said = MIDDLE | {"device_time": desk.clock().isoformat(), "bearing_deg": 90}
    photo = kept(desk.officer, a_jpeg(seed=1), **said)
    body = {"kind": "photo", "purpose": "check", "sha256": photo["sha256"], "id": str(uuid4())}
    answers = [desk.officer.post(f"cases/{case}/evidence", body) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["photo_id"] == photo["id"]
    assert answers[0].json()["sha256"] == photo["sha256"]
    taken = desk.officer.post(f"cases/{case}/evidence", body | {"purpose": "stop"})
    assert taken.status_code == 409
    stop = desk.bring(desk.officer, case, "photo", "stop", photo_id=photo["id"])
    assert codes(stop) == ["reused"]
    other = desk.lead(rule_id="R102")
    assert "reused" in codes(
        desk.bring(desk.officer, other, "photo", "check", photo_id=photo["id"])
    )
    again = desk.bring(desk.officer, case, "photo", "check", photo_id=photo["id"])
    assert "reused" in codes(again), "by now it is used elsewhere"


@ONE_ENGINE
def test_a_photo_without_a_device_is_judged_by_its_exif(desk, case):
    photo = kept(desk.officer, a_field_photo())
    told = desk.bring(desk.officer, case, "photo", "check", photo_id=photo["id"])
    assert told["place"]["lon"] == pytest.approx(112.96)
    assert told["occurred_at"] == "2023-04-20T00:30:00Z"
    assert "too_far" in codes(told)


@ONE_ENGINE
def test_evidence_that_lacks_what_makes_it_one_is_refused(desk, case):
    bodies = (
        ({"kind": "photo"}, "photo_id"),
        ({"kind": "position", "lon": 112.95}, "lon"),
        ({"kind": "document"}, "document_no"),
        ({"kind": "no_entry"}, "no_entry"),
        ({"kind": "image", "title": "S2 20230420"}, "title"),
        ({"kind": "visit", "note": "x"}, "note"),
        ({"kind": "document", "title": "x", "shows": "crop"}, "shows"),
        ({"kind": "visit", "note": "x", "occurred_at": "2099-01-01T00:00:00Z"}, "occurred_at"),
    )
    for body, field in bodies:
        answer = desk.officer.post(f"cases/{case}/evidence", {"purpose": "check"} | body)
        assert (answer.status_code, answer.json()["field"]) == (422, field), body
    unknown = {"kind": "photo", "purpose": "check", "sha256": "0" * 64}
    assert desk.officer.post(f"cases/{case}/evidence", unknown).status_code == 404
    photo = kept(desk.officer, a_jpeg())
    wrong = unknown | {"photo_id": photo["id"]}
    assert desk.officer.post(f"cases/{case}/evidence", wrong).status_code == 422


@ONE_ENGINE
def test_a_position_counts_near_the_parcel_and_an_acceptance_only_in_it(desk, case):
    def stood(purpose: str, **said) -> list[str]:
        return codes(desk.bring(desk.officer, case, "position", purpose, **(MIDDLE | said)))

    assert stood("check") == []
    assert stood("check", **BESIDE) == []
    assert stood("acceptance") == []
    assert stood("acceptance", **BESIDE) == ["too_far"]
    assert stood("check", lon=WEST - 0.0006) == ["too_far"]
    assert stood("check", accuracy_m=31) == ["inaccurate"]
    assert stood("check", accuracy_m=None) == ["no_accuracy"]
    assert stood("check", is_mock=True) == ["mock_position"]
    assert stood("check", lon=112.9563, lat=23.6984, datum="gcj02") == []
    with desk.database.system_reading() as session:
        wanted = "SELECT given_position FROM case_evidence WHERE given_position IS NOT NULL"
        assert session.scalars(sa.text(wanted)).all() == ["112.9563 23.6984"]


@ONE_ENGINE
def test_a_step_cites_evidence_of_its_own_case_only(desk, case):
    mine = desk.bring(desk.officer, case, "no_entry", "check", no_entry="locked")["id"]
    other = desk.lead(rule_id="R102")
    alien = desk.bring(desk.officer, other, "document", "check", title="x")["id"]
    told = {"reason": "上锁", "evidence_ids": [mine, alien]}
    assert desk.step(desk.officer, case, "report", **told).status_code == 422
    card = desk.done(desk.officer, case, "report", reason="上锁", evidence_ids=[mine, mine])
    assert card["events"][-1]["evidence_ids"] == [mine]


def paper(desk, case: str, content: bytes = PDF, **told):
    plain = {"purpose": "stop", "title": "责令停止通知书", "document_no": "停〔2023〕1号"}
    return desk.officer.send(
        "POST",
        f"cases/{case}/documents",
        files={"file": ("notice.pdf", content, "application/pdf")},
        data=plain | told,
    )


def test_a_paper_is_kept_byte_for_byte_and_proves_a_stop(desk, case, settings):
    row = str(uuid4())
    answers = [paper(desk, case, id=row) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 200]
    told = answers[0].json()
    assert told["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert (told["media_type"], told["size_bytes"]) == ("application/pdf", len(PDF))
    assert PhotoStore(settings.photo_directory).original(told["sha256"]) == PDF
    assert paper(desk, case, PDF + b"x", id=row).status_code == 409
    assert paper(desk, case, b"MZ\x90").status_code == 415
    assert paper(desk, case, occurred_at="2099-01-01T00:00:00Z").status_code == 422
    desk.bring(desk.officer, case, "no_entry", "check", no_entry="locked")
    desk.done(desk.officer, case, "report", reason="上锁")
    desk.done(desk.bureau, case, "confirm")
    assert desk.done(desk.officer, case, "stop")["state"] == "stopped"


def test_the_case_file_is_whole_its_hashes_are_those_of_the_book(desk, case):
    for _ in range(2):
        desk.photo(desk.officer, case, "check")
    desk.photo(desk.officer, case, "check", place=MIDDLE | {"lon": 113.2})
    desk.bring(desk.officer, case, "position", "check", **MIDDLE)
    paper(desk, case)
    desk.done(desk.officer, case, "report", reason="已挖成鱼塘")
    answer = desk.bureau.get(f"cases/{case}/file")
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    listed = {each["path"]: each for each in manifest["files"]}
    assert set(archive.namelist()) == set(listed) | {"manifest.json"}
    for path, each in listed.items():
        content = archive.read(path)
        assert each["sha256"] == hashlib.sha256(content).hexdigest()
        assert each["size_bytes"] == len(content)
    with desk.database.system_reading() as session:
        wanted = "SELECT DISTINCT sha256 FROM case_evidence WHERE sha256 IS NOT NULL"
        known = set(session.scalars(sa.text(wanted)))
    originals = {each["sha256"] for path, each in listed.items() if path != "case.json"}
    assert originals == known
    assert len(known) == 4
    told = json.loads(archive.read("case.json"))
    card = desk.card(case)
    assert told["events"] == card["events"]
    assert {each["id"] for each in told["evidence"]} == {each["id"] for each in card["evidence"]}
    without = [each["id"] for each in card["evidence"] if each["sha256"] is None]
    assert manifest["evidence_without_file"] == without
    assert desk.bureau.get(f"cases/{case}/file").content == answer.content, "the same file again"


@ONE_ENGINE
def test_a_file_with_a_lost_original_is_refused_not_shortened(desk, case, settings):
    told = desk.photo(desk.officer, case, "check")
    place = settings.photo_directory / "originals" / told["sha256"][:2] / told["sha256"]
    place.unlink()
    answer = desk.bureau.get(f"cases/{case}/file")
    assert (answer.status_code, answer.json()["code"]) == (503, "photo_lost")


@ONE_ENGINE
def test_the_command_line_asks_every_book_for_what_was_lost(desk, settings, monkeypatch):
    for name in ("database_url", "photo_directory"):
        monkeypatch.setenv(f"CHUNGENG_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setattr(telemetry, "configure_logging", lambda **_: None)
    for module in ("photos", "informants", "cases"):
        with monkeypatch.context() as patch:
            patch.setattr(
                getattr(backup_commands, module), "lost", lambda *_, of=module: [f"lost of {of}"]
            )
            done = CliRunner().invoke(cli.app, ["verify"])
        assert (done.exit_code, f"lost of {module}" in done.output) == (1, True), module


def test_the_command_line_names_a_paper_that_was_lost(desk, case, settings, monkeypatch):
    sha256 = paper(desk, case).json()["sha256"]
    for name in ("database_url", "photo_directory"):
        monkeypatch.setenv(f"CHUNGENG_{name.upper()}", str(getattr(settings, name)))
    # The runner's streams close with each command; what logs must not keep them.
    monkeypatch.setattr(telemetry, "configure_logging", lambda **_: None)
    assert CliRunner().invoke(cli.app, ["verify"]).exit_code == 0
    place = settings.photo_directory / "originals" / sha256[:2] / sha256
    place.chmod(0o600)
    place.write_bytes(PDF + b"changed")
    done = CliRunner().invoke(cli.app, ["verify"])
    assert (done.exit_code, sha256 in done.output) == (1, True)
