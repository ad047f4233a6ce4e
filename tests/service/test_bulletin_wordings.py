"""The shipped templates read back as their own facts, whatever the books come to."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from inspections import wording
from inspections.bulletin_context import Around
from inspections.bulletin_slots import DAY_CODE, Piece, render
from inspections.wording import WordingRule
from service.bulletins import checking, drafting, figures
from service.bulletins.models import Kind

RULE = WordingRule(Decimal("0.01"), Decimal("0.03"), judged=figures._judged())
DAY = date(2023, 4, 20)
SIZES = {
    wording.Kind.COUNT: Decimal(1957),
    wording.Kind.SHARE: Decimal("0.845"),
    wording.Kind.RATE: Decimal("58.98"),
}


@pytest.mark.parametrize("change", ["0", "0.02", "-0.02", "0.05", "-0.05"])
@pytest.mark.parametrize("holds", [True, False])
@pytest.mark.parametrize("kind", list(Kind))
def test_every_slot_of_the_shipped_templates_reads_back(kind, holds, change, monkeypatch):
    monkeypatch.setattr(checking, "around", lambda *_: Around(("清新区",), ("太和镇",), DAY))
    known, lengths = figures.known_figures(), {}

    def write(slot: Piece) -> str:
        if slot.code == DAY_CODE:
            return "2023年4月20日"
        figure = known[slot.code]
        value = SIZES.get(figure.kind, Decimal(change))
        text = wording.write(replace(figure, value=value, statement=holds), slot.format_, RULE)
        lengths[slot.start] = len(text)
        return text + ("（已报100/187，数据距今9天）" if slot.code.startswith("stock") else "")

    written = render(drafting.shipped_template(kind), write)
    subject = checking.Subject(kind, "441803", DAY)
    assert checking.unbound(None, subject, written, lengths) == []
