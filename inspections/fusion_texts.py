"""What a verdict says in Chinese: why, and which evidence would settle it. Never guilt."""

from collections.abc import Sequence

from inspections.conversion_rules import CATEGORY_TEXT, FLAGGED
from inspections.fusion_words import (
    CLASS_TEXT,
    UNKNOWN_TEXT,
    Document,
    Ending,
    Evidence,
    Judged,
    Unknown,
    VerdictClass,
)
from inspections.land_uses import CLAIM_TEXT
from inspections.signals import SOURCE_TEXT, Source
from inspections.units import M2_PER_MU

URGENT = "涉及永久基本农田上的建设,应立即派人到现场核查。"
SETTLED = frozenset({VerdictClass.CONFIRMED, VerdictClass.EXCLUDED, VerdictClass.NONE})


def evidence(standing: Sequence[Evidence], supporting: Sequence[Evidence]) -> tuple[str, ...]:
    """Return a line for each signal.

    Parameters
    ----------
    standing : sequence of Evidence
        All that count, in order.
    supporting : sequence of Evidence
        Those that speak for the claim.

    Returns
    -------
    tuple of str
        Day, source, claim, quality, and what it stands for.
    """
    ids = {each.signal_id for each in supporting}
    return tuple(_line(each, is_for=each.signal_id in ids) for each in standing)


def _line(each: Evidence, *, is_for: bool) -> str:
    days = f"{each.observed_on}" if each.since is None else f"{each.since} 至 {each.observed_on}"
    said = f"{days} {SOURCE_TEXT[each.source]}:{CLAIM_TEXT[each.claim]},"
    said += f"把握 {each.quality:.2f}"
    if each.overlap_m2 > 0:
        said += f",与图斑重叠 {each.overlap_m2:.0f} m²"
    if each.is_candidate:
        said += ",是否本图斑待人工确认"
    if each.origin_id != each.signal_id:
        said += ",因前一条线索派出,只作核实,不另计来源"
    return said + ("。" if is_for else ",与主要情形不是一回事,不计入。")


def sources(origins: Sequence[Evidence]) -> tuple[str, ...]:
    """Return the line that counts the independent sources.

    Parameters
    ----------
    origins : sequence of Evidence
        The first signal of each origin, in order.

    Returns
    -------
    tuple of str
        One line.
    """
    named = "、".join(SOURCE_TEXT[each.source] for each in origins)
    first = origins[0]
    told = f"独立发现来源 {len(origins)} 个:{named}"
    return (f"{told};最早 {first.first_on}({SOURCE_TEXT[first.source]})。",)


def rule(judged: Judged | None, *, is_farmland: bool) -> tuple[str, ...]:
    """Return the lines that tell of the rule.

    Parameters
    ----------
    judged : Judged or None
        What the rules say.
    is_farmland : bool
        Whether the land counts as basic farmland.

    Returns
    -------
    tuple of str
        The rule, its basis, who is competent, what to do.
    """
    if judged is None:
        return ()
    told = judged.rule
    line = f"规则 {told.rule_id} {told.title}({CATEGORY_TEXT[told.category]},{judged.severity} 级)"
    if judged.overlap_m2 > 0:
        mu = judged.overlap_m2 / M2_PER_MU
        line += f";涉及 {judged.overlap_m2:.0f} m²({mu:.2f} 亩)"
    lines = [line + (";按永久基本农田判断。" if is_farmland else "。")]
    if told.category in FLAGGED:
        lines.append(
            f"依据:{told.legal_basis};主管:{told.body or '县级'};处理:{told.action_text}。"
        )
    if judged.is_listed:
        lines.append("与相邻撂荒地连片达到规模,列入复耕复种清单。")
    return tuple(lines)


def finding(last: Evidence, document: Document | None) -> tuple[str, ...]:
    """Return why a finding of enforcement confirms.

    Parameters
    ----------
    last : Evidence
        The newest finding.
    document : Document or None
        An approval that says otherwise.

    Returns
    -------
    tuple of str
        One line, or two.
    """
    said = f"{last.observed_on} 执法人员现场认定,按“确认”。"
    if document is None:
        return (said,)
    return (said, f"但{document.title}({document.number})覆盖该地,须核对批准文件与现场认定。")


def document(found: Document) -> tuple[str, ...]:
    """Return why a document excludes.

    Parameters
    ----------
    found : Document
        The approval.

    Returns
    -------
    tuple of str
        One line.
    """
    share = f"{found.covered_share * 100:.0f}%"
    return (f"{found.title}({found.number})覆盖变化部分的 {share},按“排除(合法)”。",)


def no_matter(judged: Judged) -> tuple[str, ...]:
    """Return why the rules exclude.

    Parameters
    ----------
    judged : Judged
        Under a rule that finds nothing wrong.

    Returns
    -------
    tuple of str
        One line.
    """
    return (f"{judged.rule.title},按“排除”。",)


def capped(judged: Judged | None) -> tuple[str, ...]:
    """Return why it stays a hint.

    Parameters
    ----------
    judged : Judged or None
        Under a rule that does not decide.

    Returns
    -------
    tuple of str
        One line.
    """
    if judged is not None and judged.rule.category in FLAGGED:
        return ("属关注引导的情形,本身不构成违法,只作“提示”。",)
    return ("影像不足以判断,只作“提示”,由人审核。",)


def score(value: float, found: VerdictClass) -> tuple[str, ...]:
    """Return the line that tells of the score.

    Parameters
    ----------
    value : float
        Sum over origins.
    found : VerdictClass
        What it comes to.

    Returns
    -------
    tuple of str
        One line.
    """
    return (f"综合得分 {value:.3f},按“{CLASS_TEXT[found]}”;应核查,不是认定。",)


def ending(last: Evidence) -> tuple[str, ...]:
    """Return why a matter that is over excludes.

    Parameters
    ----------
    last : Evidence
        What ended it.

    Returns
    -------
    tuple of str
        One line.
    """
    if last.ending is Ending.PUT_RIGHT:
        return (f"{last.observed_on} 已整改验收,此后没有新线索。",)
    if last.ending is Ending.CONCLUDED:
        return (f"{last.observed_on} 移送案件已办结,此后没有新线索。",)
    return (f"{last.observed_on} 现场核查({SOURCE_TEXT[last.source]})未发现,此后没有新线索。",)


def unknown(why: Unknown | None) -> tuple[str, ...]:
    """Return why nobody can tell.

    Parameters
    ----------
    why : Unknown or None
        The kind.

    Returns
    -------
    tuple of str
        One line, or none.
    """
    return () if why is None else (f"无法判断:{UNKNOWN_TEXT[why]}。未知不等于没有问题。",)


def missing(
    found: VerdictClass,
    standing: Sequence[Evidence],
    judged: Judged | None,
    paper: Document | None,
    why: Unknown | None,
) -> tuple[str, ...]:
    """Return which evidence would settle it.

    Parameters
    ----------
    found : VerdictClass
        The class.
    standing : sequence of Evidence
        All that count.
    judged : Judged or None
        What the rules say.
    paper : Document or None
        The approval over the land.
    why : Unknown or None
        Why nobody can tell.

    Returns
    -------
    tuple of str
        Each a piece of evidence; nothing where it is settled.
    """
    asked = []
    if why is Unknown.NO_ACCESS:
        asked.append("进入现场(上次无法进入)")
    elif why is not None and found is not VerdictClass.NONE:
        asked.append(f"影像({UNKNOWN_TEXT[why]})")
    if found is VerdictClass.UNKNOWN:
        return (*asked, "一次实地查看")
    if found in SETTLED:
        return tuple(asked)
    if any(each.is_candidate for each in standing):
        asked.append("线索是否指本图斑的人工确认")
    if judged is not None and judged.rule.asks:
        asked.append(judged.rule.asks)
    if all(each.source is Source.SCREENING for each in standing):
        asked.append("影像以外的独立来源")
    asked.append("执法人员现场认定")
    return (*asked, *_level(paper))


def _level(found: Document | None) -> tuple[str, ...]:
    if found is None or found.suffices:
        return ()
    return (f"{found.title}({found.number})的批准机关权限",)
