"""`chungeng import KIND FILE`: the tables of every record book by one command."""

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from config.settings import Settings
from service import cli, telemetry
from service.accounts.policy import POLICY, may
from service.app import create_app
from service.errors import ServiceError
from service.importers import IMPORTERS
from service.security import Role
from tests import books

TAIHE = "441803102"
REGISTERS = "镇,机具类别,统计日期,在册台数,完好台数\n太和镇,旋耕机,2023-01-10,40,36\n"
DOCUMENT = create_app(Settings(_env_file=None, jobs=False)).openapi()
BY_THEMSELVES = {f"/api/v1/{name}/imports" for name in ("sowing", "parcels", "patches")}
"""Files that need more than a table has: a season, choices about a layer, geometry."""
ACTION_OF = {
    path: methods["post"]["x-action"]
    for path, methods in DOCUMENT["paths"].items()
    if path.endswith("/imports") and "post" in methods and path not in BY_THEMSELVES
}
NAME_OF = {Role.BUREAU: "planner", Role.OFFICER: "inspector"}


def path_of(kind: str) -> str:
    """Return the API's operation that takes the same table."""
    return f"/api/v1/{IMPORTERS[kind].path}/imports"


@pytest.fixture
def run(database, monkeypatch, tmp_path, make_account):
    """Run the command on this test's database, whose clock stands in the spring of 2023."""
    monkeypatch.setenv("CHUNGENG_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.chdir(tmp_path)
    # The runner's streams close with each command; what logs must not keep them.
    monkeypatch.setattr(telemetry, "configure_logging", lambda **_: None)
    make_account("bureau", "441803", "planner")
    make_account("officer", "441803", "inspector")
    make_account("leader", "441803", "reader")

    def import_(kind: str, text: str, *options: str):
        file = tmp_path / "table.csv"
        file.write_text(text, encoding="utf-8")
        return CliRunner().invoke(cli.app, ["import", kind, str(file), *options])

    return import_


def test_every_table_that_the_api_takes_is_a_kind_for_the_same_people():
    assert {path_of(kind): each.action for kind, each in IMPORTERS.items()} == ACTION_OF
    assert set(ACTION_OF.values()) <= POLICY.keys()


def test_every_table_comes_in_and_a_second_time_changes_nothing(run, database):
    place = SimpleNamespace(area=TAIHE, more=books.put(database, TAIHE, 1))
    for kind, importer in IMPORTERS.items():
        name = next(NAME_OF[role] for role in NAME_OF if may(role, importer.action))
        (_, content, _) = books.REQUESTS["POST", path_of(kind)](place)["files"]["file"]
        text = content.decode("utf-8-sig")
        tried = run(kind, text, "--as", name, "--dry-run")
        assert (tried.exit_code, "可以保存 1" in tried.output) == (0, True), (kind, tried)
        first, again = (run(kind, text, "--as", name) for _ in range(2))
        assert (first.exit_code, "保存 1,未变 0" in first.output) == (0, True), (kind, first)
        assert (again.exit_code, "保存 0,未变 1" in again.output) == (0, True), (kind, again)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_refused_row_is_shown_as_it_stands_and_the_command_fails(run, database):
    text = REGISTERS + "[/bold]镇,旋耕机,2023-01-10,40,36\n"
    refused = run("machine_registers", text, "--as", "planner")
    assert isinstance(refused.exception, ServiceError)
    assert refused.exit_code == 1
    (row,) = refused.exception.members["rows"]
    assert row["value"] == "[/bold]镇"
    for option in ("--dry-run", "--partial"):
        shown = run("machine_registers", text, "--as", "planner", option)
        assert shown.exit_code == 1
        assert "第 3 行 镇 “[/bold]镇”" in shown.output
    kept = run("machine_registers", REGISTERS, "--as", "planner")
    assert "未变 1" in kept.output


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_somebody_who_may_must_be_named(run):
    nobody = run("machine_registers", REGISTERS)
    assert nobody.exit_code == 2
    assert "--as" in nobody.output
    for name in ("reader", "stranger"):
        refused = run("machine_registers", REGISTERS, "--as", name)
        assert refused.exit_code == 1
        assert isinstance(refused.exception, ServiceError)
    unknown = run("nothing", REGISTERS, "--as", "planner")
    assert unknown.exit_code == 2
    assert "trainings" in unknown.output
