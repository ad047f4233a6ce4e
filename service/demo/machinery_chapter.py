"""The machines of the demonstration: registers, the spring overhaul, trainings of 2023."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from uuid import UUID

from service.demo.stage import Stage
from service.machinery import actions
from service.machinery.models import Audience, EndCause, Outcome
from service.machinery.schemas import (
    Attendee,
    EndCreate,
    MachineCreate,
    RegisterCreate,
    RepairCreate,
    TrainingCreate,
)

COUNTED_ON, FIRST_WEEK = date(2023, 1, 10), date(2023, 3, 2)
LAST_WEEK = date(2023, 4, 20)
STOCK = {"TRAC_H": 90, "TRAC_W": 26, "TILL_R": 70, "TILL_M": 160, "PLANT_R": 40, "HARV_C": 14}
"""Class -> about how many a town has."""
PER_WEEK = {"TRAC_H": 6, "TILL_R": 6, "TILL_M": 9, "PLANT_R": 2}
"""Class -> machines of a town that a week's team puts right."""
NO_MACHINE = UUID(int=0)
N_NAMED, N_PERSONS, N_TRAININGS = 24, 156, 6
GUESTS_CAME, N_GUESTS = date(2023, 4, 6), 3
"""Transplanters from the next county, which go on in the week after."""
N_AGAIN = 15
"""Persons who come to the last training a second time."""
TOPICS = (
    ("插秧机操作与保养", Audience.OPERATOR),
    ("拖拉机安全驾驶", Audience.OPERATOR),
    ("旋耕机检修", Audience.MECHANIC),
    ("植保无人机作业", Audience.OPERATOR),
    ("农机合作社管理", Audience.COOPERATIVE),
    ("春耕农机技术", Audience.TECHNICIAN),
)
SURNAMES, GIVEN = "陈李黄何梁罗林朱", "文明强英华丽国平秀兰"


class MachineryChapter:
    """The register in January, a week's repairs after the other, six trainings."""

    def __init__(self) -> None:
        self.random = Random(1968)
        self.sold = NO_MACHINE

    def begin(self, stage: Stage) -> None:
        """Nothing stands before 2023."""

    def week(self, stage: Stage, day: date) -> None:
        """Tell the week's repairs of every town, and one training."""
        if not FIRST_WEEK <= day <= LAST_WEEK:
            return
        if day == FIRST_WEEK:
            self._register(stage)
        for n, town in enumerate(sorted(stage.towns)):
            with stage.acting(f"recorder-{town}") as session:
                for class_code, count in PER_WEEK.items():
                    given = RepairCreate(
                        area_code=town,
                        class_code=class_code,
                        n_machines=count + (n + day.day) % 3,
                        repaired_on=day - timedelta(days=1 + n % 4),
                        team=f"{stage.towns[town]}农机服务队",
                        items="检查、换件、试车",
                        outcome=Outcome.FIT,
                    )
                    actions.file_repair(session, given)
        self._train(stage, (day - FIRST_WEEK).days // 7)
        if day == GUESTS_CAME:
            self._receive(stage)

    def _register(self, stage: Stage) -> None:
        for town in sorted(stage.towns):
            with stage.acting(f"recorder-{town}") as session:
                for class_code, about in STOCK.items():
                    count = about + self.random.randrange(max(1, about // 4))
                    given = RegisterCreate(
                        area_code=town,
                        class_code=class_code,
                        counted_on=COUNTED_ON,
                        n_registered=count,
                        n_fit=count - self.random.randrange(1 + count // 8),
                    )
                    actions.file_register(session, given)
        first = min(stage.towns)
        with stage.acting(f"recorder-{first}") as session:
            for n in range(N_NAMED):
                machine, _ = actions.file_machine(
                    session,
                    MachineCreate(
                        area_code=first,
                        class_code="TRAC_W",
                        plate=f"粤18-{10001 + n}",
                        registered_on=date(2019, 5, 1),
                    ),
                )
                self.sold = machine.id
                for weeks in range(1 + (n < N_TRAININGS)):  # a few were put right twice
                    repair = RepairCreate(
                        area_code=first,
                        machine_id=machine.id,
                        repaired_on=FIRST_WEEK - timedelta(days=10 - weeks),
                        outcome=Outcome.FIT,
                    )
                    actions.file_repair(session, repair)

    def _receive(self, stage: Stage) -> None:
        """Enter machines that came to help; and that one of the town's own was sold."""
        town = min(stage.towns)
        with stage.acting(f"recorder-{town}") as session:
            for n in range(N_GUESTS):
                guest = MachineCreate(
                    area_code=town,
                    class_code="PLANT_R",
                    serial=f"YD-{n + 1:04d}",
                    owner_name="邻县农机合作社",
                    registered_on=GUESTS_CAME - timedelta(days=2),
                    is_visiting=True,
                )
                actions.file_machine(session, guest)
            gone = EndCreate(ended_on=GUESTS_CAME - timedelta(days=1), cause=EndCause.SOLD)
            actions.end_machine(session, self.sold, gone)

    def _train(self, stage: Stage, week: int) -> None:
        if week >= N_TRAININGS:
            return
        people = list(self._people())
        share = len(people) // N_TRAININGS
        came = people[week * share : (week + 1) * share]
        if week == N_TRAININGS - 1:
            came += people[:N_AGAIN]
        topic, audience = TOPICS[week]
        with stage.acting("bureau") as session:
            given = TrainingCreate(
                area_code=sorted(stage.towns)[week],
                topic=topic,
                held_on=FIRST_WEEK + timedelta(days=7 * week - 1),
                place="镇农技站",
                trainer="区农机推广站",
                audience=audience,
                n_planned=share,
                attendees=came,
            )
            actions.file_training(session, given)

    def _people(self) -> Iterator[Attendee]:
        for n in range(N_PERSONS):
            given = GIVEN[n % len(GIVEN)] + GIVEN[n // len(GIVEN) % len(GIVEN)]
            yield Attendee(name=SURNAMES[n % len(SURNAMES)] + given, phone4=f"{1000 + n}")

    def end(self, stage: Stage) -> None:
        """Nothing is left to tell."""
