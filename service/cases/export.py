"""A case file that can be handed on: every photo and paper with its hash, and a list of them."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.cases import queries
from service.cases.evidence_actions import SUFFIX_OF
from service.cases.schemas import CaseCard, EvidenceRead
from service.photos.actions import sm3
from service.photos.store import PhotoStore

BEGINNING = (1980, 1, 1, 0, 0, 0)
"""Of every entry: the same case makes the same file, byte for byte."""
IN_MEMORY = 8 * 2**20
CHUNK = 2**18
CASE, MANIFEST = "case.json", "manifest.json"


def case_file(session: Session, store: PhotoStore, case_id: UUID) -> IO[bytes]:
    """Make the ZIP of a case, opened at its beginning: the case, its originals, the manifest."""
    card = queries.card(session, case_id)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the reader closes it
    try:
        with zipfile.ZipFile(file, "w") as archive:
            _fill(archive, card, store)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _fill(archive: zipfile.ZipFile, card: CaseCard, store: PhotoStore) -> None:
    """Put everything into a case file; one original that is lost makes it none."""
    content = told(card)
    _put(archive, CASE, content)
    items = [_listed(CASE, content, None)]
    for place, each in originals(card):
        content = store.original(each.sha256 or "")
        _put(archive, place, content)
        items.append(_listed(place, content, each))
    _put(archive, MANIFEST, _manifest(card, items))


def _put(archive: zipfile.ZipFile, place: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(place, BEGINNING), content)


def told(card: CaseCard) -> bytes:
    """Return what is known of a case, as it is filed: what depends on who asks is left out."""
    of_terms = {"__all__": {"ways", "days_left", "is_overdue", "surcharge_yuan"}}
    of_limit = {"days_left", "is_near", "is_over"}
    plain = card.model_dump(
        mode="json",
        exclude={"ways": True, "is_overdue": True, "terms": of_terms, "limitation": of_limit},
    )
    plain["clocks"].pop("step_workdays_used")
    return _json(plain)


def _json(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode()


def originals(card: CaseCard) -> Iterator[tuple[str, EvidenceRead]]:
    """Yield where each original lies in the file; the same bytes are there once."""
    seen = set()
    for each in card.evidence:
        if each.sha256 is None or each.sha256 in seen:
            continue
        seen.add(each.sha256)
        folder = "photos" if each.photo_id is not None else "documents"
        yield f"{folder}/{each.sha256}.{SUFFIX_OF[each.media_type or '']}", each


def _listed(place: str, content: bytes, each: EvidenceRead | None) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "path": place,
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "sm3": sm3(content),
    }
    if each is not None:
        plain |= {
            "evidence_id": str(each.id),
            "purpose": each.purpose.value,
            "title": each.title,
            "document_no": each.document_no,
            "recorded_at": each.recorded_at.isoformat(),
            "verdict": each.verdict,
        }
    return plain


def _manifest(card: CaseCard, items: list[dict[str, Any]]) -> bytes:
    """List the files, and the evidence that is words alone."""
    return _json(
        {
            "case_id": str(card.id),
            "state": card.state.value,
            "state_text": card.state_text,
            "n_steps": card.n,
            "files": items,
            "evidence_without_file": [str(each.id) for each in card.evidence if not each.sha256],
        }
    )


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in pieces and close it."""
    with file:
        while piece := file.read(CHUNK):
            yield piece
