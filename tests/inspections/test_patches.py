"""What a monitoring patch says, and whether its coordinates are shifted."""

from datetime import date

import numpy as np
import pytest
import shapely

from geo import datum
from inspections.land_uses import Claim
from inspections.patches import Fault, PatchRow, day_of, kind_of, read_row, shift_evidence
from service.signals.codes import patch_types
from tests.land_files import STEP, squares

TODAY = date(2023, 4, 20)
GOOD = {"JCBH": "JC-1", "TBLX": "20", "QSX": "20221101", "HSX": "20230401", "SFYN": "是"}


def read(**changed: str) -> PatchRow | tuple[Fault, ...]:
    return read_row(GOOD | changed, patch_types(), today=TODAY)


def columns(**changed: str) -> list[str]:
    found = read(**changed)
    assert isinstance(found, tuple), found
    return [each.column for each in found]


def test_a_whole_row_is_read():
    found = read(JCMJ="1.5", XZQDM="441803102201", BZ="疑似")
    assert found == PatchRow(
        "JC-1",
        patch_types()["20"],
        date(2022, 11, 1),
        date(2023, 4, 1),
        True,
        1.5,
        "441803102201",
        "疑似",
    )


@pytest.mark.parametrize(
    ("code", "claim", "is_asked"),
    [
        ("20", Claim.BUILDING, False),
        ("YH", Claim.HARDENING, False),
        ("DT", Claim.EARTHWORK, False),
        ("TD", Claim.EARTHWORK, False),
        ("TP", Claim.EARTHWORK, False),
        ("dl2", Claim.HARDENING, False),
        ("DL", Claim.HARDENING, False),
        ("GF", Claim.BUILDING, False),
        ("02", Claim.TREES, False),
        ("03", Claim.TREES, False),
        ("KT", Claim.FISH_POND, False),
        ("LD", Claim.GREENBELT, False),
        ("WG", Claim.ABANDONED, False),
        ("SM", Claim.FISH_POND, True),
        ("SK", Claim.FISH_POND, True),
        ("HL", Claim.OTHER, True),
        ("01", None, False),
    ],
)
def test_each_type_of_patch_claims_what_the_list_says(code, claim, is_asked):
    kind = kind_of(f" {code} ", patch_types())
    assert kind is not None
    assert (kind.claim, kind.is_asked) == (claim, is_asked)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("20230401", date(2023, 4, 1), date(2023, 4, 1)),
        ("2023-4-1", date(2023, 4, 1), date(2023, 4, 1)),
        ("2023/04/01 00:00:00", date(2023, 4, 1), date(2023, 4, 1)),
        ("2023年4月1日", date(2023, 4, 1), date(2023, 4, 1)),
        ("20230401.0", date(2023, 4, 1), date(2023, 4, 1)),
        ("202302", date(2023, 2, 1), date(2023, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("20230229", None, None),
        ("2023-13-01", None, None),
        ("20230400", None, None),
        ("18991231", None, None),
        ("二〇二三年", None, None),
        ("２０２３０４０１", None, None),
        ("", None, None),
    ],
)
def test_the_day_of_an_image_is_read_or_refused(text, first, last):
    assert day_of(text, is_end=False) == first
    assert day_of(text, is_end=True) == last


def test_each_wrong_field_is_named():
    assert columns(JCBH="", TBLX="ZZ", SFYN="也许", JCMJ="很大", HSX="昨天") == [
        "JCBH",
        "TBLX",
        "SFYN",
        "JCMJ",
        "HSX",
    ]
    assert columns(HSX="20230421") == ["HSX"]
    assert columns(QSX="20230401") == ["QSX"]
    assert columns(JCMJ="nan") == ["JCMJ"]
    assert columns(JCBH="长" * 65) == ["JCBH"]


def test_a_month_that_is_not_over_says_the_same_on_every_day():
    found = [
        read_row(GOOD | {"HSX": "202304"}, patch_types(), today=date(2023, 4, day))
        for day in (1, 20, 30)
    ]
    assert {each.after_on for each in found if isinstance(each, PatchRow)} == {date(2023, 4, 30)}
    assert found[0] == found[1] == found[2]


def test_without_the_image_before_the_patch_still_stands():
    found = read(QSX="", SFYN="")
    assert isinstance(found, PatchRow)
    assert (found.before_on, found.says_basic_farmland) == (None, None)


def moved(shapes, by):
    return [
        shapely.transform(each, lambda xy: np.column_stack(by(xy[:, 0], xy[:, 1])))
        for each in shapes
    ]


def evidence(given, parcels):
    back = moved(given, datum.wgs84_from_gcj02)
    return shift_evidence(given, back, parcels, least_patches=3, least_gain=0.2)


def test_patches_in_gcj02_are_told_by_the_parcels():
    parcels = squares(12)
    patches = [each for k, each in enumerate(parcels) if k % 17 == 0]
    found = evidence(moved(patches, datum.gcj02_from_wgs84), parcels)
    assert found.is_shifted
    assert found.fit_taken_back > 0.99
    assert not evidence(patches, parcels).is_shifted


def test_too_few_patches_or_no_parcels_tell_nothing():
    parcels = squares(12)
    shifted = moved(parcels[:2], datum.gcj02_from_wgs84)
    assert not evidence(shifted, parcels).is_shifted
    assert not evidence(shifted, parcels).is_told
    assert not evidence(moved(parcels[:9], datum.gcj02_from_wgs84), []).is_shifted
    assert evidence([], parcels).fit_as_given == 0
    far = moved(squares(2), lambda x, y: (x + 1, y + 1))
    assert not evidence(far, parcels).is_told, "none lies on a parcel, however it is read"


def test_patches_of_their_own_shape_are_not_taken_for_shifted():
    parcels = squares(12)
    own = [
        shapely.box(x, y, x + STEP / 4, y + STEP / 4)
        for x, y in ((112.9512, 23.7013), (112.9607, 23.7101), (112.9555, 23.7166))
    ]
    assert not evidence(own, parcels).is_shifted
