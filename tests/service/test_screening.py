"""The screening: from images, signals and rules to verdicts, leads and nothing more."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from typer.testing import CliRunner

from geo import ellipsoid
from geo.series import Missing
from service import audit, cli, jobs
from service.cases.models import Case
from service.imagery import store
from service.parcels.models import (
    Approval,
    ApprovalKind,
    FarmlandOverlay,
    FarmlandVersion,
    ParcelVersion,
)
from service.screening import actions, running
from service.screening.models import Screening, Verdict
from tests import curves
from tests.land_files import STEP, TAIHE, TAIPING, squares

ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
COUNTY, YEAR_END = "441803", "2023-12-20"
GROWN = {
    "rice": curves.double_rice,
    "pond": curves.pond,
    "pond_outside": curves.dug,
    "site": curves.site,
    "approved": curves.site,
    "weeds": curves.weeds,
    "trees": curves.trees,
    "cloud": None,
    "unseen": None,
}
FARMLAND = {"rice", "pond", "site", "weeds"}


class County:
    """Nine parcels of known use, and those who look at them."""

    def __init__(self, database, clock, as_role) -> None:
        self.database, self.clock, self.as_role = database, clock, as_role
        self.bureau = as_role("bureau")
        self.parcels = {}

    def screen(self, speaker=None, **body) -> dict:
        self.clock.forward(minutes=1)
        asked = {"as_of": YEAR_END} | body
        answer = (speaker or self.bureau).post("screenings", asked)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def verdicts(self, speaker=None, **asked) -> dict[str, dict]:
        answer = (speaker or self.bureau).get("verdicts", **asked)
        assert answer.status_code == 200, answer.text
        names = {str(each.uid): name for name, each in self.parcels.items()}
        return {names[each["parcel_uid"]]: each for each in answer.json()["items"]}

    def card(self, name: str) -> dict:
        answer = self.bureau.get(f"verdicts/{self.parcels[name].uid}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def find(self, name: str, claim: str, day: str = "2023-12-01", **other) -> dict:
        """Let an officer find something in the middle of a parcel."""
        inside = self.parcels[name].geometry.representative_point()
        body = {"area_code": TAIHE, "claim": claim, "observed_at": f"{day}T10:00:00+08:00"}
        body |= {"lon": inside.x, "lat": inside.y, "accuracy_m": 5, "reference_no": "执1号"}
        answer = self.bureau.post("signals", body | other)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def leads(self) -> list[Case]:
        with self.database.system_reading() as session:
            return list(session.scalars(sa.select(Case).order_by(Case.opened_at, Case.id)))


def observed(database, folder, parcels, *, town: str, dates=None) -> None:
    """Put a year of images of these parcels into the store."""
    dates = curves.days_of() if dates is None else dates
    told = {name: GROWN[name] for name in parcels if name != "unseen"}
    n = len(told) * len(dates)
    cloudy = np.full((len(dates), 4), np.nan, np.float32)
    values = np.concatenate([grown(dates) if grown else cloudy for grown in told.values()])
    frame = store.rows(
        {
            "parcel_uid": np.repeat([str(parcels[name].uid) for name in told], len(dates)),
            "day": np.tile([day.astype(date) for day in dates], len(told)),
            "source": np.full(n, "S2"),
            "missing": np.where(np.isnan(values[:, 0]), Missing.CLOUD, 0).astype(np.uint8),
            "ndvi": values[:, 0],
            "evi": values[:, 1],
            "lswi": values[:, 2],
            "bsi": values[:, 3],
        }
    )
    with database.system_transaction() as session:
        batch = store.batch(session, folder, audit.instant(session))
        for season, some in frame.groupby(frame["day"].map(store.season_of)):
            batch.append(season, town, some)


def put_land(database) -> dict[str, ParcelVersion]:
    """Nine paddies of about 200 m; some are basic farmland, the last lies in another town."""
    made = {}
    with database.system_transaction() as session:
        common = {"valid_from": date(2022, 1, 1), "recorded_at": audit.instant(session)}
        common |= {"digest": "0" * 64, "land_class": "0101", "planting_attribute": "LS"}
        for number, (name, shape) in enumerate(zip(GROWN, squares(3), strict=True), start=1):
            area_m2 = float(ellipsoid.areas_m2([shape])[0])
            village = f"{TAIPING if name == 'trees' else TAIHE}201"
            place = {"area_code": village, "geometry": shape, "ellipsoidal_area_m2": area_m2}
            uid = f"00000000-0000-4000-8000-{number:012d}"
            made[name] = ParcelVersion(id=number, uid=UUID(uid), **common, **place)
            session.add(made[name])
            if name in FARMLAND:
                session.add(FarmlandVersion(id=number, uid=made[name].uid, **common, **place))
                session.flush()
                session.add(
                    FarmlandOverlay(
                        parcel_id=number,
                        farmland_id=number,
                        area_m2=area_m2,
                        share_of_parcel=1.0,
                        is_edge_only=False,
                    )
                )
        session.add(an_approval(made["approved"], 1, common["recorded_at"]))
    return made


def an_approval(parcel, number: int, at, **other) -> Approval:
    plain = {
        "id": number,
        "uid": parcel.uid,
        "kind": ApprovalKind.CONVERSION,
        "document_no": "粤国土资(建)字〔2020〕1号",
        "issued_by": "广东省人民政府",
        "valid_from": date(2020, 1, 1),
        "area_code": parcel.area_code,
        "recorded_at": at,
        "ellipsoidal_area_m2": parcel.ellipsoidal_area_m2,
        "geometry": parcel.geometry,
    }
    return Approval(**(plain | other))


@pytest.fixture
def county(clock, database, as_role, settings) -> County:
    clock.set(datetime(2023, 12, 20, 1, 0, tzinfo=UTC))
    made = County(database, clock, as_role)
    made.parcels = put_land(database)
    folder = settings.observation_directory
    taihe = {name: each for name, each in made.parcels.items() if name != "trees"}
    observed(database, folder, taihe, town=TAIHE)
    observed(database, folder, {"trees": made.parcels["trees"]}, town=TAIPING)
    return made


def test_what_imagery_shows_becomes_verdicts_and_leads(county):
    ran = county.screen()
    assert (ran["n_land"], ran["n_changed"], ran["n_same"]) == (9, 0, 0)
    found = county.verdicts()
    told = {name: (each["class"], each["rule_id"]) for name, each in found.items()}
    assert told == {
        "pond": ("suspected", "R061"),
        "pond_outside": ("suspected", "R063"),
        "site": ("suspected", "R040"),
        "approved": ("excluded", "R010"),
        "weeds": ("suspected", "R083"),
        "trees": ("hint", "R099"),  # as old as the series, for all that images show
        "cloud": ("unknown", None),
    }
    assert (found["site"]["is_urgent"], found["site"]["severity"]) == (True, 4)
    assert found["pond"]["overlap_m2"] == pytest.approx(
        county.parcels["pond"].ellipsoidal_area_m2, rel=1e-6
    )
    assert found["cloud"]["unknown_text"] == "云覆盖"
    assert ran["counts"]["unknown"] == {"cloud": 1, "no_image": 1}
    assert ran["counts"]["classes"]["none"] == 1
    leads = {each.rule_id: each for each in county.leads()}
    assert set(leads) == {"R040", "R061", "R063", "R083"}
    assert {each.state for each in leads.values()} == {"lead"}
    assert ran["n_leads"] == 4


def test_a_second_run_on_the_same_data_changes_nothing(county):
    first = county.screen()
    again = county.screen()
    assert first["n_new"] == again["n_same"] == 7
    assert (again["n_new"], again["n_changed"], again["n_leads"]) == (0, 0, 0)
    assert len(county.leads()) == 4
    with county.database.system_reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Verdict)) == 7


def test_what_imagery_shows_is_a_signal_among_the_others_and_no_second_source(county):
    def shown() -> list[dict]:
        return county.bureau.get("signals", source="screening").json()["items"]

    county.screen()
    found = shown()
    assert {each["claim"] for each in found} == {"fish_pond", "hardening", "abandoned"}
    assert len(found) == len(county.leads()) == 4, "what is a hint only is no signal of ours"
    site = next(each for each in found if each["claim"] == "hardening")
    uid = str(county.parcels["site"].uid)
    assert [(each["parcel_uid"], each["state"]) for each in site["parcels"]] == [(uid, "matched")]
    assert site["area_m2"] == pytest.approx(county.parcels["site"].ellipsoidal_area_m2, rel=1e-4)
    (case,) = (each for each in county.leads() if each.parcel_uid == county.parcels["site"].uid)
    heard = county.bureau.get(f"cases/{case.id}").json()["signals"]
    assert [each["signal_id"] for each in heard] == [site["id"]]
    before = county.verdicts()["site"]
    assert county.screen()["n_changed"] == 0
    assert (county.verdicts()["site"], shown()) == (before, found)
    county.bureau.post(f"cases/{case.id}/transitions", {"event": "accept"})
    assert county.bureau.get(f"signals/{site['id']}").json()["stage"] == "accepted"


def test_a_verdict_tells_its_reasons_its_basis_and_what_is_missing(county):
    county.screen()
    standing = county.card("pond")["standing"]
    told = "".join(standing["reasons"])
    for part in ("影像筛查", "R061", "独立发现来源 1 个", "应核查"):
        assert part in told
    assert "执法人员现场认定" in standing["missing"]
    assert standing["legal_basis"].startswith("土地管理法37(3)")
    approved = county.card("approved")["standing"]
    assert "粤国土资(建)字〔2020〕1号" in "".join(approved["reasons"])
    assert approved["category"] == "NONE"


def test_a_finding_confirms_and_supersedes_and_what_was_said_before_stays(county):
    county.screen(as_of="2023-12-10")
    county.find("pond", "fish_pond", day="2023-12-15")
    changed = county.screen()
    assert changed["n_changed"] == 1
    card = county.card("pond")
    assert card["standing"]["class"] == "confirmed"
    assert card["standing"]["n_sources"] == 2
    assert [each["class"] for each in card["earlier"]] == ["suspected"]
    then = county.verdicts(as_of="2023-12-12")
    assert (then["pond"]["class"], county.verdicts()["pond"]["class"]) == ("suspected", "confirmed")
    (lead,) = [each for each in county.leads() if each.rule_id == "R061"]
    assert lead.found_by in {"screening", "enforcement"}


def test_a_finding_on_paddy_is_judged_under_its_own_claim_and_area(county):
    west, south = county.parcels["rice"].geometry.bounds[:2]
    part = [[west, south], [west + STEP / 4, south], [west + STEP / 4, south + STEP / 4]]
    place = {"lon": None, "lat": None, "accuracy_m": None}
    drawn = {"type": "Polygon", "coordinates": [[*part, [west, south + STEP / 4], part[0]]]}
    county.find("rice", "hardening", geometry=drawn, **place)
    county.screen()
    found = county.verdicts()["rice"]
    assert (found["class"], found["rule_id"], found["is_urgent"]) == ("confirmed", "R040", True)
    whole = county.parcels["rice"].ellipsoidal_area_m2
    assert found["overlap_m2"] == pytest.approx(whole / 16, rel=1e-3)


def test_a_part_that_is_approved_is_cut_out_and_only_the_excess_is_judged(county):
    west, south, east, north = county.parcels["site"].geometry.bounds
    with county.database.system_transaction() as session:
        session.add(
            an_approval(
                county.parcels["site"],
                2,
                audit.instant(session),
                uid=county.parcels["pond"].uid,
                issued_by="国务院",
                geometry=shapely.box(west, south, (west + east) / 2, north),
            )
        )
    county.screen()
    found = county.verdicts()["site"]
    assert found["rule_id"] == "R011"
    whole = county.parcels["site"].ellipsoidal_area_m2
    assert found["overlap_m2"] == pytest.approx(whole / 2, rel=1e-3)


def test_what_is_not_there_any_more_is_said_once(county, settings):
    county.screen()
    later = curves.days_of("2023-12-21", "2024-12-28")
    pond = {"rice": county.parcels["pond"]}
    county.clock.set(datetime(2025, 1, 2, tzinfo=UTC))
    observed(county.database, settings.observation_directory, pond, town=TAIHE, dates=later)
    first = county.screen(as_of="2024-12-28")
    assert first["season"] == "2024"
    assert "pond" not in county.verdicts(season="2024")
    assert county.verdicts(season="2023")["pond"]["class"] == "suspected"


def test_an_earlier_day_does_not_unsay_a_later_one(county):
    county.screen()
    earlier = county.screen(as_of="2023-09-30")
    assert earlier["n_newer"] > 0
    assert earlier["n_changed"] == 0


def test_a_box_and_an_area_cut_the_list(county, as_role):
    county.screen()
    west, south, east, north = county.parcels["weeds"].geometry.buffer(-STEP / 10).bounds
    assert set(county.verdicts(bbox=f"{west},{south},{east},{north}")) == {"weeds"}
    assert set(county.verdicts(area=TAIPING)) == {"trees"}
    assert set(county.verdicts(**{"class": "excluded"})) == {"approved"}
    assert set(county.verdicts(is_urgent=True)) == {"site"}
    assert set(county.verdicts(as_role("officer", TAIPING))) == {"trees"}


def test_a_day_to_come_another_season_and_another_area_are_refused(county, as_role):
    for body in ({"as_of": "2023-12-21"}, {"season": "2022"}, {"area_code": "441803999"}):
        answer = county.bureau.post("screenings", {"as_of": YEAR_END} | body)
        assert answer.status_code in {404, 422}, answer.text
    assert as_role("officer").post("screenings", {}).status_code == 403
    assert county.bureau.get(f"verdicts/{county.parcels['rice'].uid}").status_code == 404


def test_verdicts_are_superseded_once_and_never_changed(county):
    county.screen()
    with county.database.system_transaction() as session:
        verdict = session.scalars(sa.select(Verdict).limit(1)).one()
        statement = sa.update(Verdict).where(Verdict.id == verdict.id)
        for change in ({"severity": 0}, {"reasons": "[]"}):
            with pytest.raises(sa.exc.DBAPIError), session.begin_nested():
                session.execute(statement.values(change))
        with pytest.raises(sa.exc.DBAPIError), session.begin_nested():
            session.execute(sa.delete(Verdict))


@ONE_ENGINE
def test_the_nightly_job_and_the_command_do_the_same(county, settings, monkeypatch):
    told = jobs.BY_NAME["screen"].run(county.database, settings)
    assert told == "新研判 7,变动 0,新线索 4"
    for name in ("database_url", "observation_directory", "backup_directory"):
        monkeypatch.setenv(f"CHUNGENG_{name.upper()}", str(getattr(settings, name)))
    done = CliRunner().invoke(cli.app, ["screen", "--as-of", YEAR_END])
    assert done.exit_code == 0, done.output
    assert "筛查图斑 9 个" in done.output
    assert "研判新增 0,变动 0,未变 7" in done.output.replace("\n", "")
    bad = CliRunner().invoke(cli.app, ["screen", "--as-of", "昨天"])
    assert bad.exit_code != 0


@ONE_ENGINE
def test_a_cluster_reads_partitions_by_town_and_gives_the_same_verdicts(county, tmp_path):
    distributed = pytest.importorskip("distributed")
    with county.database.system_reading() as session:
        wanted = actions.wanted(session, as_of=date(2023, 12, 20), area_code=COUNTY)
        here = actions.plan(session, wanted)
        with (
            distributed.LocalCluster(
                n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None
            ) as cluster,
            running.on_dask(cluster.scheduler_address) as runner,
        ):
            there = actions.plan(session, replace(wanted, partitions=tmp_path), runner)
    towns = sorted(tmp_path.glob("?????????.parquet"))
    assert [each.stem for each in towns] == [TAIHE, TAIPING]
    land = pd.concat([geopandas.read_parquet(each) for each in towns]).set_index("parcel_uid")
    assert land.crs.to_epsg() == 4490
    site = county.parcels["site"]
    assert land.geometry[str(site.uid)].equals(site.geometry)
    assert land.farmland_m2[str(site.uid)] == site.ellipsoidal_area_m2
    assert [each.digest for each in there.drafts] == [each.digest for each in here.drafts]
    assert [each.said for each in there.drafts] == [each.said for each in here.drafts]
    assert there.n_by_class == here.n_by_class
    with county.database.system_reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Screening)) == 0
