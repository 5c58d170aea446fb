"""Which episode matches which: bits against numbers worked by hand, the decision against brute force, the words."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise, permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resight import comparison, episodes, evidence, geodesy, vocabulary
from resight.comparison import Comparison, Repeats
from resight.episodes import Episode
from resight.errors import InvalidValue
from resight.evidence import Assumptions, Pair, Precedent, Term
from resight.logbook import Logbook
from resight.observation import METHODS, Observation, Site, build
from resight.vocabulary import Vocabulary

REPOSITORY = Path(__file__).parents[1]

#: A tree of three levels with a size for everything.
WORDS = vocabulary.from_toml("""
[platforms.ship]
children = { size = 8, source = "assumed" }
[platforms.landing-ship]
label = "landing ship"
parent = "ship"
children = { size = 4, source = "assumed" }
[platforms.ropucha-class]
label = "Ropucha class"
parent = "landing-ship"
individuals = { size = 12, source = "assumed" }
[platforms.tapir-class]
label = "Tapir class"
parent = "landing-ship"
individuals = { size = 4, source = "assumed" }
[platforms.cargo-ship]
label = "cargo ship"
parent = "ship"
individuals = { size = 4, source = "assumed" }
[platforms.aircraft]
children = { size = 4, source = "assumed" }
[platforms.transport-aircraft]
label = "transport aircraft"
parent = "aircraft"
children = { size = 4, source = "assumed" }
[platforms.il-76]
label = "Il-76"
parent = "transport-aircraft"
individuals = { size = 20, source = "assumed" }
[platforms.an-124]
label = "An-124"
parent = "transport-aircraft"
[activities.docked]
[activities.loading]
[activities.taxiing]
[activities.present]
informative = false
[activities.arrival]
informative = false
[inferred_activities.troop-transfer]
[catalogue]
kinds = { size = 4, source = "assumed" }
activities = { size = 10, source = "assumed" }
""")


#: The same with a level more between type and class.
DEEP = vocabulary.from_toml("""
[platforms.ship]
children = { size = 8, source = "assumed" }
[platforms.landing-ship]
label = "landing ship"
parent = "ship"
[platforms.ropucha-class]
label = "Ropucha class"
parent = "landing-ship"
[platforms.tapir-class]
label = "Tapir class"
parent = "landing-ship"
[platforms.deep]
parent = "landing-ship"
[platforms.deeper]
parent = "deep"
[platforms.aircraft]
[platforms.transport-aircraft]
parent = "aircraft"
[platforms.il-76]
parent = "transport-aircraft"
[platforms.train]
[platforms.freight-train]
parent = "train"
[platforms.engine]
parent = "freight-train"
""")


def site(identifier: str, **more: Any) -> Site:
    known = {"name": identifier.title(), "watched": True, "timezone": "Asia/Vladivostok", "point": (132.3, 42.9)}
    return build(Site, {"id": identifier, **known, **more})


AIR_KORYO: dict[str, Any] = {"residents": [{"platform": "il-76", "operator": "Air Koryo", "count": 3}]}
SITES: Mapping[str, Site] = {
    s.id: s for s in (site("dunay"), site("nakhodka"), site("sunan", **AIR_KORYO), site("rajin", watched=False))
}
SCOPE = ("dunay", "nakhodka", "sunan")


def record(identifier: str, when: str, platform: str | None = "ropucha-class", **more: Any) -> Observation:
    if more.get("platform_name"):
        more["count"] = 1
    return build(Observation, {"id": identifier, "site": "dunay", "date": when, "platform": platform, **more})


def found(records: Sequence[Observation], words: Vocabulary = WORDS) -> list[Episode]:
    return episodes.find(records, words)


def compared(
    then: Sequence[Observation],
    now: Sequence[Observation],
    *,
    scope: Sequence[str] = SCOPE,
    words: Vocabulary = WORDS,
    assume: Assumptions = evidence.DEFAULTS,
) -> Comparison:
    return comparison.compare(
        found(then, words),
        found(now, words),
        scope=scope,
        vocabulary=words,
        sites=SITES,
        assume=assume,
    )


def weighed_in(result: Comparison) -> list[tuple[Pair, ...]]:
    """For each current episode, in order: all its pairs, best first."""
    return [
        tuple(sorted((result.weighed(then, now) for then in result.baseline), key=lambda p: (-p.bits, p.baseline.id)))
        for now in result.current
    ]


def assert_same(one: Sequence[Pair], other: Sequence[Pair]) -> None:
    """The same evidence; the posteriors to the last digits, for one is a sum over arrays."""
    assert [p._replace(posterior=0.0) for p in one] == [p._replace(posterior=0.0) for p in other]
    assert [p.posterior for p in one] == pytest.approx([p.posterior for p in other], rel=1e-12)


def pair(then: Observation, now: Observation, **how: Any) -> Pair:
    """The only pair of two records."""
    ((only,),) = weighed_in(compared([then], [now], **how))
    return only


def term(weighed: Pair, factor: str) -> Term:
    (one,) = (t for t in weighed.terms if t.factor == factor)
    return one


def years(
    records: Sequence[Observation], *, year: int = 2025, baseline_years: Sequence[int] = (2024,), **more: Any
) -> Repeats:
    known: dict[str, Any] = {"vocabulary": WORDS, "sites": SITES, **more}
    return comparison.repeats(records, year=year, baseline_years=baseline_years, **known)


# --- the check values of the method -------------------------------------------------------------------------

TREE = """
[platforms.ship]
{ship}
[platforms.ropucha-class]
parent = "ship"
{ropucha}
[platforms.aircraft]
{aircraft}
[platforms.il-76]
parent = "aircraft"
{il_76}
[activities.docked]
[activities.taxiing]
{catalogue}
"""
COUNTS_ONLY = vocabulary.from_toml(TREE.format(ship="", ropucha="", aircraft="", il_76="", catalogue=""))
FORTY, TWELVE = (
    'children = { size = 40, source = "assumed" }',
    'individuals = { size = 12, source = "assumed" }',
)
SIZES = vocabulary.from_toml(
    TREE.format(
        ship=FORTY,
        ropucha=TWELVE,
        aircraft=FORTY,
        il_76=TWELVE,
        catalogue="""[catalogue]
kinds = { size = 4, source = "assumed" }
activities = { size = 10, source = "assumed" }""",
    )
)
FIFTY_SITES = ("dunay", "sunan", *(f"site-{n}" for n in range(48)))


def two_visits(year: str, *, named: bool) -> list[Observation]:
    """A ship docked at one site and an aircraft taxiing at the other; of the year alone: no season."""
    hull, tail = ("Oslyabya", "P-912") if named else (None, None)
    return [
        record(f"ship-{year}", year, "ropucha-class", platform_name=hull, activity="docked"),
        record(f"aircraft-{year}", year, "il-76", platform_name=tail, activity="taxiing", site="sunan-2"),
    ]


@pytest.mark.parametrize(
    ("words", "scope", "named", "bits"),
    [
        (COUNTS_ONLY, ("dunay", "sunan-2"), True, 3.57),
        (COUNTS_ONLY, ("dunay", "sunan-2"), False, 3.57),
        (SIZES, FIFTY_SITES, True, 18.44),
        (SIZES, FIFTY_SITES, False, 15.86),
    ],
)
def test_the_check_values_in_bits(words: Vocabulary, scope: Sequence[str], named: bool, bits: float) -> None:
    result = compared(two_visits("2024", named=named), two_visits("2025", named=named), scope=scope, words=words)
    for best in (pairs[0] for pairs in weighed_in(result)):
        assert best.baseline.id.split("-")[0] == best.current.id.split("-")[0]
        assert best.bits == pytest.approx(bits, abs=0.005)


def test_the_check_value_of_the_posterior() -> None:
    result = compared(
        two_visits("2024", named=True), two_visits("2025", named=True), scope=("dunay", "sunan-2"), words=COUNTS_ONLY
    )
    assert [round(pairs[0].posterior, 2) for pairs in weighed_in(result)] == [0.86, 0.86]
    assert len(result.matches) == 2


def test_the_check_values_factor_by_factor() -> None:
    result = compared(two_visits("2024", named=True), two_visits("2025", named=True), scope=FIFTY_SITES, words=SIZES)
    by_factor = {t.factor: t for t in weighed_in(result)[0][0].terms}
    # m/u with u worked by hand: (1−1+20/50)/(2−1+20), (1−1+20/4)/(2−1+20), 20/40/20, 20/12/20, (1−1+20/10)/(2−1+20).
    assert {factor: t.bits for factor, t in by_factor.items()} == pytest.approx(
        {
            "place": math.log2(0.90 * 21 / 0.4),
            "kind": math.log2(0.99 * 21 / 5),
            "type": math.log2(0.90 * 40),
            "individual": math.log2(0.50 * 12),
            "activity": math.log2(0.80 * 21 / 2),
            "season": 0.0,
        },
        abs=1e-3,
    )


@pytest.mark.parametrize(
    ("then", "now", "bits"),
    [
        ("2024", "2025-05-18", 0.00),
        ("2024-05", "2025-05-18", 2.18),
        ("2024-05-20", "2025-05-18", 2.24),
        ("2024-10/2024-12", "2025-05-18", -1.32),
        # 16 and 45 days: .30/(60/365); 46 days: .30/(274/365).
        ("2024-05-02", "2025-05-18", 0.87),
        ("2024-04-03", "2025-05-18", 0.87),
        ("2024-04-02", "2025-05-18", -1.32),
        # Over New Year, and over 29 February.
        ("2024-12-31", "2025-01-01", 2.24),
        ("2024-02-29", "2025-03-15", 2.24),
    ],
)
def test_season_in_bits(then: str, now: str, bits: float) -> None:
    assert term(pair(record("a", then), record("b", now)), "season").bits == pytest.approx(bits, abs=0.005)


@pytest.mark.parametrize(
    ("then", "agreement"),
    [("2024-05-20", "agrees"), ("2024-04-20", "agrees"), ("2024-11-20", "disagrees"), ("2024", "unknown")],
)
def test_season_in_words(then: str, agreement: str) -> None:
    assert term(pair(record("a", then), record("b", "2025-05-18")), "season").agreement == agreement


# --- u: the share by chance ---------------------------------------------------------------------------------

FIVE = [
    record("a", "2024-02-01", "ropucha-class", activity="docked"),
    record("b", "2024-03-01", "ropucha-class", activity="docked"),
    record("c", "2024-04-01", "tapir-class", activity="loading"),
    record("d", "2024-05-01", "ropucha-class", site="nakhodka"),
    record("e", "2024-06-01", "ropucha-class", site="nakhodka", activity="present"),
]


def u_of(baseline: str, factor: str) -> float | None:
    now = record("now", "2025-05-18", "ropucha-class", activity="docked")
    scope = tuple(f"site-{n}" for n in range(50))
    (pairs,) = weighed_in(compared(FIVE, [now], scope=scope))
    return next(term(p, factor).u for p in pairs if p.baseline.id == baseline)


@pytest.mark.parametrize(
    ("baseline", "factor", "u"),
    [
        # Three of five at Dunay: (3−1+20/50)/(5−1+20); two at Nakhodka: (2−1+20/50)/24.
        ("a", "place", 0.1),
        ("d", "place", 7 / 120),
        # All five are ships: (5−1+20/4)/24 = 3/8 over all; at Dunay (3−1+20·3/8)/(3−1+20).
        ("a", "kind", 9.5 / 22),
        # Four of five landing ships are Ropuchas, four classes: 1/3 over all; at Dunay (2−1+20/3)/(3−1+20).
        ("a", "class", 23 / 66),
        ("d", "class", (1 + 20 / 3) / 21),
        # One of five a Tapir: (1−1+20/4)/24 over all; at Dunay 20·5/24/22, for agreement and disagreement alike.
        ("c", "class", 100 / 24 / 22),
        # Activity known of three, two docked: (2−1+20/10)/(3−1+20), over all sites.
        ("a", "activity", 3 / 22),
        ("c", "activity", 2 / 22),
        ("d", "activity", None),
        ("e", "activity", None),
    ],
)
def test_u_leaves_one_out_and_leans_on_the_catalogue(baseline: str, factor: str, u: float | None) -> None:
    assert u_of(baseline, factor) == (None if u is None else pytest.approx(u))


def test_sizes_say_where_they_come_from() -> None:
    result = compared([record("a", "2024-05-01", "ropucha-class")], [record("b", "2025-05-01")], words=COUNTS_ONLY)
    sizes = {size.of: size for size in result.sizes}
    assert sizes["kinds of platform"].size == 2
    assert sizes["kinds of platform"].source == "counted on file, not known"
    assert sizes["sites compared"].size == 3
    docked = [record(name, f"202{year}-05-01", activity="docked") for name, year in (("a", 4), ("b", 5))]
    assert ("activities", 10, "assumed") in compared(docked[:1], docked[1:]).sizes


def test_a_catalogue_of_one_is_no_proof() -> None:
    words = vocabulary.from_toml(
        '[platforms.ship]\n[platforms.tug]\nparent = "ship"\nindividuals = { size = 1, source = "assumed" }'
    )
    weighed = pair(
        record("a", "2024-05-01", "tug", platform_name="One"),
        record("b", "2025-05-01", "tug", platform_name="Two"),
        words=words,
    )
    u = term(weighed, "individual").u
    assert u is not None
    assert 0 < u < 1


# --- the chain down the tree --------------------------------------------------------------------------------


def chain(weighed: Pair) -> list[tuple[str, str]]:
    return [(t.factor, t.agreement) for t in weighed.terms if t.factor not in ("place", "activity", "season")]


@pytest.mark.parametrize(
    ("then", "now", "expected", "finding"),
    [
        ("ship", "aircraft", ["kind disagrees"], "other"),
        ("ship", "ship", ["kind agrees", "individual unknown"], "same kind"),
        ("ship", "ropucha-class", ["kind agrees", "type unknown"], "same kind"),
        ("cargo-ship", "ropucha-class", ["kind agrees", "type disagrees"], "same kind"),
        ("landing-ship", "ropucha-class", ["kind agrees", "type agrees", "class unknown"], "same type"),
        ("ropucha-class", "landing-ship", ["kind agrees", "type agrees", "class unknown"], "same type"),
        ("tapir-class", "ropucha-class", ["kind agrees", "type agrees", "class disagrees"], "same type"),
        (
            "ropucha-class",
            "ropucha-class",
            ["kind agrees", "type agrees", "class agrees", "individual unknown"],
            "same class",
        ),
    ],
)
def test_the_chain_stops_at_the_first_unknown_or_disagreement(
    then: str, now: str, expected: list[str], finding: str
) -> None:
    weighed = pair(record("a", "2024-05-18", then), record("b", "2025-05-18", now))
    assert [" ".join(step) for step in chain(weighed)] == expected
    assert weighed.finding == finding
    assert all(t.bits == 0 for t in weighed.terms if t.agreement == "unknown")


@pytest.mark.parametrize(
    ("then", "now", "agreement", "finding"),
    [
        ("Oslyabya", "oslyabya", "agrees", "same individual"),
        ("Oslyabya", "Peresvet", "disagrees", "same class"),
        ("Oslyabya", None, "unknown", "same class"),
        (None, "Oslyabya", "unknown", "same class"),
    ],
)
def test_the_individual(then: str | None, now: str | None, agreement: str, finding: str) -> None:
    weighed = pair(record("a", "2024-05-18", platform_name=then), record("b", "2025-05-18", platform_name=now))
    assert chain(weighed)[-1] == ("individual", agreement)
    assert weighed.finding == finding
    assert (evidence.verb(weighed) == "repeats") is (finding == "same individual")


@pytest.mark.parametrize("hedged_side", ["then", "now", "both"])
def test_a_hedged_hull_scores_nothing(hedged_side: str) -> None:
    doubt: dict[str, Any] = {"hedge": "believed", "hedge_on": "platform_name"}
    then = record("a", "2024-05-18", platform_name="Oslyabya", **(doubt if hedged_side != "now" else {}))
    now = record("b", "2025-05-18", platform_name="Oslyabya", **(doubt if hedged_side != "then" else {}))
    weighed = pair(then, now)
    assert (term(weighed, "individual").agreement, term(weighed, "individual").bits) == ("unknown", 0)
    assert weighed.finding == "same class"
    assert evidence.verb(weighed) == "resembles"
    assert "“believed” Oslyabya" in term(weighed, "individual").why


def test_a_hedged_class_scores_nothing_and_hides_the_hull() -> None:
    doubt: dict[str, Any] = {"hedge": "likely", "hedge_on": "platform"}
    weighed = pair(
        record("a", "2024-05-18", platform_name="Oslyabya", **doubt),
        record("b", "2025-05-18", platform_name="Oslyabya"),
    )
    assert chain(weighed)[-1] == ("class", "unknown")
    assert term(weighed, "class").why == "class claimed, not known: then “likely” Ropucha class"
    assert weighed.finding == "same type"


def test_a_hull_under_a_class_hedged_on_both_sides_scores_nothing() -> None:
    doubt: dict[str, Any] = {"platform_name": "Foo", "hedge": "likely", "hedge_on": "platform"}
    weighed = pair(record("a", "2024-05-18", **doubt), record("b", "2025-05-18", **doubt))
    assert chain(weighed) == [("kind", "agrees"), ("type", "agrees"), ("class", "unknown")]
    assert evidence.verb(weighed) == "resembles"


def test_the_deeper_the_agreement_the_more_bits() -> None:
    then = record("a", "2024-05-18", platform_name="Oslyabya")
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("same individual", {"platform_name": "Oslyabya"}),
        ("same class", {}),
        ("same type", {"platform": "landing-ship"}),
        ("same kind", {"platform": "ship"}),
        ("other", {"platform": "aircraft"}),
    ]
    pairs = [pair(then, record("b", "2025-05-18", **more)) for _, more in kinds]
    assert [p.finding for p in pairs] == [finding for finding, _ in kinds]
    assert [evidence.closeness(p) for p in pairs] == [0, 1, 2, 3, 4]
    bits = [p.bits for p in pairs]
    assert all(more > less for more, less in pairwise(bits))


def test_a_ship_at_a_port_earns_almost_nothing() -> None:
    then = [record(f"s-{n}", f"2024-0{n}-01", "ship") for n in range(1, 10)]
    (pairs,) = weighed_in(compared(then, [record("b", "2025-05-18", "ship")], scope=("dunay",)))
    platform = sum(t.bits for t in pairs[0].terms if t.factor in ("kind", "individual"))
    assert platform < 1
    assert pairs[0].posterior < 0.5


@pytest.mark.parametrize("now", ["cargo-ship", "landing-ship"])
def test_a_named_ship_of_unknown_type_does_not_disagree_with_a_type(now: str) -> None:
    weighed = pair(record("a", "2024-05-18", "ship", platform_name="Foo"), record("b", "2025-05-18", now))
    assert chain(weighed) == [("kind", "agrees"), ("type", "unknown")]


def test_the_same_hull_never_disagrees_with_itself() -> None:
    then = record("a", "2024-05-18", "ship", platform_name="Foo")
    now = record("b", "2025-05-18", "cargo-ship", platform_name="Foo")
    assert "disagrees" not in [agreement for _, agreement in chain(pair(then, now))]


# --- residents ----------------------------------------------------------------------------------------------

CAVEAT = "Air Koryo keeps 3 of this class here, so the class alone shows little"


def at_sunan(then: dict[str, Any], now: dict[str, Any]) -> Pair:
    return pair(
        record("a", "2024-05-18", then.pop("platform", "il-76"), site="sunan", **then),
        record("b", "2025-05-18", now.pop("platform", "il-76"), site="sunan", **now),
    )


@pytest.mark.parametrize(
    ("then", "now"),
    [(None, None), (None, "Russia"), ("Russia", None), ("Air Koryo", "Russia"), ("Air Koryo", "AIR KORYO")],
)
def test_a_class_that_lives_here_shows_little(then: str | None, now: str | None) -> None:
    weighed = at_sunan({"operator": then}, {"operator": now})
    said = term(weighed, "class")
    assert (said.u, said.caveat) == (0.95, CAVEAT)
    assert said.bits == pytest.approx(math.log2(0.90 / 0.95))
    assert CAVEAT in evidence.grounds(weighed)


def test_a_resident_class_counts_when_both_are_known_to_be_somebody_else_s() -> None:
    said = term(at_sunan({"operator": "Russia"}, {"operator": "Aviacon Zitotrans"}), "class")
    # One Il-76 on file, four types of transport: u = 1/4.
    assert said.u == pytest.approx(0.25)
    assert said.caveat == ""


def test_a_hedged_operator_is_not_known_to_be_somebody_else() -> None:
    doubt: dict[str, Any] = {"operator": "Russia", "hedge": "likely", "hedge_on": "operator"}
    assert term(at_sunan(doubt, {"operator": "Russia"}), "class").u == 0.95


def test_the_class_lives_at_its_own_site_only() -> None:
    assert term(pair(record("a", "2024-05-18", "il-76"), record("b", "2025-05-18", "il-76")), "class").caveat == ""


def test_another_class_at_the_same_site_has_no_caveat() -> None:
    assert term(at_sunan({"platform": "an-124"}, {"platform": "an-124"}), "class").caveat == ""


def test_u_is_that_of_the_baseline_s_class_not_of_the_resident_seen_now() -> None:
    assert term(at_sunan({"platform": "an-124"}, {"platform": "il-76"}), "class").u == pytest.approx(0.25)


def test_another_class_is_never_evidence_for_a_repeat() -> None:
    said = term(at_sunan({"platform": "il-76"}, {"platform": "an-124"}), "class")
    assert said.agreement == "disagrees"
    assert said.bits <= 0


# --- place and activity -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "now", "agreement"),
    [
        ("docked", "docked", "agrees"),
        ("docked", "loading", "disagrees"),
        ("docked", None, "unknown"),
        (None, "docked", "unknown"),
        ("docked", "present", "unknown"),
        ("arrival", "arrival", "unknown"),
    ],
)
def test_activity(then: str | None, now: str | None, agreement: str) -> None:
    said = term(pair(record("a", "2024-05-18", activity=then), record("b", "2025-05-18", activity=now)), "activity")
    assert said.agreement == agreement
    assert (said.bits > 0, said.bits < 0) == (agreement == "agrees", agreement == "disagrees")


def test_activities_of_an_episode_agree_if_they_share_one() -> None:
    now = [record("b", "2025-05-18", activity="loading"), record("c", "2025-05-19", activity="docked")]
    ((only,),) = weighed_in(compared([record("a", "2024-05-18", activity="docked")], now))
    assert term(only, "activity").why == "same activity: docked"


def test_inferred_activity_is_not_scored() -> None:
    plain = pair(record("a", "2024-05-18"), record("b", "2025-05-18"))
    inferred = pair(
        record("a", "2024-05-18", inferred_activity="troop-transfer"),
        record("b", "2025-05-18", inferred_activity="troop-transfer"),
    )
    assert inferred.bits == plain.bits


def position(lon: float, lat: float) -> dict[str, Any]:
    return {"geometry": {"type": "Point", "coordinates": [lon, lat]}}


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ({}, {"site": "dunay"}, True),
        ({}, {"site": "nakhodka"}, False),
        # One degree of latitude is 111 km: 0.017 is 1.9 km, 0.019 is 2.1 km.
        (position(132.0, 42.0), {"site": "nakhodka", **position(132.0, 42.017)}, True),
        (position(132.0, 42.0), {"site": "nakhodka", **position(132.0, 42.019)}, False),
        (position(132.0, 42.0), {"site": "nakhodka"}, False),
        # At one site, however far apart in it.
        (position(132.0, 42.0), position(132.0, 42.1), True),
    ],
)
def test_place(then: dict[str, Any], now: dict[str, Any], same: bool) -> None:
    weighed = pair(record("a", "2024-05-18", **then), record("b", "2025-05-18", **now))
    assert weighed.same_place is same
    assert (term(weighed, "place").bits > 0) is same


# --- the decision -------------------------------------------------------------------------------------------


def test_posterior_by_hand() -> None:
    # One ship on file, three sites and four kinds, no season: m/u = 0.90·3 and 0.99·4, so 0.5·10.692 to 0.5.
    weighed = pair(record("a", "2024", "ship"), record("b", "2025-05-18", "ship"))
    assert 2**weighed.bits == pytest.approx(10.692, rel=5e-3)
    assert weighed.posterior == pytest.approx(10.692 / 11.692, abs=1e-3)


def test_the_posterior_sums_over_the_whole_baseline() -> None:
    # The same ship twice: place (1+20/3)/21, kind (1+5)/21 then (1+20·2/7)/21; odds 0.25·m/u each, and 0.5 for none.
    then = [record("a", "2024", "ship"), record("z", "2024", "ship")]
    (pairs,) = weighed_in(compared(then, [record("b", "2025-05-18", "ship")]))
    ratio = (0.90 * 63 / 23) * (0.99 * 147 / 47)
    assert [p.posterior for p in pairs] == pytest.approx([ratio / (2 + 2 * ratio)] * 2, abs=1e-4)


def test_least_bits_by_hand() -> None:
    assert evidence.least_bits(4, evidence.DEFAULTS) == pytest.approx(2)
    assert evidence.least_bits(1, evidence.DEFAULTS) == pytest.approx(0)
    assert evidence.least_bits(4, evidence.DEFAULTS._replace(repeat_share=0.2)) == pytest.approx(4)


@pytest.mark.parametrize(
    ("then", "now", "matched"),
    [
        ("ropucha-class", "ropucha-class", True),
        # Less is known of one side: nothing speaks against it.
        ("ropucha-class", "landing-ship", True),
        ("ropucha-class", "ship", True),
        # Known to be another class, type, kind: however well place and season agree.
        ("ropucha-class", "tapir-class", False),
        ("ropucha-class", "cargo-ship", False),
        ("ropucha-class", "il-76", False),
    ],
)
def test_what_is_known_to_be_another_type_is_no_match(then: str, now: str, matched: bool) -> None:
    result = compared([record("a", "2024-05-18", then)], [record("b", "2025-05-18", now)], scope=("dunay",))
    assert bool(result.matches) is matched
    answer = of_one("b", [record("a", "2024-05-18", then), record("b", "2025-05-18", now)])
    assert answer is not None
    assert bool(answer.match) is matched


def test_a_sister_ship_may_repeat_a_visit() -> None:
    then, now = record("a", "2024-05-18", platform_name="Foo"), record("b", "2025-05-18", platform_name="Bar")
    (match,) = compared([then], [now]).matches
    assert (term(match, "individual").agreement, evidence.verb(match)) == ("disagrees", "resembles")


def test_one_ship_this_year_matches_one_of_last_year_only() -> None:
    then = [record("a", "2024-05-18", platform_name="Oslyabya", activity="docked")]
    now = [
        record(i, d, platform_name="Oslyabya", activity="docked") for i, d in (("b", "2025-05-18"), ("c", "2025-08-18"))
    ]
    result = compared(then, now)
    assert [(m.baseline.id, m.current.id) for m in result.matches] == [("a", "b")]
    assert [e.id for e in result.without_precedent] == ["c"]
    assert result.not_repeated == ()


def test_identical_sightings_of_last_year_share_the_posterior() -> None:
    then = [record(i, "2024-05-18") for i in "abc"]
    (pairs,) = weighed_in(compared(then, [record("now", "2025-05-18")]))
    assert len({p.posterior for p in pairs}) == 1
    assert [p.baseline.id for p in pairs] == ["a", "b", "c"]
    assert all(p.posterior < 0.5 for p in pairs)


@pytest.mark.parametrize(
    ("then", "now"),
    [([], []), ([record("a", "2024-05-18")], []), ([], [record("b", "2025-05-18")])],
    ids=["both empty", "no current", "no baseline"],
)
def test_a_year_without_sightings(then: list[Observation], now: list[Observation]) -> None:
    result = compared(then, now)
    assert result.matches == ()
    assert [e.id for e in result.without_precedent] == [r.id for r in now]
    assert [e.id for e in result.not_repeated] == [r.id for r in then]
    assert all(result.best_of(episode) is None for episode in (*result.current, *result.baseline))
    assert years([*then, *now]).matches == ()


def test_baseline_and_current_of_one_year() -> None:
    with pytest.raises(InvalidValue, match="2025 cannot be compared with itself"):
        years([record("a", "2025-05-18"), record("b", "2025-09-18")], baseline_years=[2025])


def test_a_single_record() -> None:
    single = years([record("b", "2025-05-18")])
    assert [e.id for e in single.watched.without_precedent] == ["b"]


PLATFORMS = ["ship", "landing-ship", "ropucha-class", "tapir-class", "cargo-ship", "aircraft", "il-76", "an-124"]


@st.composite
def a_year(draw: st.DrawFn, year: int, most: int) -> list[Observation]:
    records = []
    for number in range(draw(st.integers(0, most))):
        month, day = draw(st.integers(1, 12)), draw(st.integers(1, 28))
        doubt = draw(st.sampled_from([None, None, "platform", "platform_name"]))
        name = draw(st.sampled_from([None, "Oslyabya", "Peresvet"]))
        more: dict[str, Any] = {
            "site": draw(st.sampled_from(["dunay", "nakhodka", "sunan"])),
            "platform_name": name,
            "activity": draw(st.sampled_from([None, "docked", "loading", "present"])),
            "operator": draw(st.sampled_from([None, "Air Koryo", "Russia"])),
            "image_id": f"image {number}",
        }
        if doubt == "platform" or (doubt and name):
            more |= {"hedge": "likely", "hedge_on": doubt}
        when = draw(st.sampled_from([f"{year}", f"{year}-{month:02}", f"{year}-{month:02}-{day:02}"]))
        records.append(record(f"y{year}-{number}", when, draw(st.sampled_from(PLATFORMS)), **more))
    return records


def optima(pairs: Sequence[Pair], floor: float) -> list[frozenset[Pair]]:
    """Every one-to-one choice of pairs with the greatest sum of bits above the floor, by trying them all."""
    worth = {(p.baseline.id, p.current.id): p for p in pairs if p.bits > floor}
    then, now = sorted({b for b, _ in worth}), sorted({c for _, c in worth})
    few, many = (then, now) if len(then) <= len(now) else (now, then)
    choices: set[frozenset[Pair]] = {frozenset()}
    for size in range(1, len(few) + 1):
        for some in combinations(few, size):
            for others in permutations(many, size):
                keys = [(a, b) if few is then else (b, a) for a, b in zip(some, others, strict=True)]
                if all(key in worth for key in keys):
                    choices.add(frozenset(worth[key] for key in keys))
    gains = {choice: sum(p.bits - floor for p in choice) for choice in choices}
    best = max(gains.values())
    return [choice for choice, gain in gains.items() if gain > best - 1e-9]


@settings(deadline=None, max_examples=60)
@given(a_year(2024, 4), a_year(2025, 4))
def test_the_assignment_equals_brute_force(then: list[Observation], now: list[Observation]) -> None:
    result = compared(then, now)
    assert len({m.baseline.id for m in result.matches}) == len({m.current.id for m in result.matches})
    assert len({m.current.id for m in result.matches}) == len(result.matches)
    if result.baseline:
        floor = evidence.least_bits(len(result.baseline), evidence.DEFAULTS)
        best = optima([p for pairs in weighed_in(result) for p in pairs], floor)
        flagged = [{(p.baseline.id, p.current.id) for p in choice if p.is_flagged} for choice in best]
        assert {(p.baseline.id, p.current.id) for p in result.matches} in flagged


@settings(deadline=None)
@given(a_year(2024, 6), a_year(2025, 3))
def test_u_and_posteriors_are_probabilities(then: list[Observation], now: list[Observation]) -> None:
    for words in (WORDS, COUNTS_ONLY):
        for pairs in weighed_in(compared(then, now, words=words)):
            assert sum(p.posterior for p in pairs) <= 1 + 1e-12
            assert [p.posterior for p in pairs] == sorted((p.posterior for p in pairs), reverse=True)
            for said in (t for p in pairs for t in p.terms):
                assert math.isfinite(said.bits)
                assert said.u is None or 0 < said.u < 1


def outcome_of(result: Comparison) -> list[tuple[str, str, float, float]]:
    return [(p.baseline.id, p.current.id, p.bits, p.posterior) for pairs in weighed_in(result) for p in pairs]


@settings(deadline=None)
@given(a_year(2024, 5), a_year(2025, 3), st.randoms(use_true_random=False))
def test_the_order_of_the_records_is_irrelevant(
    then: list[Observation], now: list[Observation], shuffler: random.Random
) -> None:
    shuffled = [*then, *now]
    shuffler.shuffle(shuffled)
    assert years(shuffled) == years([*then, *now])


def of_one(identifier: str, records: Sequence[Observation]) -> Precedent | None:
    return evidence.precedent(
        identifier,
        records,
        scope=SCOPE,
        baseline_years=[2024],
        vocabulary=WORDS,
        sites=SITES,
        same_place=geodesy.same_place,
    )


@settings(deadline=None)
@given(a_year(2024, 5), a_year(2025, 3))
def test_the_answer_to_one_sighting_has_the_numbers_of_the_report(
    then: list[Observation], now: list[Observation]
) -> None:
    whole = years([*then, *now]).watched
    for current, pairs in zip(whole.current, weighed_in(whole), strict=True):
        alone = of_one(current.id, [*then, *now])
        assert alone is not None
        assert_same(alone.pairs, pairs)


def test_a_second_sighting_of_a_visit_gets_the_visit_s_answer() -> None:
    records = [record("a", "2024-05-18"), record("b", "2025-05-18"), record("c", "2025-05-20")]
    answer = of_one("c", records)
    assert answer is not None
    assert (answer.episode.id, answer.pairs[0].baseline.id) == ("b", "a")


def test_a_match_names_what_fits_it_as_well_this_year() -> None:
    then = record("a", "2024", activity="docked")
    first, second = (record(i, d, activity="docked") for i, d in (("b", "2025-05-18"), ("c", "2025-08-18")))
    weaker = record("d", "2025-11-18", activity="loading")
    alone, rivalled = of_one("b", [then, first, weaker]), of_one("b", [then, first, second, weaker])
    assert alone is not None
    assert rivalled is not None
    assert (alone.rivals, rivalled.rivals) == ((), ("c",))


def test_what_is_never_matched_has_no_answer() -> None:
    assert of_one("b", [record("a", "2024-05-18"), record("b", "2025-05-18", context=True)]) is None
    assert of_one("unheard-of", [record("a", "2024-05-18")]) is None


def test_a_visit_over_new_year_is_not_its_own_precedent() -> None:
    answer = of_one("b", [record("a", "2024-12-31"), record("b", "2025-01-02")])
    assert answer is not None
    assert all(p.baseline.id != p.current.id for p in answer.pairs)


# --- scopes -------------------------------------------------------------------------------------------------


def test_watched_sites_are_one_group_and_every_other_site_is_its_own() -> None:
    result = years(
        [
            record("a", "2024-05-18"),
            record("b", "2025-05-18", site="nakhodka"),
            record("c", "2024-05-18", site="rajin"),
            record("d", "2025-05-18", site="rajin"),
            record("e", "2024-12-31/2025-01-01"),
        ]
    )
    assert [c.scope for c in result.comparisons] == [SCOPE, ("rajin",)]
    assert [[e.id for e in c.baseline] for c in result.comparisons] == [["a"], ["c"]]
    assert [[e.id for e in c.current] for c in result.comparisons] == [["b"], ["d"]]
    assert [e.id for e in result.undetermined] == ["e"]
    assert (evidence.scope_of("dunay", SITES), evidence.scope_of("rajin", SITES)) == (SCOPE, ("rajin",))


def test_several_baseline_years_are_pooled() -> None:
    records = [record("a", "2023-05-18"), record("b", "2024-05-18"), record("c", "2025-05-18")]
    assert [e.id for e in years(records, baseline_years=[2023, 2024]).watched.baseline] == ["a", "b"]


TRACKED = [
    record("tracked", "2024-06-11", "il-76", site="sunan", method="flight-tracking"),
    record("seen", "2025-06-04", "il-76", site="sunan"),
]


def test_what_only_flight_tracking_saw_is_a_candidate_outside_the_score() -> None:
    result = years(TRACKED)
    assert [(p.baseline.id, p.current.id) for p in result.candidates] == [("tracked", "seen")]
    assert (result.watched.baseline, result.matches) == ((), ())


def test_flight_tracking_of_this_year_is_a_candidate_too() -> None:
    tracked = record("tracked", "2025-06-11", "il-76", site="sunan", method="flight-tracking")
    result = years([record("seen", "2024-06-04", "il-76", site="sunan"), tracked])
    assert [(p.baseline.id, p.current.id) for p in result.candidates] == [("seen", "tracked")]
    assert result.watched.current == ()


@pytest.mark.parametrize(
    "other",
    [
        record("tracked", "2024-06-11", "an-124", site="sunan", method="flight-tracking"),
        record("tracked", "2024-06-11", "aircraft", site="sunan", method="flight-tracking"),
        record("tracked", "2024-06-11", "il-76", site="dunay", method="flight-tracking"),
        record("tracked", "2024-06-11", "il-76", site="sunan", method="flight-tracking", context=True),
    ],
    ids=["other class", "kind alone", "other site", "background"],
)
def test_no_candidate(other: Observation) -> None:
    assert years([other, TRACKED[1]]).candidates == ()


def test_another_class_is_no_candidate_for_a_claimed_one() -> None:
    an_124 = record("tracked", "2024-06-11", "an-124", site="sunan", method="flight-tracking")
    claimed = record("seen", "2025-06-04", "il-76", site="sunan", hedge="likely", hedge_on="platform")
    assert years([an_124, claimed]).candidates == ()


def test_an_admitted_method_is_scored_like_any_other() -> None:
    result = years(TRACKED, methods=METHODS)
    assert result.candidates == ()
    assert [e.id for e in result.watched.baseline] == ["tracked"]


# --- in words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (1.0, "> 0.99"),
        (0.9901, "> 0.99"),
        (0.99, "0.99"),
        (0.856, "0.86"),
        (0.5, "0.50"),
        (0.01, "0.01"),
        (0.0099, "< 0.01"),
        (0.0, "< 0.01"),
    ],
)
def test_a_posterior_in_print(probability: float, text: str) -> None:
    assert evidence.posterior_text(probability) == text


def test_grounds_name_what_agrees_and_what_differs() -> None:
    weighed = pair(
        record("a", "2024-05-18", platform_name="Oslyabya", activity="docked"),
        record("b", "2025-05-18", platform_name="Peresvet", activity="docked"),
    )
    assert (
        evidence.grounds(weighed)
        == "same site; same class; other individual: Oslyabya then, Peresvet now; same activity: docked"
    )


def test_the_same_hull_repeats() -> None:
    weighed = pair(record("a", "2024-05-18", platform_name="Foo"), record("b", "2025-05-18", platform_name="foo"))
    assert evidence.headline(weighed, WORDS) == (
        "repeats a (Ropucha class, Foo, 18 May 2024): same site, same individual"
    )


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        # What is agreed on above the class is named; below it stands what is not known.
        (
            {"platform": "landing-ship"},
            {"platform": "landing-ship"},
            "same site, same type (landing ship), hull not known",
        ),
        ({"platform": "ship"}, {"platform": "landing-ship"}, "same site, same kind (ship), type not known"),
        ({}, {"platform": "tapir-class"}, "same site; same type (landing ship); other class: Ropucha class then, "
         "Tapir class now"),
        ({}, {}, "same site, same class, hull not known"),
        ({"platform": "il-76"}, {"platform": "il-76"}, "same site, same class, tail number not known"),
        # A type of a type is called a type, too.
        (
            {"platform": "landing-ship"},
            {"platform": "deep"},
            "same site, same type (landing ship), narrower type not known",
        ),
        # The word that is replaced is that for what is not known, not a name that contains it.
        (
            {"platform_name": "individual", "hedge": "likely", "hedge_on": "platform_name"},
            {},
            "same site; same class; hull claimed, not known: then “likely” individual",
        ),
        (
            {"platform": "ropucha-class", "hedge": "likely", "hedge_on": "platform"},
            {"hedge": "believed", "hedge_on": "platform"},
            "same site; same type (landing ship); class claimed, not known: then “likely” Ropucha class, now "
            "“believed” Ropucha class",
        ),
        (
            {"platform": "ropucha-class", "hedge": "likely", "hedge_on": "platform"},
            {"hedge": "likely", "hedge_on": "platform"},
            "same site, same type (landing ship), class only claimed on both sides: “likely” Ropucha class",
        ),
        ({"platform": "engine"}, {"platform": "engine"}, "same site, same class, individual not known"),
        # Of a year a source only claims, our own look was made.
        ({"date": "2024"}, {}, "same site, same class, hull not known, claimed by the source without a dated image"),
        ({"date": "2024", "basis": "own"}, {}, "same site, same class, hull not known, not dated to a day"),
    ],
)  # fmt: skip
def test_grounds_in_words(then: dict[str, Any], now: dict[str, Any], said: str) -> None:
    given_ = {"date": "2024-05-18", "platform": "ropucha-class", "basis": "published", **then}
    when, platform = given_.pop("date"), given_.pop("platform")
    weighed = pair(record("a", when, platform, **given_), record("b", "2025-05-18", **now), words=DEEP)
    assert evidence.grounds(weighed) == said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "Ropucha class, 18 May 2024"),
        ({"hedge": "likely", "hedge_on": "platform"}, "“likely” Ropucha class, 18 May 2024"),
        ({"hedge": "likely", "hedge_on": "operator", "operator": "Russia"}, "Ropucha class, 18 May 2024"),
        ({"platform_name": "Foo"}, "Ropucha class, Foo, 18 May 2024"),
        (
            {"platform_name": "Foo", "hedge": "likely", "hedge_on": "platform_name"},
            "Ropucha class, “likely” Foo, 18 May 2024",
        ),
    ],
)
def test_an_episode_in_words_keeps_the_hedge_beside_its_word(more: dict[str, Any], said: str) -> None:
    (episode,) = found([record("a", "2024-05-18", **{"platform": "ropucha-class", **more})])
    assert evidence.described(episode, WORDS) == said


def test_a_hull_of_one_name_does_not_repeat_where_its_class_is_only_claimed_on_one_side() -> None:
    doubt: dict[str, Any] = {"hedge": "likely", "hedge_on": "platform"}
    weighed = pair(
        record("a", "2024-05-18", platform_name="Foo", **doubt), record("b", "2025-05-18", platform_name="Foo")
    )
    assert evidence.verb(weighed) == "resembles"


@pytest.mark.parametrize(
    ("assume", "rivals"),
    [
        # The class lives there and shows little: a sighting six weeks off is no rival of one on the day.
        (Assumptions(resident_u=0.95), ()),
        # Were a repeat expected weeks away from the day, it would be.
        (Assumptions(resident_u=0.95, season_m=(0.05, 0.9, 0.05)), ("later",)),
    ],
)
def test_what_is_assumed_reaches_the_answer_to_one_sighting(assume: Assumptions, rivals: tuple[str, ...]) -> None:
    home: dict[str, Any] = {"site": "sunan", "operator": "Air Koryo"}
    records = [
        record("then", "2024-06-01", "il-76", **home),
        *(record(f"other{n}", f"2024-0{n}-01") for n in range(1, 9)),
        record("now", "2025-06-01", "il-76", **home),
        record("later", "2025-07-10", "il-76", **home),
    ]
    assume = assume._replace(place_m=0.3, level_m=0.8, repeat_share=0.9, kappa=3)
    answer = evidence.precedent(
        "now", records, scope=SCOPE, baseline_years=(2024,), vocabulary=WORDS, sites=SITES,
        same_place=lambda one, other: one.site == other.site, assume=assume,
    )  # fmt: skip
    assert answer is not None
    assert answer.match is not None
    place, _, _, il_76, *_ = answer.match.terms
    assert (place.m, il_76.m, il_76.u) == (0.3, 0.8, 0.95)
    # One of nine at the site: (1 − 1 + 3/3) / (9 − 1 + 3).
    assert place.u == pytest.approx(1 / 11)
    assert answer.rivals == rivals


@pytest.mark.parametrize(
    ("where", "is_same", "said"),
    [("dunay", True, "same site"), ("nakhodka", True, "same place"), ("nakhodka", False, "other site")],
)
def test_the_place_in_words(where: str, is_same: bool, said: str) -> None:
    then, now = found([record("a", "2024-05-18", site=where), record("b", "2025-05-18")])
    weighed = evidence.evidence(then, now, evidence.Shares([then], WORDS, 3, 20), same_place=lambda *_: is_same)
    place = weighed.terms[0]
    assert (place.why, place.m, place.caveat) == (said, 0.9, "")


def test_what_is_not_known_is_said_of_activity_season_and_residents() -> None:
    weighed = pair(record("a", "2024-05"), record("b", "2025-05-18", activity="docked"))
    assert term(weighed, "activity").why == "visible activity not known on both sides"
    # Of the 31 days of May, 29, from the 3rd on, are within 15 days of the 18th.
    assert term(weighed, "season").why == (
        "season known only as shares of day pairs: 94% within 15 days of the same day of the year, 6% within 45 days"
    )
    home = [{"platform": "an-124", "operator": "Volga"}, {"platform": "il-76", "operator": "Air Koryo"}]
    (then,) = found([record("a", "2024-05-18", "il-76", hedge="likely", hedge_on="platform")])
    (now,) = found([record("b", "2025-05-18", "il-76")])
    shares = evidence.Shares([then], WORDS, 1, 20)
    weighed = evidence.evidence(then, now, shares, same_place=lambda *_: True, site=site("x", residents=home))
    (unknown,) = (t for t in weighed.terms if t.agreement == "unknown" and t.factor == "class")
    assert unknown.caveat == "Air Koryo keeps this class here, so the class alone shows little"


def test_sizes_are_named_for_the_table_of_the_method() -> None:
    then, now = (record(i, f"202{y}-05-18", platform_name="Foo", activity="docked") for i, y in (("a", 4), ("b", 5)))
    assert compared([then], [now]).sizes == (
        ("sites compared", 3, "counted in the site register, at least 2"),
        ("kinds of platform", 4, "assumed"),
        ("types or classes of ship", 8, "assumed"),
        ("types or classes of landing ship", 4, "assumed"),
        ("individuals of Ropucha class", 12, "assumed"),
        ("activities", 10, "assumed"),
    )


@pytest.mark.parametrize(("number", "base"), [(1, 0.1), (3, 0.3), (9, 0.9), (10, 10 / 11), (25, 10 / 11)])
def test_an_episode_of_many_activities_never_shares_one_for_certain(number: int, base: float) -> None:
    # Ten activities on file: of so many a share, and below one however many there are.
    assert evidence.activity_base(number, 10) == pytest.approx(base)


# --- the shipped logbook ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def book() -> Logbook:
    return Logbook(REPOSITORY)


@pytest.fixture(scope="module")
def shipped(book: Logbook) -> Repeats:
    return years(book.read().records, vocabulary=book.vocabulary, sites=book.sites)


def best(shipped: Repeats, current: str) -> list[Pair]:
    (found_pairs,) = (pairs for pairs in weighed_in(shipped.watched) if pairs and pairs[0].current.id == current)
    return list(found_pairs)


def test_the_dunay_match(shipped: Repeats, book: Logbook) -> None:
    match = next(m for m in shipped.watched.matches if m.current.id == "dunay-2025-05-18-ropucha-class")
    assert match.baseline.id == "dunay-2024-ropucha-class"
    assert match.finding == "same class"
    assert (
        evidence.grounds(match) == "same site, same class, hull not known, claimed by the source without a dated image"
    )
    assert evidence.headline(match, book.vocabulary).startswith("resembles dunay-2024-ropucha-class (")


def test_the_october_landing_ship_is_of_another_class(shipped: Repeats) -> None:
    october = next(
        p for p in best(shipped, "dunay-2025-05-18-ropucha-class") if p.baseline.id == "dunay-2024-10-17-tapir-class"
    )
    assert term(october, "class").agreement == "disagrees"
    assert "other class: Tapir class" in evidence.grounds(october)
    assert october not in shipped.matches
    assert october.posterior < 0.5


def test_the_tu_204_of_june_is_not_matched_with_the_il_76_of_june(shipped: Repeats) -> None:
    pairs = best(shipped, "sunan-2025-06-04-il-76")
    tu_204 = next(p for p in pairs if p.baseline.id == "sunan-2024-06-03-tu-204")
    assert (term(tu_204, "type").agreement, tu_204.finding) == ("disagrees", "same kind")
    assert tu_204.posterior < 0.5
    assert "sunan-2024-06-03-tu-204" not in {m.baseline.id for m in shipped.matches}


def test_the_il_76_match_says_why_the_class_shows_little(shipped: Repeats) -> None:
    match = next(m for m in shipped.watched.matches if m.current.id == "sunan-2025-06-04-il-76")
    assert match.baseline.id == "sunan-2024-il-76"
    assert (match.finding, evidence.verb(match)) == ("same type", "resembles")
    assert CAVEAT in evidence.grounds(match)


def test_the_il_76_of_march_2024_is_a_candidate_outside_the_score(shipped: Repeats, book: Logbook) -> None:
    assert "PS-070" in book.get("sunan-2024-03-11-il-76").tags
    candidate = next(p for p in shipped.candidates if p.baseline.id == "sunan-2024-03-11-il-76")
    assert candidate.current.id == "sunan-2025-06-04-il-76"
    assert all("sunan-2024-03-11-il-76" not in {e.id for e in c.baseline} for c in shipped.comparisons)


def test_only_known_individuals_repeat_in_the_shipped_logbook(shipped: Repeats) -> None:
    for weighed in (p for c in shipped.comparisons for pairs in weighed_in(c) for p in pairs):
        same = weighed.baseline.individual is not None and weighed.baseline.individual == weighed.current.individual
        assert evidence.verb(weighed) == "resembles" or same


def test_log_and_report_give_the_same_numbers_for_the_shipped_logbook(shipped: Repeats, book: Logbook) -> None:
    records = book.read().records
    for compared_here in shipped.comparisons:
        for current, pairs in zip(compared_here.current, weighed_in(compared_here), strict=True):
            alone = evidence.precedent(
                current.id,
                records,
                scope=evidence.scope_of(current.site, book.sites),
                baseline_years=[2024],
                vocabulary=book.vocabulary,
                sites=book.sites,
                same_place=geodesy.same_place,
            )
            assert alone is not None
            assert_same(alone.pairs, pairs)


def test_posteriors_of_the_shipped_logbook_sum_to_at_most_one(shipped: Repeats) -> None:
    sums = [sum(p.posterior for p in pairs) for c in shipped.comparisons for pairs in weighed_in(c)]
    assert max(sums) <= 1


def test_a_hull_of_unknown_class_is_no_class_of_its_own() -> None:
    words = vocabulary.from_toml(
        '[platforms.ship]\n[platforms.landing-ship]\nparent = "ship"\n'
        '[platforms.ropucha-class]\nparent = "landing-ship"\n[platforms.tapir-class]\nparent = "landing-ship"\n'
    )
    then = [record("a", "2024-05-18"), *(record(f"h{i}", f"2024-0{i + 1}-01", "landing-ship") for i in range(4))]
    named = [
        r if r.id == "a" else record(r.id or "", r.date, "landing-ship", platform_name=f"Hull {r.id}") for r in then
    ]
    bits = [
        term(
            next(
                p
                for p in weighed_in(compared(some, [record("b", "2025-05-18")], words=words))[0]
                if p.baseline.id == "a"
            ),
            "class",
        ).bits
        for some in (then, named)
    ]
    assert bits[0] == pytest.approx(bits[1])


def test_a_ship_of_one_name_repeats_though_one_side_does_not_say_its_class() -> None:
    then, now = (
        record("a", "2024-05-18", "tapir-class", platform_name="Foo"),
        record("b", "2025-05-18", "landing-ship", platform_name="Foo"),
    )
    (match,) = compared([then], [now]).matches
    assert (match.finding, evidence.verb(match)) == ("same type", "repeats")
    assert evidence.grounds(match).endswith("class not known, same name: Foo")
