"""A backtest as Markdown for people and as JSON for machines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspections.backtest import Outcome, Report
from inspections.fusion_words import CLASS_TEXT

TITLES = {"at risk": "有风险(改变用途或撂荒)", "converted": "改变用途", "abandoned": "撂荒"}
EXPLAINED = {
    "NONE": "无",
    "FILM": "地膜、迟栽",
    "FLOODED_PADDY": "水田泡田",
    "HARVEST": "收获后",
    "CLOUD_GAP": "云遮未见",
}
NOT_TOLD = "—"


@dataclass(frozen=True)
class Words:
    """What a report calls the things that it compares."""

    unknown: str
    columns: str
    texts: dict[str, str]
    """Of columns that have another name than their code."""


OF_SERIES = Words("判不了(判不了不算报出)", "列是判出的用途。", {})
OF_VERDICTS = Words(
    "为“未知”;“疑似”及以上算报出",
    "列是研判的类别。",
    {each.value: text for each, text in CLASS_TEXT.items()},
)


def share_text(share: float | None) -> str:
    """Return a share as it is shown; a dash where there is none."""
    return NOT_TOLD if share is None else f"{share:.3f}"


def row_of(found: Outcome) -> list[str]:
    """Return an outcome as a row: title, counts, precision, recall, AUC."""
    return [
        TITLES[found.name],
        str(found.n_true),
        str(found.n_told),
        str(found.n_hit),
        share_text(found.precision),
        share_text(found.recall),
        share_text(found.auc),
    ]


HEADINGS = ("对象", "实有", "报出", "其中正确", "查准率", "查全率", "AUC")


def columns(report: Report, words: Words) -> list[str]:
    """Return the headings of the confusion table."""
    return ["标注", *(words.texts.get(each, each) for each in report.uses)]


def markdown(report: Report, source: str, as_of: str, words: Words = OF_SERIES) -> str:
    """Return the report as Markdown."""
    lines = [
        "# 回测报告",
        "",
        f"标注表 {source},截至 {as_of};图斑 {report.n} 个,其中 {report.n_unknown} 个"
        f"{words.unknown}。",
        "",
        *_table(HEADINGS, [row_of(each) for each in report.outcomes]),
        "",
        "## 混淆表",
        "",
        f"行是标注,{words.columns}",
        "",
        *_table(
            columns(report, words),
            [
                [label, *map(str, counts)]
                for label, counts in zip(report.labels, report.counts, strict=True)
            ],
        ),
    ]
    if report.look_alikes:
        found = [[EXPLAINED[name], str(n)] for name, n in report.look_alikes.items()]
        title = "## 未改变用途的图斑里的伪变化"
        lines += ["", title, "", *_table(("解释", "图斑数"), found)]
    return "\n".join(lines) + "\n"


def _table(headings: Sequence[str], rows: list[list[str]]) -> list[str]:
    cells = [list(headings), ["---"] * len(headings), *rows]
    return ["| " + " | ".join(_plain(cell) for cell in row) + " |" for row in cells]


def _plain(text: str) -> str:
    """Return a cell's text without what would break the table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("\r", " ")


def as_json(report: Report, source: str, as_of: str) -> dict[str, Any]:
    """Return the report as plain values."""
    return {
        "source": source,
        "as_of": as_of,
        "n": report.n,
        "n_unknown": report.n_unknown,
        "outcomes": [
            {
                "name": each.name,
                "n_true": each.n_true,
                "n_told": each.n_told,
                "n_hit": each.n_hit,
                "precision": each.precision,
                "recall": each.recall,
                "auc": each.auc,
            }
            for each in report.outcomes
        ],
        "confusion": {
            "labels": list(report.labels),
            "uses": list(report.uses),
            "counts": [list(row) for row in report.counts],
        },
        "look_alikes": dict(report.look_alikes),
    }
