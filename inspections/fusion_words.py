"""The words of a verdict: its classes, what is unknown, evidence and the land it is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from inspections.conversion_rules import Category, Rule
from inspections.land_uses import Claim, Use
from inspections.signals import Source


class VerdictClass(StrEnum):
    """How much speaks for it that land was put to another use; weakest first."""

    NONE = "none"
    UNKNOWN = "unknown"
    EXCLUDED = "excluded"
    HINT = "hint"
    SUSPECTED = "suspected"
    LIKELY = "likely"
    CONFIRMED = "confirmed"


CLASS_TEXT = {
    VerdictClass.NONE: "无线索",
    VerdictClass.UNKNOWN: "未知",
    VerdictClass.EXCLUDED: "排除",
    VerdictClass.HINT: "提示",
    VerdictClass.SUSPECTED: "疑似",
    VerdictClass.LIKELY: "很可能",
    VerdictClass.CONFIRMED: "确认",
}
CLASSES = tuple(VerdictClass)


class Unknown(StrEnum):
    """Why nobody can tell."""

    CLOUD = "cloud"
    NO_IMAGE = "no_image"
    NO_ACCESS = "no_access"
    NO_DATA = "no_data"


UNKNOWN_TEXT = {
    Unknown.CLOUD: "云覆盖",
    Unknown.NO_IMAGE: "无影像",
    Unknown.NO_ACCESS: "无法进入",
    Unknown.NO_DATA: "资料缺",
}
UNKNOWNS = tuple(Unknown)

CLAIM_OF_USE: Mapping[Use, Claim] = MappingProxyType(
    dict.fromkeys((Use.BUILDING, Use.RURAL_HOUSE, Use.KILN), Claim.BUILDING)
    | dict.fromkeys((Use.HARDENED, Use.ROAD, Use.SOLAR_PANEL), Claim.HARDENING)
    | dict.fromkeys((Use.EXCAVATION, Use.SOIL_TAKING, Use.SAND, Use.STONE), Claim.EARTHWORK)
    | dict.fromkeys((Use.MINING, Use.GRAVE, Use.LANDSCAPE_LAKE), Claim.EARTHWORK)
    | dict.fromkeys((Use.FISH_POND, Use.RICE_FISH), Claim.FISH_POND)
    | dict.fromkeys((Use.ORCHARD, Use.TEA, Use.FOREST_TREES, Use.AFFORESTATION), Claim.TREES)
    | dict.fromkeys((Use.NURSERY, Use.TURF, Use.ORNAMENTAL), Claim.NURSERY_TURF)
    | dict.fromkeys((Use.FACILITY_LIVESTOCK, Use.FACILITY_AQUA), Claim.LIVESTOCK_SHED)
    | dict.fromkeys((Use.WEED_FALLOW, Use.SHRUB), Claim.ABANDONED)
    | {Use.GREENBELT: Claim.GREENBELT}
)
"""What an observed use claims; every other use claims 其他."""
USE_OF_CLAIM: Mapping[Claim, Use] = MappingProxyType(
    {
        Claim.BUILDING: Use.BUILDING,
        Claim.HARDENING: Use.HARDENED,
        Claim.EARTHWORK: Use.EXCAVATION,
        Claim.FISH_POND: Use.FISH_POND,
        Claim.TREES: Use.ORCHARD,
        Claim.NURSERY_TURF: Use.NURSERY,
        Claim.GREENBELT: Use.GREENBELT,
        Claim.LIVESTOCK_SHED: Use.FACILITY_LIVESTOCK,
        Claim.ABANDONED: Use.WEED_FALLOW,
    }
)
"""The use under which a claim is put to the rules; 其他 has none."""
CATEGORY_OF_CLAIM: Mapping[Claim, Category] = MappingProxyType(
    dict.fromkeys(
        (Claim.BUILDING, Claim.HARDENING, Claim.EARTHWORK, Claim.LIVESTOCK_SHED), Category.NON_AG
    )
    | dict.fromkeys((Claim.FISH_POND, Claim.TREES, Claim.NURSERY_TURF), Category.NON_GRAIN)
    | {
        Claim.GREENBELT: Category.NON_AG,
        Claim.ABANDONED: Category.ABANDON,
        Claim.OTHER: Category.REVIEW,
    }
)
"""What a claim would be, where no rule can tell."""
BUILT_CLAIMS = frozenset({Claim.BUILDING, Claim.HARDENING})
"""On basic farmland any signal of these is at least 疑似, and urgent; source: capabilities C.6."""


class Ending(StrEnum):
    """How an episode ended: what was seen until then speaks for nothing any more."""

    REFUTED = "refuted"
    """Somebody was there, and it is not so."""
    PUT_RIGHT = "put_right"
    """It was so, and the land is as it should be again."""
    CONCLUDED = "concluded"
    """It was so, and the body that it was handed over to brought it to its end."""


@dataclass(frozen=True)
class Evidence:
    """One signal, as far as a verdict asks.

    Attributes
    ----------
    signal_id : str
        Of the signal.
    origin_id : str
        Of the signal that its chain began with; its own, where nobody was sent.
    source : Source
        From where it comes. What enforcement says is a finding.
    observed_on : date
        When it was so, or was so still.
    claim : Claim
        What it says.
    since : date or None
        When it was seen first, where that was before.
    shown_on : date or None
        Of imagery: the last day that itself shows it; from then to `observed_on` nothing spoke
        against it.
    quality : float
        0 to 1.
    match : float
        How sure it is that it speaks of this land, 0 to 1.
    is_candidate : bool
        Whether a person has yet to say so.
    ending : Ending or None
        It says that the matter is over.
    is_lasting : bool
        It holds until its matter ends, whatever its age: of a case, that is not over by waiting.
    overlap_m2 : float
        Square metres in common with the land; 0 for a point.
    """

    signal_id: str
    origin_id: str
    source: Source
    observed_on: date
    claim: Claim
    since: date | None = None
    shown_on: date | None = None
    quality: float = 1.0
    match: float = 1.0
    is_candidate: bool = False
    ending: Ending | None = None
    is_lasting: bool = False
    overlap_m2: float = 0.0

    @property
    def first_on(self) -> date:
        """When it was seen first."""
        return self.since or self.observed_on


@dataclass(frozen=True)
class Document:
    """An approval over the land.

    Attributes
    ----------
    title, number : str
        What it is, in Chinese, and its document number.
    covered_share : float
        Of the changed land, 0 to 1.
    suffices : bool
        Whether whoever issued it may give this land away.
    """

    title: str
    number: str
    covered_share: float
    suffices: bool = True


@dataclass(frozen=True)
class Judged:
    """What the rules say of the land under one claim.

    Attributes
    ----------
    rule : Rule
        The rule that it falls under.
    overlap_m2 : float
        Square metres that the rule is about.
    severity : int
        With what additive rules raised.
    is_listed : bool
        Whether an additive rule listed it.
    """

    rule: Rule
    overlap_m2: float
    severity: int
    is_listed: bool = False


@dataclass(frozen=True)
class LandContext:
    """The land that signals speak of.

    Attributes
    ----------
    is_farmland : bool
        Whether the changed land counts as basic farmland.
    judged : mapping of Claim to Judged
        What the rules say under each claim.
    documents : mapping of Claim to Document
        The approval that covers most of the land, where a claim is one that it may settle.
    unknown : Unknown or None
        Why nobody can tell: the imagery, or who could not enter.
    """

    is_farmland: bool = False
    judged: Mapping[Claim, Judged] = field(default_factory=dict)
    documents: Mapping[Claim, Document] = field(default_factory=dict)
    unknown: Unknown | None = None


@dataclass(frozen=True)
class FusionLimits:
    """The numbers of a verdict; units end the names, sources are in the thresholds file.

    Attributes
    ----------
    weights : mapping of Source to float
        What one good fresh signal is worth.
    half_life_days : float
        After so many days a signal is worth half.
    oldest_days : int
        Older signals are of another episode.
    suspected_score, likely_score : float
        From here on 疑似, 很可能.
    likely_sources : int
        Independent sources without which nothing is 很可能.
    document_share : float
        A document that covers as much settles it.
    ending_holds_days : int
        What imagery had seen before an ending it must go on to show for so long to be news.
    """

    weights: Mapping[Source, float]
    half_life_days: float
    oldest_days: int
    suspected_score: float
    likely_score: float
    likely_sources: int
    document_share: float
    ending_holds_days: int


@dataclass(frozen=True)
class Verdict:
    """What signals and land together say, and why.

    Attributes
    ----------
    verdict_class : VerdictClass
        How much speaks for it.
    claim : Claim or None
        What most speaks for; None without evidence.
    category : Category
        What it would be.
    severity : int
        0 to 4.
    rule_id : str or None
        Of the conversion rules.
    overlap_m2 : float
        Square metres that the rule is about.
    score : float
        Of the claim, three places.
    n_sources : int
        Independent sources that discovered it.
    first_source : Source or None
        Whose origin was seen first.
    first_observed_on : date or None
        When.
    is_urgent : bool
        Whether somebody should go at once.
    unknown : Unknown or None
        Why nobody can tell more.
    signal_ids : tuple of str
        That speak for it, in order of day and id.
    reasons, missing : tuple of str
        In Chinese: why, and which evidence would settle it.
    """

    verdict_class: VerdictClass
    claim: Claim | None
    category: Category
    severity: int
    rule_id: str | None
    overlap_m2: float
    score: float
    n_sources: int
    first_source: Source | None
    first_observed_on: date | None
    is_urgent: bool
    unknown: Unknown | None
    signal_ids: tuple[str, ...]
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
