"""A case and the people who work on it, through the API."""

from datetime import date
from itertools import count
from uuid import uuid4

import shapely
import sqlalchemy as sa

from service import audit
from service.cases.actions import open_lead
from service.parcels.models import FarmlandOverlay, FarmlandVersion, ParcelVersion
from tests.books_cases import a_lead, a_parcel
from tests.hostile_photos import a_jpeg
from tests.service.test_photos import kept

TAIHE, SHANTANG = "441803102", "441803105"
VILLAGE = f"{TAIHE}201"
WEST, SOUTH, SIDE = 112.95, 23.70, 0.002
SQUARE = shapely.box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)
MIDDLE = {"lon": WEST + SIDE / 2, "lat": SOUTH + SIDE / 2, "accuracy_m": 6.0}
numbers = count(1)


class Desk:
    """One case, and the people who work on it."""

    def __init__(self, as_role, database, clock) -> None:
        self.as_role, self.database, self.clock = as_role, database, clock
        self.bureau, self.other = as_role("bureau"), as_role("bureau", username="bureau-2")
        self.officer = as_role("officer")
        self.second = as_role("officer", username="officer-2")
        self.recorder = as_role("recorder", TAIHE)
        self.seed = count(1)

    def lead(self, area: str = VILLAGE, square=SQUARE, **other) -> str:
        """Put a parcel into the book and open a lead on it."""
        with self.database.system_transaction() as session:
            parcel = a_parcel(session, area, next(numbers), square)
            case, is_new = open_lead(session, a_lead(area, parcel.uid, **other))
            assert is_new
            self.uid = parcel.uid
            return str(case.id)

    def card(self, case: str, speaker=None) -> dict:
        answer = (speaker or self.bureau).get(f"cases/{case}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def step(self, speaker, case: str, event: str, **told):
        self.clock.forward(minutes=1)
        return speaker.post(f"cases/{case}/transitions", {"event": event} | told)

    def done(self, speaker, case: str, event: str, **told) -> dict:
        answer = self.step(speaker, case, event, **told)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def bring(self, speaker, case: str, kind: str, purpose: str, **told) -> dict:
        self.clock.forward(minutes=1)
        body = {"kind": kind, "purpose": purpose} | told
        answer = speaker.post(f"cases/{case}/evidence", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def photo(self, speaker, case: str, purpose: str, *, place=MIDDLE, **told) -> dict:
        """Take a photo here and now, and bring it."""
        self.clock.forward(minutes=1)
        taken = {"device_time": self.clock().isoformat(), "bearing_deg": 90} | place
        filed = kept(speaker, a_jpeg(seed=next(self.seed)), **taken)
        return self.bring(speaker, case, "photo", purpose, photo_id=filed["id"], **told)

    def officer_area(self) -> str:
        return self.officer.get("me").json()["area_code"]

    def officer_name(self) -> str:
        return self.officer.get("me").json()["username"]

    def check(self, case: str) -> None:
        self.done(self.bureau, case, "accept")
        self.done(self.bureau, case, "assign", assignee=self.officer_name())
        self.done(self.officer, case, "arrive")
        for _ in range(2):
            assert self.photo(self.officer, case, "check")["verdict"] == "合格"
        self.bring(self.officer, case, "position", "check", **MIDDLE)
        self.done(self.officer, case, "report", reason="已挖成鱼塘")

    def confirm(self, case: str) -> None:
        self.check(case)
        self.done(self.bureau, case, "confirm")

    def rectify(self, case: str) -> None:
        self.confirm(case)
        self.done(self.officer, case, "stop", document_no="停〔2023〕1号")
        self.done(self.bureau, case, "order", reason="限期恢复耕种条件")
        assert self.photo(self.recorder, case, "rectification")["verdict"] == "合格"
        self.done(self.recorder, case, "submit")

    def verify(self, case: str) -> dict:
        """Let another officer look on the spot at what was put right."""
        self.photo(self.second, case, "acceptance")
        self.bring(self.second, case, "position", "acceptance", **MIDDLE)
        return self.done(self.second, case, "verify")

    def close(self, case: str) -> dict:
        self.rectify(case)
        self.verify(case)
        return self.done(self.bureau, case, "close")


def put_farmland(session, uid) -> None:
    """Let a parcel be basic farmland, more than an edge of it."""
    parcel = session.scalars(sa.select(ParcelVersion).where(ParcelVersion.uid == uid)).one()
    land = FarmlandVersion(
        id=next(numbers),
        uid=uuid4(),
        area_code=parcel.area_code,
        valid_from=date(2022, 12, 31),
        recorded_at=audit.instant(session),
        digest="0" * 64,
        ellipsoidal_area_m2=1.0,
        geometry=parcel.geometry,
    )
    session.add(land)
    session.flush()
    session.add(
        FarmlandOverlay(
            parcel_id=parcel.id,
            farmland_id=land.id,
            area_m2=1.0,
            share_of_parcel=1.0,
            is_edge_only=False,
        )
    )
