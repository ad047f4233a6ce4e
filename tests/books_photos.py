"""What the tests of every operation must know of this book: see `tests/books.py`."""

import hashlib
from uuid import uuid4

from service import audit
from service.accounts.models import Account
from service.photos.headers import MediaType
from service.photos.models import Photo
from service.photos.store import PhotoStore
from tests.hostile_photos import a_jpeg

A = "/api/v1"


def _nothing(_):
    return {}


def _a_photo(place) -> dict:
    return {
        "files": {"file": ("p.jpg", a_jpeg(), "image/jpeg")},
        "data": {"area_code": place.area},
    }


REQUESTS = {
    ("GET", f"{A}/photos"): _nothing,
    ("POST", f"{A}/photos"): _a_photo,
    ("GET", f"{A}/photos/{{photo_id}}"): _nothing,
    ("GET", f"{A}/photos/{{photo_id}}/original"): _nothing,
    ("GET", f"{A}/photos/{{photo_id}}/view"): _nothing,
}
BODIES: dict = {}
ROLE_OF = {"photos": "officer"}
APPEND_ONLY = ("photos",)
NAMES = ("photo_id",)


def put(database, area: str, number: int) -> dict[str, str]:
    """Put one of each thing into an area; return the path parameters that name them."""
    content = a_jpeg(seed=number)
    sha256 = hashlib.sha256(content).hexdigest()
    PhotoStore(database.photo_directory).keep(content, sha256)
    with database.system_transaction() as session:
        photo = Photo(
            area_code=area,
            recorded_at=audit.instant(session),
            recorded_by=session.query(Account.id).first()[0],
            content_digest=uuid4().hex,
            sha256=sha256,
            sm3="0" * 64,
            size_bytes=len(content),
            media_type=MediaType.JPEG,
            width_px=64,
            height_px=48,
            orientation=1,
            marks="[]",
        )
        session.add(photo)
        session.flush()
        return {"photo_id": str(photo.id)}
