"""A whole backup: the database, the observations of the same state, the originals of photos.

The key of the informants is in none of it, and neither are pixel weights, which observing makes
again.
"""

from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings
from service import backups
from service.database import Database
from service.imagery import copies
from service.photos.store import PhotoStore


@dataclass(frozen=True)
class Saved:
    """The file of a database, and how much had to be copied beside it."""

    file: Path
    n_photos: int
    n_observations: int


def photos_of(directory: Path) -> PhotoStore:
    """Return the copies of photos that the backups of a directory share."""
    return PhotoStore(directory / "photos")


def save(database: Database, settings: Settings, *, label: str = "backup") -> Saved:
    """Back everything up that cannot be made again."""
    directory = settings.backup_directory
    file, n_observations = copies.save(
        settings.observation_directory, lambda: backups.save(database, directory, label=label)
    )
    # After the database: whatever photo it names is there by now.
    n_photos = PhotoStore(settings.photo_directory).copy_to(photos_of(directory))
    return Saved(file, n_photos, n_observations)
