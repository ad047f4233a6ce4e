"""What a backtest counts, beside counts by hand and by brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.marker_words import Unknown
from inspections.backtest import backtest, outcome, risk_scores, roc_auc, told_groups
from inspections.labels import GROUP_OF, Group, Label, label_of
from inspections.land_uses import Use
from inspections.observed_use import USES, LookAlike, ObservedUses


def told(*rows: tuple[Use, float, int, LookAlike]) -> ObservedUses:
    """Parcels of a use, with confidence, idle seasons and look-alike."""
    n = len(rows)
    use, confidence, n_idle, look_alike = zip(*rows, strict=True)
    days = np.full(n, np.datetime64("2023-06-01"))
    return ObservedUses(
        np.array([USES.index(each) for each in use], dtype=np.uint8),
        np.array(confidence, dtype=np.float32),
        days,
        days,
        days,
        np.zeros(n, dtype=np.int8),
        np.array(n_idle, dtype=np.int8),
        np.array([Unknown.GAP * (each is Use.UNKNOWN) for each in use], dtype=np.uint8),
        np.array(look_alike, dtype=np.uint8),
    )


NO = LookAlike.NONE
SIX = told(
    (Use.HARDENED, 0.9, 0, NO),
    (Use.GRAIN, 0.8, 0, NO),
    (Use.WEED_FALLOW, 0.7, 2, NO),
    (Use.WEED_FALLOW, 0.4, 1, NO),
    (Use.EXCAVATION, 0.6, 0, NO),
    (Use.GRAIN, 1.0, 0, LookAlike.FILM),
)
KNOWN = [
    label_of(text)
    for text in (
        "HARDENED",
        "converted:young orchard",
        "abandoned",
        "abandoned",
        "kept",
        "kept:film",
    )
]


def test_six_parcels_by_hand():
    found = backtest(KNOWN, SIX)
    risk, converted, abandoned = found.outcomes
    assert (risk.n_true, risk.n_told, risk.n_hit) == (4, 3, 2)
    assert (risk.precision, risk.recall) == (pytest.approx(2 / 3), 0.5)
    assert (converted.n_true, converted.n_told, converted.n_hit) == (2, 2, 1)
    assert (abandoned.precision, abandoned.recall) == (1.0, 0.5)
    assert (found.n, found.n_unknown) == (6, 1)
    assert found.look_alikes == {
        "NONE": 1, "FILM": 1, "FLOODED_PADDY": 0, "HARVEST": 0, "CLOUD_GAP": 0,
    }  # fmt: skip


def test_the_confusion_table_adds_up():
    found = backtest(KNOWN, SIX)
    assert found.labels == (
        "abandoned", "converted:HARDENED", "converted:young orchard", "kept", "kept:film",
    )  # fmt: skip
    assert found.uses == ("EXCAVATION", "GRAIN", "HARDENED", "WEED_FALLOW")
    assert found.counts == ((0, 0, 0, 2), (0, 0, 1, 0), (0, 1, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0))


def test_what_is_not_told_stands_in_the_middle():
    groups = told_groups(SIX)
    assert groups[3] is Group.UNKNOWN, "one idle season is no abandonment yet"
    assert risk_scores(SIX, groups) == pytest.approx([0.95, 0.1, 0.85, 0.5, 0.8, 0.0])
    assert risk_scores(SIX, groups, Group.ABANDONED)[0] == pytest.approx(0.05)


def test_shares_of_nothing_are_none_not_zero():
    none = np.zeros(3, dtype=bool)
    found = outcome("any", none, none, np.array([0.1, 0.2, 0.3]))
    assert (found.precision, found.recall, found.auc) == (None, None, None)
    missed = outcome("any", ~none, none, np.array([0.1, 0.2, 0.3]))
    assert (missed.precision, missed.recall, missed.auc) == (None, 0.0, None)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=40))
@settings(deadline=None)
def test_auc_is_how_often_a_true_one_stands_above_a_false_one(pairs):
    scores = np.array([score / 5 for score, _ in pairs])
    is_true = np.array([true for _, true in pairs])
    wins = [
        1.0 if a > b else 0.5 if a == b else 0.0 for a in scores[is_true] for b in scores[~is_true]
    ]
    found = roc_auc(scores, is_true)
    assert found == (pytest.approx(np.mean(wins)) if wins else None)


@given(st.permutations(range(6)))
@settings(deadline=None)
def test_the_order_of_parcels_does_not_matter(order):
    turned = ObservedUses(*(each[order] for each in vars(SIX).values()))
    assert backtest([KNOWN[i] for i in order], turned) == backtest(KNOWN, SIX)


def test_labels_are_groups_or_uses_with_a_kind():
    assert label_of(" kept : cloud gap ") == Label(Group.KEPT, "cloud gap")
    assert label_of("fish_pond").text == "converted:FISH_POND"
    assert label_of("WEED_FALLOW").group is Group.ABANDONED
    assert label_of("kept").text == "kept"
    for text in ("", "rice", "UNKNOWN", "unknown", "BARE"):
        with pytest.raises(ValueError, match=r"label|known"):
            label_of(text)


def test_every_use_falls_into_a_group():
    assert set(GROUP_OF) == set(Use)
    assert {GROUP_OF[use] for use in (Use.GRAIN, Use.NON_FOOD_ANNUAL)} == {Group.KEPT}
    assert {GROUP_OF[use] for use in (Use.ORCHARD, Use.KILN, Use.SOLAR_PANEL)} == {Group.CONVERTED}


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="5 labels for 6"):
        backtest(KNOWN[:-1], SIX)
