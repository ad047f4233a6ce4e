"""Rows with an author: known again by their id, corrected and withdrawn by later rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from service import records
from service.audit import AuditEntry
from service.errors import Conflict, IdTaken, Invalid, NotFound
from service.machinery.models import MachineRegister
from service.security import Viewer

COUNTY, TAIHE, SHANTANG = "441803", "441803102", "441803105"


@pytest.fixture
def writing(database, make_account, clock):
    """Write as an account of an area; each time a minute later."""
    viewers = {}
    for area in (COUNTY, TAIHE, SHANTANG):
        made = make_account("recorder", area)
        viewers[area] = Viewer(made.id, made.username, "", made.role, area)

    @contextmanager
    def write(area: str = TAIHE) -> Iterator[Session]:
        clock.forward(minutes=1)
        with database.write_session() as session, session.begin():
            session.info["viewer"] = viewers[area]
            yield session

    return write


def put(session: Session, n: int, *, row: UUID | None = None, area: str = TAIHE, **more) -> UUID:
    values = {"area_code": area, "class_code": "TILL_R", "counted_on": date(2023, 1, 10)}
    values |= {"n_registered": n, "n_fit": n} | more
    digest = records.content_digest(values)
    made = records.write(
        session, MachineRegister, values, row=row, digest=digest, action="machinery.register"
    )
    session.flush()
    return made.id


def corrected(session: Session, old: UUID, n: int, **more) -> UUID:
    records.superseded(session, MachineRegister, old, "录错")
    return put(session, n, supersedes_id=old, reason="录错", **more)


def figures(session: Session, known_at=None) -> list[int]:
    found = session.scalars(records.standing(MachineRegister, known_at))
    return sorted(each.n_registered for each in found)


def test_an_id_is_known_again_with_the_same_content_and_refused_with_another(writing):
    row = uuid4()
    with writing() as session:
        assert records.known(session, MachineRegister, None, "x") is None
        assert records.known(session, MachineRegister, row, "x") is None
        put(session, 5, row=row)
    with writing() as session:
        digest = session.get(MachineRegister, row).content_digest
        assert records.known(session, MachineRegister, row, digest).n_registered == 5
        with pytest.raises(IdTaken):
            records.known(session, MachineRegister, row, "other")


def test_an_id_taken_out_of_sight_is_refused_even_with_the_same_content(writing):
    with writing(SHANTANG) as session:
        row = put(session, 5, area=SHANTANG)
        digest = session.get(MachineRegister, row).content_digest
    with writing(TAIHE) as session, pytest.raises(IdTaken) as refusal:
        records.known(session, MachineRegister, row, digest)
    assert SHANTANG not in refusal.value.detail
    assert refusal.value.members == {}


def test_a_row_tells_who_wrote_it_when_and_leaves_a_trace_in_the_audit(writing, database, clock):
    with writing() as session:
        row = put(session, 5)
        author = session.info["viewer"].account_id
    with database.system_reading() as session:
        found = session.get(MachineRegister, row)
        assert (found.recorded_by, found.recorded_at) == (author, clock())
        (entry,) = session.scalars(sa.select(AuditEntry).where(AuditEntry.subject == str(row)))
        assert (entry.action, entry.area_code) == ("machinery.register", TAIHE)
        assert found.content_digest in entry.detail


def test_the_newest_of_a_chain_of_corrections_stands_and_each_stood_in_its_time(writing, clock):
    with writing() as session:
        first = put(session, 1)
    before = clock()
    with writing() as session:
        second = corrected(session, first, 2)
    between = clock()
    with writing() as session:
        corrected(session, second, 3)
    with writing() as session:
        assert figures(session) == figures(session, clock()) == [3]
        assert figures(session, between) == [2]
        assert figures(session, before) == [1]
        assert figures(session, before - timedelta(seconds=1)) == []


def test_a_correction_that_lies_out_of_sight_corrects_all_the_same(writing):
    with writing() as session:
        first = put(session, 1)
    with writing(COUNTY) as session:
        corrected(session, first, 2, area=SHANTANG)
    with writing(TAIHE) as session:
        assert figures(session) == []


def test_a_row_is_corrected_once_with_a_reason_and_only_in_sight(writing):
    with writing() as session:
        first = put(session, 1)
        for reason in (None, ""):
            with pytest.raises(Invalid) as refusal:
                records.superseded(session, MachineRegister, first, reason)
            assert refusal.value.members == {"field": "reason"}
        newest = corrected(session, first, 2)
        with pytest.raises(Conflict) as again:
            records.superseded(session, MachineRegister, first, "录错")
        assert again.value.members == {"newest": str(newest)}
        with pytest.raises(NotFound):
            records.superseded(session, MachineRegister, uuid4(), "录错")
    with writing(SHANTANG) as session, pytest.raises(NotFound):
        records.superseded(session, MachineRegister, newest, "录错")


def test_two_corrections_of_one_row_cannot_both_be_written(writing):
    with writing() as session:
        first = put(session, 1)
        corrected(session, first, 2)
        with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
            put(session, 3, supersedes_id=first, reason="录错")


def test_a_withdrawn_row_stands_no_longer_and_withdrawing_again_changes_nothing(writing, clock):
    with writing() as session:
        first = put(session, 7)
    before = clock()
    with writing() as session:
        gone = records.withdraw(session, MachineRegister, first, "重复", action="m.withdraw")
        session.flush()
        assert (gone.n_registered, gone.supersedes_id, gone.reason) == (7, first, "重复")
    with writing() as session:
        again = records.withdraw(session, MachineRegister, first, "别的原因", action="m.withdraw")
        assert again.id == gone.id
        assert figures(session) == []
        assert figures(session, before) == [7]
        for row in (first, gone.id):
            with pytest.raises(Conflict):
                records.superseded(session, MachineRegister, row, "录错")
        assert session.scalar(sa.select(sa.func.count()).select_from(MachineRegister)) == 2


def test_a_corrected_row_cannot_be_withdrawn_but_its_correction_can(writing):
    with writing() as session:
        first = put(session, 1)
        second = corrected(session, first, 2)
        with pytest.raises(Conflict):
            records.withdraw(session, MachineRegister, first, "重复", action="m.withdraw")
        records.withdraw(session, MachineRegister, second, "重复", action="m.withdraw")
        session.flush()
        assert figures(session) == []


VALUES = st.dictionaries(st.text(max_size=5), st.one_of(st.none(), st.integers(), st.text()))


@given(VALUES, VALUES)
def test_a_digest_tells_contents_apart_whatever_their_order(one, other):
    turned = dict(reversed(list(one.items())))
    assert records.content_digest(one) == records.content_digest(turned)
    assert (records.content_digest(one) == records.content_digest(other)) == (one == other)


def test_rows_of_a_table_have_ids_of_their_own_that_come_again():
    ids = {records.row_id(kind, "a" * 64, n) for kind in ("repairs", "machines") for n in (1, 2)}
    assert len(ids) == 4
    assert records.row_id("repairs", "a" * 64, 1) in ids
