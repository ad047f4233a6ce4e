"""What the tests of every operation must know of cases: see `tests/books.py`."""

from datetime import date
from uuid import uuid4

import shapely

from inspections.land_uses import Claim
from inspections.penalty_rules import Term
from service import audit
from service.accounts.models import Account
from service.cases.actions import LeadCreate, open_lead
from service.cases.term_models import CaseTerm
from service.parcels.models import ParcelVersion
from tests.hostile_photos import a_jpeg

A = "/api/v1"
STEP = {
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0e001",
    "event": "close",
    "expected_n": 0,
    "reason": "已恢复",
    "evidence_ids": ["0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0e0dd"],
    "document_no": "销〔2023〕1号",
    "organ": "区自然资源局",
    "receipt_no": "回〔2023〕1号",
    "receipt_due_on": "2023-05-08",
    "assignee": "officer-1",
    "target_id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0e0bb",
}
DOCUMENT = {"kind": "document", "purpose": "stop", "document_no": "停〔2023〕1号"}
EVIDENCE = DOCUMENT | {
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0e002",
    "photo_id": None,
    "sha256": "0" * 64,
    "occurred_at": "2023-04-20T08:00:00+08:00",
    "source": "patrol",
    "title": "责令停止通知书",
    "note": "当场送达",
    "no_entry": None,
    "shows": None,
    "signal_id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0e0cc",
    "lon": 112.951,
    "lat": 23.701,
    "datum": "cgcs2000",
    "accuracy_m": 6.0,
    "is_mock": False,
}
TERM = {
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0e003",
    "term": "payment",
    "started_on": "2023-04-20",
    "fine_yuan": 500.25,
    "note": "邮寄送达",
}
TERM_STEP = {
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0e004",
    "event": "resume",
    "expected_n": 0,
    "leave": "extend",
    "days": 30,
    "reason": "案情复杂",
    "occurred_on": "2023-04-20",
    "document_no": "罚〔2023〕1号",
}
PAPER = {"purpose": "stop", "title": "责令停止通知书"}


def _paper(_) -> dict:
    return {"files": {"file": ("n.jpg", a_jpeg(), "image/jpeg")}, "data": PAPER}


REQUESTS = {
    ("GET", f"{A}/cases"): lambda place: {"params": {"area": place.area}},
    ("GET", f"{A}/cases/statistics"): lambda place: {"params": {"area": place.area}},
    ("GET", f"{A}/cases/notices"): lambda _: {},
    ("GET", f"{A}/cases/{{case_id}}"): lambda _: {},
    ("GET", f"{A}/cases/{{case_id}}/assignees"): lambda _: {},
    # A step that a lead does not have, whoever wants it.
    ("POST", f"{A}/cases/{{case_id}}/transitions"): lambda _: {"json": {"event": "close"}},
    ("POST", f"{A}/cases/{{case_id}}/evidence"): lambda _: {"json": DOCUMENT},
    ("POST", f"{A}/cases/{{case_id}}/documents"): _paper,
    ("POST", f"{A}/cases/{{case_id}}/follow"): lambda _: {},
    ("GET", f"{A}/cases/{{case_id}}/file"): lambda _: {},
    ("GET", f"{A}/cases/{{case_id}}/terms"): lambda _: {},
    # A lead has no terms yet, and the one that was put runs.
    ("POST", f"{A}/cases/{{case_id}}/terms"): lambda _: {"json": TERM | {"id": None}},
    ("POST", f"{A}/cases/{{case_id}}/terms/{{term_id}}/steps"): lambda _: {
        "json": TERM_STEP | {"id": None}
    },
}
BODIES = {
    ("POST", f"{A}/cases/{{case_id}}/transitions"): STEP,
    ("POST", f"{A}/cases/{{case_id}}/evidence"): EVIDENCE,
    ("POST", f"{A}/cases/{{case_id}}/terms"): TERM,
    ("POST", f"{A}/cases/{{case_id}}/terms/{{term_id}}/steps"): TERM_STEP,
}
ROLE_OF = {"cases/{case_id}/follow": "bureau", "cases/{case_id}/file": "bureau", "cases": "officer"}
APPEND_ONLY = tuple(
    f"case_{each}"
    for each in (
        "events",
        "evidence",
        "pauses",
        "parcels",
        "signals",
        "notices",
        "terms",
        "term_steps",
        "term_notices",
    )
)
NAMES = ("case_id", "term_id")


def a_lead(area: str, uid, **other) -> LeadCreate:
    """What the screening would open a lead on."""
    plain = {
        "parcel_uid": uid,
        "rule_id": "R101",
        "claim": Claim.FISH_POND,
        "category": "NON_GRAIN",
        "severity": 3,
        "verdict_class": "很可能",
        "observed_on": date(2023, 4, 18),
        "reason": "水稻田挖塘养鱼",
        "area_code": area,
        "overlap_m2": 1200.0,
    }
    return LeadCreate(**(plain | other))


def a_parcel(session, area: str, number: int, square: shapely.Polygon) -> ParcelVersion:
    """Put a parcel into the book."""
    made = ParcelVersion(
        id=number,
        uid=uuid4(),
        area_code=area,
        valid_from=date(2022, 12, 31),
        recorded_at=audit.instant(session),
        digest="0" * 64,
        ellipsoidal_area_m2=1.0,
        geometry=shapely.MultiPolygon([square]),
    )
    session.add(made)
    session.flush()
    return made


def put(database, area: str, number: int) -> dict[str, str]:
    """Put one case and a term of it into an area; return the path parameters that name them."""
    with database.system_transaction() as session:
        parcel = a_parcel(session, area, 900 + number, shapely.box(112.95, 23.7, 112.952, 23.702))
        case, _ = open_lead(session, a_lead(area, parcel.uid))
        term = CaseTerm(
            id=uuid4(),
            area_code=area,
            case_id=case.id,
            term=Term.SERVICE,
            started_on=date(2023, 4, 20),
            recorded_at=audit.instant(session),
            recorded_by=session.query(Account.id).first()[0],
            content_digest="0" * 64,
        )
        session.add(term)
        return {"case_id": str(case.id), "term_id": str(term.id)}
