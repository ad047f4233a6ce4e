"""The linter on the books: what it binds, what it answers, and its command."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from service import cli, lint_commands, telemetry
from service.database import Database
from service.facts import linting, queries
from tests.service import test_facts, test_visits
from tests.service.test_outlets import TAIHE, opened

COUNTY, DAY = "441803", "2023-04-20"


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


def lines(speaker, text: str, **asked) -> list[dict]:
    answer = speaker.post("lint", {"text": text, "as_of": DAY, "area": COUNTY} | asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_every_binding_is_of_a_fact_and_every_fact_has_a_binding():
    bound = {each.fact_code for each in linting.bindings()} - {"*"}
    assert bound <= queries.REGISTRY.keys()
    assert queries.REGISTRY.keys() <= bound


def test_every_quotient_is_of_facts():
    for each in linting.quotients():
        codes = {each.fact_code, each.top, each.bottom, each.mistaken} - {""}
        assert codes <= queries.REGISTRY.keys()


def a_visit_to(bureau, officer, outlet: dict, day: str = "2023-04-12") -> None:
    team = [test_visits.enrolled(bureau)["id"] for _ in range(2)]
    body = test_visits.a_visit(outlet, team, f"{day}T10:00:00+08:00")
    test_visits.visited(officer, body)


def test_one_visit_changes_exactly_the_facts_that_rest_on_visits(bureau, as_role):
    first, _ = opened(bureau, TAIHE), opened(bureau, TAIHE)
    before = test_facts.facts(bureau)
    a_visit_to(bureau, as_role("officer"), first)
    after = test_facts.facts(bureau)
    changed = {code for code in before if before[code]["digest"] != after[code]["digest"]}
    of_visits = {
        *("visits.officer_times", "visits.visit_times", "visits.outlets", "visits.none_found"),
        *("visits.coverage", "visits.per_visit"),
    }
    assert changed == of_visits & before.keys()


def test_a_second_visit_to_one_outlet_makes_the_ratio_no_coverage(bureau, as_role):
    officer, shops = as_role("officer"), [opened(bureau, TAIHE) for _ in range(3)]
    a_visit_to(bureau, officer, shops[0])
    (alone,) = lines(bureau, "1/3=33.3%")
    assert (alone["code"], alone["verdict"]) == ("visits.coverage", "equal")
    a_visit_to(bureau, officer, shops[0], "2023-04-13")
    (twice,) = lines(bureau, "2/3=66.7%")
    assert (twice["code"], twice["verdict"]) == ("visits.coverage", "contradicted")
    assert "家次 ≠ 家" in twice["reason"]


def test_what_a_town_or_village_has_is_not_held_against_the_county(bureau):
    opened(bureau, TAIHE)
    found = lines(bureau, "太和镇农资经营网点1个,全区农资经营网点1个,全市农资经营网点1个。")
    assert [each["verdict"] for each in found] == ["unbound", "equal", "unbound"]
    of_the_town = lines(bureau, "太和镇农资经营网点1个,全区农资经营网点1个。", area=TAIHE)
    assert [each["verdict"] for each in of_the_town] == ["equal", "unbound"]


def test_a_reason_shows_no_code(bureau):
    text = "同比增长4.4%,检查46人,农资网点1个,粮食播种面积3家,抽检样品2家,播种同比快3家"
    for each in lines(bureau, text):
        assert not any(code in each["reason"] for code in queries.REGISTRY), each


def test_a_text_that_is_too_long_is_measured_in_characters(bureau):
    refused = bureau.post("lint", {"text": "好" * 10_001, "as_of": DAY})
    assert refused.status_code == 422
    assert "最多 10000 个字" in refused.text
    assert "项" not in refused.json()["detail"]


@pytest.fixture
def command(database: Database, bureau, tmp_path, monkeypatch):
    """Run `chungeng lint` on a text, beside one shop."""
    opened(bureau, TAIHE)
    monkeypatch.setenv("CHUNGENG_DATABASE_URL", database.url.render_as_string(hide_password=False))
    # The runner's streams close with each command; what logs must not keep them.
    monkeypatch.setattr(telemetry, "configure_logging", lambda **_: None)

    def run(text: str, *options: str, as_of: str = DAY):
        file: Path = tmp_path / "text.txt"
        file.write_text(text, encoding="utf-8")
        return CliRunner().invoke(cli.app, ["lint", str(file), "--as-of", as_of, *options])

    return run


def test_the_command_tells_apart_what_is_wrong_and_what_it_cannot_judge(command):
    assert command("农资经营网点1个。").exit_code == 0
    assert command("农资经营网点2个。").exit_code == 1
    for as_of in ("2023-13-01", "昨天", "20230230"):
        refused = command("农资经营网点1个。", as_of=as_of)
        assert refused.exit_code == 2, refused.output
        assert refused.exception is None or isinstance(refused.exception, SystemExit)
    assert command("农资经营网点1个。", "--area", "999999").exit_code == 2
    assert command("农资经营网点1个。" + "好" * 100_001).exit_code == 2


def test_a_pipe_gets_each_reason_whole_whatever_the_width(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    told = command("出动执法人员[red]130多人,检查农资[/red]主体46家,未发现[b]违法[/x]行为。")
    assert "…" not in told.output
    row = next(line for line in told.output.splitlines() if "130多人" in line)
    assert row.split("\t")[0] == "未对应"
    assert row.endswith("写的却是“人”")
    assert "未发现[b]违法[/x]行为" in told.output


def test_json_is_the_answer_of_the_api(command, bureau):
    text = "农资经营网点2个。"
    told = command(text, "--json")
    assert told.exit_code == 1
    answer = json.loads(told.stdout)
    assert answer["is_contradicted"] is True
    assert answer["items"] == lines(bureau, text)


def test_a_narrow_screen_folds_and_cuts_nothing(command, monkeypatch):
    screen = Console(file=StringIO(), width=50, force_terminal=True, record=True)
    monkeypatch.setattr(lint_commands, "console", screen)
    command("出动执法人员130多人,未发现[b]违法[/x]行为。")
    shown = screen.export_text()
    rows = [line.split("│")[1:-1] for line in shown.splitlines() if line.startswith("│")]
    texts, *_, reasons = ("".join(map(str.strip, column)) for column in zip(*rows, strict=True))
    assert "…" not in shown
    assert texts == "130多人未发现[b]违法[/x]行为"
    assert "写的却是“人”" in reasons
