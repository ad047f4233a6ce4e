"""What is doubted at the end of the story: one run, a few answers, one verdict."""

from datetime import date

from service.demo.stage import Stage
from service.demo.story import CLOSING_DAY
from service.doubts import actions, queries
from service.doubts.models import Verdict
from service.doubts.queries import Filter
from service.doubts.schemas import DoubtRead, ReplyCreate, SettleCreate

COUNTY, TOWN = "441803", 9
ANSWERS = {
    "sowing.over_plan": "村里新流转了一片撂荒地,计划还没有更新,面积已按台账核对",
    "price.median": "录成了复合肥的价,已请网点重报",
}


class DoubtsChapter:
    """The bureau goes over the books; towns answer, one answer is not enough."""

    def begin(self, stage: Stage) -> None:
        """Nothing is doubted before the first season."""

    def week(self, stage: Stage, day: date) -> None:
        """The rules go over the books only once: they read four seasons."""

    def end(self, stage: Stage) -> None:
        """Go over the books as of the bulletin's day; answer, and uphold one."""
        with stage.acting("bureau") as session:
            actions.run(session, CLOSING_DAY, COUNTY)
        for rule, text in ANSWERS.items():
            for each in self._found(stage, rule):
                with stage.acting(f"recorder-{each.area_code[:TOWN]}") as session:
                    actions.reply(session, each.id, ReplyCreate(text=text))
        for each in self._found(stage, "price.median"):
            with stage.acting("bureau") as session:
                said = SettleCreate(verdict=Verdict.UPHELD, text="重报之前不用这个价")
                actions.settle(session, each.id, said)

    @staticmethod
    def _found(stage: Stage, rule: str) -> list[DoubtRead]:
        with stage.acting("bureau") as session:
            return queries.page(session, Filter(rule=rule, area=COUNTY)).items
