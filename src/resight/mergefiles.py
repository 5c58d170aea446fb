"""Three versions of a year file or of the journal, as git hands them over, and the one they make together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from resight import merge as merge_
from resight.errors import UnreadableFile
from resight.featurefile import FeatureFile, new_line, parse, write_atomically
from resight.journal import canonical, digest_of, is_of_bulk
from resight.observation import Observation


class Outcome(NamedTuple):
    """What became of a merge."""

    #: For the person, a sentence each.
    said: list[str]
    has_conflicts: bool


def merge(base: Path, ours: Path, theirs: Path, name: str, time: str) -> Outcome:
    """Merge two versions that began as ``base`` into ``ours``; an empty file stands for none.

    Args:
        base, ours, theirs: the three versions.
        name: what the file is called, for the person.
        time: of the merge, for the journal.

    Raises:
        UnreadableFile: one of them could not be read whole; ours is left as it was.
    """
    if any(_is_journal(path) for path in (ours, theirs, base)):
        return _merge_journals(ours, theirs, name, time)
    return _merge_years(base, ours, theirs, name)


def _is_journal(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(64).lstrip().startswith(b'{"after":')


# --- year files


def _merge_years(base: Path, ours: Path, theirs: Path, name: str) -> Outcome:
    files = [_year(path, name) for path in (base, ours, theirs)]
    sides = [{line.id: line.feature for line in file.lines if line.id is not None} for file in files]
    merged = merge_.together(*sides)
    # Byte for byte as on the side that a record is of, else written anew.
    lines = list({line.text: line for file in files[1:] for line in file.lines if line.id is None}.values())
    held = [{line.id: line for line in file.lines} for file in files]
    for identifier, feature in merged.records.items():
        whose = next((side for side in (1, 2) if sides[side].get(identifier) is feature), None)
        lines.append(new_line(Observation.from_feature(feature)) if whose is None else held[whose][identifier])
    header = {**files[2].header, **files[1].header}
    data, _ = files[1]._replace(header=header).with_lines(lines)
    write_atomically(ours, data)
    said = [f"{old} was given on both sides; theirs is {new} now" for new, old in merged.renamed.items()]
    said += [f"{identifier} was changed on one side and taken out on the other; it stays" for identifier in merged.kept]
    for identifier, fields in merged.conflicts.items():
        said.append(f"{identifier}: both sides changed {', '.join(fields)}; ours stays, `resight check` shows theirs")
    return Outcome(said, bool(merged.conflicts or merged.kept))


def _year(path: Path, name: str) -> FeatureFile:
    # git hands over an empty file where a side has none.
    there = path if path.stat().st_size else path.with_name(f"{path.name}.none")
    file = parse(there, name)
    ids = [line.id for line in file.lines if line.id is not None]
    twice = sorted({identifier for identifier in ids if ids.count(identifier) > 1}) if len(set(ids)) < len(ids) else []
    if not file.is_whole or twice:
        problems = [str(p) for p in file.problems if p.level == "error"] + [f"{i} stands there twice" for i in twice]
        raise UnreadableFile(
            f"{name} could not be merged, because one side cannot be read whole; ours was left as it is, "
            "`git show :3:PATH` has theirs:\n" + "\n".join(f"  {problem}" for problem in problems)
        )
    return file


# --- the journal


def _merge_journals(ours: Path, theirs: Path, name: str, time: str) -> Outcome:
    here, there = _rows(ours, name), _rows(theirs, name)
    new_here = {digest: row for digest, row in here.items() if digest not in there}
    new_there = {digest: row for digest, row in there.items() if digest not in here}
    if not new_there:
        return Outcome([], False)
    if not new_here:
        write_atomically(ours, theirs.read_bytes())
        return Outcome([], False)
    entries = [[orjson.loads(row) for row in new.values()] for new in (new_here, new_there)]
    # Bulk files never change, and two sides never write one: of them nothing is to be joined.
    of_records = [[entry for entry in side if not is_of_bulk(entry)] for side in entries]
    histories = merge_.Histories(
        of_records[0],
        of_records[1],
        {orjson.loads(row)["id"] for row in (*here.values(), *new_there.values())},
    )
    parents = [list(here)[-1], list(there)[-1]]
    joint = merge_.joining(histories) if of_records[1] else merge_.Joint([], ())
    lines = joint.lines
    if not lines:
        last = entries[1][-1]
        lines = [merge_.Join(last["id"], last["after"], last["after"])]
    rows = [*here.values(), *new_there.values()]
    for number, join in enumerate(lines, 1):
        entry: dict[str, Any] = {
            "time": time,
            "analyst": None,
            "command": "merge",
            "id": join.id,
            "before": join.before,
            # As the year file has it; of a bulk file, what was said of it.
            "after": join.after
            if is_of_bulk({"id": join.id, "after": join.after})
            else Observation.from_feature(join.after).to_feature(),
            "parents": parents,
            **({"why": join.why} if join.why else {}),
        }
        if number == len(lines):
            # It changes no file that is not there already: nothing is to be carried out after a crash.
            entry["files"] = {}
        entry["digest"] = digest_of(entry)
        parents = [entry["digest"]]
        rows.append(canonical(entry))
    write_atomically(ours, b"".join(row + b"\n" for row in rows))
    then = "the two sides have it in different years; `resight check` puts that in order, then commit"
    said = [f"{identifier}: {then}" for identifier in joint.split]
    if any(is_of_bulk(entry) for side in entries for entry in side):
        said.append(
            "both sides wrote, and one of them bulk files: `resight check` says whether two records have one id"
        )
    return Outcome(said, bool(joint.split))


def _rows(path: Path, name: str) -> Mapping[str, bytes]:
    """The lines of a journal by their digests, in order."""
    rows: dict[str, bytes] = {}
    for number, row in enumerate(path.read_bytes().split(b"\n"), 1):
        if not row.strip():
            continue
        try:
            entry = orjson.loads(row)
            if not isinstance(entry["after"], dict) or not isinstance(entry["id"], str):
                raise TypeError
            entry["before"]
            rows[str(entry["digest"])] = row.strip()
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise UnreadableFile(
                f"{name}:{number} is not a line of the journal, so it was not merged; ours was left as it is, "
                "`git show :3:PATH` has theirs"
            ) from None
    return rows
