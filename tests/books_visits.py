"""What the tests of every operation must know of this book: see `tests/books.py`."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

from inspections.visits import Outcome, SampleStep, Tier
from service import audit
from service.accounts.models import Account
from service.visits.campaign_models import (
    Campaign,
    CampaignKind,
    Certificate,
    Draw,
    DrawnSubject,
    Exclusion,
    Officer,
)
from service.visits.models import Finding, Sample, SampleEvent, Visit, VisitKind, VisitOfficer
from tests.books_outlets import put_outlet

A = "/api/v1"
ID = "0d0bd1f4-2d5a-4ac9-8f35-2f3a3bb0d{:03d}"
CORRECTING = {"id": ID.format(1), "supersedes_id": ID.format(2), "reason": "录错了"}
CAMPAIGN = {
    "id": ID.format(3),
    "area_code": "441803102",
    "title": "春季农资双随机检查",
    "kind": "random",
    "starts_on": "2023-04-01",
    "ends_on": "2023-05-31",
    "categories": ["seed", "pesticide"],
    "ratio_high": 1,
    "ratio_medium": 0.25,
    "ratio_low": 0.0625,
    "checklist_version": "2023-1",
    "officers_per_visit": 2,
}
OFFICER = {
    "id": ID.format(4),
    "area_code": "441803102",
    "name": "陈大文",
    "unit": "清新区农业综合执法大队",
    "username": "officer-1",
    "certificate_no": "19180001",
    "valid_from": "2021-01-01",
    "valid_to": "2025-12-31",
}
CERTIFICATE = {
    **CORRECTING,
    "number": "19180001",
    "valid_from": "2021-01-01",
    "valid_to": "2026-12-31",
}
EXCLUSION = {
    **CORRECTING,
    "officer_id": ID.format(5),
    "outlet_id": ID.format(6),
    "ground": "与负责人是近亲属",
}
VISIT = {
    **CORRECTING,
    "outlet_id": ID.format(6),
    "subject_name": "流动商贩",
    "area_code": "441803102",
    "visited_at": "2023-04-12T10:30:00+08:00",
    "campaign_id": ID.format(7),
    "kind": "random",
    "officer_ids": [ID.format(5), ID.format(8)],
    "outcome": "order_fix",
    "checklist_version": "2023-1",
    "answers": [{"code": "SD01", "result": "pass"}],
    "partner_unit": "清新区市场监督管理局",
    "lon": 113.01,
    "lat": 23.71,
    "datum": "gcj02",
    "accuracy_m": 12.5,
    "note": "台账不全",
}
SAMPLE = {
    "id": ID.format(9),
    "visit_id": ID.format(10),
    "seal_no": "QX-2023-001",
    "product": "优质稻种",
    "batch": "20230101",
    "is_split": True,
    "sealed_on": "2023-04-12",
}
SAMPLE_STEP = {
    **CORRECTING,
    "step": "result",
    "occurred_on": "2023-04-18",
    "lab": "省种子检验站",
    "is_pass": True,
    "note": "净度合格",
}
FINDING = {
    **CORRECTING,
    "visit_id": ID.format(10),
    "violation_code": "SD06",
    "description": "档案缺三月",
    "product": "优质稻种",
}
FINDING_STEP = {
    "id": ID.format(11),
    "step": "order",
    "occurred_on": "2023-04-13",
    "due_on": "2023-04-27",
    "recheck_visit_id": ID.format(10),
    "organ": "公安分局",
    "document_no": "移〔2023〕1号",
    "note": "限期改正",
}
WITHDRAW = {"reason": "录错了"}


def _body(make):
    return lambda place: {"json": make(place)}


def _area(place):
    return {"params": {"area": place.area}}


def _nothing(_):
    return {}


def _withdraw(_):
    return {"json": WITHDRAW}


def _without(body: dict, *names: str) -> dict:
    return {key: value for key, value in body.items() if key not in {*CORRECTING, *names}}


def _a_campaign(place) -> dict:
    return _without(CAMPAIGN) | {"area_code": place.area}


def _an_officer(place) -> dict:
    number = {"certificate_no": uuid4().hex[:10]}
    return _without(OFFICER, "username") | {"area_code": place.area} | number


def _a_certificate(_) -> dict:
    return _without(CERTIFICATE) | {"number": uuid4().hex[:10]}


def _an_exclusion(place) -> dict:
    ids = {"officer_id": place.more["officer_id"], "outlet_id": place.more["outlet_id"]}
    return _without(EXCLUSION) | ids


def _a_visit(place) -> dict:
    ids = {name: place.more[name] for name in ("outlet_id", "campaign_id")}
    return (
        _without(VISIT, "subject_name", "area_code")
        | ids
        | {
            "officer_ids": [place.more["officer_id"], place.more["colleague_id"]],
            "visited_at": f"2023-04-12T10:{uuid4().int % 60:02d}:00+08:00",
        }
    )


def _a_sample(place) -> dict:
    return _without(SAMPLE) | {"visit_id": place.more["visit_id"], "seal_no": uuid4().hex[:10]}


def _a_finding(place) -> dict:
    return _without(FINDING) | {"visit_id": place.more["visit_id"]}


def _a_table(place) -> dict:
    minute = uuid4().int % 60
    row = f"{place.more['outlet_id']},{place.area},2023-04-11,9:{minute:02d},专项"
    row += ",执法员1、执法员2,未发现"
    text = f"网点,所在镇村,检查日期,时间,类型,执法人员,结果\n{row}\n"
    return {"files": {"file": ("visits.csv", text.encode(), "text/csv")}}


REQUESTS = {
    ("GET", f"{A}/campaigns"): _area,
    ("POST", f"{A}/campaigns"): _body(_a_campaign),
    ("GET", f"{A}/campaigns/{{campaign_id}}"): _nothing,
    ("GET", f"{A}/campaigns/{{campaign_id}}/draw"): _nothing,
    ("POST", f"{A}/campaigns/{{campaign_id}}/draw"): _body(lambda _: {"seed": "a-given-seed"}),
    ("GET", f"{A}/campaigns/{{campaign_id}}/draw/list"): _nothing,
    ("GET", f"{A}/officers"): _nothing,
    ("POST", f"{A}/officers"): _body(_an_officer),
    ("POST", f"{A}/officers/{{officer_id}}/certificates"): _body(_a_certificate),
    ("GET", f"{A}/exclusions"): _nothing,
    ("POST", f"{A}/exclusions"): _body(_an_exclusion),
    ("POST", f"{A}/exclusions/{{exclusion_id}}/withdraw"): _withdraw,
    ("GET", f"{A}/checklists"): _nothing,
    ("GET", f"{A}/visits"): _area,
    ("POST", f"{A}/visits"): _body(_a_visit),
    ("GET", f"{A}/visits/counts"): _area,
    ("GET", f"{A}/visits/imports/template"): _nothing,
    ("POST", f"{A}/visits/imports"): _a_table,
    ("GET", f"{A}/visits/{{visit_id}}"): _nothing,
    ("POST", f"{A}/visits/{{visit_id}}/photos"): _body(
        lambda place: {"photo_id": place.more["photo_id"]}
    ),
    ("POST", f"{A}/visits/{{visit_id}}/withdraw"): _withdraw,
    ("GET", f"{A}/samples"): _area,
    ("POST", f"{A}/samples"): _body(_a_sample),
    ("POST", f"{A}/samples/{{sample_id}}/steps"): _body(
        lambda _: _without(SAMPLE_STEP, "is_pass") | {"step": "sent"}
    ),
    ("POST", f"{A}/samples/{{sample_id}}/withdraw"): _withdraw,
    ("GET", f"{A}/findings"): _area,
    ("POST", f"{A}/findings"): _body(_a_finding),
    ("POST", f"{A}/findings/{{finding_id}}/steps"): _body(
        lambda _: _without(FINDING_STEP, "recheck_visit_id")
    ),
    ("POST", f"{A}/findings/{{finding_id}}/withdraw"): _withdraw,
}
BODIES = {
    ("POST", f"{A}/campaigns"): CAMPAIGN,
    ("POST", f"{A}/campaigns/{{campaign_id}}/draw"): {"id": ID.format(12), "seed": "a-given-seed"},
    ("POST", f"{A}/officers"): OFFICER,
    ("POST", f"{A}/officers/{{officer_id}}/certificates"): CERTIFICATE,
    ("POST", f"{A}/exclusions"): EXCLUSION,
    ("POST", f"{A}/exclusions/{{exclusion_id}}/withdraw"): WITHDRAW,
    ("POST", f"{A}/visits"): VISIT,
    ("POST", f"{A}/visits/{{visit_id}}/photos"): {"photo_id": ID.format(13)},
    ("POST", f"{A}/visits/{{visit_id}}/withdraw"): WITHDRAW,
    ("POST", f"{A}/samples"): SAMPLE,
    ("POST", f"{A}/samples/{{sample_id}}/steps"): SAMPLE_STEP,
    ("POST", f"{A}/samples/{{sample_id}}/withdraw"): WITHDRAW,
    ("POST", f"{A}/findings"): FINDING,
    ("POST", f"{A}/findings/{{finding_id}}/steps"): FINDING_STEP,
    ("POST", f"{A}/findings/{{finding_id}}/withdraw"): WITHDRAW,
}
ROLE_OF = {
    "campaigns": "bureau",
    "officers": "bureau",
    "exclusions": "bureau",
    "checklists": "leader",
    "visits": "officer",
    "samples": "officer",
    "v1/findings": "officer",
}
APPEND_ONLY = (
    "officers",
    "officer_certificates",
    "officer_exclusions",
    "campaigns",
    "draws",
    "draw_subjects",
    "draw_officers",
    "visits",
    "visit_officers",
    "visit_answers",
    "visit_photos",
    "samples",
    "sample_events",
    "visit_findings",
    "finding_events",
)
NAMES = (
    "campaign_id",
    "officer_id",
    "colleague_id",
    "exclusion_id",
    "visit_id",
    "sample_id",
    "finding_id",
)


class _Shelf:
    """Puts rows of one area into a session."""

    def __init__(self, session, area: str) -> None:
        self.session = session
        self.common = {
            "area_code": area,
            "recorded_at": audit.instant(session),
            "recorded_by": session.query(Account.id).first()[0],
        }

    def add(self, model, **values):
        told = self.common | {"id": uuid4(), "content_digest": uuid4().hex} | values
        made = model(**told)
        self.session.add(made)
        self.session.flush()
        return made

    def officer(self, number: int):
        made = self.add(Officer, name=f"执法员{number}", unit="执法大队")
        self.add(
            Certificate,
            officer_id=made.id,
            number=f"A{str(made.id)[:8]}",
            valid_from=date(2020, 1, 1),
            valid_to=date(2030, 1, 1),
            is_withdrawal=False,
        )
        return made

    def campaign(self, outlet_id):
        made = self.add(
            Campaign,
            title="双随机",
            kind=CampaignKind.RANDOM,
            starts_on=date(2023, 4, 1),
            ends_on=date(2023, 5, 31),
            categories="",
            ratio_high=Decimal(1),
            ratio_medium=Decimal(1),
            ratio_low=Decimal(1),
            checklist_version="2023-1",
            officers_per_visit=2,
        )
        day = date(2023, 4, 3)
        drawn = {"campaign_id": made.id, "seed": "seed-for-test", "list_digest": "0" * 64}
        draw = self.add(Draw, drawn_on=day, **drawn)
        subject = {"draw_id": draw.id, "outlet_id": outlet_id, "seat_code": made.area_code}
        subject |= {"name": "网点", "tier": Tier.MEDIUM, "tier_reasons": "没有检查过"}
        self.session.add(DrawnSubject(hash="0" * 64, is_drawn=True, **subject))
        self.session.flush()
        return made

    def visit(self, outlet_id, officers):
        row = uuid4()
        made = self.add(
            Visit,
            id=row,
            root_id=row,
            outlet_id=outlet_id,
            subject_name="网点",
            visited_on=date(2023, 4, 5),
            visited_at=datetime(2023, 4, 5, 2, tzinfo=UTC),
            kind=VisitKind.SPECIAL,
            outcome=Outcome.ORDER_FIX,
            is_withdrawal=False,
        )
        for each in officers:
            number = f"A{str(each.id)[:8]}"
            self.session.add(VisitOfficer(visit_id=row, officer_id=each.id, certificate_no=number))
        self.session.flush()
        return made

    def sample(self, visit):
        made = self.add(
            Sample, visit_id=visit.id, seal_no=uuid4().hex, product="稻种", is_split=True
        )
        sealed = {"sample_id": made.id, "step": SampleStep.SEALED, "is_withdrawal": False}
        self.add(SampleEvent, occurred_on=date(2023, 4, 5), **sealed)
        return made


def put(database, area: str, number: int) -> dict[str, str]:
    """Put one of each thing into an area; return the path parameters that name them."""
    with database.system_transaction() as session:
        shelf = _Shelf(session, area)
        outlet_id = put_outlet(session, area, f"丙店{number}")
        officers = [shelf.officer(n) for n in (1, 2)]
        campaign = shelf.campaign(outlet_id)
        away = {"outlet_id": outlet_id, "ground": "近亲属", "is_withdrawal": False}
        exclusion = shelf.add(Exclusion, officer_id=officers[0].id, **away)
        # Two visits: one with a sample and a finding would not be withdrawn.
        visit, sampled = (shelf.visit(outlet_id, officers) for _ in range(2))
        row = uuid4()
        found = {"visit_id": sampled.id, "violation_code": "SD06", "description": "档案缺页"}
        finding = shelf.add(Finding, id=row, root_id=row, is_withdrawal=False, **found)
        sample = shelf.sample(sampled)
        return {
            "campaign_id": str(campaign.id),
            "officer_id": str(officers[0].id),
            "colleague_id": str(officers[1].id),
            "exclusion_id": str(exclusion.id),
            "visit_id": str(visit.id),
            "sample_id": str(sample.id),
            "finding_id": str(finding.id),
        }
