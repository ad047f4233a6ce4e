"""Observations in backups: what comes back screens to the same verdicts; the key is not in it."""

import json
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from geo import ellipsoid
from service import audit, backup_commands, backups, cli, safekeeping, telemetry
from service.database import Database
from service.imagery import copies, keeping, store
from service.parcels.models import ParcelVersion
from service.screening import actions
from service.screening.models import Verdict
from service.signals.sealing import sealer
from tests import curves
from tests.conftest import _postgis_admin
from tests.hostile_photos import a_jpeg
from tests.land_files import TAIHE, squares
from tests.signal_files import tip

ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GROWN = (curves.double_rice, curves.pond, curves.site, curves.weeds)
YEAR_END, COUNTY = date(2023, 12, 20), "441803"
FILE = f"2023/{TAIHE}.parquet"
FOLDERS = ("observation_directory", "photo_directory", "backup_directory", "informant_key_file")


def look(database, folder: Path, *, source: str = "S2") -> None:
    """Keep a year of images of four parcels, as observing does."""
    dates = curves.days_of()
    values = np.concatenate([grown(dates) for grown in GROWN])
    n = len(values)
    rows = store.rows(
        {
            "parcel_uid": np.repeat([str(uid_of(at)) for at in range(len(GROWN))], len(dates)),
            "day": np.tile([day.astype(date) for day in dates], len(GROWN)),
            "source": np.full(n, source),
            "missing": np.zeros(n, np.uint8),
        }
        | dict(zip(store.INDICES, values.T, strict=True))
    )
    with database.system_transaction() as session:
        towns = np.full(n, TAIHE)
        keeping.keep(
            session, folder, rows, towns, action="observation.observe", subject="x", area_code=None
        )


def uid_of(number: int) -> UUID:
    return UUID(int=number + 1, version=4)


def screened(database) -> tuple[int, int, int]:
    """Screen the county; return how many verdicts are new, changed and the same."""
    with database.system_transaction() as session:
        wanted = actions.wanted(session, as_of=YEAR_END, area_code=COUNTY)
        done = actions.screen(session, wanted)
        return done.n_new, done.n_changed, done.n_same


def verdicts(database) -> list[tuple[object, ...]]:
    query = sa.select(Verdict.parcel_uid, Verdict.verdict_class, Verdict.digest)
    with database.system_reading() as session:
        return sorted(map(tuple, session.execute(query)))


@pytest.fixture
def seen(database, clock, settings) -> Database:
    """Four parcels with a year of images."""
    clock.set(datetime(2023, 12, 20, 1, 0, tzinfo=UTC))
    with database.system_transaction() as session:
        for at, shape in enumerate(squares(2)):
            session.add(
                ParcelVersion(
                    id=at + 1,
                    uid=uid_of(at),
                    area_code=f"{TAIHE}201",
                    valid_from=date(2022, 1, 1),
                    recorded_at=audit.instant(session),
                    digest="0" * 64,
                    land_class="0101",
                    planting_attribute="LS",
                    ellipsoidal_area_m2=float(ellipsoid.areas_m2([shape])[0]),
                    geometry=shape,
                )
            )
    look(database, settings.observation_directory)
    return database


class Place:
    """Where the command line works: a database and folders of its own."""

    def __init__(self, monkeypatch, settings, url: str) -> None:
        self.settings = settings.model_copy(update={"database_url": url})
        for name in ("database_url", *FOLDERS):
            monkeypatch.setenv(f"CHUNGENG_{name.upper()}", str(getattr(self.settings, name)))
        monkeypatch.setattr(telemetry, "configure_logging", lambda **_: None)

    def run(self, *words: str):
        return CliRunner().invoke(cli.app, list(words))


@pytest.fixture
def here(seen, settings, monkeypatch) -> Place:
    url = seen.url.render_as_string(hide_password=False)
    return Place(monkeypatch, settings, url)


@pytest.fixture
def elsewhere(here, settings, tmp_path, monkeypatch, database_url):
    """Move to an empty machine that has nothing but the backups; return its place."""
    folder, made = tmp_path / "elsewhere", []

    def go() -> Place:
        if database_url.startswith("sqlite"):
            url = f"sqlite:///{folder}/chungeng.gpkg"
        else:
            made.append(f"other_{uuid4().hex[:12]}")
            _postgis_admin(f'CREATE DATABASE "{made[0]}" TEMPLATE template0')
            whole = sa.make_url(database_url).set(database=made[0])
            url = whole.render_as_string(hide_password=False)
        own = {name: folder / name for name in FOLDERS if name != "backup_directory"}
        return Place(monkeypatch, settings.model_copy(update=own), url)

    yield go
    for name in made:
        _postgis_admin(f'DROP DATABASE "{name}" WITH (FORCE)')


def saved_in(place: Place) -> Path:
    (file,) = (
        each
        for each in place.settings.backup_directory.glob("chungeng-*-backup.*")
        if each.suffix in {".gpkg", ".pgdump"}
    )
    return file


def test_a_restored_county_screens_to_the_same_verdicts(here, seen, elsewhere, clock):
    assert screened(seen)[0] > 0
    before = verdicts(seen)
    done = here.run("backup")
    assert "影像观测新增 1 个文件" in done.output, done.output
    there = elsewhere()
    done = there.run("restore", str(saved_in(here)))
    assert "影像观测补回 1 个文件" in done.output, done.output
    restored = Database(there.settings.database_url, clock=clock)
    restored.observation_directory = there.settings.observation_directory
    clock.forward(minutes=1)
    assert screened(restored) == (0, 0, len(before))
    assert verdicts(restored) == before
    restored.dispose()
    assert there.run("verify").exit_code == 0


@ONE_ENGINE
def test_the_command_screens_again_and_changes_nothing(here, seen, elsewhere):
    screened(seen)
    here.run("backup")
    there = elsewhere()
    there.run("restore", str(saved_in(here)))
    done = there.run("screen", "--as-of", str(YEAR_END))
    assert "研判新增 0,变动 0,未变 3" in done.output.replace("\n", ""), done.output


def test_verify_names_a_file_with_a_byte_changed_and_one_that_is_gone(here, settings):
    assert here.run("verify").exit_code == 0
    file = settings.observation_directory / FILE
    whole = file.read_bytes()
    file.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    done = here.run("verify")
    assert (done.exit_code, f"影像观测缺失或被改动:{FILE}" in done.output) == (1, True), done.output
    file.unlink()
    done = here.run("verify")
    assert (done.exit_code, FILE in done.output) == (1, True)
    file.write_bytes(whole)
    assert here.run("verify").exit_code == 0


def test_each_entry_of_the_audit_tells_what_the_files_became(seen, settings):
    look(seen, settings.observation_directory, source="省厅")
    with seen.system_reading() as session:
        query = sa.select(audit.AuditEntry.detail).order_by(audit.AuditEntry.n)
        told = [json.loads(each).get("files") for each in session.scalars(query)]
    first, second = [each for each in told if each]
    assert first.keys() == second.keys() == {FILE}
    assert first[FILE] != second[FILE]
    assert second[FILE] == store.sha256_of(settings.observation_directory / FILE)


@ONE_ENGINE
def test_what_did_not_change_is_copied_once_and_each_backup_keeps_its_own(here, seen, settings):
    first = safekeeping.save(seen, settings, label="first")
    again = safekeeping.save(seen, settings, label="again")
    look(seen, settings.observation_directory, source="省厅")
    later = safekeeping.save(seen, settings, label="later")
    assert [each.n_observations for each in (first, again, later)] == [1, 0, 1]
    wanted = [copies.wanted_by(each.file) for each in (first, again, later)]
    assert wanted[0] == wanted[1] != wanted[2]
    # One that was damaged in the backup is copied again by the next.
    place = next(copies.copies_of(first.file).glob(f"*/{wanted[2][FILE]}"))
    place.chmod(0o600)
    place.write_bytes(b"damaged")
    assert copies.lost(later.file, wanted[2]) == [FILE]
    assert safekeeping.save(seen, settings, label="healed").n_observations == 1
    assert copies.lost(later.file, wanted[2]) == []


@ONE_ENGINE
def test_images_that_come_in_while_the_database_is_saved_are_in_neither_or_in_both(
    here, seen, settings
):
    names = []

    def save() -> Path:
        names.append(len(names))
        saved = backups.save(seen, settings.backup_directory, label=f"try-{len(names)}")
        if len(names) == 1:
            look(seen, settings.observation_directory, source="省厅")
        return saved

    file, _ = copies.save(settings.observation_directory, save)
    assert names == [0, 1]
    assert [each.name for each in settings.backup_directory.glob("*.gpkg")] == [file.name]
    with sqlite3.connect(file) as connection:
        query = "SELECT detail FROM audit_entries WHERE action LIKE 'observation.%' ORDER BY n"
        details = [json.loads(text) for (text,) in connection.execute(query)]
    connection.close()
    assert details[-1]["files"] == copies.wanted_by(file)


@ONE_ENGINE
def test_where_images_never_cease_the_last_try_makes_them_wait(here, seen, settings):
    n_tries = []

    def save() -> Path:
        n_tries.append(1)
        if len(n_tries) < copies.TRIES:
            look(seen, settings.observation_directory, source=f"第{len(n_tries)}家")
        return backups.save(seen, settings.backup_directory)

    file, n_copied = copies.save(settings.observation_directory, save)
    assert (len(n_tries), n_copied) == (copies.TRIES, 1)
    assert copies.lost(file, copies.wanted_by(file)) == []


@ONE_ENGINE
def test_other_observations_are_put_aside_only_where_asked(here, seen, settings):
    here.run("backup")
    file = settings.observation_directory / FILE
    whole = file.read_bytes()
    look(seen, settings.observation_directory, source="省厅")
    extra = settings.observation_directory / "2022" / f"{TAIHE}.parquet"
    extra.parent.mkdir()
    extra.write_bytes(file.read_bytes())
    newer = file.read_bytes()
    with pytest.raises(backups.BackupFailed, match="--replace"):
        backup_commands.restore(saved_in(here), is_replacing=False)
    assert file.read_bytes() == newer
    done = here.run("restore", str(saved_in(here)), "--replace")
    assert done.exit_code == 0, done.output
    assert file.read_bytes() == whole
    assert list(store.files(settings.observation_directory)) == [FILE]
    (aside,) = settings.observation_directory.glob(f"replaced-*/{FILE}")
    assert aside.read_bytes() == newer
    assert store.seasons(settings.observation_directory) == ["2023"]
    wanted = copies.wanted_by(saved_in(here))
    again = copies.restore(settings.observation_directory, saved_in(here), wanted, seen.clock())
    assert (again.n_copied, again.n_same, again.kept, again.lost) == (0, 1, None, [])


@ONE_ENGINE
@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_copy_that_is_damaged_is_named_and_the_rest_comes_back(here, elsewhere, damage):
    here.run("backup")
    file = saved_in(here)
    (copy,) = copies.copies_of(file).glob("*/*")
    copy.chmod(0o600)
    whole = copy.read_bytes()
    copy.write_bytes(whole[:-1]) if damage == "changed" else copy.unlink()
    told = here.run("verify", "--backup", str(file))
    assert (told.exit_code, FILE in told.output) == (1, True)
    there = elsewhere()
    done = there.run("restore", str(file))
    assert (done.exit_code, FILE in done.output, "已恢复" in done.output) == (1, True, True)
    assert FILE in there.run("verify").output
    copy.write_bytes(whole)
    assert there.run("restore", str(file), "--replace").exit_code == 0
    assert there.run("verify", "--backup", str(file)).exit_code == 0


@ONE_ENGINE
@pytest.mark.parametrize(
    "said",
    [
        "{",
        '{"format": 1}',
        '{"format": 2, "files": {}}',
        '{"format": 1, "files": {"../../etc/x": {"sha256": "0"}}}',
        '{"format": 1, "files": ["2023/1.parquet"]}',
    ],
)
def test_a_manifest_that_is_none_restores_nothing(here, elsewhere, said):
    here.run("backup")
    copies.manifest_of(saved_in(here)).write_text(said)
    there = elsewhere()
    with pytest.raises(backups.BackupFailed):
        backup_commands.restore(saved_in(here), is_replacing=False)
    assert not Path(there.settings.database_url.removeprefix("sqlite:///")).exists()


@ONE_ENGINE
def test_a_backup_without_a_manifest_leaves_the_observations_alone(here, settings):
    here.run("backup")
    copies.manifest_of(saved_in(here)).unlink()
    before = (settings.observation_directory / FILE).read_bytes()
    done = here.run("restore", str(saved_in(here)), "--replace")
    assert "没有影像观测的清单" in done.output, done.output
    assert (settings.observation_directory / FILE).read_bytes() == before


def test_the_informants_key_is_in_no_backup_and_its_absence_is_told(
    here, nobody, settings, elsewhere
):
    photo = ("photos", ("photo.jpg", a_jpeg(width=400, height=300)))
    sent = nobody.send("POST", "tips", data=tip(1, name="陈小燕"), files=[photo])
    assert sent.status_code == 201, sent.text
    assert "密钥不在备份里" in here.run("backup").output
    key = settings.informant_key_file.read_bytes()
    kept = [each for each in settings.backup_directory.rglob("*") if each.is_file()]
    assert len(kept) >= 4
    assert not [each for each in kept if key in each.read_bytes()]
    assert here.run("verify").exit_code == 0
    there = elsewhere()
    done = there.run("restore", str(saved_in(here)))
    assert (done.exit_code, "没有举报人密钥:2 份封存打不开" in done.output) == (0, True), (
        done.output
    )
    assert not there.settings.informant_key_file.exists(), "looking makes no key"
    sealer(there.settings)
    done = there.run("verify")
    assert (done.exit_code, "不是封存时的那一把" in done.output) == (1, True), done.output
    there.settings.informant_key_file.chmod(0o600)
    there.settings.informant_key_file.write_bytes(key)
    assert there.run("verify").exit_code == 0


@ONE_ENGINE
def test_what_a_killed_server_had_not_written_goes_with_the_old_database(here, seen, tmp_path):
    here.run("backup")
    seen.dispose()
    place = Path(here.settings.database_url.removeprefix("sqlite:///"))
    Path(f"{place}-wal").write_bytes(b"frames of the old one")
    kept = backups.restore(seen, saved_in(here), is_replacing=True)
    assert kept is not None
    assert not Path(f"{place}-wal").exists()
    assert Path(f"{kept}-wal").read_bytes() == b"frames of the old one"
