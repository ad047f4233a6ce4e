"""Bringing a database to this code's schema: once, backed up, whole, and never backwards."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from fastapi.testclient import TestClient
from sqlalchemy import func, select

import service.jobs
import service.supply.models
import service.visits.models  # noqa: F401
from service import backups, migrations
from service.app import create_app
from service.database import Base, Database
from service.sowing import codes
from service.sowing.models import Crop
from tests import books

APPEND_ONLY = (
    "audit_entries",
    "sowing_reports",
    "sowing_plans",
    "task_events",
    "parcel_versions",
    "farmland_versions",
    "area_outlines",
    "approvals",
    "lineage",
    "farmland_overlays",
    "exam_findings",
    *books.APPEND_ONLY,
)
STARTED = """
import sys
from pathlib import Path
from service import migrations
from service.database import Database
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(migrations.migrate(database, backup_directory=Path(sys.argv[2])), flush=True)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
def empty_url(request, tmp_path):
    """The address of a database in which nothing stands."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'chungeng.gpkg'}"
        return
    source = request.getfixturevalue("postgis_template")
    name = f"empty_{uuid4().hex[:12]}"
    admin = sa.create_engine(source, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
    yield source.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    admin.dispose()


@pytest.fixture
def another_migration(tmp_path, monkeypatch, request) -> str:
    """Code that is one migration newer than this: a copy of the scripts with one more."""
    for template in ("sqlite_template", "postgis_template"):  # these are of today's code
        if template == "sqlite_template" or "TEST_POSTGIS_URL" in os.environ:
            request.getfixturevalue(template)
    scripts = tmp_path / "migrations"
    shutil.copytree(migrations.HERE, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    head = migrations.head()
    (scripts / "versions" / "20991231_one_more.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f"revision, down_revision = 'next', {head!r}\n"
        "def upgrade():\n"
        "    op.create_table('one_more', sa.Column('id', sa.Integer, primary_key=True))\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(migrations, "HERE", scripts)
    return "next"


def is_ours(name: str | None, kind: str, _parents) -> bool:
    if kind == "index":
        return not str(name).endswith("_geometry")  # made with the layers, see service.space
    return not (kind == "table" and str(name).startswith(("gpkg_", "rtree_", "spatial_ref_sys")))


def test_the_migrations_lead_to_the_models(empty_url):
    database = Database(empty_url)
    assert migrations.migrate(database, backup_directory=None)
    options = {
        "include_name": is_ours,
        "compare_type": not database.is_sqlite,
        "compare_server_default": True,
    }
    with database.read_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        inspector = sa.inspect(connection)
        for table in Base.metadata.sorted_tables:
            checks = {
                (check.name, "".join(str(check.sqltext).split()))
                for check in table.constraints
                if isinstance(check, sa.CheckConstraint) and check.name
            }
            found = {each["name"] for each in inspector.get_check_constraints(table.name)}
            assert {name for name, _ in checks} <= found, table.name
    database.dispose()


def test_a_migrated_database_has_its_codes_its_head_and_its_triggers(empty_url):
    database = Database(empty_url)
    migrations.migrate(database, backup_directory=None)
    with database.system_reading() as session:
        assert session.scalar(select(func.count()).select_from(Crop)) > 10
        assert session.scalar(sa.text("SELECT n FROM audit_head")) == 0
        catalogue = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            if database.is_sqlite
            else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
        triggers = set(session.scalars(sa.text(catalogue)))
    endings = ("no_update", "no_delete") if database.is_sqlite else ("append_only", "no_truncate")
    assert {f"{table}_{ending}" for table in APPEND_ONLY for ending in endings} <= triggers
    database.dispose()


def test_migrating_twice_does_nothing_the_second_time(empty_url, tmp_path):
    database = Database(empty_url)
    assert migrations.migrate(database, backup_directory=tmp_path / "backups")
    assert not migrations.migrate(database, backup_directory=tmp_path / "backups")
    assert not (tmp_path / "backups").exists(), "an empty database needs no backup"
    database.dispose()


def test_four_servers_that_start_at_once_migrate_once(empty_url, tmp_path):
    command = [sys.executable, "-c", STARTED, empty_url, str(tmp_path / "backups")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    servers = [subprocess.Popen(command, **pipes) for _ in range(4)]
    for each in servers:
        assert each.stdout.readline() == "ready\n"
    for each in servers:
        each.stdin.write("go\n")
        each.stdin.flush()
    told = [each.communicate(timeout=120)[0].split()[-1] for each in servers]
    assert sorted(told) == ["False", "False", "False", "True"]
    assert [each.returncode for each in servers] == [0] * 4


def test_a_database_of_newer_code_is_refused_in_clear_words(database, settings, database_url):
    with database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'from-the-future'"))
    with pytest.raises(migrations.SchemaTooNew, match=r"from-the-future.*请升级程序"):
        migrations.migrate(database, backup_directory=settings.backup_directory)
    with (
        pytest.raises(migrations.SchemaTooNew),
        TestClient(create_app(settings, database)),
    ):
        pass
    assert not settings.backup_directory.exists()


def test_a_database_with_data_is_backed_up_before_it_is_migrated(
    another_migration, database, season, settings
):
    assert migrations.migrate(database, backup_directory=settings.backup_directory)
    assert migrations.current_revision(database) == another_migration
    (saved,) = settings.backup_directory.iterdir()
    assert f"before-{another_migration}" in saved.name
    if database.is_sqlite:
        with sqlite3.connect(saved) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (
                migrations_before(another_migration),
            )
            assert connection.execute("SELECT code FROM seasons").fetchone() == (season,)
        connection.close()
    else:
        listed = subprocess.run(
            ["pg_restore", "--list", saved], capture_output=True, text=True, check=True
        )
        assert "TABLE DATA public seasons" in listed.stdout
        assert "one_more" not in listed.stdout


def migrations_before(revision: str) -> str:
    scripts = migrations.ScriptDirectory.from_config(migrations._config())
    return str(scripts.get_revision(revision).down_revision)


def test_four_servers_on_an_older_database_back_up_and_migrate_it_once(
    another_migration, database, tmp_path
):
    backups_made = tmp_path / "made"
    started = STARTED.replace(
        "database = ", f"migrations.HERE = Path({str(migrations.HERE)!r})\ndatabase = ", 1
    )
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", started, url, str(backups_made)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    servers = [subprocess.Popen(command, **pipes) for _ in range(4)]
    for each in servers:
        assert each.stdout.readline() == "ready\n"
    for each in servers:
        each.stdin.write("go\n")
        each.stdin.flush()
    told = [each.communicate(timeout=120)[0].split()[-1] for each in servers]
    assert sorted(told) == ["False", "False", "False", "True"]
    assert len(list(backups_made.iterdir())) == 1
    assert migrations.current_revision(database) == another_migration


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    another_migration, database, settings
):
    script = next(migrations.HERE.glob("versions/2099*.py"))
    script.write_text(script.read_text() + "    raise RuntimeError('half way')\n")
    before = migrations.current_revision(database)
    with pytest.raises(RuntimeError, match="half way"):
        migrations.migrate(database, backup_directory=settings.backup_directory)
    assert migrations.current_revision(database) == before
    with database.read_engine.connect() as connection:
        assert not sa.inspect(connection).has_table("one_more")
    script.write_text(script.read_text().replace("    raise RuntimeError('half way')\n", ""))
    assert migrations.migrate(database, backup_directory=settings.backup_directory)


def test_a_server_killed_before_the_codes_were_loaded_starts_again_with_them(
    empty_url, monkeypatch
):
    database, load = Database(empty_url), codes.load

    def killed(session) -> None:
        load(session)
        raise KeyboardInterrupt

    monkeypatch.setattr(codes, "load", killed)
    with pytest.raises(KeyboardInterrupt):
        migrations.migrate(database, backup_directory=None)
    monkeypatch.setattr(codes, "load", load)
    assert migrations.current_revision(database) is None
    assert migrations.migrate(database, backup_directory=None)
    with database.system_reading() as session:
        assert session.scalar(select(func.count()).select_from(Crop)) > 10
    database.dispose()


# Backups.


def test_a_backup_is_whole_though_it_is_made_under_writing(database, season, tmp_path):
    saved = backups.save(database, tmp_path / "made")
    assert saved.exists()
    assert not list(saved.parent.glob("*.partial"))
    if database.is_sqlite:
        copy = Database(f"sqlite:///{saved}")
        with database.system_reading() as ours, copy.system_reading() as theirs:
            for table in Base.metadata.sorted_tables:
                count = select(func.count()).select_from(table)
                assert ours.scalar(count) == theirs.scalar(count), table.name
        copy.dispose()


@pytest.mark.postgis
def test_a_password_is_not_shown_on_the_command_line(postgis_template, tmp_path, monkeypatch):
    seen = {}

    def run(command, *, env, **_):
        seen.update(command=command, env=env)
        Path(command[2].removeprefix("--file=")).write_bytes(b"PGDMP")

    monkeypatch.setattr(backups.subprocess, "run", run)
    url = postgis_template.set(password="a secret/word")
    database = Database(url.render_as_string(hide_password=False))
    backups.save(database, tmp_path)
    assert "secret" not in " ".join(seen["command"])
    assert seen["env"]["PGPASSWORD"] == "a secret/word"
    database.dispose()


@pytest.mark.postgis
def test_a_missing_pg_dump_stops_the_migration_and_says_so(
    another_migration, postgis_template, tmp_path, monkeypatch
):
    monkeypatch.setattr(backups.shutil, "which", lambda _: None)
    database = Database(postgis_template.render_as_string(hide_password=False))
    before = migrations.current_revision(database)
    with pytest.raises(backups.BackupFailed, match=r"pg_dump.*postgresql-client"):
        migrations.migrate(database, backup_directory=tmp_path)
    assert migrations.current_revision(database) == before
    database.dispose()
