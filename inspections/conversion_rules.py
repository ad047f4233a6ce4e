"""The conversion rules as data: what a row of the rule table says, and what it may say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from inspections.land_uses import Use


class Category(StrEnum):
    """What a change of use is called."""

    NONE = "NONE"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    REVIEW = "REVIEW"
    NON_AG = "NON_AG"
    NON_GRAIN = "NON_GRAIN"
    ABANDON = "ABANDON"


CATEGORY_TEXT = {
    Category.NONE: "无问题",
    Category.OUT_OF_SCOPE: "不在范围",
    Category.REVIEW: "待审核",
    Category.NON_AG: "非农化",
    Category.NON_GRAIN: "非粮化",
    Category.ABANDON: "撂荒",
}
FLAGGED = frozenset({Category.NON_AG, Category.NON_GRAIN, Category.ABANDON})
"""The categories that ask for somebody to look."""


class Mode(StrEnum):
    """Whether a rule ends the search, or adds to what another found."""

    FIRST_MATCH = "first_match"
    ADDITIVE = "additive"


class LandGroup(StrEnum):
    """What the base-year survey says of the land, as far as rules tell it apart."""

    OTHER = "other"
    CROPLAND = "cropland"
    STOCK = "stock"


class Farmland(StrEnum):
    """Whether a rule speaks of permanent basic farmland."""

    ANY = "any"
    IN = "in"
    OUT = "out"


class Measure(StrEnum):
    """Which part of the changed land a rule is about."""

    NONE = "none"
    ALL = "all"
    REST = "rest"
    FARMLAND = "farmland"
    AUXILIARY = "auxiliary"


class ApprovalKind(StrEnum):
    """By what title land may be used otherwise, or rested; the words of the approvals' book."""

    CONVERSION = "conversion"
    TEMPORARY = "temporary"
    FACILITY = "facility"
    BALANCE = "balance"
    RETURNED_TO_FOREST = "returned_to_forest"
    FALLOW = "fallow"
    HOMESTEAD = "homestead"
    EMERGENCY = "emergency"


class Holding(StrEnum):
    """How an approval stands to the changed land.

    In force means: on the day that matters for its kind. COVERED: one in force covers as good as
    all. EXCEEDED: one in force covers a part. HELD: one in force covers any part. UNCOVERED: none
    in force covers as good as all. LAPSED: one that ended covers as good as all. FILED: one is on
    file, whatever its days.
    """

    COVERED = "covered"
    EXCEEDED = "exceeded"
    HELD = "held"
    UNCOVERED = "uncovered"
    LAPSED = "lapsed"
    FILED = "filed"


@dataclass(frozen=True)
class Rule:
    """One row of the rule table.

    Attributes
    ----------
    rule_id : str
        As R040.
    priority : int
        Rules are tried in this order, smallest first.
    mode : Mode
        Whether it ends the search.
    land : LandGroup or None
        Base-year land that it speaks of; None is any.
    farmland : Farmland
        Whether it speaks of basic farmland.
    uses : frozenset of Use
        Observed uses; empty is any.
    holding : Holding or None
        How approvals of `kinds` must stand; None asks nothing.
    kinds : frozenset of ApprovalKind
        The kinds that `holding` is about.
    requires : tuple of str
        Names of `inspections.conversion_predicates.PREDICATES`; all must hold.
    seen_after : date or None
        The use must have been seen first after this day.
    category : Category
        What it is.
    severity : int
        0 to 4: 4 a breach of statute on basic farmland or the plough layer lost, 3 a breach, 2
        watch or grace, 1 a note.
    measure : Measure
        The part of the land that it is about.
    legal_status, legal_basis, competent_body, action, evidence : str
        As the source table has them.
    title, body, action_text, asks : str
        In Chinese: what it is, who is competent, what to do, and which evidence would settle it.
    """

    rule_id: str
    priority: int
    mode: Mode
    land: LandGroup | None
    farmland: Farmland
    uses: frozenset[Use]
    holding: Holding | None
    kinds: frozenset[ApprovalKind]
    requires: tuple[str, ...]
    seen_after: date | None
    category: Category
    severity: int
    measure: Measure
    legal_status: str
    legal_basis: str
    competent_body: str
    action: str
    evidence: str
    title: str
    body: str
    action_text: str
    asks: str


def parsed(rows: Iterable[Mapping[str, str]]) -> tuple[Rule, ...]:
    """Return the rules of a table, in the order in which they are tried.

    Parameters
    ----------
    rows : iterable of mapping of str to str
        Columns as in `config/codes/conversion_rules.csv`; lists are separated by `|`, names of
        predicates by spaces; an approval is `holding:kind|kind`.

    Returns
    -------
    tuple of Rule
        By priority.

    Raises
    ------
    ValueError
        Where a word is unknown, an id or a priority comes twice, or no rule takes what is left.
    """
    rules = tuple(sorted((_rule(row) for row in rows), key=lambda each: each.priority))
    for name, told in (
        ("rule_id", [each.rule_id for each in rules]),
        ("priority", [str(each.priority) for each in rules]),
    ):
        if len(set(told)) < len(told):
            raise ValueError(f"{name} comes twice in the rule table")
    if not any(_takes_all(each) for each in rules):
        raise ValueError("the rule table needs a last rule that takes whatever is left")
    return rules


def _takes_all(rule: Rule) -> bool:
    asks = (rule.land, rule.uses, rule.holding, rule.requires, rule.seen_after)
    is_open = rule.farmland is Farmland.ANY and rule.mode is Mode.FIRST_MATCH
    return is_open and not any(asks)


def _rule(row: Mapping[str, str]) -> Rule:
    holding, _, kinds = row["approvals"].partition(":")
    return Rule(
        rule_id=row["rule_id"],
        priority=int(row["priority"]),
        mode=Mode(row["mode"]),
        land=None if row["land"] == "any" else LandGroup(row["land"]),
        farmland=Farmland(row["farmland"]),
        uses=frozenset() if row["uses"] == "any" else frozenset(map(Use, row["uses"].split("|"))),
        holding=Holding(holding) if holding else None,
        kinds=frozenset(map(ApprovalKind, kinds.split("|"))) if kinds else frozenset(),
        requires=tuple(row["requires"].split()),
        seen_after=date.fromisoformat(row["seen_after"]) if row["seen_after"] else None,
        category=Category(row["category"]),
        severity=int(row["severity"]),
        measure=Measure(row["overlap"]),
        legal_status=row["legal_status"],
        legal_basis=row["legal_basis"],
        competent_body=row["competent_body"],
        action=row["action"],
        evidence=row["evidence"],
        title=row["title_zh"],
        body=row["body_zh"],
        action_text=row["action_zh"],
        asks=row["asks_zh"],
    )
