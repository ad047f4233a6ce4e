"""What follows on a visit: samples until their result, findings until they are closed."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from inspections.visits import FindingStep
from service.accounts.models import Account
from service.security import Role
from service.visits import followup_actions
from service.visits.followup_schemas import FindingEventCreate
from tests.service.test_outlets import opened
from tests.service.test_visits import a_visit, counted, enrolled, visited


@pytest.fixture
def bureau(as_role):
    return as_role("bureau")


@pytest.fixture
def officer(as_role):
    return as_role("officer")


@pytest.fixture
def team(bureau) -> list[str]:
    return [enrolled(bureau)["id"] for _ in range(2)]


@pytest.fixture
def outlet(bureau) -> dict:
    return opened(bureau)


@pytest.fixture
def visit(officer, outlet, team) -> dict:
    return visited(officer, a_visit(outlet, team, "2023-04-03T10:00:00+08:00"))


def sealed(officer, visit: dict, **other) -> dict:
    body = {"visit_id": visit["id"], "seal_no": uuid4().hex[:12], "product": "优质稻种"}
    answer = officer.post("samples", body | {"sealed_on": "2023-04-03"} | other)
    assert answer.status_code == 201, answer.text
    return answer.json()


def stepped(officer, sample: dict, step: str, day: str, status: int = 201, **other) -> dict:
    body = {"step": step, "occurred_on": day} | other
    answer = officer.post(f"samples/{sample['id']}/steps", body)
    assert answer.status_code == status, answer.text
    return answer.json()


def said(bureau, **asked) -> tuple[bool, list[str]]:
    told = counted(bureau, **asked)
    return told["may_say_none_found"], told["reasons"]


def test_a_pending_sample_forbids_to_say_that_nothing_was_found(bureau, officer, visit, clock):
    assert said(bureau) == (True, [])
    sample = sealed(officer, visit)
    assert said(bureau) == (False, ["样品还没有结果 1 个"])
    stepped(officer, sample, "sent", "2023-04-04", lab="省种子检验站")
    assert counted(bureau)["n_pending_samples"] == 1
    clock.forward(seconds=1)
    before = clock().isoformat()
    clock.forward(seconds=1)
    told = stepped(officer, sample, "result", "2023-04-18", is_pass=True)
    assert (told["is_pending"], told["is_pass"], told["step"]) == (False, True, "result")
    assert said(bureau) == (True, [])
    assert said(bureau, known_at=before)[0] is False
    assert said(bureau, as_of="2023-04-17") == (False, ["样品还没有结果 1 个"])
    assert said(bureau, as_of="2023-04-02")[1] == ["这一期没有检查"]


def test_a_sample_goes_in_order_and_a_failed_one_speaks(bureau, officer, visit):
    sample = sealed(officer, visit)
    stepped(officer, sample, "result", "2023-04-05", 409, is_pass=True)
    stepped(officer, sample, "sent", "2023-04-02", 409, lab="省站")
    stepped(officer, sample, "sent", "2023-04-05", 422)
    stepped(officer, sample, "sent", "2023-05-05", 422, lab="省站")
    stepped(officer, sample, "sent", "2023-04-05", lab="省站")
    stepped(officer, sample, "sent", "2023-04-06", 409, lab="省站")
    stepped(officer, sample, "result", "2023-04-10", is_pass=False)
    stepped(officer, sample, "result", "2023-04-11", 409, is_pass=True)
    assert said(bureau) == (False, ["抽样不合格 1 个"])
    finding = {"visit_id": visit["id"], "violation_code": "SD02", "description": "净度不足"}
    assert officer.post("findings", finding).status_code == 201


def test_a_step_is_corrected_within_its_neighbours(bureau, officer, visit):
    sample = sealed(officer, visit)
    stepped(officer, sample, "sent", "2023-04-05", lab="省站")
    told = stepped(officer, sample, "result", "2023-04-10", is_pass=False)
    wrong = told["events"][-1]["id"]
    body = {"supersedes_id": wrong, "reason": "录反了", "is_pass": True}
    stepped(officer, sample, "result", "2023-04-04", 409, **body)
    right = stepped(officer, sample, "result", "2023-04-11", **body)
    assert (right["is_pass"], len(right["events"])) == (True, 3)
    sent = told["events"][1]["id"]
    late = {"supersedes_id": sent, "reason": "日期错", "lab": "省站"}
    stepped(officer, sample, "sent", "2023-04-12", 409, **late)
    stepped(officer, sample, "sent", "2023-04-11", **late)
    assert said(bureau) == (True, [])


def test_a_seal_number_is_used_once_and_a_withdrawn_sample_is_pending_no_more(
    bureau, officer, visit, team, outlet
):
    sample = sealed(officer, visit, seal_no="QX-1")
    body = {"visit_id": visit["id"], "seal_no": "QX-1", "product": "别的"}
    assert officer.post("samples", body | {"sealed_on": "2023-04-03"}).status_code == 409
    early = body | {"seal_no": "QX-2", "sealed_on": "2023-04-02"}
    assert officer.post("samples", early).status_code == 422
    stuck = officer.post(f"visits/{visit['id']}/withdraw", {"reason": "没去"})
    assert stuck.status_code == 409
    for _ in range(2):
        gone = officer.post(f"samples/{sample['id']}/withdraw", {"reason": "登错了"})
        assert (gone.status_code, gone.json()["is_pending"]) == (200, False), gone.text
    assert said(bureau) == (True, [])
    assert officer.get("samples").json()["items"] == []
    stepped(officer, sample, "sent", "2023-04-05", 409, lab="省站")
    shut = visited(officer, a_visit(outlet, team, outcome="closed_shop"))
    none = body | {"visit_id": shut["id"], "seal_no": "QX-3", "sealed_on": "2023-04-12"}
    assert officer.post("samples", none).status_code == 422


def test_a_sample_and_a_finding_follow_their_visit_through_a_correction(
    bureau, officer, outlet, team, visit
):
    sample = sealed(officer, visit)
    body = a_visit(outlet, team, "2023-04-03T11:00:00+08:00", outcome="order_fix")
    new = visited(officer, body | {"supersedes_id": visit["id"], "reason": "时间错"})
    finding = {"visit_id": new["id"], "violation_code": "SD06", "description": "缺档案"}
    assert officer.post("findings", finding).json()["visit_id"] == visit["id"]
    card = bureau.get(f"visits/{new['id']}").json()
    assert [each["id"] for each in card["samples"]] == [sample["id"]]
    assert len(card["findings"]) == 1
    told = counted(bureau)
    assert (told["n_samples"], told["n_findings"]) == (1, 1)


# Findings.


@pytest.fixture
def finding(officer, outlet, team) -> dict:
    made = visited(officer, a_visit(outlet, team, "2023-04-03T10:00:00+08:00", outcome="order_fix"))
    body = {"visit_id": made["id"], "violation_code": "PE07", "description": "台账缺三月"}
    answer = officer.post("findings", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def follow(officer, finding: dict, step: str, day: str, status: int = 201, **other) -> dict:
    body = {"step": step, "occurred_on": day} | other
    answer = officer.post(f"findings/{finding['id']}/steps", body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_finding_is_closed_by_a_later_recheck_of_the_same_outlet_only(
    bureau, officer, outlet, team, finding
):
    told = follow(officer, finding, "order", "2023-04-03", due_on="2023-04-15")
    assert (told["is_open"], told["is_overdue"], told["due_on"]) == (True, True, "2023-04-15")
    on_time = bureau.get("findings", as_of="2023-04-15").json()["items"]
    assert on_time[0]["is_overdue"] is False
    assert bureau.get("findings", as_of="2023-04-15", overdue=True).json()["items"] == []
    late = bureau.get("findings", as_of="2023-04-16", overdue=True).json()["items"]
    assert [each["id"] for each in late] == [finding["id"]]
    again = {"kind": "recheck"}
    elsewhere = visited(officer, a_visit(opened(bureau), team, **again))
    earlier = visited(officer, a_visit(outlet, team, "2023-04-03T09:00:00+08:00", **again))
    special = visited(officer, a_visit(outlet, team, "2023-04-11T10:00:00+08:00"))
    shut = a_visit(outlet, team, "2023-04-10T10:00:00+08:00", outcome="closed_shop", **again)
    for wrong in (elsewhere, earlier, special, visited(officer, shut)):
        ids = {"recheck_visit_id": wrong["id"]}
        follow(officer, finding, "recheck_passed", wrong["visited_on"], 422, **ids)
    good = visited(officer, a_visit(outlet, team, **again))
    ids = {"recheck_visit_id": good["id"]}
    follow(officer, finding, "recheck_passed", "2023-04-13", 422, **ids)
    follow(officer, finding, "recheck_failed", "2023-04-12", **ids)
    follow(officer, finding, "recheck_passed", "2023-04-12", 409, **ids)
    follow(officer, finding, "order", "2023-04-12", due_on="2023-04-19")
    last = visited(officer, a_visit(outlet, team, "2023-04-19T10:00:00+08:00", **again))
    done = follow(officer, finding, "recheck_passed", "2023-04-19", recheck_visit_id=last["id"])
    assert (done["is_open"], done["is_overdue"], len(done["events"])) == (False, False, 4)
    follow(officer, finding, "order", "2023-04-19", 409, due_on="2023-04-20")
    told = counted(bureau)
    assert (told["n_findings"], told["n_open_findings"]) == (1, 0)
    assert counted(bureau, as_of="2023-04-18")["n_open_findings"] == 1


def test_a_hand_over_names_organ_and_number_and_is_closed_by_its_receipt(bureau, officer, finding):
    follow(officer, finding, "receipt", "2023-04-05", 409)
    follow(officer, finding, "hand_over", "2023-04-05", 422, due_on="2023-04-12")
    papers = {"organ": "公安分局", "document_no": "移〔2023〕1号"}
    follow(officer, finding, "hand_over", "2023-04-02", 422, due_on="2023-04-12", **papers)
    told = follow(officer, finding, "hand_over", "2023-04-05", due_on="2023-04-12", **papers)
    assert told["is_overdue"] is True
    assert counted(bureau)["n_overdue_findings"] == 1
    follow(officer, finding, "receipt", "2023-04-04", 409)
    body = {"id": str(uuid4())}
    done = follow(officer, finding, "receipt", "2023-04-18", **body)
    assert follow(officer, finding, "receipt", "2023-04-18", 200, **body) == done
    assert (done["is_open"], done["is_overdue"]) == (False, False)


def test_steps_of_one_transaction_keep_their_order(database, officer, bureau, finding):
    told = {"organ": "公安分局", "document_no": "移〔2023〕1号", "due_on": date(2023, 4, 12)}
    day = {"occurred_on": date(2023, 4, 5)}
    with database.system_reading() as session:
        viewer = session.query(Account).filter_by(role=Role.OFFICER).one().as_viewer()
    with database.write_session() as session, session.begin():
        session.info["viewer"] = viewer
        for step, other in ((FindingStep.HAND_OVER, told), (FindingStep.RECEIPT, {})):
            event = FindingEventCreate(step=step, **day, **other)
            followup_actions.step_finding(session, UUID(finding["id"]), event)
    (found,) = officer.get("findings").json()["items"]
    assert [each["step"] for each in found["events"]] == ["hand_over", "receipt"]
    assert found["is_open"] is False


def test_an_old_open_finding_still_forbids_to_say_that_nothing_was_found(
    bureau, officer, outlet, team, finding
):
    visited(officer, a_visit(outlet, team))
    april = {"from": "2023-04-10"}
    assert said(bureau, **april) == (False, ["问题没有了结 1 个"])
    fixed = {"supersedes_id": finding["id"], "reason": "类型录错"}
    body = {"visit_id": finding["visit_id"], "violation_code": "PE09", "description": "无回收桶"}
    new = officer.post("findings", body | fixed).json()
    assert (new["root_id"], new["violation_code"]) == (finding["id"], "PE09")
    assert counted(bureau)["n_findings"] == 1
    for _ in range(2):
        gone = officer.post(f"findings/{new['id']}/withdraw", {"reason": "不是违法"})
        assert gone.status_code == 200, gone.text
    assert said(bureau, **april) == (True, [])
    assert counted(bureau)["n_findings"] == 0


def test_a_visit_that_found_nothing_takes_no_finding(officer, visit):
    body = {"visit_id": visit["id"], "violation_code": "PE07", "description": "台账"}
    assert officer.post("findings", body).status_code == 422
    assert officer.post("findings", body | {"visit_id": str(uuid4())}).status_code == 404
    assert officer.post("findings", body | {"violation_code": "NO01"}).status_code == 422


@pytest.mark.parametrize("outcome", ["on_site_fix", "order_fix", "case", "transfer", "refused"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_other_outcome_forbids_to_say_that_nothing_was_found(
    bureau, officer, outlet, team, visit, outcome
):
    assert said(bureau)[0] is True
    visited(officer, a_visit(outlet, team, outcome=outcome))
    assert said(bureau)[0] is False


def test_samples_are_a_fact_with_its_age_and_who_sealed_them(bureau, officer, visit):
    sample = sealed(officer, visit)
    asked = {"as_of": "2023-04-10"}
    fact = bureau.get("facts/visits.samples", **asked).json()
    assert (fact["value"], fact["unit"], fact["age_days"]) == (1, "批次", 7)
    (row,) = bureau.get("facts/visits.samples/rows", **asked).json()["items"]
    assert (row["id"], row["recorded_by_name"]) == (sample["id"], "officer 441803")
