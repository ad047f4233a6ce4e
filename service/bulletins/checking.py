"""What keeps a bulletin from saying what the books do not hold."""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from inspections import bulletin_texts
from inspections.bindings import Bound, Scope, bind
from inspections.bulletin_context import Around
from inspections.bulletin_slots import DAY_CODE, Written
from inspections.bulletin_texts import Problem
from service.areas import queries as areas
from service.bulletins import figures
from service.bulletins.models import Kind
from service.errors import Invalid
from service.facts import linting

COUNTY = areas.CODE_LENGTH["county"]
HEAD = {
    "masthead": "报头",
    "title": "标题",
    "office": "编发单位",
    "reported_to": "报",
    "sent_to": "送",
    "issued_to": "发",
}
"""Lines of the head: they are printed too, and hold no slots."""
OF_A_TOWN = ("全镇", "该镇", "某镇", "全村", "该村", "某村")
OF_A_COUNTY = ("全区", "全县", "全市")
SHORTEST_NAME = 2
FULL_ENDING = re.compile("镇$|(?<=村)委会$")


@dataclass(frozen=True)
class Subject:
    """What a bulletin is about."""

    kind: Kind
    area_code: str
    as_of: date
    known_at: datetime | None = None
    head: Mapping[str, str] = field(default_factory=dict)
    """Line of the head -> its text."""


def around(session: Session, area_code: str, as_of: date) -> Around:
    """Return the words for a bulletin's place, and for places that it is not."""
    name = areas.area(session, area_code).name
    own = (name, *(f"{word}{name[-1]}" for word in "全我本"))
    below = _names(session, area_code, "village", as_of)
    if len(area_code) <= COUNTY:
        towns = _names(session, area_code, "town", as_of)
        return Around(own, (*towns, *below, *OF_A_TOWN), as_of)
    beside = _names(session, area_code[:COUNTY], "town", as_of)
    return Around(own, (*(e for e in beside if e not in name), *below, *OF_A_COUNTY), as_of)


def _names(session: Session, within: str, level: str, on: date) -> list[str]:
    """Return the names of units, in full and as one says them: 太和镇 and 太和, 胜利村."""
    names = areas.unit_names(session, within=within, level=level, on=on).values()
    short = [FULL_ENDING.sub("", each) for each in names]
    return [each for each in (*names, *short) if len(each) >= SHORTEST_NAME]


def refuse_bad(session: Session, template: str, area_code: str, as_of: date) -> None:
    """Refuse a template that cannot be saved, with every place and what to do there."""
    found = _problems(session, template, area_code, as_of)
    if found:
        more = f"(共 {len(found)} 处)" if len(found) > 1 else ""
        raise Invalid(
            f"模板{more}:{found[0]}",
            field="template",
            problems=[vars(each) for each in found],
        )


def _problems(session: Session, template: str, area_code: str, as_of: date) -> list[Problem]:
    known, rule = figures.known_figures(), figures.wording_rule(session)
    place = around(session, area_code, as_of)
    return bulletin_texts.problems(template, known, rule, place)


def refuse_bad_head(values: Mapping[str, Any]) -> None:
    """Refuse a head with a figure, or with characters that nobody sees, in any of its lines."""
    for name, title in HEAD.items():
        found = bulletin_texts.problems_of_head(values[name])
        if found:
            raise Invalid(f"{title}:{found[0]}", field=name, problems=[vars(e) for e in found])


def of_template(session: Session, subject: Subject, template: str) -> list[str]:
    """Return why a template and its head could not be saved today: older ones may be weaker."""
    of_head = [
        f"{title}:{each}"
        for name, title in HEAD.items()
        for each in bulletin_texts.problems_of_head(subject.head.get(name, ""))
    ]
    found = _problems(session, template, subject.area_code, subject.as_of)
    return of_head + [f"模板:{each}" for each in found]


def unbound(
    session: Session, subject: Subject, written: Sequence[Written], lengths: Mapping[int, int]
) -> list[str]:
    """Return why the finished text does not say what its slots hold.

    The linter reads the text as a stranger does. What a slot printed must come back as one figure
    of the slot's own fact, and there may be no other figure.
    """
    text = "".join(each.text for each in written)
    places = around(session, subject.area_code, subject.as_of).others
    found = bind(text, linting.bindings(), Scope(subject.as_of, tuple(places)))
    starts, said, at = [each.phrase.start for each in found], [], 0
    for each in written:
        is_slot = bool(each.piece.code)
        length = lengths.get(each.piece.start, 0) if is_slot else len(each.text)
        inside = found[bisect_left(starts, at) : bisect_left(starts, at + length)]
        said += _of_slot(each, inside, at, length) if is_slot else _of_text(inside)
        at += len(each.text)
    return said


def _of_text(inside: Sequence[Bound]) -> list[str]:
    return [f"“{each.phrase.text}”不是由账上算出的,请改写" for each in inside]


def _of_slot(slot: Written, inside: Sequence[Bound], at: int, length: int) -> list[str]:
    """Tell what one slot's text came back as; a judged sentence is the books' own in full."""
    piece = slot.piece
    if piece.code == DAY_CODE or not inside:
        figure = slot.text[:length]
        is_figure = any(each.isdigit() for each in figure) and piece.code != DAY_CODE
        return [f"“{slot.text}”读不出数字,请改写"] if is_figure and not _is_judged(slot) else []
    if _is_judged(slot):
        return []
    bound = inside[0]
    said = f"“{bound.phrase.text}”({{}}),按上下文读起来不是“{piece.code}”,请改写"
    if len(inside) > 1 or bound.phrase.end > at + length:
        return [said.format("连着别的数字")]
    if bound.code != piece.code:
        return [said.format(bound.why or f"像是 {bound.code}")]
    return []


def _is_judged(slot: Written) -> bool:
    return slot.piece.format_ == "判断"
