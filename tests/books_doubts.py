"""What the tests of every operation must know of doubts: see `tests/books.py`."""

from datetime import date
from uuid import uuid4

from inspections.doubts.doubt import Book, Severity, WhichRange
from service import audit
from service.doubts.models import Doubt, DoubtEvent, DoubtRun, EventKind

A = "/api/v1"
RUN = {"as_of": "2023-04-20", "area_code": "441803102"}
REPLY = {"id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d001", "text": "已与村核实,面积无误"}
SETTLE = {
    "id": "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d002",
    "verdict": "confirmed",
    "text": "已看台账",
}


def _body(body: dict):
    return lambda _: {"json": {key: value for key, value in body.items() if key != "id"}}


REQUESTS = {
    ("GET", f"{A}/doubts"): lambda place: {"params": {"area": place.area}},
    ("POST", f"{A}/doubts/runs"): lambda place: {"json": RUN | {"area_code": place.area}},
    ("GET", f"{A}/doubts/skipped"): lambda _: {},
    ("GET", f"{A}/doubts/quality"): lambda place: {"params": {"area": place.area}},
    ("GET", f"{A}/doubts/{{doubt_id}}"): lambda _: {},
    ("POST", f"{A}/doubts/{{doubt_id}}/reply"): _body(REPLY),
    ("POST", f"{A}/doubts/{{doubt_id}}/settle"): _body(SETTLE),
}
BODIES = {
    ("POST", f"{A}/doubts/runs"): RUN,
    ("POST", f"{A}/doubts/{{doubt_id}}/reply"): REPLY,
    ("POST", f"{A}/doubts/{{doubt_id}}/settle"): SETTLE,
}
ROLE_OF = {"doubts/{doubt_id}/reply": "recorder", "doubts": "bureau"}
APPEND_ONLY = ("doubts", "doubt_events", "doubt_runs")
NAMES = ("doubt_id",)


def put(database, area: str, number: int) -> dict[str, str]:
    """Put one doubt into an area; return the path parameter that names it."""
    with database.system_transaction() as session:
        at = audit.instant(session)
        doubt = Doubt(
            id=uuid4(),
            rule="training.attendance",
            book=Book.MACHINERY,
            severity=Severity.HINT,
            subject_kind="training",
            subject_id=f"{area}/{number}/{uuid4().hex[:8]}",
            observation=uuid4().hex * 2,
            observed_on=date(2023, 4, 13),
            observed="2023-04-13 参训 90 人",
            expected="计划 30 人",
            explanation="参训人数远超计划",
            evidence="[]",
            which_range=WhichRange.BOOKS,
            area_code=area,
            opened_at=at,
            due_on=date(2023, 4, 27),
        )
        session.add(doubt)
        session.flush()
        common = {"area_code": area, "recorded_at": at, "content_digest": ""}
        session.add(DoubtEvent(id=uuid4(), doubt_id=doubt.id, n=1, kind=EventKind.ASSIGN, **common))
        counts = dict.fromkeys(("n_found", "n_opened", "n_reopened", "n_closed", "n_expired"), 0)
        session.add(
            DoubtRun(
                id=uuid4(),
                area_code=area,
                as_of=date(2023, 4, 20),
                ran_at=at,
                skipped="[]",
                **counts,
            )
        )
        return {"doubt_id": str(doubt.id)}
