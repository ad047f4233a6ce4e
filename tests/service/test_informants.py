"""Nothing that anybody can read differs with who the informant is, until two duties open it."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import select

from config.settings import Settings
from service import errors, telemetry
from service.accounts.models import Account, LoginSession
from service.app import create_app
from service.database import Base, Database
from service.errors import StorageUnavailable
from service.photos import store
from service.photos.store import PhotoStore
from service.security import Role, new_token, token_hash
from service.signals import informants
from service.signals.models import SealedInformant
from service.signals.sealing import Sealer, box_bytes, sealer
from tests import books
from tests.conftest import COUNTY, As, Clock, _postgis_admin
from tests.hostile_photos import NIKON, a_jpeg, an_exif, gps, taken, with_segment
from tests.signal_files import put_parcels, tip

ANNE = {"name": "陈小燕", "contact": "13800138000"}
BEN = {"name": "Benjamin 欧阳", "contact": "微信 ben@example.org;住村口第三家"}
NOBODY: dict[str, str] = {}
HERE = an_exif(NIKON, taken(), gps())
OTHER = an_exif(((271, "SomePhone"), (272, "X" * 40)))
VARYING = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|[0-9a-f]{64}"
    r"|\b[0-9a-f]{8}(?=</code>| ·)"
)
"""Ids, their beginnings on pages, and hashes are drawn anew in each world, whoever told."""
CLOCKED = re.compile(
    r"\"(milliseconds|timestamp)\": [^,}]*|request_id[^,}]*|[^\s\"']*/world-\d[^\s\"']*"
)


class World:
    """One deployment in which one informant told, and everything that it can be asked."""

    def __init__(self, url: str, folder: Path, clock: Clock, heard: list[str]) -> None:
        self.database = Database(url, clock=clock)
        self.folder, self.heard = folder, heard
        self.settings = Settings(
            _env_file=None,
            database_url=url,
            backup_directory=folder / "backups",
            import_directory=folder / "imports",
            photo_directory=folder / "photos",
            informant_key_file=folder / "key" / "informant.key",
            jobs=False,
        )

    def told_by(self, informant: dict[str, str], exif: bytes) -> dict[str, Any]:
        """Let somebody tell, then collect whatever can be read."""
        put_parcels(self.database)
        app = create_app(self.settings, self.database)
        running = TestClient(app, raise_server_exceptions=False)
        self.heard.clear()
        with running as client:
            data = tip(1, **informant)
            answer = As(client, None).send("POST", "tips", data=data, files=[_photo(exif)])
            assert answer.status_code == 201, answer.text
            read = dict(self._answers(client, answer.json()["receipt"]))
        read["log"] = [_plain(each) for each in self.heard]
        assert any("/api/v1/tips" in each for each in read["log"])
        read["rows"] = self._rows()
        read["files"] = self._files(self.folder / "photos")
        copied = PhotoStore(self.folder / "backup")
        PhotoStore(self.settings.photo_directory).copy_to(copied)
        read["backup"] = self._files(self.folder / "backup")
        return read

    def _answers(self, client, receipt: str) -> Iterator[tuple[str, Any]]:
        yield "status", As(client, None).post("tips/status", {"receipt": receipt}).json()
        speakers = {role: speaker(client, self.database, role) for role in Role}
        bureau = speakers[Role.BUREAU]
        (shown,) = bureau.get("tips").json()["items"]
        photo = bureau.get(f"tips/{shown['id']}/photos/{shown['photos'][0]}")
        yield "view", photo.content
        paths = [path for method, path in books.REQUESTS if method == "GET" and "{" not in path]
        own = ["audit", "tips", "signals", "tip_unsealings", "patrols", "photos"]
        own += ["/signals", "/tip", "/tip/outlines", "/tip/status", "/unsealings"]
        own += [f"tips/{shown['id']}", f"signals/{shown['signal_id']}"]
        own += [f"/signals/{shown['signal_id']}", self._opened(speakers, shown["id"])]
        for role, asking in speakers.items():
            # The bureau may read most, so it is asked for everything.
            for path in sorted({*own, *(paths if role is Role.BUREAU else ())}):
                answer = asking.get(path)
                yield (
                    f"{role} {_plain(path)}",
                    (answer.status_code, _plain(answer.text), len(answer.text)),
                )

    def _opened(self, speakers: dict[Role, As], tip_id: str) -> str:
        """Let two duties open the tip; return the page of the order, which all may ask for."""
        bureau, reason = speakers[Role.BUREAU], "需核实施工时间"
        made = bureau.post(f"tips/{tip_id}/unsealings", {"reason": reason}).json()["id"]
        said = {"is_approved": True, "reason": "理由充分"}
        speakers[Role.AUDITOR].post(f"tip_unsealings/{made}/answer", said)
        assert bureau.post(f"/unsealings/{made}/open").status_code == 200
        return f"/unsealings/{made}"

    def _rows(self) -> dict[str, list[str]]:
        """Every table but what is sealed, as whoever holds the database file can read it."""
        with self.database.system_reading() as session:
            return {
                table.name: [
                    _plain(str(dict(row._mapping))) for row in session.execute(select(table))
                ]
                for table in Base.metadata.sorted_tables
                if table.name not in {"login_sessions", "sealed_informants", "sealed_originals"}
            } | {"sealed": [len(each) for each in session.scalars(select(SealedInformant.sealed))]}

    def _files(self, folder: Path) -> list[tuple[str, int]]:
        return sorted(
            (_plain(each.parent.parent.name), each.stat().st_size) for each in folder.glob("*/*/*")
        )


def _plain(text: str) -> str:
    return CLOCKED.sub("<of this run>", VARYING.sub("<id>", text))


def _photo(exif: bytes):
    return ("photos", ("photo.jpg", a_jpeg(exif, width=400, height=300)))


def speaker(client: TestClient, database: Database, role: Role) -> As:
    """Speak as a duty of the county, in one world."""
    token, at = new_token(), database.clock()
    with database.system_transaction() as session:
        account = Account(
            username=f"{role}-of-the-county",
            display_name=str(role),
            role=role,
            area_code=COUNTY,
            password_hash="none",
            created_at=at,
        )
        session.add(account)
        session.flush()
        session.add(
            LoginSession(
                token_hash=token_hash(token),
                account_id=account.id,
                created_at=at,
                expires_at=at + timedelta(days=1),
            )
        )
    return As(client, token)


@pytest.fixture
def heard(monkeypatch) -> list[str]:
    """Whatever the server says to its log."""
    said: list[str] = []

    class Ear:
        def __getattr__(self, level: str) -> Callable[..., None]:
            return lambda *words, **more: said.append(
                json.dumps([level, words, more], default=str, sort_keys=True)
            )

    for module in (telemetry, errors, store):
        monkeypatch.setattr(module, "log", Ear())
    return said


@pytest.fixture
def a_world(
    database_url: str, tmp_path: Path, request, clock, heard
) -> Iterator[Callable[[], World]]:
    """Make worlds that are alike: each call a fresh database of the engine."""
    made: list[World] = []
    kept: list[str] = []

    def make() -> World:
        folder = tmp_path / f"world-{len(made)}"
        folder.mkdir()
        if database_url.startswith("sqlite"):
            path = folder / "chungeng.gpkg"
            path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
            url = f"sqlite:///{path}"
        else:
            source = request.getfixturevalue("postgis_template")
            name = f"test_{uuid4().hex[:12]}"
            _postgis_admin(f'CREATE DATABASE "{name}" TEMPLATE "{source.database}"')
            kept.append(name)
            url = source.set(database=name).render_as_string(hide_password=False)
        made.append(World(url, folder, Clock(clock()), heard))
        return made[-1]

    yield make
    for each in made:
        each.database.dispose()
    for name in kept:
        _postgis_admin(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.parametrize(
    ("one", "other"),
    [((ANNE, HERE), (BEN, OTHER)), ((ANNE, HERE), (NOBODY, b""))],
    ids=["two people", "one and nobody"],
)
def test_nothing_that_can_be_read_differs_with_who_the_informant_is(a_world, one, other):
    first, second = (a_world().told_by(*each) for each in (one, other))
    assert first.keys() == second.keys()
    for name in first:
        assert first[name] == second[name], name
    whole = json.dumps(first, default=str, ensure_ascii=False)
    for word in (ANNE["name"], ANNE["contact"], "COOLPIX"):
        assert word not in whole


def test_neither_name_nor_camera_stands_in_any_file(a_world):
    world = a_world()
    world.told_by(ANNE, HERE)
    hidden = [each.encode() for each in (*ANNE.values(), "COOLPIX")]
    hidden += [ANNE["name"].encode("utf-16-le"), ANNE["name"].encode("unicode_escape")]
    for path in world.folder.rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            assert not [each for each in hidden if each in held], path.name


@pytest.fixture
def told(nobody, as_role, database) -> dict:
    """A tip of a person with a name and a photo, as the bureau sees it."""
    put_parcels(database)
    nobody.send("POST", "tips", data=tip(1, **ANNE), files=[_photo(HERE)])
    return as_role("bureau").get("tips").json()["items"][0]


def order(as_role, tip_id: str) -> str:
    answer = as_role("bureau").post(f"tips/{tip_id}/unsealings", {"reason": "需核实施工时间"})
    assert answer.status_code == 201, answer.text
    return f"tip_unsealings/{answer.json()['id']}"


def approve(as_role, where: str, is_approved: bool = True):
    body = {"is_approved": is_approved, "reason": "理由充分"}
    return as_role("auditor").post(f"{where}/answer", body)


def test_two_duties_and_a_reason_open_the_seal_and_the_audit_says_so(told, as_role):
    where = order(as_role, told["id"])
    bureau = as_role("bureau")
    assert bureau.post(f"{where}/open").status_code == 409
    assert bureau.post(f"{where}/answer", {"is_approved": True, "reason": "我"}).status_code == 403
    assert approve(as_role, where).status_code == 200
    found = bureau.post(f"{where}/open").json()
    assert found == ANNE | {"photos": told["photos"]}
    file = bureau.post(f"{where}/originals/{told['photos'][0]}")
    assert file.content == a_jpeg(HERE, width=400, height=300)
    entries = as_role("auditor").get("audit", limit=500).json()["items"]
    opened = [each for each in entries if each["action"] == "tip.unseal.open.of"]
    assert len(opened) == 2
    assert {each["subject"] for each in opened} == {told["id"]}
    assert {each["actor"] for each in opened} == {"bureau-441803"}
    assert all("需核实施工时间" in json.dumps(each, ensure_ascii=False) for each in opened)


def test_the_audit_row_comes_with_the_reading_or_neither_does(told, as_role, monkeypatch):
    where = order(as_role, told["id"])
    approve(as_role, where)

    def fail(*_):
        raise RuntimeError("no audit")

    monkeypatch.setattr("service.audit._digest", fail)
    answer = as_role("bureau").post(f"{where}/open")
    assert answer.status_code == 500
    assert ANNE["contact"] not in answer.text


def test_a_refused_an_old_or_anothers_order_opens_nothing(told, as_role, clock):
    refused = order(as_role, told["id"])
    assert approve(as_role, refused, is_approved=False).status_code == 200
    assert as_role("bureau").post(f"{refused}/open").status_code == 409
    assert approve(as_role, refused).status_code == 409
    where = order(as_role, told["id"])
    approve(as_role, where)
    other = as_role("bureau", COUNTY, "another-bureau")
    assert other.post(f"{where}/open").status_code == 409
    clock.forward(hours=25)
    late = as_role("bureau").post(f"{where}/open")
    assert late.status_code == 409
    assert "24" in late.json()["detail"]


def test_under_another_key_the_seal_stays_closed(told, as_role, client, settings):
    where = order(as_role, told["id"])
    approve(as_role, where)
    settings.informant_key_file.unlink()
    answer = as_role("bureau").post(f"{where}/open")
    assert answer.status_code == 503
    assert answer.json()["code"] == "sealed_lost"


def test_the_key_file_is_made_once_and_for_its_owner_only(settings):
    made = {sealer(settings).key_id for _ in range(3)}
    assert len(made) == 1
    assert settings.informant_key_file.stat().st_mode & 0o777 == 0o400
    assert [each.name for each in settings.informant_key_file.parent.glob("*.key*")] == [
        "informant.key"
    ]


def test_a_key_that_is_none_is_refused_in_clear_words(settings):
    wrong = settings.model_copy(update={"informant_key": SecretStr("short")})
    with pytest.raises(StorageUnavailable, match="32 字节"):
        sealer(wrong)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_boxes_are_alike_in_size_and_open_to_their_own_subject_only(one, other):
    box = Sealer(bytes(32))
    subject, another = uuid4(), uuid4()
    sealed = box.seal(one, subject=subject, room=300)
    assert len(sealed) == len(box.seal(other, subject=another, room=300)) == box_bytes(300)
    assert box.open(sealed, subject=subject) == one
    for wrong in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:20], b""):
        with pytest.raises(StorageUnavailable):
            box.open(wrong, subject=subject)
    with pytest.raises(StorageUnavailable):
        box.open(sealed, subject=another)
    with pytest.raises(StorageUnavailable):
        Sealer(bytes([1]) * 32).open(sealed, subject=subject)


def test_receipts_have_128_bits_and_are_no_ones_but_the_senders():
    box = Sealer(bytes(32))
    ids = [uuid4() for _ in range(1000)]
    made = {box.receipt(each) for each in ids}
    assert len(made) == 1000
    assert {len(each.replace("-", "")) for each in made} == {26}
    assert made.isdisjoint(Sealer(bytes([1]) * 32).receipt(each) for each in ids)


def test_a_photo_with_more_beside_its_picture_than_there_is_room_for_keeps_the_picture():
    small = informants.picture(a_jpeg(HERE))
    large = informants.picture(with_segments(a_jpeg(HERE), 5))
    assert large.room == small.room
    assert small.original == a_jpeg(HERE)
    assert len(large.original) < large.room
    assert large.view == small.view


def with_segments(content: bytes, n: int) -> bytes:
    for _ in range(n):
        content = with_segment(content, 0xED, bytes(60_000))
    return content


def test_a_picture_or_a_box_that_was_changed_is_found(told, database, settings):
    kept = PhotoStore(settings.photo_directory)
    places = sorted(settings.photo_directory.glob("originals/*/*"))
    assert len(places) == 2
    with database.system_reading() as session:
        assert informants.lost(session, kept) == []
        for place in places:
            place.chmod(0o600)
            place.write_bytes(place.read_bytes()[:-1])
        assert informants.lost(session, kept) == [each.name for each in places]


def test_nothing_but_its_own_module_names_what_is_sealed():
    service = Path(informants.__file__).parents[1]
    naming = {
        each.relative_to(service).as_posix()
        for each in service.rglob("*.py")
        if re.search(
            r"SealedInformant|SealedOriginal|sealed_(informants|originals)", each.read_text()
        )
    }
    assert naming == {
        "signals/informants.py",
        "signals/models.py",
        "migrations/versions/20261206_gather_the_signals.py",
    }
