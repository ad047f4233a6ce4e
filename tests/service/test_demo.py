"""The demonstration, told by the command line to each engine once for all these tests."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from config.settings import Settings
from inspections.agronomy import Bed
from inspections.units import Unit
from service import audit, migrations
from service.accounts.models import Account
from service.agronomy import period as season
from service.agronomy import pests, water, weather
from service.app import create_app
from service.areas import queries as areas
from service.bulletins import queries as bulletins
from service.database import Database
from service.demo import cast
from service.demo import clock as demo_clock
from service.demo import load as demo_load
from service.demo.story import CLOSING_DAY, CLOSING_MU, Story
from service.facts import linting
from service.facts import queries as facts
from service.facts.definitions import Form
from service.machinery import queries as machinery
from service.parcels.models import AreaOutline, LandImport, Lineage, ParcelVersion
from service.reporting import actions
from service.reporting import queries as reporting
from service.reporting.models import ReportingTask, TaskEvent, TaskEventKind, TaskState
from service.security import is_password
from service.sowing import progress, rollups
from service.sowing.models import SowingReport
from service.supply import outlet_findings, outlets, price_spikes, prices
from service.supply.price_schemas import Comparison
from service.visits import campaign_queries as campaigns
from service.visits import counts as visit_counts
from service.visits import queries as visits

COUNTY = "441803"
PASSWORD, NEW_PASSWORD = "spring of 2023", "another spring"
TIMEOUT_SECONDS = 900
pytestmark = pytest.mark.timeout(1800)


def chungeng(*words: str, url: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    """Run the command line as a user would."""
    return subprocess.run(
        [sys.executable, "-c", "from service.cli import main; main()", *words],
        env={**os.environ, "CHUNGENG_DATABASE_URL": url, **environment},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)]
)
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A database that `chungeng demo` was run on, twice."""
    folder = tmp_path_factory.mktemp("demo")
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/demo.gpkg"
    else:
        url = request.getfixturevalue("empty_postgis_url")
    first = chungeng(
        "demo", "--parcels", "3000", url=url, cwd=folder, CHUNGENG_DEMO_PASSWORD=PASSWORD
    )
    assert first.returncode == 0, first.stderr[-2000:]
    assert PASSWORD not in first.stdout
    again = chungeng(
        "demo", "--parcels", "3000", url=url, cwd=folder, CHUNGENG_DEMO_PASSWORD=NEW_PASSWORD
    )
    assert again.returncode == 0, again.stderr[-2000:]
    assert "没有改动" in again.stdout
    database = Database(url)
    demo_clock.wind(database)
    yield database
    database.dispose()


def asked(database: Database, *, by: str = "town", day: date = CLOSING_DAY):
    with database.system_reading() as session:
        question = progress.Question(reporting.season(session, "2023-spring"), COUNTY)
        return progress.progress(session, question, by=by, as_of=day)


def test_the_accepted_grain_of_20_april_is_the_bulletins(told):
    total = asked(told).total
    assert total.sown_mu == CLOSING_MU == Decimal("183660.00")


def test_the_register_gives_the_bulletins_outlets_with_their_rows(told):
    with told.system_reading() as session:
        asked = outlets.Question(CLOSING_DAY)
        counts = outlet_findings.counts(session, asked)
        rows = [each for each in outlets.on_day(session, asked).values() if each.status == "active"]
        before = outlet_findings.counts(session, outlets.Question(date(2022, 8, 31)))
    assert counts.n_active == len(rows) == 233
    assert sum(counts.by_town.values()) == 233
    assert len(counts.by_town) == 9
    assert counts.n_expiring > 0
    assert counts.n_without_place == 3
    assert counts.n_outside_town == 2
    assert before.n_active == 242


def test_the_bulletin_was_issued_with_its_doubt_by_the_leaders_decision(told):
    with told.system_reading() as session:
        found = {each.state: each for each in bulletins.bulletins(session)}
        issued = bulletins.card(session, found["issued"].id)
        report = bulletins.card(session, found["draft"].id)
    for figure in ("18.366万亩", "233个", "4千吨以上", "800吨以上", "130多人次", "46家次"):
        assert figure in issued.text, figure
    assert [each.leader_name for each in issued.steps] == [None, None, "区领导"]
    doubted = {each.code for each in issued.doubts}
    assert "stock.pesticide" in doubted, "4.36 kg a mu"
    assert not doubted & {"outlets.active", "visits.visit_times", "pests.plots"}
    assert report.problems == []


def test_the_machines_and_trainings_are_the_bulletins_with_their_rows(told):
    with told.system_reading() as session:
        asked = machinery.Period(date(2023, 1, 1), CLOSING_DAY)
        found = machinery.summary(session, asked, by="town")
        rows = machinery.repairs(session, asked)
        held = machinery.trainings(session, asked)
    named = {each.machine_id for each in rows if each.machine_id}
    groups = sum(each.n_machines for each in rows if not each.machine_id)
    assert 1950 <= found.total.n_machines == len(named) + groups <= 1999
    assert found.total.n_jobs > found.total.n_machines
    assert all(line.n_machines <= line.n_registered for line in found.items)
    assert 150 <= found.n_persons <= 159
    assert found.n_person_times > found.n_persons
    assert found.n_trainings == len(held) == 6


def test_prices_are_level_with_last_year_by_enough_pairs(told):
    with told.system_reading() as session:
        day = prices.Asked(CLOSING_DAY)
        found = prices.price_index(session, day, Comparison.YOY)
        rows = prices.pairs(session, day, Comparison.YOY)
        dear = price_spikes.spikes(session, day)
    assert all("持平" in line.wording for line in found.items)
    assert found.items[0].n_pairs == len(rows) >= 200
    assert all(line.n_pairs >= 20 and line.n_outlets >= 5 for line in found.items)
    assert [each.price.product_code for each in dear] == ["UREA-50"]


def test_the_pest_surveys_are_the_bulletins_with_their_rows(told):
    with told.system_reading() as session:
        asked = season.Period(date(2023, 1, 1), CLOSING_DAY)
        found = pests.summary(session, asked)
        rows = pests.surveys(session, asked)
        people = pests.technicians(session, rows)
    assert found.n_person_times == 30
    visits = {(each.surveyed_on, pests.plot_of(each)): people[each.id] for each in rows}
    assert sum(map(len, visits.values())) == 30
    assert found.n_plots == len({pests.plot_of(each) for each in rows}) == 14
    plots = {pests.plot_of(each): each.plot_mu for each in rows}
    assert 1000 <= found.represented_mu == sum(plots.values()) <= 1100
    assert all(line.last_year.n_years == 1 for line in found.items)


def test_the_spring_had_a_cold_spell_and_its_reservoirs_are_read(told):
    with told.system_reading() as session:
        spells = weather.cold_spells(session, CLOSING_DAY, None, COUNTY).items
        table = weather.suitability(
            session, season.Period(date(2023, 3, 1), CLOSING_DAY, area=COUNTY), Bed.OPEN
        )
        held = water.summary(session, CLOSING_DAY, None, COUNTY)
    assert len(spells) == 9
    assert all(each.spells[0].n_days >= 3 for each in spells)
    assert {each.grade for each in table.items} == {"suitable", "marginal", "unsuitable"}
    assert {each.supply_text for each in held.items} == {"充足", "偏紧", "不足", "不明"}
    assert (held.total.n_read, held.total.n_stale) == (6, 1)


def test_the_inspections_are_the_bulletins_with_their_rows(told):
    with told.system_reading() as session:
        asked = visits.period(session, date(2023, 1, 1), CLOSING_DAY, None, COUNTY)
        found = visit_counts.counts(session, asked)
        rows = visits.visits(session, asked)
        there = visits.officers_of(session, (each.id for each in rows))
        (campaign,) = campaigns.campaigns(session, COUNTY, 9, 0)
        drawn = replace(asked, campaign_id=campaign.id)
        bound = visit_counts.counts(session, drawn).bound
    assert found.visit_times.value == len(rows) == 46
    assert found.outlets.value == len({each.outlet_id for each in rows}) == 44
    assert 130 <= found.officer_times.value == sum(map(len, there.values())) <= 139
    assert (found.n_pending_samples, found.n_samples, found.n_findings) == (0, 6, 0)
    assert (found.may_say_none_found, found.reasons) == (True, [])
    assert sum(each.n_inspected for each in found.by_town) == 44
    assert (bound.withheld, bound.n_listed, bound.n_inspected) == ([], 233, 44)
    assert 0 < bound.at_most < 30


def test_the_county_is_the_sum_of_its_towns_and_of_its_villages(told):
    for by in ("town", "village"):
        shown = asked(told, by=by)
        assert sum(row.sown_mu or 0 for row in shown.items) == CLOSING_MU
        assert shown.difference_mu == 0


def test_eight_towns_have_one_late_village_each(told):
    shown = asked(told)
    assert len(shown.late) == 8
    assert len({village.town_code for village in shown.late}) == 8
    assert shown.total.coverage.model_dump() == {
        "expected": 209,
        "reported": 201,
        "carried": 8,
        "missing": 0,
        "not_grown": 5,
    }


def test_three_earlier_springs_give_a_mean(told):
    mean = asked(told).total.mean
    assert (mean.n, mean.years) == (3, [2020, 2021, 2022])
    assert mean.sown_mu is not None


def test_the_story_has_a_correction_a_returned_week_and_an_over_plan_village(told):
    with told.system_reading() as session:
        corrected = session.scalars(
            sa.select(SowingReport).where(SowingReport.supersedes_id.is_not(None))
        ).all()
        assert {row.reason for row in corrected} == {"misreport"}
        kinds = set(session.scalars(sa.select(TaskEvent.kind).distinct()))
        assert {TaskEventKind.RETURN, TaskEventKind.REOPEN} <= kinds
        doubtful = set(
            session.scalars(
                sa.select(SowingReport.area_code).where(SowingReport.doubt_mark.is_not(None))
            )
        )
    story = Story([(row.area_code, row.name) for row in asked(told, by="village").items])
    assert doubtful == {story.over_plan, story.misreporter}


def test_the_week_after_is_open_in_every_state_of_the_way(told):
    with told.system_reading() as session:
        states = set(
            session.scalars(
                sa.select(ReportingTask.state).where(ReportingTask.period == date(2023, 4, 27))
            )
        )
    assert states == {TaskState.PENDING, TaskState.DRAFT, TaskState.SUBMITTED, TaskState.APPROVED}


def test_the_chain_holds_and_the_rollups_equal_the_rows(told):
    with told.system_reading() as session:
        assert audit.first_break(session) is None
        for season in reporting.seasons(session):
            assert rollups.differences(session, season.code) == []


def test_the_clock_of_the_story_goes_on_and_it_is_marked(told):
    assert told.is_demonstration
    assert told.clock().date() == date(2023, 4, 21)


def test_the_password_given_last_opens_every_account(told):
    with told.system_reading() as session:
        accounts = session.scalars(sa.select(Account)).all()
    assert len(accounts) == 5 + 2 * 9 + 12 + 3
    (hashed,) = {account.password_hash for account in accounts}
    assert is_password(NEW_PASSWORD, hashed)
    assert not is_password(PASSWORD, hashed)


def test_passwords_that_nobody_gave_are_random_and_each_ones_own(database):
    towns = {"441803102": "太和镇", "441803105": "山塘镇"}
    logins, _ = cast.create(database, towns, None)
    assert len({login.password for login in logins}) == len(logins) == 5 + 2 * 2 + 12 + 3
    with database.system_reading() as session:
        hashed = dict(session.execute(sa.select(Account.username, Account.password_hash)).all())
    assert is_password(logins[0].password, hashed[logins[0].username])


@pytest.mark.parametrize("told", ["sqlite"], indirect=True)
def test_verify_says_so_and_names_a_broken_link(told, tmp_path):
    copy = tmp_path / "copy.gpkg"
    copy.write_bytes(Path(told.url.database).read_bytes())
    url = f"sqlite:///{copy}"
    folder = Path(told.url.database).parent / "var" / "observations"
    kept = {"CHUNGENG_OBSERVATION_DIRECTORY": str(folder)}
    assert chungeng("verify", url=url, cwd=tmp_path, **kept).returncode == 0
    broken = Database(url)
    with broken.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_entries_no_update")
        connection.exec_driver_sql("UPDATE audit_entries SET actor = 'x' WHERE n = 4711")
    broken.dispose()
    told_of = chungeng("verify", url=url, cwd=tmp_path, **kept)
    assert told_of.returncode == 1
    assert "4711" in told_of.stderr


def test_both_engines_hold_the_same_figures(told, request):
    """The same story gives the same answer: digest of the whole progress table by village."""
    shown = asked(told, by="village").model_dump_json()
    cache = request.config.stash.setdefault(FIGURES, {})
    cache[told.url.get_backend_name()] = shown
    assert len(set(cache.values())) == 1


FIGURES: pytest.StashKey[dict[str, str]] = pytest.StashKey()


def test_a_database_with_other_data_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path}/own.gpkg"
    database = Database(url)
    migrations.migrate(database, backup_directory=None)
    with database.system_transaction() as session:
        actions.create_season(session, demo_load.spring(2023))
    database.dispose()
    refused = chungeng("demo", "--parcels", "3000", url=url, cwd=tmp_path)
    assert refused.returncode == 1
    assert "已有数据" in refused.stderr


def test_the_land_is_in_the_book_and_one_delivery_waits(told):
    with told.system_reading() as session:
        outlines = session.scalar(sa.select(sa.func.count()).select_from(AreaOutline))
        parcels = session.scalar(sa.select(sa.func.count()).select_from(ParcelVersion))
        states = session.scalars(sa.select(LandImport.state).order_by(LandImport.created_at)).all()
        villages = set(session.scalars(sa.select(ParcelVersion.area_code)))
        lineage = session.scalar(sa.select(sa.func.count()).select_from(Lineage))
    assert outlines == 1 + 9 + 209
    assert parcels > 3000
    assert list(states) == [*["committed"] * 4, "ready"]
    assert len(villages) > 150
    assert lineage > 10


class Reader:
    """Somebody who asks the API about a day of the demonstration."""

    def __init__(self, client: TestClient, username: str) -> None:
        told = {"username": username, "password": NEW_PASSWORD}
        answer = client.post("/api/v1/sessions", json=told)
        assert answer.status_code == 201, answer.text
        self.client, self.headers = client, {"Authorization": f"Bearer {answer.json()['token']}"}

    def get(self, path: str, **other) -> dict:
        """Return an answer about this year until the bulletin's day."""
        asked = {"as_of": CLOSING_DAY.isoformat()} | other
        answer = self.client.get(f"/api/v1/{path}", params=asked, headers=self.headers)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def rows(self, path: str, **other) -> list[dict]:
        """Return the rows of a list, page by page."""
        page = self.get(path, **other)
        found = page["items"]
        while page["next"] is not None:
            page = self.get(path, cursor=page["next"], **other)
            found += page["items"]
        return found


@pytest.fixture(params=["leader", "bureau"])
def reader(told, request, tmp_path) -> Iterator[Reader]:
    """Who reads the bulletin, and who writes it."""
    url = told.url.render_as_string(hide_password=False)
    settings = Settings(
        _env_file=None, database_url=url, jobs=False, photo_directory=tmp_path / "photos"
    )
    with TestClient(create_app(settings)) as client:
        yield Reader(client, request.param)


THIS_YEAR = {"from": "2023-01-01"}


def exact(values: Iterable[float]) -> Decimal:
    return sum((Decimal(str(each)) for each in values), Decimal(0))


def assert_outlets(reader: Reader) -> None:
    rows = reader.rows("outlets", status="active", limit=100)
    assert reader.get("outlets/counts")["n_active"] == 233
    assert len({each["id"] for each in rows}) == len(rows) == 233
    assert {each["status"] for each in rows} == {"active"}


def assert_stock(reader: Reader) -> None:
    between = {"fertilizer": (4_000, 4_400), "pesticide": (800, 880)}
    for category, (least, most) in between.items():
        found = reader.get("stock/balances", by="outlet", category=category)
        total = Decimal(str(found["total"]["fresh_kg"]))
        assert least <= total / 1000 <= most
        assert exact(each["fresh_kg"] for each in found["items"]) == total
        assert found["total"]["stale_kg"] > 0, "what is old is told, and adds nothing"
        assert found["total"]["n_fresh"] < found["total"]["n_outlets"] == len(found["items"])


def assert_ratio_is_doubted(reader: Reader) -> None:
    ratios = reader.get("stock/adequacy", season="2023-spring")["ratios"]
    (ratio,) = [each for each in ratios if each["category"] == "pesticide"]
    assert (ratio["kg_per_mu"], ratio["is_doubted"]) == (4.36, True)
    assert "4.36" in ratio["text"]
    assert "存疑" in ratio["text"]


def assert_inspections(reader: Reader) -> None:
    found = reader.get("visits/counts", **THIS_YEAR)
    rows = reader.rows("visits", limit=20, **THIS_YEAR)
    assert found["visit_times"] == {"value": 46, "unit": "家次"}
    assert len({each["id"] for each in rows}) == len(rows) == 46
    n_trips = sum(len({one["officer_id"] for one in each["officers"]}) for each in rows)
    assert found["officer_times"] == {"value": n_trips, "unit": "人次"}
    assert 130 <= n_trips <= 139
    assert all(len(each["officers"]) >= 2 for each in rows)
    assert {each["outcome"] for each in rows} == {"no_violation"}
    assert found["may_say_none_found"] is True


def assert_pests(reader: Reader) -> None:
    found = reader.get("pest_surveys/summary", **THIS_YEAR)
    trips: dict[tuple[str, str, str], set[str]] = {}
    plots: dict[tuple[str, str], float] = {}
    for each in reader.rows("pest_surveys", **THIS_YEAR):
        plot = (each["area_code"], each["plot_name"])
        trips.setdefault((*plot, each["surveyed_on"]), set()).update(each["technicians"])
        plots[plot] = each["plot_mu"]
    assert found["n_person_times"] == sum(map(len, trips.values())) == 30
    assert found["n_plots"] == len(plots) == 14
    assert 1000 <= found["represented_mu"] == exact(plots.values()) <= 1100


def assert_machines(reader: Reader) -> None:
    total = reader.get("machinery/summary", **THIS_YEAR)["total"]
    rows = reader.rows("repairs", **THIS_YEAR)
    named = {each["machine_id"] for each in rows if each["machine_id"]}
    groups = sum(each["n_machines"] for each in rows if not each["machine_id"])
    assert 1950 <= total["n_machines"] == len(named) + groups <= 1999
    assert total["n_jobs"] == sum(each["n_machines"] for each in rows)


def assert_trained(reader: Reader) -> None:
    found = reader.get("machinery/summary", **THIS_YEAR)
    held = reader.rows("trainings", **THIS_YEAR)
    people = reader.rows("trainings/persons", **THIS_YEAR)
    assert 150 <= found["n_persons"] == len(people) <= 159
    times = Counter(training for each in people for training in each["training_ids"])
    assert times == {each["id"]: each["n_attendees"] for each in held}
    assert found["n_person_times"] == sum(times.values())


def assert_prices(reader: Reader) -> None:
    found = reader.get("prices/index", kind="yoy")["items"]
    pairs = reader.rows("prices/pairs", kind="yoy")
    for line in found:
        own = [each for each in pairs if line["category"] in {None, each["category"]}]
        assert line["n_pairs"] == len(own) >= 20
        assert line["index"] == pytest.approx(median(each["relative"] for each in own), abs=1e-4)
        assert "持平" in line["wording"]
    seen = {each["id"] for each in reader.rows("prices")}
    seen |= {each["id"] for each in reader.rows("prices", as_of="2022-04-20")}
    assert {each["now_id"] for each in pairs} | {each["base_id"] for each in pairs} <= seen


def test_every_figure_of_the_bulletin_has_its_rows(reader):
    assert_outlets(reader)
    assert_stock(reader)
    assert_ratio_is_doubted(reader)
    assert_inspections(reader)
    assert_pests(reader)
    assert_machines(reader)
    assert_trained(reader)
    assert_prices(reader)


RECKONED = {"adequacy", "weather", "sowing_plans", "verdicts", "cases"}
"""Rows that nobody entered as they stand."""


def test_every_row_of_every_figure_counts_and_says_who_entered_it(told):
    with told.system_reading() as session:
        question = facts.asked(session, COUNTY, CLOSING_DAY)
        found = facts.facts(session, question)
        for code, fact in facts.REGISTRY.items():
            rows = facts.rows(session, question, code)
            assert len(rows) == found[code].n_rows, code
            assert rows or fact.books[0] in {"verdicts", "cases", "patrols"}, code
            if fact.is_additive:
                assert sum(each.amount or 0 for each in rows) == found[code].exact_value, code
            unnamed = [e.book for e in rows if e.recorded_by_name is None and e.id != "rest"]
            assert set(unnamed) <= RECKONED, code
            approved = {
                e.approved is not None for e in rows if e.book == "sowing" and e.id != "rest"
            }
            assert approved <= {True}, code


def test_what_towns_add_up_to_is_the_countys_or_the_difference_is_told(told):
    with told.system_reading() as session:
        county = facts.facts(session, facts.asked(session, COUNTY, CLOSING_DAY))
        towns = [
            facts.facts(session, facts.asked(session, each.area_code, CLOSING_DAY))
            for each in areas.units(session, within=COUNTY, level="town", on=CLOSING_DAY)
        ]
        for code, fact in facts.REGISTRY.items():
            if fact.form is not Form.COUNT or fact.unit is Unit.DAY:
                continue
            total = sum(each[code].exact_value or 0 for each in towns)
            if total != county[code].exact_value:
                assert f"各镇合计 {total} " in county[code].text, code


def test_the_bulletins_own_words_hold_and_a_wrong_one_does_not(told, shared_data, tmp_path):
    (issue,) = (shared_data.parent / "seed").glob("*.txt")
    section = issue.read_text(encoding="utf-8").split("春耕生产，刻不容缓")[1].split("强化宣传")[0]
    url, file = told.url.render_as_string(hide_password=False), tmp_path / "section.txt"
    file.write_text(section, encoding="utf-8")
    asked = ("lint", str(file), "--as-of", str(CLOSING_DAY))
    right = chungeng(*asked, url=url, cwd=tmp_path)
    assert right.returncode == 0, right.stdout
    assert f"截至 {CLOSING_DAY}:相符 5,说法成立 11。" in right.stdout
    file.write_text(section.replace("46家次", "46家"), encoding="utf-8")
    wrong = chungeng(*asked, url=url, cwd=tmp_path)
    assert wrong.returncode == 1
    assert "不符 1" in wrong.stdout
    assert "46 家次才对得上,家次 ≠ 家:46 家次,44 家" in wrong.stdout


def test_the_ratios_of_the_bulletins_figures_are_explained(told, tmp_path):
    url, file = told.url.render_as_string(hide_password=False), tmp_path / "ratios.txt"
    file.write_text("46/233=19.7%\n\n130/46=2.8\n\n亩均农药储备4.36公斤", encoding="utf-8")
    found = chungeng("lint", str(file), "--as-of", str(CLOSING_DAY), url=url, cwd=tmp_path)
    coverage, per_visit, per_mu = found.stdout.splitlines()[:3]
    assert "46÷233=19.7%;账上44 家÷233 个=18.9%" in coverage
    assert coverage.startswith("不符")
    assert "家次 ≠ 家" in coverage
    assert "130÷46=2.83 人次/家次;账上134 人次÷46 家次=2.91 人次/家次,合乎" in per_visit
    assert per_mu.startswith("相符")
    assert "801 吨÷183660 亩=4.36 公斤/亩" in per_mu


def test_what_the_bulletins_were_written_of_is_what_their_words_are_bound_to(told):
    """A slot's words lead back to the slot's fact, and to nothing that contradicts it."""
    with told.system_reading() as session:
        day = facts.asked(session, COUNTY, CLOSING_DAY)
        for each in bulletins.bulletins(session):
            card = bulletins.card(session, each.id)
            found = linting.lint(session, card.text, day)
            assert not found.is_contradicted
            assert None not in {line.code for line in found.items}
            assert {line.code for line in found.items} <= {one.code for one in card.facts}


def test_the_stock_of_the_spring_runs_down_week_by_week(told):
    with told.system_reading() as session:
        weeks = reporting.reference_days(reporting.season(session, "2023-spring"))
        days = [day + timedelta(days=after) for day in weeks for after in (0, 5)]
        questions = [
            facts.asked(session, COUNTY, day) for day in days if weeks[0] < day <= CLOSING_DAY
        ]
        found = facts.series(session, questions, ["stock.fertilizer", "stock.pesticide"])
    assert len(found) == 14
    for code in range(2):
        line = [each.facts[code] for each in found]
        assert all(0.8 < each.coverage <= 1 for each in line)
        falls = [1 - later.value / earlier.value for earlier, later in pairwise(line)]
        assert max(falls) < Decimal("0.3"), "no week loses most of what was believed"
        assert min(falls) > Decimal("-0.01")


def test_both_engines_give_the_same_facts_and_digests(told, tmp_path_factory):
    """Runs on each engine, maybe in two processes; whichever comes second compares."""
    with told.system_reading() as session:
        found = facts.facts(session, facts.asked(session, COUNTY, CLOSING_DAY))
    own = {
        code: [
            each.exact and str(Decimal(each.exact).normalize()),
            each.statement,
            each.n_rows,
            each.digest,
        ]
        for code, each in found.items()
    }
    assert len(own) == len(facts.REGISTRY)
    run = tmp_path_factory.getbasetemp()
    run = run.parent if "PYTEST_XDIST_WORKER" in os.environ else run
    names = ("facts-of-sqlite.json", "facts-of-postgis.json")
    mine, other = names if told.is_sqlite else names[::-1]
    (run / f"{mine}.part").write_text(json.dumps(own), encoding="utf-8")
    (run / f"{mine}.part").rename(run / mine)
    if (run / other).exists():
        assert own == json.loads((run / other).read_text(encoding="utf-8"))
