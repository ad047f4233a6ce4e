"""The demonstration's land with known truth: how well the screening tells it, by the command."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from inspections.labels import Group, label_of
from service import audit, cli, migrations
from service.areas import actions as areas
from service.areas import queries as area_queries
from service.cases.models import Case, CaseEvent
from service.database import Database
from service.demo import cast, curves, truth
from service.demo.land_load import LandStory
from service.demo.load import STORY_END, SURVEY_DAY
from service.demo.screening_chapter import FIRST_DAY, ScreeningChapter
from service.demo.stage import Stage, StoryClock
from service.demo.story import CLOSING_DAY
from service.screening import actions
from service.screening.models import Screening, Verdict
from service.signals.models import Signal

COUNTY, N_PARCELS = "441803", 3000
WEEK = timedelta(days=7)
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)]
)
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """The land, the cast and this chapter: nothing else of the story."""
    folder = tmp_path_factory.mktemp("demo-screening")
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/demo.gpkg"
    else:
        url = request.getfixturevalue("empty_postgis_url")
    database, clock = Database(url), StoryClock()
    migrations.migrate(database, backup_directory=None)
    database.clock, database.observation_directory = clock, folder / "observations"
    stage = _stage(database, clock)
    clock.go(SURVEY_DAY, 10)
    LandStory(
        database, stage.viewers["bureau"], folder, count=N_PARCELS, on_step=lambda *_: None
    ).survey()
    _tell(stage)
    yield database
    database.dispose()


def _stage(database: Database, clock: StoryClock) -> Stage:
    with database.system_transaction() as session:
        areas.load_areas(session, areas.shipped_areas())
        towns, villages = (
            area_queries.unit_names(session, within=COUNTY, level=level, on=CLOSING_DAY)
            for level in ("town", "village")
        )
    _, viewers = cast.create(database, towns, "spring of 2023")
    return Stage(database, clock, viewers, towns, villages)


def _tell(stage: Stage) -> None:
    chapter, day = ScreeningChapter(), FIRST_DAY - WEEK
    chapter.begin(stage)
    while day <= CLOSING_DAY:
        chapter.week(stage, day)
        day += WEEK
    stage.clock.go(STORY_END.date(), 17)
    chapter.end(stage)


def table_of(database: Database) -> Path:
    return truth.path_of(database.observation_directory)


def labels_of(database: Database) -> dict[str, str]:
    with table_of(database).open(encoding="utf-8", newline="") as file:
        return {row["parcel"]: row["label"] for row in csv.DictReader(file)}


@pytest.fixture
def command(told, monkeypatch):
    """Run `chungeng backtest` on the demonstration's database."""
    monkeypatch.setenv("CHUNGENG_DATABASE_URL", told.url.render_as_string(hide_password=False))
    monkeypatch.setenv("CHUNGENG_OBSERVATION_DIRECTORY", str(told.observation_directory))
    monkeypatch.setattr(cli.console, "width", 200)

    def backtest(table: Path, *options: str):
        words = ["backtest", str(table), "--verdicts", *options]
        return CliRunner().invoke(cli.app, words)

    return backtest


def test_recall_and_precision_of_what_is_suspected_and_above(told, command, tmp_path):
    for report in ("report.json", "report.md"):
        done = command(
            table_of(told), "--as-of", str(CLOSING_DAY), "--report", str(tmp_path / report)
        )
        assert done.exit_code == 0, done.output
    measured = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    for each in measured["outcomes"]:
        assert each["recall"] >= 0.9, each
        assert each["precision"] >= 0.8, each
        assert each["auc"] > 0.95, each
    risk, converted, abandoned = measured["outcomes"]
    assert risk["n_true"] == converted["n_true"] + abandoned["n_true"]
    assert risk["n_hit"] < risk["n_told"], "look-alikes that nobody could tell from above"
    assert risk["n_hit"] < risk["n_true"], "dug in winter"
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "| 标注 | 无线索 | 未知 | 排除 | 提示 | 疑似 | 很可能 | 确认 |" in text
    assert "伪变化" not in text


def test_the_truth_is_a_share_of_a_whole_countys(told):
    groups = Counter(label_of(text).group for text in labels_of(told).values())
    share = N_PARCELS / truth.WHOLE
    assert groups[Group.CONVERTED] == pytest.approx(300 * share, abs=8)
    assert groups[Group.ABANDONED] == pytest.approx(150 * share, abs=4)
    kinds = Counter(labels_of(told).values())
    look_alikes = ("film", "flooding", "harvest", "cloud gap", "approved")
    assert sum(kinds[f"kept:{each}"] for each in look_alikes) == pytest.approx(200 * share, abs=8)
    assert kinds["kept:rice"] > groups[Group.CONVERTED]


def test_a_whole_county_has_the_full_numbers():
    found = Counter()
    for kind in truth.KINDS:
        found[label_of(kind.label).group] += truth.count(kind.n, truth.WHOLE)
    assert found == {Group.CONVERTED: 300, Group.ABANDONED: 150, Group.KEPT: 200}


def test_another_screening_changes_nothing(told):
    with told.system_transaction() as session:
        asked = actions.wanted(session, as_of=CLOSING_DAY, area_code=COUNTY)
        again = actions.screen(session, asked)
        assert (again.n_new, again.n_changed, again.n_leads) == (0, 0, 0)
        assert again.n_same > 100
        days = session.scalars(sa.select(Screening.as_of).order_by(Screening.ran_at)).all()
        assert days[:2] == [FIRST_DAY, CLOSING_DAY]


def test_the_cases_stand_in_different_states_by_different_hands(told):
    with told.system_reading() as session:
        states = Counter(session.scalars(sa.select(Case.state)))
        steps = session.execute(sa.select(CaseEvent.case_id, CaseEvent.actor_id)).all()
        assert audit.first_break(session) is None
        (due_on,) = session.scalars(
            sa.select(Case.term_due_on).where(Case.term_due_on.is_not(None))
        )
    assert due_on > CLOSING_DAY, "a decision that still has its time"
    assert set(states) == {
        *("lead", "accepted", "checking", "rectifying", "handed_over", "excluded", "dismissed")
    }
    assert states["lead"] > 50
    hands: dict[object, set[object]] = {}
    for case, actor in steps:
        hands.setdefault(case, set()).add(actor)
    assert max(map(len, hands.values())) == 3


def test_several_sources_speak_and_make_verdicts_likely(told):
    with told.system_reading() as session:
        sources = set(session.scalars(sa.select(Signal.source)))
        likely = session.scalars(
            sa.select(Verdict).where(
                Verdict.verdict_class == "likely", Verdict.superseded_at.is_(None)
            )
        ).all()
    assert sources == {"monitoring", "tip", "patrol", "screening"}
    assert likely
    assert min(each.n_sources for each in likely) >= 2


def test_tables_that_are_no_truth_and_days_without_verdicts_are_refused(told, command, tmp_path):
    table = tmp_path / "truth.csv"
    some = next(iter(labels_of(told)))
    for text, said in (
        ("parcel,day\nA,2023-04-01\n", "缺少列:label"),
        ("parcel,label\nA,kept\n", "不是图斑的 uid"),
        (f"parcel,label\n{some},rice\n", "不是标签"),
        (f"parcel,label\n{some},kept\n{some},converted\n", "与同一图斑前面的标签不同"),
    ):
        table.write_text(text, encoding="utf-8")
        done = command(table, "--as-of", str(CLOSING_DAY))
        assert done.exit_code == 1
        refusal = done.exception
        rows = [row["reason"] for row in refusal.members.get("rows", [])]
        assert said in "\n".join([refusal.detail, *rows])
    done = command(table_of(told), "--as-of", "2022-12-31")
    assert "没有研判" in done.exception.detail


def test_the_same_curves_come_every_time_and_never_two_dark_days_in_a_row():
    dates = curves.days()
    assert dates[-1].astype(date) < CLOSING_DAY
    for is_dark in (curves.overcast(dates, truth.generator()) for _ in range(2)):
        assert is_dark.any()
        assert not (is_dark[1:] & is_dark[:-1]).any()
    first, again = (curves.grown(curves.RICE, dates, 3, truth.generator()) for _ in range(2))
    assert first.tobytes() == again.tobytes()
