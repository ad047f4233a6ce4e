"""A bulletin as Markdown."""

import re

from service.bulletins.document import COLUMNS, Document

MARKS = re.compile(r"([\\`*_\[\]<>|#~])")
"""What Markdown would take for its own."""


def text(document: Document) -> str:
    """Set a bulletin."""
    head = [f"# {_plain(document.masthead)}", _plain(document.issue)]
    if document.mark:
        head.insert(0, f"> **{_plain(document.mark)}**")
    body = [
        f"### {_plain(each)}" if each in document.headings else _plain(each)
        for each in document.paragraphs
    ]
    blocks = [
        *head,
        f"{_plain(document.office)}　　{document.day}",
        f"## {_plain(document.title)}",
        *body,
        _table(document),
        document.source,
        "---",
        *map(_plain, document.distribution),
        _plain(document.printed),
    ]
    return "\n\n".join(each for each in blocks if each) + "\n"


def _plain(said: str) -> str:
    return MARKS.sub(r"\\\1", said)


def _table(document: Document) -> str:
    if not document.rows:
        return ""
    rows = [COLUMNS, ("---",) * len(COLUMNS), *(map(_plain, row) for row in document.rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
