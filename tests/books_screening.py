"""What the tests of every operation must know of verdicts: see `tests/books.py`."""

from datetime import date
from uuid import uuid4

from inspections.conversion_rules import Category
from inspections.fusion_words import VerdictClass
from inspections.land_uses import Claim
from inspections.signals import Source
from service import audit
from service.screening.models import Screening, Verdict

A = "/api/v1"
RUN = {"as_of": "2023-04-20", "area_code": "441803102", "season": "2023"}
REQUESTS = {
    ("GET", f"{A}/verdicts"): lambda place: {"params": {"area": place.area}},
    ("GET", f"{A}/verdicts/{{parcel}}"): lambda _: {},
    ("GET", f"{A}/screenings"): lambda _: {},
    ("POST", f"{A}/screenings"): lambda place: {"json": RUN | {"area_code": place.area}},
}
BODIES = {("POST", f"{A}/screenings"): RUN}
ROLE_OF = {"verdicts": "bureau", "screenings": "bureau"}
APPEND_ONLY = ("screenings", "verdicts")
NAMES = ("parcel",)


def put(database, area: str, number: int, **other) -> dict[str, str]:
    """Put one verdict into an area; return the path parameter that names its parcel."""
    counts = ("n_land", "n_new", "n_changed", "n_same", "n_newer", "n_leads")
    with database.system_transaction() as session:
        at, day = audit.instant(session), date(2022, 4, number % 28 + 1)
        screening = Screening(
            id=uuid4(),
            area_code=area,
            season="2022",
            as_of=day,
            ran_at=at,
            counts='{"classes": {}, "unknown": {}}',
            **dict.fromkeys(counts, 0),
        )
        session.add(screening)
        session.flush()
        plain = dict(
            id=uuid4(),
            parcel_uid=uuid4(),
            area_code=area,
            season="2022",
            as_of=day,
            recorded_at=at,
            screening_id=screening.id,
            digest="0" * 64,
            verdict_class=VerdictClass.SUSPECTED,
            claim=Claim.FISH_POND,
            category=Category.NON_GRAIN,
            severity=4,
            rule_id="R061",
            overlap_m2=400.0,
            is_farmland=True,
            is_urgent=False,
            score=0.5,
            n_sources=1,
            first_source=Source.SCREENING,
            first_observed_on=day,
            signal_ids='["imagery"]',
            reasons='["影像"]',
            missing='["现场认定"]',
        )
        verdict = Verdict(**(plain | other))
        session.add(verdict)
        return {"parcel": str(verdict.parcel_uid)}
