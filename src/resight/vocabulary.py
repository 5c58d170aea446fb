"""The words a record may use: platforms, activities, likelihood; names in any script to ids.

The vocabulary is data (``seeds/vocabulary.toml``), not code: an analyst adds a class by adding a table.
"""

import math
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from resight.errors import InvalidValue, UnknownName

FILE = "seeds/vocabulary.toml"


#: What of ASCII is neither letter nor digit.
_UNSAID = {code: None for code in range(128) if not chr(code).isalnum()}
_UNSAID_BUT_BREAKS = {code: to for code, to in _UNSAID.items() if chr(code) != "\n"}


def fold(text: str) -> str:
    """A name without case, accents, spaces and punctuation, so that ``IL-76``, ``il 76`` and ``Il76`` meet."""
    if text.isascii():
        # Nothing to decompose: most of a million names are told apart in a fraction of the time.
        return text.casefold().translate(_UNSAID)
    # Twice: decomposing brings capitals back (№ becomes No).
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold())
    return "".join(char for char in decomposed if char.isalnum())


def folded(texts: Sequence[str]) -> list[str]:
    """:func:`fold` of many names: those without accents in one go, in a fraction of the time."""
    together = "\n".join(texts)
    if together.isascii() and together.count("\n") == len(texts) - 1:
        return together.casefold().translate(_UNSAID_BUT_BREAKS).split("\n")
    return list(map(fold, texts))


def near_names(text: str, names: Iterable[str], limit: int = 3) -> list[str]:
    """The known names closest to a mistyped one, best first."""
    from difflib import get_close_matches

    by_fold = {fold(name): name for name in reversed(list(names))}
    key = fold(text)
    close = get_close_matches(key, by_fold, n=limit, cutoff=0.6)
    inside = [folded for folded in by_fold if len(key) >= 3 and key in folded]
    return [by_fold[folded] for folded in dict.fromkeys(close + inside)][:limit]


class CatalogueSize(NamedTuple):
    """How many different things there could be, with where the number comes from."""

    size: int
    source: str

    @property
    def assumed(self) -> bool:
        """True when no published source stands behind the number."""
        return self.source.casefold().startswith("assumed")


class Pixels(NamedTuple):
    """The coarsest ground sample distance at which something is taken to be told, in metres, and who says so."""

    gsd_m: float
    source: str


#: How closely a thing may be named; what each needs of an image stands under ``[resolution.PLATFORM]``.
DEPTHS = ("kind", "type", "class", "individual")


class Platform(NamedTuple):
    """A node of the platform tree: a domain, a kind, a type or a class; never a hull or tail."""

    id: str
    label: str
    parent: str | None = None
    names: tuple[str, ...] = ()
    #: Only on a domain (a node without parent): may its sightings be matched with last year's?
    matched: bool = True
    length_m: float | None = None
    #: Beam of a ship, span of an aircraft, in metres.
    width_m: float | None = None
    capacity: str = ""
    source: str = ""
    #: How many children this node could have; how many hulls or tails there are of it.
    children: CatalogueSize | None = None
    individuals: CatalogueSize | None = None


class Individual(NamedTuple):
    """A named hull or tail the vocabulary knows in several spellings."""

    id: str
    name: str
    platform: str
    names: tuple[str, ...] = ()
    source: str = ""


class Term(NamedTuple):
    """An activity or inferred activity."""

    id: str
    label: str
    meaning: str = ""
    #: False for words that say nothing of what is done (``present``, ``arrival``): unknown when comparing.
    informative: bool = True
    names: tuple[str, ...] = ()


Named = TypeVar("Named", bound="Platform | Individual | Term | Likelihood")
Entry = TypeVar("Entry")


class Likelihood(NamedTuple):
    """A word of ICD 203 with the range of probability it stands for, in per cent."""

    id: str
    word: str
    low_pct: int
    high_pct: int
    synonyms: tuple[str, ...] = ()


class Vocabulary:
    """All words of one logbook, with the look-ups from any of their names.

    Raises:
        InvalidValue: a parent or class that is not there, parents in a circle, a name with two meanings.
    """

    def __init__(
        self,
        platforms: Mapping[str, Platform],
        individuals: Mapping[str, Individual],
        activities: Mapping[str, Term],
        inferred_activities: Mapping[str, Term],
        likelihoods: Mapping[str, Likelihood],
        catalogue: Mapping[str, CatalogueSize],
        resolution: Mapping[str, Mapping[str, Pixels]] | None = None,
    ) -> None:
        self.platforms, self.individuals = platforms, individuals
        self.activities, self.inferred_activities = activities, inferred_activities
        self.likelihoods, self.catalogue = likelihoods, catalogue
        #: Platform id to depth to the pixels that it needs; what stands lower in the tree goes first.
        self.resolution = resolution or {}
        self._paths = {identifier: self._climb(identifier) for identifier in platforms}
        for individual in individuals.values():
            self._known("individuals", individual.id, individual.platform)
        for platform in self.resolution:
            self._known("resolution", platform, platform)
        self._platform_names = _index("platform", platforms.values())
        self._individual_names = _index("individual", individuals.values())
        named: list[Platform | Individual] = [*platforms.values(), *individuals.values()]
        _index("platform or individual", named)
        _index("activity", activities.values())
        _index("inferred activity", inferred_activities.values())
        _index("likelihood", likelihoods.values())

    def _known(self, table: str, owner: str, platform: str) -> None:
        if platform not in self.platforms:
            raise InvalidValue(
                f"{FILE} [{table}.{owner}]",
                platform,
                f"{platform!r} is not a platform of this file",
                allowed="the id of a [platforms.…] table",
            )

    def _climb(self, identifier: str) -> tuple[str, ...]:
        path: list[str] = []
        node: str | None = identifier
        while node is not None:
            if node in path:
                raise InvalidValue(f"[platforms.{identifier}]", node, f"its parents run in a circle through {node!r}")
            path.append(node)
            parent = self.platforms[node].parent
            if parent is not None:
                self._known("platforms", node, parent)
            node = parent
        return tuple(reversed(path))

    def path(self, platform: str) -> tuple[str, ...]:
        """From the domain down to ``platform``, both included; just the id itself when it is not known."""
        return self._paths.get(platform, (platform,))

    def is_matched(self, platform: str | None) -> bool:
        """May a sighting of this platform repeat one of last year's? Not cargo, people or facilities."""
        domain = self.platforms.get(self.path(platform)[0]) if platform else None
        return domain is not None and domain.matched

    def label(self, platform: str | None) -> str:
        """The platform in words for a sentence."""
        if not platform:
            return "platform not given"
        node = self.platforms.get(platform)
        return node.label if node else platform

    def level(self, platform: str) -> str:
        """What a node is called by its depth: ``kind`` at the top, ``class`` at a leaf, else ``type``.

        A leaf directly under a domain (cargo ship) is a type: there is no narrower word for it on file.
        """
        path = self.path(platform)
        if len(path) == 1:
            return "kind"
        has_children = any(node.parent == platform for node in self.platforms.values())
        return "class" if len(path) > 2 and not has_children else "type"

    def coarsest(self, platform: str, depth: str) -> Pixels | None:
        """The pixels at which a platform is taken to be told to that depth (see :data:`DEPTHS`); None if not stated."""
        tables = (self.resolution.get(node, {}) for node in reversed(self.path(platform)))
        return next((table[depth] for table in tables if depth in table), None)

    def resolve_platform(self, text: str) -> Platform | Individual:
        """The platform, or the hull or tail, that a name in any script stands for.

        Raises:
            UnknownName: nobody has that name; near names are offered.
        """
        found = self.named(text)
        if found is None:
            names = [*self.platforms, *(n for p in self.platforms.values() for n in p.names)]
            names += [n for i in self.individuals.values() for n in (i.name, *i.names)]
            raise UnknownName("platform", text, near=near_names(text, names), where=FILE, all_names="resight platforms")
        return found

    def named(self, text: str) -> Platform | Individual | None:
        """The platform, hull or tail with this name in any script, if there is one."""
        return self._platform_names.get(fold(text)) or self.individual(text)

    def individual(self, name: str) -> Individual | None:
        """The registered hull or tail with this name in any script, if there is one."""
        return self._individual_names.get(fold(name))

    def same_individual(self, a: str, b: str) -> bool:
        """Do two names stand for one hull or tail?"""
        return self.individual_key(a) == self.individual_key(b)

    def individual_key(self, name: str) -> str:
        """One key for all spellings of a hull or tail."""
        return self.individuals_called([name])[0][0]

    def individuals_called(self, names: Sequence[str]) -> list[tuple[str, Individual | None]]:
        """For each of many names one key for all spellings of that hull or tail, and which one it is if registered."""
        found = [
            (name, plain, self._individual_names.get(plain)) for name, plain in zip(names, folded(names), strict=True)
        ]
        return [(known.id if known else plain or name, known) for name, plain, known in found]

    def resolve_term(self, text: str, table: str) -> Term:
        """The activity (``table="activities"``) or inferred activity a name stands for.

        Raises:
            UnknownName: nobody has that name; near names are offered.
        """
        terms: Mapping[str, Term] = getattr(self, table)
        found = _index(table, terms.values()).get(fold(text))
        if found is None:
            field_name = "activity" if table == "activities" else "inferred_activity"
            raise UnknownName(
                field_name,
                text,
                near=near_names(text, terms) or list(terms)[:6],
                where=FILE,
                all_names=f"resight platforms --{table.replace('_', '-')}",
            )
        return found

    def resolve_likelihood(self, text: str) -> Likelihood:
        """The ICD 203 word, or a synonym the standard names.

        Raises:
            InvalidValue: the word is not on the scale.
        """
        key = fold(text)
        for likelihood in self.likelihoods.values():
            if key in {fold(likelihood.word), fold(likelihood.id), *map(fold, likelihood.synonyms)}:
                return likelihood
        scale = ", ".join(f"{known.word} ({known.low_pct}–{known.high_pct} %)" for known in self.likelihoods.values())
        raise InvalidValue("likelihood", text, f"{text!r} is not on the scale of ICD 203", allowed=scale)


def _spoken(thing: Platform | Individual | Term | Likelihood) -> tuple[str, ...]:
    if isinstance(thing, Likelihood):
        return (thing.id, thing.word, *thing.synonyms)
    return (thing.id, thing.name if isinstance(thing, Individual) else thing.label, *thing.names)


def _index(what: str, things: Iterable[Named]) -> dict[str, Named]:
    index: dict[str, Named] = {}
    for thing in things:
        for name in _spoken(thing):
            taken = index.setdefault(fold(name), thing)
            if taken is not thing:
                raise InvalidValue(
                    FILE,
                    name,
                    f"the {what} name {name!r} stands under both {taken.id!r} and {thing.id!r}",
                    allowed="one meaning a name",
                )
    return index


def toml(text: str, name: str) -> dict[str, Any]:
    """The tables of a TOML file; ``name`` is what it is called for the person.

    Raises:
        InvalidValue: it is not TOML.
    """
    try:
        return tomllib.loads(text)
    # Numbers of thousands of digits and lists in thousands of lists are refused by Python, not by its reader of TOML.
    except (ValueError, RecursionError) as error:
        raise InvalidValue(name, "", f"is not valid TOML: {error}") from None


def from_toml(text: str) -> Vocabulary:
    """Read a vocabulary.

    Raises:
        InvalidValue: not TOML, a parent that is not there, a name with two meanings.
    """
    raw = toml(text, FILE)
    return Vocabulary(
        platforms=_table(raw, "platforms", _platform),
        individuals=_table(raw, "individuals", _individual),
        activities=_table(raw, "activities", _term),
        inferred_activities=_table(raw, "inferred_activities", _term),
        likelihoods=_table(raw, "likelihood", _likelihood),
        catalogue={key: _size(f"[catalogue] {key}", value) for key, value in _mapping(raw, "catalogue").items()},
        resolution=_table(raw, "resolution", _resolution),
    )


def _mapping(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = raw.get(key, {})
    if not isinstance(value, dict):
        raise InvalidValue(FILE, value, f"[{key}] is not a table")
    return value


def _table(raw: Mapping[str, Any], key: str, read: "Callable[[str, _Fields], Entry]") -> dict[str, Entry]:
    return {
        identifier: read(identifier, _Fields(f"[{key}.{identifier}]", value))
        for identifier, value in _mapping(raw, key).items()
    }


class _Fields:
    """The entries of one table, each checked for its type as it is taken."""

    def __init__(self, where: str, value: object) -> None:
        if not isinstance(value, dict):
            raise InvalidValue(FILE, value, f"{where} is not a table")
        self.where, self.raw = where, value

    def take(self, key: str, kind: type[Entry], default: Entry) -> Entry:
        value = self.raw.get(key, default)
        if kind is float and type(value) is int:
            value = float(value)
        if not isinstance(value, kind):
            raise InvalidValue(FILE, value, f"{self.where} {key} = {value!r}", allowed=f"a {kind.__name__}")
        return value

    def number(self, key: str) -> float | None:
        if key not in self.raw:
            return None
        value = self.take(key, float, 0.0)
        if not 0 < value < math.inf:
            raise InvalidValue(FILE, value, f"{self.where} {key} = {value!r}", allowed="a number of metres above 0")
        return value

    def names(self) -> tuple[str, ...]:
        by_language = self.take("names", dict, {})
        return tuple(name for language, names in by_language.items() for name in self.texts(f"names.{language}", names))

    def texts(self, key: str, value: object) -> tuple[str, ...]:
        """A list of texts."""
        if not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            raise InvalidValue(FILE, value, f"{self.where} {key} = {value!r}", allowed='a list of names: ["…", "…"]')
        return tuple(value)

    def size(self, key: str) -> CatalogueSize | None:
        return _size(f"{self.where} {key}", self.raw[key]) if key in self.raw else None


def _size(where: str, value: object) -> CatalogueSize:
    if not (isinstance(value, dict) and type(value.get("size")) is int and value["size"] >= 1):
        raise InvalidValue(FILE, value, where, allowed='{ size = 12, source = "…" } with a size of at least 1')
    return CatalogueSize(value["size"], str(value.get("source", "assumed: no source given")))


def _platform(identifier: str, fields: _Fields) -> Platform:
    return Platform(
        id=identifier,
        label=fields.take("label", str, identifier.replace("-", " ")),
        parent=fields.take("parent", str, "") or None,
        names=fields.names(),
        matched=fields.take("matched", bool, True),
        length_m=fields.number("length_m"),
        width_m=fields.number("width_m"),
        capacity=fields.take("capacity", str, ""),
        source=fields.take("source", str, ""),
        children=fields.size("children"),
        individuals=fields.size("individuals"),
    )


def _resolution(identifier: str, fields: _Fields) -> dict[str, Pixels]:
    found: dict[str, Pixels] = {}
    for depth, value in fields.raw.items():
        gsd_m: Any = value.get("gsd_m") if isinstance(value, dict) else None
        if depth not in DEPTHS or type(gsd_m) not in (int, float) or not 0 < gsd_m < math.inf:
            allowed = f'{", ".join(DEPTHS)}, each {{ gsd_m = 1.2, source = "…" }} with metres above 0'
            raise InvalidValue(FILE, value, f"[resolution.{identifier}] {depth} = {value!r}", allowed=allowed)
        found[depth] = Pixels(float(gsd_m), str(value.get("source", "assumed: no source given")))
    return found


def _individual(identifier: str, fields: _Fields) -> Individual:
    return Individual(
        id=identifier,
        name=fields.take("name", str, identifier),
        platform=fields.take("platform", str, ""),
        names=fields.names(),
        source=fields.take("source", str, ""),
    )


def _term(identifier: str, fields: _Fields) -> Term:
    return Term(
        id=identifier,
        label=fields.take("label", str, identifier.replace("-", " ")),
        meaning=fields.take("meaning", str, ""),
        informative=fields.take("informative", bool, True),
        names=fields.names(),
    )


def _likelihood(identifier: str, fields: _Fields) -> Likelihood:
    low, high = fields.take("low_pct", int, 0), fields.take("high_pct", int, 100)
    if isinstance(low, bool) or isinstance(high, bool) or not 0 <= low <= high <= 100:
        what = f"{fields.where} low_pct = {low!r}, high_pct = {high!r}"
        raise InvalidValue(FILE, (low, high), what, allowed="0 ≤ low_pct ≤ high_pct ≤ 100")
    return Likelihood(
        id=identifier,
        word=fields.take("word", str, identifier.replace("-", " ")),
        low_pct=low,
        high_pct=high,
        synonyms=fields.texts("synonyms", fields.take("synonyms", list, [])),
    )
