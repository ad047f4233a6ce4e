"""The thresholds file: every number known, none missing, none changed."""

import dataclasses
import tomllib

import pytest
from pydantic import ValidationError

from config.thresholds import SHIPPED, Thresholds
from inspections.signals import Source

SHAPED_BY_RULES = ("markers", "observed_use", "conversion", "fusion", "case_photos", "photos")


def told() -> dict:
    return tomllib.loads(SHIPPED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("section", SHAPED_BY_RULES)
def test_a_section_takes_what_its_rule_asks_for_and_nothing_else(section):
    limits = getattr(Thresholds.read(), section)
    assert dataclasses.is_dataclass(limits)
    names = {each.name for each in dataclasses.fields(limits)}
    assert names == told()[section].keys()
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(limits, next(iter(names)), 0)
    more, less = told(), told()
    more[section]["nobody_asks_for_this"] = 1
    less[section].pop(next(iter(names)))
    for each in (more, less):
        with pytest.raises(ValidationError):
            Thresholds.model_validate(each)


def test_weights_are_of_known_sources():
    assert set(Thresholds.read().fusion.weights) <= set(Source)
    wrong = told()
    wrong["fusion"]["weights"]["hearsay"] = 0.5
    with pytest.raises(ValidationError):
        Thresholds.model_validate(wrong)
