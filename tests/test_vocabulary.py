"""Names in any script to ids; the tree; what a vocabulary file may not say; the shipped file."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resight import vocabulary as v
from resight.errors import InvalidValue, UnknownName
from resight.observation import LikelihoodId

SHIPPED_FILE = Path(__file__).parents[1] / "seeds" / "vocabulary.toml"
SHIPPED = v.from_toml(SHIPPED_FILE.read_text(encoding="utf-8"))

TREE = """
[platforms.ship]
[platforms.landing-ship]
parent = "ship"
[platforms.ropucha-class]
parent = "landing-ship"
"""


def refusal(toml: str) -> InvalidValue:
    with pytest.raises(InvalidValue) as caught:
        v.from_toml(toml)
    return caught.value


# --- fold and near names


@pytest.mark.parametrize(
    "spellings",
    [
        ("IL-76", "il 76", "Il76", "il.76", "ＩＬ－７６"),
        ("Ил-76", "ИЛ 76", "ил76"),
        ("самолёт", "самолет", "САМОЛЁТ"),
        ("Ropucha-class", "ropucha class", "Rópucha–Class"),
        ("로푸카급", "로푸카 급", "\u1105\u1169\u1111\u116e\u110f\u1161\u1100\u1173\u11b8"),
        ("Straße", "STRASSE"),
    ],
)
def test_spellings_of_one_name_meet(spellings: tuple[str, ...]) -> None:
    assert len({v.fold(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(("a", "b"), [("Il-76", "Il-96"), ("Ил-76", "Il-76"), ("로푸카급", "로푸차급"), ("An", "Ан")])
def test_different_names_stay_apart(a: str, b: str) -> None:
    assert v.fold(a) != v.fold(b)


@pytest.mark.parametrize("text", ["", "—", " - / . ", "!?"])
def test_nothing_but_marks_folds_to_nothing(text: str) -> None:
    assert v.fold(text) == ""


@given(st.text(alphabet=st.characters(max_codepoint=0x1FFF), max_size=20))
def test_folding_does_not_depend_on_spaces_and_hyphens(text: str) -> None:
    assert v.fold(" ".join(text)) == v.fold("-".join(text))


@given(st.lists(st.text(alphabet=st.sampled_from("Aab -\n7\tй"), max_size=4), max_size=5))
def test_many_names_fold_as_each_does(texts: list[str]) -> None:
    assert v.folded(texts) == [v.fold(text) for text in texts]


@pytest.mark.parametrize(("a", "b"), [("Причал № 2", "причал no 2"), ("ᴬn-124", "an-124"), ("ＴＭ", "™")])
def test_compatibility_capitals_fold_too(a: str, b: str) -> None:
    assert v.fold(a) == v.fold(b)


@pytest.mark.parametrize(
    ("text", "names", "near"),
    [
        ("ropuca", ["ropucha", "tapir", "ship"], ["ropucha"]),
        ("IL 77", ["tapir", "il-96", "il-76"], ["il-76"]),
        ("Дунаи", ["Дунай", "Находка"], ["Дунай"]),
        # A part of a name is near, however long the rest is.
        ("vilkov", ["Nikolay Vilkov", "Peresvet"], ["Nikolay Vilkov"]),
        ("il", ["Nikolay Vilkov", "Peresvet"], []),
        ("zzzz", ["ropucha", "tapir"], []),
        ("", ["ropucha"], []),
        ("ropucha", [], []),
    ],
)
def test_near_names(text: str, names: list[str], near: list[str]) -> None:
    assert v.near_names(text, names) == near


def test_near_names_are_at_most_as_many_as_asked_for_and_each_once() -> None:
    names = ["Ropucha", "ROPUCHA", "Ropucha I", "Ropucha II", "Ropucha III"]
    assert v.near_names("Ropuchaa", names, limit=2) == ["Ropucha", "Ropucha I"]


# --- the shipped words, in three scripts


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("ropucha", "ropucha-class"),
        ("ropucha-class", "ropucha-class"),
        ("Project 775", "ropucha-class"),
        ("проект 775", "ropucha-class"),
        ("Ропуха", "ropucha-class"),
        ("로푸카급", "ropucha-class"),
        ("Alligator", "tapir-class"),
        ("Ил-76", "il-76"),
        ("ИЛ-76МД", "il-76"),
        ("IL 76", "il-76"),
        ("일류신-76", "il-76"),
        ("LST", "landing-ship"),
        ("БДК", "landing-ship"),
        ("상륙함", "landing-ship"),
        ("самолет", "aircraft"),
        ("화물선", "cargo-ship"),
    ],
)
def test_a_platform_has_its_names_in_any_script(name: str, identifier: str) -> None:
    found = SHIPPED.resolve_platform(name)
    assert isinstance(found, v.Platform)
    assert found.id == identifier


@pytest.mark.parametrize(
    ("name", "identifier", "platform"),
    [
        ("Lady R", "lady-r", "cargo-ship"),
        ("Леди Р", "lady-r", "cargo-ship"),
        ("레이디R호", "lady-r", "cargo-ship"),
        ("NIKOLAI VILKOV", "nikolay-vilkov", "tapir-class"),
        ("Николай Вилков", "nikolay-vilkov", "tapir-class"),
        ("ニコライ・ヴィルコフ", "nikolay-vilkov", "tapir-class"),
        ("p 912", "p-912", "il-76"),
    ],
)
def test_a_hull_or_tail_has_its_names_in_any_script(name: str, identifier: str, platform: str) -> None:
    found = SHIPPED.resolve_platform(name)
    assert isinstance(found, v.Individual)
    assert (found.id, found.platform) == (identifier, platform)
    assert SHIPPED.individual(name) == found


def test_one_hull_under_two_spellings_is_one_individual() -> None:
    assert SHIPPED.same_individual("Lady R", "Леди Р")
    assert SHIPPED.same_individual("RA-99999", "ra 99999")
    assert not SHIPPED.same_individual("Lady R", "Angara")
    assert not SHIPPED.same_individual("RA-99999", "RA-99998")


def test_marks_of_not_knowing_are_not_one_hull() -> None:
    assert not SHIPPED.same_individual("?", "—")


@pytest.mark.parametrize(
    ("name", "near"), [("ropuca", "Ropucha"), ("Il-67", "Il-76"), ("Ил-67", "Ил-76"), ("Ladi R", "Lady R")]
)
def test_an_unknown_platform_is_refused_with_near_names(name: str, near: str) -> None:
    with pytest.raises(UnknownName) as caught:
        SHIPPED.resolve_platform(name)
    error = caught.value
    assert (error.field, error.value) == ("platform", name)
    assert v.fold(near) in {v.fold(proposed) for proposed in error.near}
    for part in ("platform:", repr(name), "did you mean", "resight platforms", "seeds/vocabulary.toml"):
        assert part in str(error)


def test_a_platform_unlike_any_other_is_refused_without_near_names() -> None:
    with pytest.raises(UnknownName) as caught:
        SHIPPED.resolve_platform("qqqqqqqq")
    assert caught.value.near == ()
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "-", "?"])
def test_a_name_of_nothing_is_nobody(name: str) -> None:
    with pytest.raises(UnknownName):
        SHIPPED.resolve_platform(name)
    assert SHIPPED.individual(name) is None


@pytest.mark.parametrize(
    ("name", "table", "identifier"),
    [
        ("docked", "activities", "docked"),
        ("у причала", "activities", "docked"),
        ("접안", "activities", "docked"),
        ("under way", "activities", "transit"),
        ("troop transport", "inferred_activities", "troop-transfer"),
        ("переброска войск", "inferred_activities", "troop-transfer"),
        ("무기 거래", "inferred_activities", "munitions-transfer"),
        ("other", "activities", "other"),
        ("other", "inferred_activities", "other"),
    ],
)
def test_an_activity_has_its_names_in_any_script(name: str, table: str, identifier: str) -> None:
    assert SHIPPED.resolve_term(name, table).id == identifier


@pytest.mark.parametrize(
    ("name", "table", "field", "near"),
    [
        ("dockd", "activities", "activity", "docked"),
        ("troop transfr", "inferred_activities", "inferred_activity", "troop-transfer"),
        # Nothing is near: some of the list is better than silence.
        ("qqqq", "activities", "activity", "docked"),
    ],
)
def test_an_unknown_activity_is_refused_with_near_names(name: str, table: str, field: str, near: str) -> None:
    with pytest.raises(UnknownName) as caught:
        SHIPPED.resolve_term(name, table)
    assert caught.value.field == field
    assert near in caught.value.near
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    ("word", "identifier"),
    [
        ("remote", "almost-no-chance"),
        ("highly improbable", "very-unlikely"),
        ("improbable", "unlikely"),
        ("even chance", "roughly-even-chance"),
        ("roughly even odds", "roughly-even-chance"),
        ("probable", "likely"),
        ("Probably", "likely"),
        ("highly probable", "very-likely"),
        ("VERY LIKELY", "very-likely"),
        ("nearly certain", "almost-certain"),
        ("almost-certain", "almost-certain"),
    ],
)
def test_a_likelihood_has_the_synonyms_of_the_standard(word: str, identifier: str) -> None:
    assert SHIPPED.resolve_likelihood(word).id == identifier


@pytest.mark.parametrize("word", ["maybe", "", "certain", "possible"])
def test_a_word_off_the_scale_is_refused_with_the_scale(word: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        SHIPPED.resolve_likelihood(word)
    assert (caught.value.field, caught.value.value) == ("likelihood", word)
    assert repr(word) in str(caught.value)
    assert "almost no chance (1–5 %)" in str(caught.value)
    assert "almost certain (95–99 %)" in str(caught.value)


# --- the tree


@pytest.mark.parametrize(
    ("platform", "path", "level"),
    [
        ("ship", ("ship",), "kind"),
        ("landing-ship", ("ship", "landing-ship"), "type"),
        ("ropucha-class", ("ship", "landing-ship", "ropucha-class"), "class"),
        # A leaf right under its domain has no narrower word on file.
        ("cargo-ship", ("ship", "cargo-ship"), "type"),
        ("il-76", ("aircraft", "transport-aircraft", "il-76"), "class"),
        ("tu-204", ("aircraft", "airliner", "tu-204"), "class"),
        ("containers", ("cargo", "containers"), "type"),
        ("no-such-thing", ("no-such-thing",), "kind"),
    ],
)
def test_path_and_level(platform: str, path: tuple[str, ...], level: str) -> None:
    assert SHIPPED.path(platform) == path
    assert SHIPPED.level(platform) == level


@pytest.mark.parametrize(
    ("platform", "matched"),
    [
        ("ship", True),
        ("ropucha-class", True),
        ("il-76", True),
        ("truck", True),
        ("cargo", False),
        ("containers", False),
        ("troops", False),
        ("pier", False),
        ("no-such-thing", False),
        ("", False),
        (None, False),
    ],
)
def test_cargo_people_and_facilities_are_never_matched(platform: str | None, matched: bool) -> None:
    assert SHIPPED.is_matched(platform) is matched


@pytest.mark.parametrize(
    ("platform", "label"),
    [
        ("ropucha-class", "Ropucha class (Project 775)"),
        ("no-such-thing", "no-such-thing"),
        (None, "platform not given"),
        ("", "platform not given"),
    ],
)
def test_label(platform: str | None, label: str) -> None:
    assert SHIPPED.label(platform) == label


def test_what_a_table_leaves_out_has_a_default() -> None:
    small = v.from_toml(TREE + '[activities.in-dry-dock]\n[likelihood.very-likely]\n[individuals.x]\nplatform="ship"')
    assert small.platforms["landing-ship"] == v.Platform("landing-ship", "landing ship", "ship")
    assert small.activities["in-dry-dock"] == v.Term("in-dry-dock", "in dry dock")
    assert small.likelihoods["very-likely"] == v.Likelihood("very-likely", "very likely", 0, 100)
    assert small.individuals["x"] == v.Individual("x", "x", "ship")
    assert small.catalogue == {}


def test_a_size_says_whether_it_was_assumed() -> None:
    sizes = v.from_toml(
        '[catalogue]\na = { size = 3, source = "Assumed: none" }\nb = { size = 1 }\nc = { size = 2, source = "NK Pro" }'
    ).catalogue
    assert {name: size.assumed for name, size in sizes.items()} == {"a": True, "b": True, "c": False}


def test_a_whole_number_of_metres_is_a_length() -> None:
    assert v.from_toml("[platforms.ship]\nlength_m = 112\nwidth_m = 15.5").platforms["ship"].length_m == 112.0


# --- a file that is not right


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[platforms.ship", ("seeds/vocabulary.toml", "not valid TOML")),
        ("a = 1\na = 2", ("seeds/vocabulary.toml", "not valid TOML")),
        pytest.param("a = " + "[" * 3000, ("seeds/vocabulary.toml", "not valid TOML"), id="nested-3000-deep"),
        pytest.param("a = " + "9" * 5000, ("seeds/vocabulary.toml", "not valid TOML"), id="5000-digits"),
        ('[platforms.tug]\nparent = "shipp"', ("[platforms.tug]", "'shipp'", "not a platform of this file")),
        ('[platforms.a]\nparent = "a"', ("[platforms.a]", "circle")),
        ('[platforms.a]\nparent = "b"\n[platforms.b]\nparent = "a"', ("[platforms.a]", "circle")),
        (TREE + '[individuals.x]\nplatform = "tapir"', ("[individuals.x]", "'tapir'", "not a platform of this file")),
        (TREE + "[individuals.x]", ("[individuals.x]", "not a platform of this file")),
        (
            '[platforms.a]\nnames = { en = ["LST"] }\n[platforms.b]\nnames = { ru = ["l.s.t."] }',
            ("'l.s.t.'", "'a'", "'b'", "one meaning a name"),
        ),
        ('[platforms.a]\n[platforms.b]\nlabel = "A"', ("'A'", "'a'", "'b'")),
        (
            TREE
            + '[individuals.a]\nname = "Maria"\nplatform = "ship"\n[individuals.b]\nname = "MARIA"\nplatform = "ship"',
            ("'MARIA'", "'a'", "'b'"),
        ),
        ("[platforms.ship]\nchildren = { size = 0 }", ("[platforms.ship] children", "at least 1")),
        ("[platforms.ship]\nindividuals = { size = -3 }", ("[platforms.ship] individuals", "at least 1")),
        ("[platforms.ship]\nindividuals = { size = 2.5 }", ("[platforms.ship] individuals", "at least 1")),
        ("[platforms.ship]\nindividuals = { size = true }", ("[platforms.ship] individuals", "at least 1")),
        ("[platforms.ship]\nindividuals = 3", ("[platforms.ship] individuals", "size = 12")),
        ("[catalogue]\nkinds = { size = 0 }", ("[catalogue] kinds", "at least 1")),
        ("[platforms.ship]\nlabel = 3", ("[platforms.ship] label = 3", "a str")),
        ('[platforms.ship]\nmatched = "yes"', ("[platforms.ship] matched = 'yes'", "a bool")),
        ("[platforms.ship]\nmatched = 1", ("[platforms.ship] matched = 1", "a bool")),
        ('[platforms.ship]\nlength_m = "112 m"', ("[platforms.ship] length_m = '112 m'", "a float")),
        ("[platforms.ship]\nlength_m = true", ("[platforms.ship] length_m = True", "a float")),
        ('[platforms.ship]\nnames = ["ship"]', ("[platforms.ship] names", "a dict")),
        ("[activities.docked]\ninformative = 1", ("[activities.docked] informative = 1", "a bool")),
        ('[likelihood.likely]\nlow_pct = "55"', ("[likelihood.likely] low_pct = '55'", "a int")),
        ("[likelihood.likely]\nlow_pct = 55.5", ("[likelihood.likely] low_pct = 55.5", "a int")),
        ('[likelihood.likely]\nsynonyms = "probable"', ("[likelihood.likely] synonyms = 'probable'", "a list")),
        ("platforms = 3", ("[platforms] is not a table",)),
        ("catalogue = []", ("[catalogue] is not a table",)),
        ("[platforms]\nship = 3", ("[platforms.ship] is not a table",)),
        ("[[platforms.ship]]", ("[platforms.ship] is not a table",)),
    ],
)
def test_a_file_that_is_not_right_is_refused_by_name(toml: str, says: tuple[str, ...]) -> None:
    message = str(refusal(toml))
    for part in says:
        assert part in message


@pytest.mark.parametrize(
    "toml",
    [
        pytest.param("[platforms.a]\nnames = { en = 5 }", id="names-a-number"),
        pytest.param('[platforms.a]\nnames = { en = "Il-76" }', id="names-one-text-not-a-list"),
        pytest.param("[platforms.a]\nnames = { en = [76] }", id="names-of-numbers"),
        pytest.param("[likelihood.likely]\nsynonyms = [1]", id="synonyms-of-numbers"),
    ],
)
def test_names_are_lists_of_text(toml: str) -> None:
    assert refusal(toml)


@pytest.mark.parametrize("length", ["-5", "0", "nan", "inf"])
def test_a_reference_length_is_above_0(length: str) -> None:
    assert "length_m" in str(refusal(f"[platforms.ship]\nlength_m = {length}"))


@pytest.mark.parametrize("ends", [(80, 20), (-5, 20), (55, 180), (55, True)])
def test_a_likelihood_range_lies_within_0_to_100(ends: tuple[int, int]) -> None:
    low, high = (str(end).lower() for end in ends)
    assert refusal(f"[likelihood.likely]\nlow_pct = {low}\nhigh_pct = {high}")


@pytest.mark.parametrize(
    "toml",
    [
        pytest.param('[activities.a]\nnames = {en = ["x"]}\n[activities.b]\nnames = {en = ["X"]}', id="activities"),
        pytest.param('[likelihood.a]\nsynonyms = ["x"]\n[likelihood.b]\nsynonyms = ["X"]', id="likelihood"),
        pytest.param(TREE + '[individuals.y]\nname = "Ship"\nplatform = "ship"', id="platform-and-individual"),
    ],
)
def test_a_name_with_two_meanings_is_refused_in_every_table(toml: str) -> None:
    assert refusal(toml)


@given(st.text(max_size=60))
def test_any_text_is_a_vocabulary_or_refused(text: str) -> None:
    with suppress(InvalidValue):
        assert isinstance(v.from_toml(text), v.Vocabulary)


# --- the shipped file


def test_the_catalogue_size_of_activities_counts_those_that_say_something() -> None:
    informative = [term.id for term in SHIPPED.activities.values() if term.informative]
    assert SHIPPED.catalogue["activities"].size == len(informative) == 9


def test_the_catalogue_size_of_kinds_counts_the_matched_domains() -> None:
    domains = {node.id for node in SHIPPED.platforms.values() if node.parent is None and node.matched}
    assert domains == {"ship", "aircraft", "vehicle"}
    assert SHIPPED.catalogue["kinds"].size == len(domains)


def test_every_node_has_a_label_of_its_own_words() -> None:
    raw: dict[str, Any] = tomllib.loads(SHIPPED_FILE.read_text(encoding="utf-8"))
    for table in ("platforms", "activities", "inferred_activities"):
        assert [name for name, entry in raw[table].items() if not entry.get("label")] == []


def test_no_catalogue_of_children_is_smaller_than_the_file() -> None:
    for node in SHIPPED.platforms.values():
        on_file = sum(other.parent == node.id for other in SHIPPED.platforms.values())
        assert node.children is None or node.children.size >= on_file, node.id


def test_no_catalogue_of_individuals_is_smaller_than_the_file() -> None:
    for node in SHIPPED.platforms.values():
        on_file = sum(hull.platform == node.id for hull in SHIPPED.individuals.values())
        assert node.individuals is None or node.individuals.size >= on_file, node.id


@pytest.mark.parametrize(
    ("identifier", "word", "low", "high"),
    [
        ("almost-no-chance", "almost no chance", 1, 5),
        ("very-unlikely", "very unlikely", 5, 20),
        ("unlikely", "unlikely", 20, 45),
        ("roughly-even-chance", "roughly even chance", 45, 55),
        ("likely", "likely", 55, 80),
        ("very-likely", "very likely", 80, 95),
        ("almost-certain", "almost certain", 95, 99),
    ],
)
def test_the_likelihood_words_have_the_ranges_of_icd_203(identifier: str, word: str, low: int, high: int) -> None:
    found = SHIPPED.likelihoods[identifier]
    assert (found.word, found.low_pct, found.high_pct) == (word, low, high)


def test_the_record_and_the_file_know_the_same_likelihood_words() -> None:
    assert tuple(SHIPPED.likelihoods) == LikelihoodId.__args__  # type: ignore[attr-defined]
