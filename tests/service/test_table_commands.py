"""`chungeng import KIND FILE`: the tables of every record book by one command."""

import pytest
from typer.testing import CliRunner

from service import cli, telemetry
from service.accounts.policy import POLICY
from service.errors import ServiceError
from service.importers import IMPORTERS

TAIHE = "441803102"
REGISTERS = "镇,机具类别,统计日期,在册台数,完好台数\n太和镇,旋耕机,2023-01-10,40,36\n"
TABLES = {
    "outlets": "网点名称,所在镇村,经营类别,开业日期\n丰收农资,太和镇,肥料,2019-05-01\n",
    "machine_registers": REGISTERS,
    "machines": "镇,机具类别,号牌,登记日期\n太和镇,轮式拖拉机,粤18-A0001,2020-01-01\n",
    "trainings": "镇,培训内容,培训日期,对象,参训人员\n太和镇,安全,2023-03-01,机手,陈大文:1234\n",
    "repairs": "镇,机具类别,台数,检修日期,结果\n太和镇,旋耕机,3,2023-03-10,完好\n",
}


@pytest.fixture
def run(database, monkeypatch, tmp_path, make_account):
    """Run the command on this test's database, whose clock stands in the spring of 2023."""
    monkeypatch.setenv("CHUNGENG_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.chdir(tmp_path)
    # The runner's streams close with each command; what logs must not keep them.
    monkeypatch.setattr(telemetry, "configure_logging", lambda **_: None)
    make_account("bureau", "441803", "planner")
    make_account("leader", "441803", "reader")

    def import_(kind: str, text: str, *options: str):
        file = tmp_path / "table.csv"
        file.write_text(text, encoding="utf-8")
        return CliRunner().invoke(cli.app, ["import", kind, str(file), *options])

    return import_


def test_every_kind_names_a_row_of_the_policy_and_is_tried_here():
    assert IMPORTERS.keys() == TABLES.keys()
    assert {each.action for each in IMPORTERS.values()} <= POLICY.keys()


def test_every_table_comes_in_and_a_second_time_changes_nothing(run):
    for kind, text in TABLES.items():
        tried = run(kind, text, "--as", "planner", "--dry-run")
        assert (tried.exit_code, "可以保存 1" in tried.output) == (0, True), tried.output
        first, again = (run(kind, text, "--as", "planner") for _ in range(2))
        assert (first.exit_code, "保存 1,未变 0" in first.output) == (0, True), first.output
        assert (again.exit_code, "保存 0,未变 1" in again.output) == (0, True), again.output


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
