"""The bulletin of the demonstration: drafted, read by a second person, issued; and a report."""

from datetime import date, timedelta
from uuid import UUID, uuid5

from service.bulletins import actions
from service.bulletins.models import Kind
from service.bulletins.schemas import BulletinCreate, IssueCreate, Review
from service.demo.cast import COUNTY
from service.demo.stage import Stage
from service.demo.story import CLOSING_DAY
from service.records import NAMESPACE

LEADERS_REASON = "存疑各项已逐一核对来源，农时不等人，先行通报，核实后如有变动另行更正"


class BulletinsChapter:
    """Issue 1 of the made-up bulletin, on the day after its figures; a report as a draft."""

    def begin(self, stage: Stage) -> None:
        """Nothing stands before 2023."""

    def week(self, stage: Stage, day: date) -> None:
        """Nothing is written before all books are told."""

    def end(self, stage: Stage) -> None:
        """Draft, review and issue the bulletin; draft the report."""
        stage.clock.at += timedelta(minutes=2)
        bulletin = self._draft(stage, Kind.BULLETIN, "春耕生产工作简报", "抓紧春播，做好农资保供")
        self._draft(stage, Kind.REPORT, "春耕形势分析报告", "春耕形势分析")
        stage.clock.at += timedelta(minutes=2)
        with stage.acting("bureau-2") as session:
            actions.review(session, bulletin, Review(note="与各表核对一致"))
        stage.clock.at += timedelta(minutes=2)
        given = IssueCreate(leader="leader", reason=LEADERS_REASON)
        with stage.acting("bureau") as session:
            actions.issue(session, bulletin, given)

    def _draft(self, stage: Stage, kind: Kind, masthead: str, title: str) -> UUID:
        given = BulletinCreate(
            id=uuid5(NAMESPACE, f"demo:bulletin:{kind}"),
            area_code=COUNTY,
            kind=kind,
            masthead=masthead,
            title=title,
            number=1,
            as_of=CLOSING_DAY,
            office="区农业农村局",
            reported_to="市农业农村局",
            sent_to="区委、区政府班子成员",
            issued_to="各镇党委、人民政府",
        )
        with stage.acting("bureau") as session:
            return actions.draft(session, given)[0].id
