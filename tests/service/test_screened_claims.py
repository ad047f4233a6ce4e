"""What people claim, put to the rules: what a patch tells beyond its claim, and since when."""

from datetime import UTC, datetime

import numpy as np
import pytest

from inspections.land_uses import Claim, Use
from service.signals.codes import patch_types
from tests.land_files import write
from tests.service.test_screening import County, put_land

SEEN = {"QSX": "20230401", "HSX": "20231201", "SFYN": "是"}


@pytest.fixture
def county(clock, database, as_role) -> County:
    """Nine parcels, and no image of them."""
    clock.set(datetime(2023, 12, 20, 1, 0, tzinfo=UTC))
    made = County(database, clock, as_role)
    made.parcels = put_land(database)
    return made


def patches(county, tmp_path, **kinds: str) -> None:
    """Import a patch of some type over each of these parcels."""
    told = {name: [value] * len(kinds) for name, value in SEEN.items()}
    told |= {"TBLX": list(kinds.values()), "JCBH": [f"44180320230{n}" for n in range(len(kinds))]}
    fields = {name: np.asarray(values) for name, values in told.items()}
    shapes = [county.parcels[name].geometry for name in kinds]
    path = write(tmp_path / "p.gpkg", shapes, fields, layer="JCTB")
    with path.open("rb") as file:
        answer = county.bureau.send(
            "POST", "patches/imports", files={"file": (path.name, file)}, data={"datum": "cgcs2000"}
        )
    assert answer.json()["n_new"] == len(kinds), answer.text


def rules(county) -> dict[str, str]:
    county.screen()
    return {name: each["rule_id"] for name, each in county.verdicts().items()}


def test_a_patch_is_judged_by_its_type_and_not_only_by_its_claim(county, tmp_path):
    patches(county, tmp_path, rice="WL", cloud="CK", unseen="GF", pond="03", site="DL9")
    assert rules(county) == {
        "rice": "R044",
        "cloud": "R043",
        "unseen": "R046",
        "pond": "R060",
        "site": "R040",
    }


def test_who_sees_trees_today_says_nothing_of_their_age(county):
    county.find("unseen", "trees")
    county.find("rice", "trees")
    # On basic farmland the ban knows no first day; elsewhere it does.
    found = rules(county)
    assert (found["unseen"], found["rice"]) == ("R099", "R060")


def test_a_patch_tells_the_age_of_trees_by_its_image_of_before(county, tmp_path):
    patches(county, tmp_path, unseen="03")
    assert rules(county) == {"unseen": "R063"}


def test_every_type_of_patch_with_a_claim_has_a_use_or_is_asked():
    for each in patch_types().values():
        assert (each.claim is None) <= (each.use is None)
        if each.use is None and each.claim is not None:
            assert (each.claim, each.is_asked) == (Claim.OTHER, True)
    told = {each.use for each in patch_types().values()}
    assert told >= {Use.MINING, Use.SOLAR_PANEL, Use.WASTE_DUMP, Use.FOREST_TREES, Use.ROAD}
