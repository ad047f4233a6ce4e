"""The backtest of verdicts: which class tells a risk, and how sure each is."""

from itertools import pairwise

import pytest

from inspections.backtest_verdicts import NOTHING, Said, backtest_verdicts
from inspections.conversion_rules import Category
from inspections.fusion_words import VerdictClass
from inspections.labels import label_of

POND, WEEDS, RICE = (label_of(text) for text in ("FISH_POND", "abandoned:weeds", "kept:rice"))


def said(verdict_class: str, category: Category = Category.NON_GRAIN, score: float = 0.5) -> Said:
    return Said(VerdictClass(verdict_class), category, score)


def test_suspected_and_above_is_told_and_what_is_below_is_not():
    classes = [each.value for each in VerdictClass]
    report = backtest_verdicts([POND] * len(classes), [said(each) for each in classes])
    risk, converted, abandoned = report.outcomes
    assert (risk.n_true, risk.n_told, risk.n_hit) == (7, 3, 3)
    assert (converted.n_told, abandoned.n_told) == (3, 0)
    assert report.n_unknown == 1
    assert report.uses == tuple(classes)
    assert report.counts == ((1,) * 7,)


def test_a_group_is_told_by_the_category_of_the_rule_and_any_risk_by_any():
    verdicts = [
        said("suspected", Category.ABANDON),
        said("likely", Category.REVIEW),
        said("confirmed", Category.NON_AG),
        NOTHING,
    ]
    risk, converted, abandoned = backtest_verdicts([WEEDS, POND, RICE, WEEDS], verdicts).outcomes
    assert (risk.n_told, risk.n_hit, risk.n_true) == (3, 2, 3)
    assert (converted.n_told, converted.n_hit) == (1, 0)
    assert (abandoned.n_told, abandoned.n_hit, abandoned.n_true) == (1, 1, 2)


def test_a_graver_class_is_surer_than_any_score_and_an_excluded_one_least():
    order = ("excluded", "none", "unknown", "hint", "suspected", "likely", "confirmed")
    for weaker, graver in pairwise(order):
        verdicts = [said(weaker, score=5.0), said(graver, score=0.0)]
        assert backtest_verdicts([RICE, POND], verdicts).outcomes[0].auc == 1.0
    same = [said("suspected", score=0.4), said("suspected", score=0.6)]
    assert backtest_verdicts([RICE, POND], same).outcomes[0].auc == 1.0


def test_as_many_verdicts_as_labels_are_asked_for():
    with pytest.raises(ValueError, match="2 labels for 1 verdicts"):
        backtest_verdicts([POND, RICE], [NOTHING])
