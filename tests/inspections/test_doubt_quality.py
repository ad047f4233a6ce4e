"""How answers are judged, and what is drawn for a second look: nobody is ranked."""

from fractions import Fraction

import pytest

from inspections.doubts.quality import Asked, RecheckRule, drawn, quality

RULE = RecheckRule(5, Fraction(1, 20), Fraction(3, 10))
GOOD, LATE = Asked(True, True, False), Asked(True, False, False)
SILENT, WRONG = Asked(False, False, False), Asked(True, True, True)
VILLAGES = [f"4418031022{n:02d}" for n in range(20)]


@pytest.mark.parametrize(
    ("asked", "on_time", "corrected", "recheck"),
    [
        ([GOOD] * 5, 1, 0, Fraction(1, 20)),
        ([SILENT] * 5, 0, 0, Fraction(7, 40)),
        ([GOOD, LATE, SILENT, WRONG] * 2, Fraction(1, 2), Fraction(1, 4), Fraction(23, 160)),
        ([Asked(True, False, True)] * 5, 0, 1, Fraction(3, 10)),
    ],
)
def test_the_part_looked_at_again_rises_with_what_was_late_and_wrong(
    asked, on_time, corrected, recheck
):
    found = quality(asked, RULE)
    assert (found.on_time_share, found.corrected_share) == (on_time, corrected)
    assert found.recheck_share == recheck


def test_a_few_questions_say_nothing():
    found = quality([SILENT] * 4, RULE)
    assert (found.on_time_share, found.corrected_share) == (None, None)
    assert found.recheck_share == Fraction(7, 40)
    assert quality([], RULE).n_asked == 0


def test_the_draw_can_be_repeated_and_changes_with_the_week():
    one = drawn(VILLAGES, Fraction(1, 10), "2023-W16")
    assert len(one) == 2
    assert one == drawn(reversed(VILLAGES), Fraction(1, 10), "2023-W16")
    assert any(one != drawn(VILLAGES, Fraction(1, 10), f"2023-W{week}") for week in range(17, 21))
    assert drawn(VILLAGES, Fraction(1, 1000), "x") != []
    assert drawn([], Fraction(1), "x") == []
