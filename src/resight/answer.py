"""What last year holds for a record just logged, in words: the answer ``resight log`` gives at once.

It reads no more of the logbook than the answer rests on, and gives the numbers the report gives.
"""

from collections.abc import Sequence
from datetime import MAXYEAR, MINYEAR
from datetime import date as Day
from typing import NamedTuple

from resight import episodes, evidence, geodesy, rubbish
from resight.episodes import Episode
from resight.errors import Problem
from resight.evidence import Pair, Precedent
from resight.logbook import Logbook
from resight.observation import LOOK_METHODS, Observation
from resight.vocabulary import Vocabulary
from resight.wording import numbered

#: Baseline episodes shown beside the match.
SHOWN = 3
#: Of a logbook with more records than these not all of the baseline is read: numpy takes a tenth of a second to load.
MANY = 5000


class Answer(NamedTuple):
    """The answer, a sentence a topic."""

    baseline: int
    #: Id of the baseline episode that it repeats or resembles; None when none stands out.
    match: str | None
    summary: str
    #: How often anyone looked in the baseline year, or that this is not known.
    effort: str
    #: Other sightings of this year that resemble the same one no less; empty when there are none.
    rivals: str = ""
    #: What was there too and is not its match, closest first.
    others: tuple[str, ...] = ()
    #: What could not be read of that which the answer rests on.
    problems: tuple[Problem, ...] = ()


def to(record: Observation, book: Logbook, baseline: int | None = None) -> Answer:
    """The answer to a record of the logbook; the baseline is the year before its own if not given."""
    problems: list[Problem] = []
    before = record.year - 1 if baseline is None else baseline
    if not MINYEAR <= before <= MAXYEAR:
        return Answer(before, None, "There is no year to compare with.", "")
    with rubbish.put_off():
        said = _to(record, book, before, problems)
    return said._replace(problems=tuple(dict.fromkeys(problems)))


def _to(record: Observation, book: Logbook, before: int, problems: list[Problem]) -> Answer:
    scope = evidence.scope_of(record.site, book.sites)
    is_large = len(scope) > 1 and book.holds_more_than(MANY)
    then, found_then = book.read(between=_around(before), sites={record.site} if is_large else scope)
    problems += found_then
    here = [r for r in then if r.site == record.site and r.year == before]
    name = book.sites[record.site].name
    effort = _effort(here, record, book.vocabulary, name, before)
    if record.outcome != "seen":
        node, words = record.platform, book.vocabulary
        seen = [r for r in here if r.outcome == "seen" and not r.context and not r.aggregate]
        seen = [r for r in seen if not node or (r.platform and node in words.path(r.platform))]
        number = numbered(len(seen), "sighting") if seen else "no sighting"
        of_it = f" of {words.label(node)}" if node else ""
        return Answer(before, None, f"In {before} at {name}: {number}{of_it} on file.", effort)
    if not record.platform:
        return Answer(before, None, "Not compared: it is not said what was seen.", effort)
    if not episodes.may_match(record, book.vocabulary):
        why = "background, totals, cargo, people and facilities are shown, never matched"
        return Answer(before, None, f"Not compared: {why}.", effort)
    if record.method not in LOOK_METHODS:
        why = f"{record.method} gives no image, and only optical and radar looks are compared"
        return Answer(before, None, f"Not compared: {why}.", effort)
    # Of the year itself only this site counts: the sightings that may belong to one episode with the new one.
    now, found_now = book.read(between=_around(record.year), sites={record.site})
    problems += found_now
    told = list({r.id: r for r in (*then, *now)}.values())
    if is_large:
        found = _of_many(record, told, book, before, scope)
    else:
        found = evidence.precedent(
            record.id or "",
            told,
            scope=scope,
            baseline_years=[before],
            vocabulary=book.vocabulary,
            sites=book.sites,
            same_place=geodesy.same_place,
        )
    begun = found.episode if found else None
    if found is None or begun is None or begun.year is None:
        return Answer(before, None, "Not compared: its dates lie on both sides of New Year.", effort)
    if begun.year == before:
        return Answer(
            before, None, f"Part of the visit that began as {begun.id} in {before}: not its own repeat.", effort
        )
    return _of(found, book.vocabulary, name, before, effort)


def _of_many(
    record: Observation, here: Sequence[Observation], book: Logbook, before: int, scope: Sequence[str]
) -> Precedent | None:
    """The baseline's answer where that is too large to be read for one record."""
    from resight import hindsight

    around = _around(before)

    def at_site(name: str) -> Sequence[Episode]:
        return episodes.find(book.read(between=around, sites={name}).records, book.vocabulary)

    return hindsight.precedent(
        record.id or "",
        here,
        hindsight.of(book, before, around, scope),
        at_site,
        scope=scope,
        baseline_year=before,
        vocabulary=book.vocabulary,
        sites=book.sites,
    )


def _around(year: int) -> tuple[Day, Day]:
    """The year and a month to both sides: a visit over New Year belongs to the year in which it began."""
    first = Day(year - 1, 12, 1) if year > MINYEAR else Day.min
    last = Day(year + 1, 1, 31) if year < MAXYEAR else Day.max
    return first, last


def _of(found: Precedent, vocabulary: Vocabulary, name: str, before: int, effort: str) -> Answer:
    match = found.match
    near = [p for p in found.pairs if p is not match and p.same_place and p.finding not in ("same kind", "other")]
    near.sort(key=lambda pair: (evidence.closeness(pair), -pair.posterior, pair.baseline.id))
    others = tuple(_beside(pair, vocabulary) for pair in near[:SHOWN])
    if match:
        sentence = f"{_capital(evidence.headline(match, vocabulary))}."
        if not match.same_place:
            sentence = f"Nothing like it at {name} in {before}; elsewhere: {sentence}"
        return Answer(before, match.baseline.id, sentence, effort, _rivals(found.rivals), others)
    if near and near[0].finding == "same individual":
        who = found.episode.individual_name
        summary = f"{who} was at {name} in {before} too; which visit this one repeats cannot be told."
        return Answer(before, None, summary, effort, others=others)
    if near:
        number = "1 comes" if len(near) == 1 else f"{len(near)} come"
        summary = f"No one sighting at {name} in {before} stands out as its match; {number} near."
        return Answer(before, None, summary, effort, others=others)
    return Answer(before, None, f"Nothing like it at {name} in {before}.", effort)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _beside(pair: Pair, vocabulary: Vocabulary) -> str:
    return f"{pair.baseline.id} ({evidence.described(pair.baseline, vocabulary)}): {evidence.grounds(pair)}"


def _rivals(ids: Sequence[str]) -> str:
    if not ids:
        return ""
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    verb = "resembles" if len(ids) == 1 else "resemble"
    return f"{' and '.join(ids[:SHOWN])}{more} {verb} it no less; the report assigns one to one."


def _effort(records: Sequence[Observation], record: Observation, vocabulary: Vocabulary, name: str, year: int) -> str:
    """How often anyone looked, or that this is not known: published images are no denominator."""
    looks = episodes.looks(records)
    counted = [look for look in looks if look.is_counted]
    if counted and record.platform:
        able = [look for look in counted if look.could_find(record.platform, vocabulary)]
        seen = sum(look.found(record.platform, vocabulary) for look in able)
        what = vocabulary.label(record.platform)
        looks_able = numbered(len(able), "look")
        return f"{_capital(what)} seen in {seen} of {looks_able} at {name} in {year} that would have shown it."
    if counted:
        empty = sum(all(r.outcome == "not-seen" and not r.platform for r in look.records) for look in counted)
        return (
            f"{numbered(len(counted), 'look')} at {name} in {year} on file, {empty or 'none'} of which found nothing."
        )
    if not looks:
        return f"No look at {name} in {year} is on file."
    return (
        f"How often anyone looked at {name} in {year} is not known ({numbered(len(looks), 'published look')} on file)."
    )
