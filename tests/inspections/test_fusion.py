"""Laws of fusion: independence, order, overrides, and words that accuse nobody."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import config
from config.thresholds import Thresholds
from inspections.conversion import judge
from inspections.conversion_lands import KINDS, USES, Approvals, Lands
from inspections.conversion_rules import ApprovalKind, Category, parsed
from inspections.fusion import CLAIMS, fuse
from inspections.fusion_machine import evidence_of, fuse_machine, judged_of
from inspections.fusion_words import (
    CLAIM_OF_USE,
    CLASSES,
    USE_OF_CLAIM,
    Document,
    Ending,
    Evidence,
    Judged,
    LandContext,
    Unknown,
    VerdictClass,
)
from inspections.land_uses import Claim, Use
from inspections.signals import Source

TABLE = Path(config.__file__).parent / "codes" / "conversion_rules.csv"
RULES = parsed(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
BY_ID = {rule.rule_id: rule for rule in RULES}
THRESHOLDS = Thresholds.read()
CONVERSION = THRESHOLDS.conversion
LIMITS = THRESHOLDS.fusion
TODAY = date(2023, 6, 1)
SUSPECTED, LIKELY = VerdictClass.SUSPECTED, VerdictClass.LIKELY


def signal(name: str, source: Source, **told) -> Evidence:
    given = {"origin_id": name, "observed_on": TODAY, "claim": Claim.FISH_POND} | told
    return Evidence(signal_id=name, source=source, **given)


def under(rule_id: str, claim: Claim = Claim.FISH_POND, *, document=None, **told) -> LandContext:
    rule = BY_ID[rule_id]
    told["documents"] = {claim: document} if document else {}
    return LandContext(judged={claim: Judged(rule, 350.0, rule.severity)}, **told)


SPOT = signal("spot", Source.MONITORING, observed_on=date(2023, 5, 20))
VISIT = signal("visit", Source.PATROL, origin_id="spot", observed_on=date(2023, 5, 25))
FINDING = signal("finding", Source.ENFORCEMENT, origin_id="spot", observed_on=date(2023, 5, 28))
TIP = signal("tip", Source.TIP, observed_on=date(2023, 5, 22), quality=0.8)
POND = under("R061", is_farmland=True)


def test_a_spot_its_visit_and_the_finding_are_confirmed_by_one_source():
    found = fuse([SPOT, VISIT, FINDING], POND, TODAY, LIMITS)
    assert (found.verdict_class, found.n_sources) == (VerdictClass.CONFIRMED, 1)
    assert (found.first_source, found.first_observed_on) == (Source.MONITORING, SPOT.observed_on)


def test_an_unsolicited_call_and_a_spot_are_two_sources():
    found = fuse([TIP, SPOT], POND, TODAY, LIMITS)
    assert (found.verdict_class, found.n_sources) == (LIKELY, 2)


def test_a_visit_that_a_spot_sent_out_is_no_second_source():
    alone = fuse([SPOT], POND, TODAY, LIMITS)
    visited = fuse([SPOT, VISIT], POND, TODAY, LIMITS)
    own = fuse([SPOT, signal("visit", Source.PATROL)], POND, TODAY, LIMITS)
    assert (alone.n_sources, visited.n_sources, own.n_sources) == (1, 1, 2)
    assert (alone.verdict_class, visited.verdict_class) == (SUSPECTED, SUSPECTED)
    assert own.verdict_class is LIKELY
    assert "不另计来源" in "".join(visited.reasons)


def test_nobody_is_confirmed_by_adding_up():
    many = [signal(f"tip-{n}", Source.TIP) for n in range(50)]
    assert fuse(many, POND, TODAY, LIMITS).verdict_class is LIKELY


def test_building_on_basic_farmland_is_urgent_however_weak_the_signal():
    weak = signal("tip", Source.TIP, claim=Claim.HARDENING, quality=0.1)
    inside = under("R040", Claim.HARDENING, is_farmland=True)
    outside = under("R041", Claim.HARDENING)
    found = fuse([weak], inside, TODAY, LIMITS)
    assert (found.verdict_class, found.is_urgent) == (SUSPECTED, True)
    beside = fuse([weak], outside, TODAY, LIMITS)
    assert (beside.verdict_class, beside.is_urgent) == (VerdictClass.HINT, False)
    unsure = fuse(
        [signal("tip", Source.TIP, claim=Claim.HARDENING, quality=0.1, is_candidate=True)],
        inside,
        TODAY,
        LIMITS,
    )
    assert (unsure.verdict_class, unsure.is_urgent) == (VerdictClass.HINT, False)


def test_what_is_no_breach_does_not_hide_a_building_on_basic_farmland():
    fields = signal("imagery", Source.SCREENING, claim=Claim.OTHER, quality=0.6)
    tip = signal("tip", Source.TIP, claim=Claim.BUILDING, quality=0.7)
    rules = {Claim.OTHER: BY_ID["R072"], Claim.BUILDING: BY_ID["R040"]}
    judged = {claim: Judged(rule, 350.0, rule.severity) for claim, rule in rules.items()}
    inside = LandContext(is_farmland=True, judged=judged)
    found = fuse([fields, tip], inside, TODAY, LIMITS)
    assert (found.verdict_class, found.claim, found.rule_id, found.is_urgent) == (
        *(SUSPECTED, Claim.BUILDING, "R040", True),
    )
    unsure = replace(tip, is_candidate=True)
    approved = replace(
        inside, documents={Claim.BUILDING: PAPER}, judged={Claim.OTHER: judged[Claim.OTHER]}
    )
    for told, land in (([fields, unsure], inside), ([fields, tip], approved)):
        found = fuse(told, land, TODAY, LIMITS)
        assert (found.verdict_class, found.claim) == (VerdictClass.HINT, Claim.OTHER)
        assert not found.is_urgent


PAPER = Document("农用地转用", "国土资函〔2022〕1号", 0.95)


def test_a_document_that_covers_the_land_excludes_and_is_named():
    land = under("R010", Claim.BUILDING, is_farmland=True, document=PAPER)
    told = [signal("tip", Source.TIP, claim=Claim.BUILDING)]
    found = fuse(told, land, TODAY, LIMITS)
    assert (found.verdict_class, found.is_urgent) == (VerdictClass.EXCLUDED, False)
    assert PAPER.number in "".join(found.reasons)


@pytest.mark.parametrize(
    ("rule_id", "paper"),
    [
        ("R011", PAPER),  # the rules weighed the paper, and more was built on
        ("R021", PAPER),  # somebody has to check the condition
        ("R099", Document("农用地转用", "县〔2022〕1号", 1.0, suffices=False)),
        ("R099", Document("农用地转用", "县〔2022〕1号", 0.94)),
    ],
)
def test_a_document_that_does_not_settle_it_excludes_nothing(rule_id, paper):
    land = under(rule_id, Claim.BUILDING, document=paper)
    told = [signal("tip", Source.TIP, claim=Claim.BUILDING)]
    assert fuse(told, land, TODAY, LIMITS).verdict_class is SUSPECTED


def test_a_finding_stands_above_a_document_and_the_conflict_is_told():
    land = under("R099", document=PAPER)
    found = fuse([FINDING], land, TODAY, LIMITS)
    assert found.verdict_class is VerdictClass.CONFIRMED
    assert PAPER.number in "".join(found.reasons)


def test_what_was_refuted_on_the_spot_comes_back_only_by_what_was_seen_later():
    refuted = signal("look", Source.PATROL, ending=Ending.REFUTED, observed_on=date(2023, 5, 24))
    before = fuse([SPOT, TIP, refuted], POND, TODAY, LIMITS)
    after = fuse([SPOT, TIP, refuted, VISIT], POND, TODAY, LIMITS)
    assert (before.verdict_class, before.signal_ids) == (VerdictClass.EXCLUDED, ("look",))
    assert "现场核查" in "".join(before.reasons)
    mended = replace(refuted, ending=Ending.PUT_RIGHT)
    assert "已整改验收" in "".join(fuse([SPOT, mended], POND, TODAY, LIMITS).reasons)
    assert after.signal_ids == ("visit",)
    assert after.verdict_class is SUSPECTED


def test_an_ending_ends_its_own_matter_and_no_other():
    idle = signal("tip", Source.TIP, claim=Claim.ABANDONED)
    dug = signal("dug", Source.PATROL, claim=Claim.EARTHWORK)
    over = signal("look", Source.ENFORCEMENT, ending=Ending.REFUTED)
    found = fuse([SPOT, dug, idle, over], POND, TODAY, LIMITS)
    assert (found.claim, found.signal_ids) == (Claim.ABANDONED, ("tip",))
    assert fuse([SPOT, dug, over], POND, TODAY, LIMITS).verdict_class is VerdictClass.EXCLUDED


def test_what_a_case_found_lasts_until_the_case_ends_and_the_end_lasts_as_long():
    long_ago = TODAY - timedelta(days=800)
    found = replace(FINDING, observed_on=long_ago, is_lasting=True)
    plain = replace(FINDING, observed_on=long_ago)
    assert fuse([found], POND, TODAY, LIMITS).verdict_class is VerdictClass.CONFIRMED
    assert fuse([plain], POND, TODAY, LIMITS).verdict_class is VerdictClass.NONE
    over = replace(
        found,
        signal_id="end",
        observed_on=long_ago + timedelta(days=30),
        ending=Ending.PUT_RIGHT,
    )
    assert fuse([found, over], POND, TODAY, LIMITS).verdict_class is VerdictClass.NONE
    then = over.observed_on + timedelta(days=1)
    assert fuse([found, over], POND, then, LIMITS).verdict_class is VerdictClass.EXCLUDED


def test_imagery_is_news_after_an_ending_where_it_began_later_or_goes_on_for_long():
    over = date(2023, 2, 1)
    looked = signal("look", Source.ENFORCEMENT, ending=Ending.REFUTED, observed_on=over)

    def told(**days) -> VerdictClass:
        seen = signal("imagery", Source.SCREENING, **days)
        return fuse([looked, seen], POND, TODAY, LIMITS).verdict_class

    for days in (
        {"since": over, "shown_on": date(2023, 5, 1)},
        {"shown_on": date(2023, 5, 1)},
        {"since": date(2022, 7, 1), "shown_on": over},
    ):
        assert told(**days) is VerdictClass.EXCLUDED, days
    for days in (
        {"since": date(2023, 2, 2), "shown_on": date(2023, 2, 9)},
        {"since": over, "shown_on": date(2023, 5, 2)},
        {},
    ):
        assert told(**days) is SUSPECTED, days


def test_no_evidence_is_unknown_with_its_reason_or_nothing():
    assert fuse([], LandContext(), TODAY, LIMITS).verdict_class is VerdictClass.NONE
    for why, text in [
        (Unknown.CLOUD, "云覆盖"),
        (Unknown.NO_IMAGE, "无影像"),
        (Unknown.NO_ACCESS, "无法进入"),
        (Unknown.NO_DATA, "资料缺"),
    ]:
        found = fuse([], LandContext(unknown=why), TODAY, LIMITS)
        assert (found.verdict_class, found.unknown) == (VerdictClass.UNKNOWN, why)
        assert text in "".join(found.reasons)
        assert found.missing


def test_what_is_no_breach_by_itself_stays_a_hint():
    vegetables = under("R072", Claim.OTHER, is_farmland=True)
    told = [signal(f"tip-{n}", Source.TIP, claim=Claim.OTHER) for n in range(3)]
    assert fuse(told, vegetables, TODAY, LIMITS).verdict_class is VerdictClass.HINT


def test_stock_and_land_out_of_scope_are_excluded():
    for rule_id in ("R067", "R000"):
        found = fuse([TIP], under(rule_id), TODAY, LIMITS)
        assert found.verdict_class is VerdictClass.EXCLUDED
        assert BY_ID[rule_id].title in "".join(found.reasons)


def test_a_signal_fades_and_tomorrow_is_not_known_today():
    old = signal("spot", Source.MONITORING, observed_on=TODAY - timedelta(days=90))
    assert fuse([old], POND, TODAY, LIMITS).verdict_class is VerdictClass.HINT
    for day in (TODAY + timedelta(days=1), TODAY - timedelta(days=366)):
        gone = signal("spot", Source.MONITORING, observed_on=day)
        assert fuse([gone], POND, TODAY, LIMITS).verdict_class is VerdictClass.NONE


def test_signals_of_another_matter_do_not_add_up():
    idle = signal("tip", Source.TIP, claim=Claim.ABANDONED)
    found = fuse([SPOT, idle], POND, TODAY, LIMITS)
    assert (found.claim, found.n_sources, found.signal_ids) == (Claim.FISH_POND, 1, ("spot",))
    assert "不计入" in "".join(found.reasons)


def test_a_verdict_tells_its_rule_its_basis_and_what_is_missing():
    found = fuse([SPOT, TIP], POND, TODAY, LIMITS)
    told = "".join(found.reasons)
    for part in ("R061", "土地管理法37(3)", "350 m²", "0.53 亩", "独立发现来源 2 个", "应核查"):
        assert part in told
    assert "挖塘时间与现场照片" in found.missing
    assert (found.category, found.severity) == (Category.NON_GRAIN, 4)


days = st.integers(-2, 400).map(lambda ago: TODAY - timedelta(days=ago))
names = st.sampled_from(["a", "b", "c", "d", "e", "f"])
told = st.builds(
    Evidence,
    signal_id=names,
    origin_id=names,
    source=st.sampled_from(Source),
    observed_on=days,
    claim=st.sampled_from(Claim),
    quality=st.floats(0, 1),
    match=st.floats(0, 1),
    is_candidate=st.booleans(),
    ending=st.sampled_from([None, None, None, *Ending]),
    is_lasting=st.booleans(),
)
contexts = st.builds(
    LandContext,
    is_farmland=st.booleans(),
    judged=st.dictionaries(
        st.sampled_from(Claim),
        st.sampled_from(RULES).map(lambda rule: Judged(rule, 400.0, rule.severity)),
    ),
    documents=st.dictionaries(
        st.sampled_from(Claim),
        st.builds(Document, st.just("批文"), st.just("1号"), st.floats(0, 1)),
    ),
    unknown=st.none() | st.sampled_from(Unknown),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(told, max_size=6, unique_by=lambda each: each.signal_id), contexts, st.randoms())
def test_the_same_signals_in_any_order_and_often_give_the_same_verdict(signals, land, random):
    found = fuse(signals, land, TODAY, LIMITS)
    again = random.sample(signals, len(signals)) + signals[:2]
    assert fuse(again, land, TODAY, LIMITS) == found


@settings(max_examples=200, deadline=None)
@given(st.lists(told, max_size=6, unique_by=lambda each: each.signal_id), contexts)
def test_no_verdict_accuses_and_each_says_what_is_missing(signals, land):
    found = fuse(signals, land, TODAY, LIMITS)
    said = "".join((*found.reasons, *found.missing))
    assert not any(word in said for word in ("违法行为人", "有罪", "属于违法", "已违法"))
    if found.verdict_class in (VerdictClass.HINT, SUSPECTED, LIKELY, VerdictClass.UNKNOWN):
        assert found.missing
    if found.verdict_class is not VerdictClass.NONE:
        assert found.reasons
    if found.verdict_class is VerdictClass.CONFIRMED:
        assert any(each.source is Source.ENFORCEMENT for each in signals)


rows = st.fixed_dictionaries(
    {
        "base_class": st.integers(0, 2),
        "use": st.integers(0, len(USES) - 1),
        "confidence": st.sampled_from([0.0, 0.3, 0.55, 0.7, 1.0]),
        "ago": st.sampled_from([-1, 0, 30, 80, 365, 366]),
        "farmland_m2": st.sampled_from([0.0, 600.0]),
        "n_grain_cycles": st.integers(-1, 1),
        "n_idle_seasons": st.integers(-1, 4),
        "kind": st.none() | st.sampled_from(KINDS),
        "level": st.integers(-1, 1),
    }
)


def of_rows(told: list[dict]) -> Lands:
    n, some = len(told), [at for at, each in enumerate(told) if each["kind"] is not None]
    seen = np.array([TODAY - timedelta(days=each["ago"]) for each in told], "M8[D]")
    held = [told[at] for at in some]
    full = np.full(len(some), 1000.0)
    return Lands.of(
        n,
        TODAY,
        class_names=("0101", "0301", "0201K"),
        base_class=np.array([each["base_class"] for each in told], np.uint8),
        use=np.array([each["use"] for each in told], np.uint8),
        changed_m2=1000.0,
        farmland_m2=np.array([each["farmland_m2"] for each in told]),
        confidence=np.array([each["confidence"] for each in told], np.float32),
        first_seen=np.datetime64("2023-02-01"),
        last_seen=seen,
        n_grain_cycles=np.array([each["n_grain_cycles"] for each in told], np.int8),
        n_idle_seasons=np.array([each["n_idle_seasons"] for each in told], np.int8),
        approvals=Approvals(
            land=np.array(some, np.int64),
            kind=np.array([KINDS.index(each["kind"]) for each in held], np.uint8),
            covered_m2=full,
            covered_farmland_m2=np.array([each["farmland_m2"] for each in held]),
            approved_m2=full,
            valid_from=np.full(len(some), "2023-01-01", "M8[D]"),
            valid_to=np.full(len(some), "NaT", "M8[D]"),
            is_state_council=np.array([each["level"] for each in held], np.int8),
        ),
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(rows, min_size=1, max_size=12))
def test_a_million_at_a_time_say_what_one_alone_says(told):
    lands = of_rows(told)
    judged = judge(lands, RULES, CONVERSION)
    many = fuse_machine(lands, judged, LIMITS)
    for row in range(len(lands)):
        unseen = USES[lands.use[row]] is Use.UNKNOWN
        is_review = judged.rule_of(row).category is Category.REVIEW
        claim = CLAIMS[many.claim[row]]
        one = fuse(
            evidence_of(lands, many, row),
            LandContext(
                is_farmland=bool(judged.is_farmland[row]),
                judged={claim: judged_of(judged, row)},
                documents={claim: Document("批文", "1号", 1.0)} if judged.is_covered[row] else {},
                unknown=Unknown.CLOUD if unseen and is_review else None,
            ),
            TODAY,
            LIMITS,
        )
        assert CLASSES[many.verdict_class[row]] is one.verdict_class
        assert many.is_urgent[row] == one.is_urgent
        if one.verdict_class not in (VerdictClass.NONE, VerdictClass.UNKNOWN):
            assert one.score == pytest.approx(float(many.score[row]), abs=1e-3)
            assert one.claim is claim


def test_every_claim_has_a_use_and_comes_back_from_it():
    assert set(USE_OF_CLAIM) == set(Claim) - {Claim.OTHER}
    assert {claim: CLAIM_OF_USE[use] for claim, use in USE_OF_CLAIM.items()} == {
        claim: claim for claim in USE_OF_CLAIM
    }
    assert set(ApprovalKind) == set(KINDS)
