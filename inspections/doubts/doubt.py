"""What a doubt is: a rule, a subject, what was seen, what was expected, and by which evidence."""

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Severity(StrEnum):
    """How grave a doubt is."""

    BLOCK = "block"
    DOUBT = "doubt"
    HINT = "hint"


class Book(StrEnum):
    """Which book a rule reads; a doubt travels with the figures of its book."""

    SOWING = "sowing"
    STOCK = "stock"
    PRICES = "prices"
    VISITS = "visits"
    PHOTOS = "photos"
    MACHINERY = "machinery"
    AGRONOMY = "agronomy"


class WhichRange(StrEnum):
    """What a value was held against."""

    SEASON = "season"
    """The same week of the solar year, one week more or less, in other years."""
    PEERS = "peers"
    STATIC = "static"
    BOOKS = "books"
    """Another entry of the books."""


SEVERITY_TEXT = {Severity.BLOCK: "阻断", Severity.DOUBT: "存疑", Severity.HINT: "提示"}
RANGE_TEXT = {
    WhichRange.SEASON: "历年同节气周(前后一周)",
    WhichRange.PEERS: "同期同类",
    WhichRange.STATIC: "固定界限",
    WhichRange.BOOKS: "账内互相核对",
}
BOOK_TEXT = {
    Book.SOWING: "播种",
    Book.STOCK: "库存",
    Book.PRICES: "价格",
    Book.VISITS: "检查",
    Book.PHOTOS: "照片",
    Book.MACHINERY: "农机",
    Book.AGRONOMY: "农情",
}


@dataclass(frozen=True)
class Evidence:
    """One thing that speaks for or against what was seen."""

    label: str
    value: str


@dataclass(frozen=True)
class Subject:
    """What is doubted.

    Attributes
    ----------
    kind : str
        What it is: a report, a town's week, an outlet's product, a visit.
    id : str
        The same for the same thing in every run.
    area_code : str
        Whose answer is asked for.
    on : date
        The civil date that the observation speaks of.
    version : str
        What tells this observation of the subject from another; the text of what was observed
        where it is empty.
    """

    kind: str
    id: str
    area_code: str
    on: date
    version: str = ""


@dataclass(frozen=True)
class Doubt:
    """A question to whoever keeps a record.

    Attributes
    ----------
    rule : str
        Code of the rule.
    subject_kind, subject_id, area_code : str
        What is doubted, and where.
    observed_on : date
        The civil date that it speaks of.
    observed, expected, explanation_zh : str
        What was seen, what was to be expected, and why it is asked; Chinese, with units.
    evidence : tuple of Evidence
        What competes with it.
    severity : Severity
        How grave it is.
    scope : Book
        Whose figures it travels with.
    which_range : WhichRange
        What the expectation was drawn from.
    digest : str
        Of the observation: the same observation has the same digest in every run.
    """

    rule: str
    subject_kind: str
    subject_id: str
    area_code: str
    observed_on: date
    observed: str
    expected: str
    explanation_zh: str
    evidence: tuple[Evidence, ...]
    severity: Severity
    scope: Book
    which_range: WhichRange
    digest: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What there is only one doubt of: rule, subject, observation."""
        return self.rule, self.subject_id, self.digest


@dataclass(frozen=True)
class Skipped:
    """A check that could not be made, for want of evidence.

    Attributes
    ----------
    rule : str
        Code of the rule.
    reason : str
        What is missing and who can bring it; Chinese.
    n_subjects : int
        How many things were not checked; 0 where all were.
    is_whole : bool
        Whether nothing at all was checked by this rule.
    """

    rule: str
    reason: str
    n_subjects: int = 0
    is_whole: bool = True


Found = Doubt | Skipped


@dataclass(frozen=True)
class Rule:
    """What is the same for all doubts of one rule.

    Attributes
    ----------
    code, title : str
        Its name in code and in Chinese.
    severity : Severity
        How grave its doubts are.
    scope : Book
        Which book it reads.
    is_state : bool
        Whether it judges how things stand on the day, whatever the age of what led to it.
    """

    code: str
    title: str
    severity: Severity
    scope: Book
    is_state: bool = False

    def doubt(
        self,
        subject: Subject,
        *,
        observed: str,
        expected: str,
        because: str,
        evidence: tuple[tuple[str, object], ...] = (),
        which: WhichRange = WhichRange.BOOKS,
    ) -> Doubt:
        """Make a doubt of this rule.

        Parameters
        ----------
        subject : Subject
            What is doubted.
        observed, expected, because : str
            Chinese, with units.
        evidence : tuple of (label, value)
            What competes with it.
        which : WhichRange
            What the expectation was drawn from.

        Returns
        -------
        Doubt
            With the digest of its observation.
        """
        seen = f"{subject.kind}|{subject.version or observed}"
        return Doubt(
            self.code,
            subject.kind,
            subject.id,
            subject.area_code,
            subject.on,
            observed,
            expected,
            because,
            tuple(Evidence(label, str(value)) for label, value in evidence),
            self.severity,
            self.scope,
            which,
            hashlib.sha256(seen.encode()).hexdigest(),
        )

    def skipped(self, reason: str, n_subjects: int = 0, *, is_whole: bool = True) -> Skipped:
        """Say that the rule, or a part of it, could not be checked, and what is missing."""
        return Skipped(self.code, reason, n_subjects, is_whole)


def plain(value: Decimal) -> str:
    """Write a number without trailing zeros, the same however it was stored."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: Decimal) -> str:
    """Write a share in whole percent."""
    return f"{share * 100:.0f}%"
