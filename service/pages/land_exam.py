"""What the exam of a land file found, rule by rule."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from service.pages.page import PageFrame
from service.parcels import findings
from service.parcels.findings import RULE_TEXT, SEVERITY_TEXT
from service.parcels.models import LandImport
from service.parcels.schemas import FindingRead

FIRST = 5
"""Findings of each rule that the page shows; all of them are in the workbook."""
BLOCK = "block"
CLOSE_UP = 17
"""The zoom at which one parcel fills the map."""


@dataclass
class Group:
    """The findings of one rule."""

    code: str
    count: int
    severities: list[str] = field(default_factory=list)
    first: list[dict[str, Any]] = field(default_factory=list)
    note: str | None = None
    """Why the rule was not examined for all of the file."""

    @property
    def title(self) -> str:
        """The rule's name."""
        return RULE_TEXT.get(self.code, self.code)

    @property
    def is_block(self) -> bool:
        """Whether any of it stops rows."""
        return BLOCK in self.severities


def exam(page: PageFrame, found: LandImport, report: dict[str, Any]) -> dict[str, Any] | None:
    """Gather the rules that found something, that found nothing, that could not be examined."""
    said = report.get("exam")
    if said is None:
        return None
    groups: dict[str, Group] = {rule: Group(rule, n) for rule, n in said["counts"].items() if n}
    for severity, rule, n in findings.counts(page.session, found.id):
        group = groups.setdefault(rule, Group(rule, n))
        group.severities.append(severity)
    for group in groups.values():
        group.note = said["skipped"].get(group.code)
        group.first = _first(page, found.id, group.code)
    return {
        "groups": sorted(groups.values(), key=lambda each: (not each.is_block, -each.count)),
        "passed": [_title(rule) for rule, n in said["counts"].items() if not n],
        "skipped": [
            (_title(rule), why) for rule, why in said["skipped"].items() if rule not in groups
        ],
        "n_block": said["n_block"],
        "n_warn": said["n_warn"],
        "n_blocked": said.get("n_blocked", 0),
        "n_kept": said.get("n_kept", 0),
        "is_cut": said.get("n_kept", 0) < said["n_block"] + said["n_warn"],
        "SEVERITY_TEXT": SEVERITY_TEXT,
    }


def _title(rule: str) -> str:
    return RULE_TEXT.get(rule, rule)


def _first(page: PageFrame, import_id: UUID, rule: str) -> list[dict[str, Any]]:
    listed, _ = findings.of_import(page.session, import_id, rule=rule, after=0, limit=FIRST)
    return [_shown(findings.read(each), import_id) for each in listed]


def _shown(finding: FindingRead, import_id: UUID) -> dict[str, Any]:
    where = None
    if finding.lon is not None and finding.lat is not None:
        view = f"#map={CLOSE_UP}/{finding.lat:.6f}/{finding.lon:.6f}"
        where = f"/map?import={import_id}{view}"
    return {
        "row": finding.source_row or None,
        "other": finding.other_row,
        "survey_code": finding.survey_code,
        "severity": finding.severity,
        "message": finding.message,
        "map": where,
    }
