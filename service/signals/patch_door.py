"""From an uploaded file of patches to the book, without holding the writers up meanwhile."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from service.landfiles.reader import ReadOptions
from service.parcels import queries as parcels
from service.parcels.queries import Moment
from service.parcels.schemas import Datum
from service.security import whole_system
from service.signals.patch_files import read_patches
from service.signals.patch_imports import import_patches
from service.signals.patch_schemas import PatchReport


@dataclass(frozen=True)
class Brought:
    """An uploaded file."""

    content: bytes
    filename: str


def take(
    session: Session,
    brought: Brought,
    options: ReadOptions,
    *,
    directory: Path,
    county: str,
    declared: Datum | None,
    is_dry_run: bool,
) -> PatchReport:
    """Read a file in a child, then write its patches."""
    with whole_system(session):
        outline = parcels.outline(session, county, Moment.of(session))
        shape = outline.geometry if outline else None  # a rollback makes rows forget
    # A child takes seconds to read a file; until then nothing was written, and on SQLite this
    # transaction holds the writers' turn.
    session.rollback()
    file = read_patches(
        brought.content,
        brought.filename,
        options=options,
        outline=shape,
        directory=directory,
    )
    return import_patches(
        session,
        file,
        content=brought.content,
        filename=brought.filename,
        declared=declared,
        is_dry_run=is_dry_run,
    )
