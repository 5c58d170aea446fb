"""Two lines of work on one logbook, put together record by record: a three-way merge of year files and journals.

A record is known by its id. What only one side touched is taken; what both touched is merged field by field, and where
both changed a field our wording stays and theirs is kept beside it, under :data:`CONFLICTS`, until an amendment settles
it. An id that both sides gave to another record stays ours; theirs takes the next number, and what theirs said of it
follows. A year file and the journal are merged apart from each other, so nothing here depends on clock or chance.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from resight.errors import InvalidRecord
from resight.observation import Observation

#: The property that keeps the other side's wording of fields: a mapping of field to value, None for an empty one.
CONFLICTS = "merge_conflicts"
#: Fields that are one statement: they are taken from one side together.
_TOGETHER = (
    ("date", "earliest", "latest", "date_meaning"),
    ("count", "count_min", "count_max"),
    ("platform", "platform_name"),
    ("inferred_activity", "likelihood"),
    ("hedge", "hedge_on"),
    ("image_href", "image_sha256"),
    ("status", "reviewed_by"),
)
_GROUP = {name: group for group in _TOGETHER for name in group}
#: Lists to which both sides may add.
_LISTS = ("sources", "relates", "tags")
#: Not statements of anybody: which wording it is, and since when.
_COUNTERS = ("revision", "revised_at")
#: The geometry is a field like any other.
_GEOMETRY = "geometry"

Feature = Mapping[str, Any]
#: What a record was of which a file does not know the beginning.
_NOTHING: Feature = {"properties": {}, _GEOMETRY: None}


class Merged(NamedTuple):
    """The records of two sides put together."""

    #: By id, as they stand after the merge.
    records: dict[str, Feature]
    #: Ids that were theirs before, by the id that such a record has now.
    renamed: dict[str, str]
    #: Ids of records whose wording is neither side's: merged, renamed or related anew.
    reworded: tuple[str, ...]
    #: By id, the fields of which two wordings stand in the record.
    conflicts: dict[str, tuple[str, ...]]
    #: Ids of records that one side changed and the other took out of the file; they stay.
    kept: tuple[str, ...]


def together(
    base: Mapping[str, Feature],
    ours: Mapping[str, Feature],
    theirs: Mapping[str, Feature],
    taken: Collection[str] = (),
) -> Merged:
    """The records of two sides, by id, that began as ``base``.

    Args:
        base, ours, theirs: Features by id.
        taken: further ids that no record may get.
    """
    renamed = _renamed(base, ours, theirs, {*base, *ours, *theirs, *taken})
    back = {new: old for old, new in renamed.items()}
    theirs = {renamed.get(i, i): f if _same(base.get(i), f) else _as_renamed(f, renamed) for i, f in theirs.items()}
    records: dict[str, Feature] = {}
    reworded: list[str] = list(back)
    conflicts: dict[str, tuple[str, ...]] = {}
    kept: list[str] = []
    for identifier in dict.fromkeys((*ours, *theirs)):
        was, here, there = base.get(identifier), ours.get(identifier), theirs.get(identifier)
        if here is None or there is None:
            held = here if here is not None else there
            # Taken out on one side: it moved to another year file, unless the other side has changed it meanwhile.
            if was is not None and _same(was, held):
                continue
            if held is not None:
                records[identifier] = held
                kept += [identifier] if was is not None else []
        elif _same(here, there) or _same(was, there) or (was is None and not _is_moved(here, there)):
            # Given on both sides and not renamed: they say the same, but for the new id in a relation.
            records[identifier] = here
        elif _same(was, here):
            records[identifier] = there
        else:
            records[identifier], fields = _one(was or _NOTHING, here, there)
            reworded.append(identifier)
            if fields:
                conflicts[identifier] = fields
    related = [i for i, f in theirs.items() if i in records and i not in reworded and _names(f, back)]
    return Merged(records, back, tuple(dict.fromkeys((*reworded, *related))), conflicts, tuple(kept))


def _renamed(
    base: Mapping[str, Feature], ours: Mapping[str, Feature], theirs: Mapping[str, Feature], taken: set[str]
) -> dict[str, str]:
    """Ids that both sides gave to different records, with the next number that neither has."""
    renamed: dict[str, str] = {}
    for identifier, feature in theirs.items():
        if identifier in base or identifier not in ours:
            continue
        if _same(ours[identifier], feature) or _is_moved(ours[identifier], feature):
            continue
        renamed[identifier] = next_id(identifier, taken)
        taken.add(renamed[identifier])
    return renamed


def _is_moved(here: Feature, there: Feature) -> bool:
    """Are two wordings, new to a file, of one record that both sides moved there from another year?"""
    of_both = [feature["properties"] for feature in (here, there)]
    logged = {properties.get("logged_at") for properties in of_both}
    return len(logged) == 1 and None not in logged and all((one.get("revision") or 1) > 1 for one in of_both)


def next_id(identifier: str, taken: Collection[str]) -> str:
    """The id with the next number that nobody has: ``x`` gives ``x-2``; a date's day is no such number."""
    found = re.fullmatch(r"(.*[a-z][a-z0-9-]*?)-(\d+)", identifier)
    stem = found[1] if found and found[1] in taken else identifier
    number = 2
    while (new := f"{stem}-{number}") in taken:
        number += 1
    return new


def _as_renamed(feature: Feature, renamed: Mapping[str, str]) -> Feature:
    """A record of theirs under its new id; what they newly said of a renamed one is said of its new id."""
    if feature.get("id") not in renamed and not _names(feature, renamed):
        return feature
    identifier = renamed.get(feature["id"], feature["id"])
    properties = {**feature["properties"], "id": identifier}
    if properties.get("relates"):
        properties["relates"] = [{**one, "id": renamed.get(one["id"], one["id"])} for one in properties["relates"]]
    return {**feature, "id": identifier, "properties": properties}


def _names(feature: Feature, identifiers: Collection[str]) -> bool:
    return any(relation.get("id") in identifiers for relation in feature["properties"].get("relates") or ())


def _same(one: Feature | None, other: Feature | None) -> bool:
    """Do two wordings say the same, whenever they were logged?"""
    if one is None or other is None:
        return one is other
    return _timeless(one) == _timeless(other)


def _timeless(feature: Feature) -> Feature:
    properties = {name: value for name, value in feature["properties"].items() if name != "logged_at"}
    return {**feature, "properties": properties}


def _one(base: Feature, ours: Feature, theirs: Feature) -> tuple[Feature, tuple[str, ...]]:
    """One record of two wordings, and the fields on which they disagree."""
    was, here, there = (_fields(feature) for feature in (base, ours, theirs))
    merged, beside = dict(here), dict(here.get(CONFLICTS) or {})
    for group in dict.fromkeys(_GROUP.get(name, (name,)) for name in (*here, *there, *was)):
        if group[0] in _COUNTERS or group[0] == CONFLICTS:
            continue
        old, mine, other = (tuple(fields.get(name) for name in group) for fields in (was, here, there))
        if other in (old, mine):
            continue
        if group[0] in _LISTS:
            merged[group[0]] = _list(*(fields.get(group[0]) or [] for fields in (was, here, there)))
        elif mine == old:
            merged.update(zip(group, other, strict=True))
        else:
            beside.update((name, there.get(name)) for name in group if here.get(name) != there.get(name))
    result = _feature(ours, merged, beside, here, there)
    if _is_record(result):
        return result, tuple(beside)
    # Each field alone can be merged, the whole cannot: then nothing is, and all of theirs is kept beside.
    differing = [name for name in dict.fromkeys((*here, *there)) if here.get(name) != there.get(name)]
    beside = {name: there.get(name) for name in differing if name not in (*_COUNTERS, CONFLICTS)}
    return _feature(ours, here, beside, here, there), tuple(beside)


def _fields(feature: Feature) -> dict[str, Any]:
    return {**feature["properties"], _GEOMETRY: feature.get(_GEOMETRY)}


def _feature(ours: Feature, fields: Mapping[str, Any], beside: Mapping[str, Any], *both: Mapping[str, Any]) -> Feature:
    """A Feature of fields, as the revision after the later of both."""
    properties = {name: value for name, value in fields.items() if value is not None and name != _GEOMETRY}
    properties["revision"] = max(side.get("revision") or 1 for side in both) + 1
    times = [side["revised_at"] for side in both if side.get("revised_at")]
    if times:
        properties["revised_at"] = max(times)
    properties.pop(CONFLICTS, None)
    if beside:
        properties[CONFLICTS] = dict(beside)
    return {**ours, "properties": properties, _GEOMETRY: fields.get(_GEOMETRY)}


def _is_record(feature: Feature) -> bool:
    try:
        Observation.from_feature(feature)
    except InvalidRecord:
        return False
    return True


def _list(was: Sequence[Any], here: Sequence[Any], there: Sequence[Any]) -> list[Any]:
    """What both sides hold, with what either added and without what either took out."""
    left_out = [item for item in was if item not in there]
    return [*(item for item in here if item not in left_out), *(i for i in there if i not in was and i not in here)]


def settled(record: Observation, names: Iterable[str]) -> Observation:
    """The record without the other side's wording of those fields, which somebody has decided now."""
    foreign = dict(record.foreign or {})
    open_still = foreign.get(CONFLICTS)
    if not isinstance(open_still, dict):
        return record
    decided = {member for name in names for member in _GROUP.get(name, (name,))}
    foreign[CONFLICTS] = {name: value for name, value in open_still.items() if name not in decided}
    if not foreign[CONFLICTS]:
        del foreign[CONFLICTS]
    return record.with_changes(foreign=foreign or None)


# --- the journal


class Histories(NamedTuple):
    """The lines of two journals that one side has and the other has not, as entries."""

    ours: Sequence[Mapping[str, Any]]
    theirs: Sequence[Mapping[str, Any]]
    #: The ids of all lines.
    taken: Collection[str] = ()


class Join(NamedTuple):
    """What a merge has to write into the journal of one record."""

    id: str
    before: Feature | None
    after: Feature
    #: What became of its id; empty where it is as it was.
    why: str = ""


class Joint(NamedTuple):
    """What the merge itself has to write into the journal."""

    lines: list[Join]
    #: Ids of records, as they are after the merge, that the two sides have in different years. Each year file is merged
    #: by itself, so that such a record stands in two of them until the logbook is opened.
    split: tuple[str, ...]


def joining(histories: Histories) -> Joint:
    """What the merge itself has to write into the journal.

    One line for every record whose wording is neither side's, and for each that theirs wrote and whose wording is ours;
    where there is none, their last record, unchanged: the line at which the two histories meet has to speak of one.
    """
    base = _first_before(histories.ours) | _first_before(histories.theirs)
    ours, theirs = _last_after(histories.ours), _last_after(histories.theirs)
    touched_there = set(theirs)
    # A record that one side alone has touched stands on the other as it was.
    for touched, other in ((ours, theirs), (theirs, ours)):
        other.update({i: base[i] for i in touched if i not in other and i in base})
    # What both sides moved into one year is merged there by a file that does not have its beginning.
    moved = [
        i for i, old in base.items() if i in ours and i in theirs and _year(ours[i]) == _year(theirs[i]) != _year(old)
    ]
    merged = together({i: f for i, f in base.items() if i not in moved}, ours, theirs, histories.taken)
    # Their lines stand last in the joined journal, so where ours stays it has to be said again.
    stayed = [i for i in touched_there & merged.records.keys() if merged.records[i] != theirs[i]]
    named = dict.fromkeys((*merged.renamed.values(), *merged.reworded, *sorted(stayed)))
    called = {old: new for new, old in merged.renamed.items()}
    lines: list[Join] = []
    for identifier in named:
        before = ours.get(identifier)
        if before is None and identifier not in merged.renamed:
            before = theirs.get(identifier)
        why = ""
        if identifier in merged.renamed:
            why = f"until then {merged.renamed[identifier]}, an id that both had given"
        elif identifier in called:
            why = f"the record that the other had given this id is {called[identifier]} now"
        lines.append(Join(identifier, before, merged.records[identifier], why))
    if not named:
        last = histories.theirs[-1]
        lines.append(Join(last["id"], last["after"], last["after"]))
    then = {identifier: merged.renamed.get(identifier, identifier) for identifier in merged.reworded}
    split = [i for i, old in then.items() if old in ours and old in theirs and _year(ours[old]) != _year(theirs[old])]
    return Joint(lines, tuple(split))


def _year(feature: Feature) -> str:
    """The year file that a record stands in."""
    return str(feature["properties"]["earliest"])[:4]


def _first_before(entries: Iterable[Mapping[str, Any]]) -> dict[str, Feature]:
    found: dict[str, Feature | None] = {}
    for entry in entries:
        found.setdefault(entry["id"], entry["before"])
    return {identifier: before for identifier, before in found.items() if before is not None}


def _last_after(entries: Iterable[Mapping[str, Any]]) -> dict[str, Feature]:
    return {entry["id"]: entry["after"] for entry in entries}
