"""What can be said against records once register and vocabulary are at hand: each check gives problems as data.

A check is a function of a :class:`Context` to problems; :data:`CHECKS` is the tuple that ``resight check`` runs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from resight import dates, dimensions, geodesy
from resight.errors import InvalidValue, Problem, UnknownName
from resight.merge import CONFLICTS
from resight.observation import Claim, Observation, Site, positions
from resight.vocabulary import FILE as VOCABULARY_FILE
from resight.vocabulary import Vocabulary, fold, near_names

REGISTER_FILE = "seeds/sites.geojson"
#: A claimed distance is contradicted when it differs from the geodesic one by more than the uncertainty of the two
#: positions and this share of it, which rounding explains.
CLAIM_TOLERANCE = 0.05
#: What becomes of a Feature that is no record.
KEPT = "it stays in the file and is left out of every answer until mended"


class Located(NamedTuple):
    """A record with the file and line it was read from."""

    record: Observation
    file: str
    line: int | None

    def problem(self, level: str, field: str, what: str, mend: str = "") -> Problem:
        """A problem of this record."""
        return Problem(level, what, self.file, self.line, self.record.id or "", field, mend)  # type: ignore[arg-type]


class Context(NamedTuple):
    """All that the checks may look at."""

    records: Sequence[Located]
    sites: Mapping[str, Site]
    vocabulary: Vocabulary


def unknown_names(record: Observation, sites: Mapping[str, Site], vocabulary: Vocabulary) -> list[InvalidValue]:
    """The names of a record that register and vocabulary do not hold, with near ones offered."""
    found: list[InvalidValue] = []
    if record.site not in sites:
        names = [name for site in sites.values() for name in site.all_names]
        found.append(_unknown("site", record.site, names, REGISTER_FILE, "resight sites"))
    if record.platform is not None and record.platform not in vocabulary.platforms:
        found.append(_unknown("platform", record.platform, vocabulary.platforms, VOCABULARY_FILE, "resight platforms"))
    if record.activity is not None and record.activity not in vocabulary.activities:
        found.append(_unknown("activity", record.activity, vocabulary.activities, VOCABULARY_FILE, "resight platforms"))
    if record.inferred_activity is not None and record.inferred_activity not in vocabulary.inferred_activities:
        found.append(
            _unknown(
                "inferred_activity",
                record.inferred_activity,
                vocabulary.inferred_activities,
                VOCABULARY_FILE,
                "resight platforms",
            )
        )
    return found


def _unknown(field: str, value: str, names: Iterable[str], where: str, command: str) -> UnknownName:
    return UnknownName(field, value, near=near_names(value, names), where=where, all_names=command)


def misplaced(record: Observation, site: Site) -> InvalidValue | None:
    """The objection to a position too far from its site; says when swapping lon and lat would fit."""
    place = record.geometry
    if place is None or geodesy.is_plainly_near(place, site.footprint, site.point, geodesy.FARTHEST_FROM_SITE_M):
        return None
    away = geodesy.from_footprint_m(place, site.footprint, site.point)
    if away <= geodesy.FARTHEST_FROM_SITE_M:
        return None
    first = next(positions(place))
    hint = ""
    if -90 <= first[0] <= 90 and geodesy.distance_m((first[1], first[0]), site.point) <= away / 2:
        hint = f"; swapped (lon {first[1]}, lat {first[0]}) it would lie near {site.id}: GeoJSON puts lon first"
    limit = geodesy.FARTHEST_FROM_SITE_M / 1000
    return InvalidValue(
        "geometry",
        record.geometry,
        f"lon {first[0]}, lat {first[1]} lies {away / 1000:.0f} km outside the footprint of {site.id}{hint}",
        allowed=f"within {limit:.0f} km of the footprint, or --anyway",
    )


# --- what `check` runs ----------------------------------------------------------------------------------------


def names_are_known(context: Context) -> Iterator[Problem]:
    """Register and vocabulary hold site, platform and activities."""
    for located in context.records:
        for error in unknown_names(located.record, context.sites, context.vocabulary):
            yield located.problem("error", error.field, str(error).removeprefix(f"{error.field}: "))


def individuals_fit_their_class(context: Context) -> Iterator[Problem]:
    """A hull or tail of the vocabulary is of the class that it has there."""
    vocabulary = context.vocabulary
    for located in context.records:
        record = located.record
        known = vocabulary.individual(record.platform_name) if record.platform_name else None
        if known is None or record.platform is None:
            continue
        ours, theirs = vocabulary.path(record.platform), vocabulary.path(known.platform)
        shared = min(len(ours), len(theirs))
        if ours[:shared] != theirs[:shared]:
            known_class = vocabulary.label(known.platform)
            what = f"{known.name} is a {known_class} in the vocabulary, the record says {record.platform}"
            yield located.problem("warning", "platform_name", what, "correct the one that is wrong")


def _positions_are_at_their_site(context: Context) -> Iterator[Problem]:
    for located in context.records:
        record, site = located.record, context.sites.get(located.record.site)
        error = misplaced(record, site) if site else None
        if error:
            yield located.problem("warning", "geometry", error.what)
        if record.geometry is not None and any(len(place) > 2 for place in positions(record.geometry)):
            yield located.problem("notice", "geometry", "has an altitude, which is kept and not used")


def _image_time_fits_date(context: Context) -> Iterator[Problem]:
    for located in context.records:
        record, site = located.record, context.sites.get(located.record.site)
        if record.image_time is None or site is None:
            continue
        day = dates.local_day(record.image_time, site.timezone)
        if not record.bounds[0] <= day <= record.bounds[1]:
            what = f"the image was taken on {day} in {site.timezone}, outside the date {record.date}"
            yield located.problem("warning", "image_time", what, "correct date or image_time")


def _sizes_fit_their_class(context: Context) -> Iterator[Problem]:
    for located in context.records:
        record, vocabulary = located.record, context.vocabulary
        known = vocabulary.platforms.get(record.platform or "")
        fields = vars(record)
        if known and dimensions.is_one_thing(fields) and dimensions.misfit(dimensions.of(fields), known):
            field = "length_m" if record.length_m else "width_m"
            yield located.problem("warning", field, dimensions.sentence(fields, vocabulary))


def images_show_as_much(context: Context) -> Iterator[Problem]:
    """The pixels are fine enough to tell what the record says."""
    for located in context.records:
        doubt = dimensions.too_deep(located.record, context.vocabulary)
        if doubt:
            yield located.problem("warning", doubt.field, doubt.what)


def _nothing_is_logged_ahead_of_time(context: Context) -> Iterator[Problem]:
    for located in context.records:
        record = located.record
        if record.logged_at is not None and (record.bounds[0] - record.logged_at.date()).days > 1:
            yield located.problem(
                "warning", "date", f"{record.date} lies after the day it was logged, {record.logged_at.date()}"
            )


def _relations_lead_somewhere(context: Context) -> Iterator[Problem]:
    by_id = {located.record.id: located.record for located in context.records}
    for located in context.records:
        for relation in located.record.relates:
            other = by_id.get(relation.id)
            if other is None:
                yield located.problem("warning", "relates", f"no record has the id {relation.id!r}")
            elif relation.how == "contradicts" and not any(
                back.id == located.record.id and back.how == "contradicts" for back in other.relates
            ):
                yield located.problem(
                    "notice", "relates", f"contradicts {relation.id}, which does not say so of this record"
                )


def _same_thing_twice(context: Context) -> Iterator[Problem]:
    # Records with one source that say the same of the same: what differs in words is a thing of its own.
    by_words: dict[tuple[object, ...], Seen] = {}
    for located in context.records:
        record = located.record
        if record.status == "withdrawn":
            continue
        words = (record.sources, record.visible, record.site, record.bounds)
        seen = by_words.setdefault(words, Seen(context.vocabulary))
        twin = seen.twin(record)
        if twin and twin.id not in {r.id for r in record.relates} and record.id not in {r.id for r in twin.relates}:
            yield located.problem("warning", "id", f"looks like {twin.id} logged a second time", "withdraw one of them")
        seen.add(record)


def _one_image_two_answers(context: Context) -> Iterator[Problem]:
    seen = Seen(context.vocabulary)
    for located in context.records:
        if located.record.status != "withdrawn":
            seen.add(located.record)
    for located in context.records:
        other = seen.denied(located.record) if located.record.outcome == "not-seen" else None
        if other and located.record.status != "withdrawn":
            what = f"says that image {other.image_id} does not show what {other.id} sees in it"
            yield located.problem("warning", "outcome", what, "correct or withdraw one of them")


class Seen:
    """Records met so far, found again by what they say: the same thing a second time, or the opposite of one image."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        # Of records alike in all that must be equal: those of each image (None: not known).
        self._alike: dict[tuple[object, ...], dict[str | None, list[Observation]]] = {}
        self._of_image: dict[tuple[str, str], list[Observation]] = {}

    def _key(self, record: Observation) -> tuple[object, ...]:
        name = record.platform_name
        individual = self._vocabulary.individual_key(name) if name else None
        return (record.site, record.bounds, record.outcome, record.platform, individual, record.method)

    def add(self, record: Observation) -> None:
        """Remember a record."""
        self._alike.setdefault(self._key(record), {}).setdefault(record.image_id, []).append(record)
        if record.image_id:
            self._of_image.setdefault((record.site, record.image_id), []).append(record)

    def twin(self, record: Observation) -> Observation | None:
        """One that says the same of the same thing; what only one of the two gives does not tell them apart."""
        by_image = self._alike.get(self._key(record), {})
        images = by_image if record.image_id is None else (record.image_id, None)
        for image in images:
            for other in by_image.get(image, ()):
                if not any(_differ(record, other, name) for name in ("berth", "length_m", "count")):
                    return other
        return None

    def denied(self, record: Observation) -> Observation | None:
        """One that says the opposite of the same image: it shows what this one does not see there, or the reverse."""
        if record.image_id is None:
            return None
        for other in self._of_image.get((record.site, record.image_id), ()):
            if self._denies(record, other) or self._denies(other, record):
                return other
        return None

    def _denies(self, absence: Observation, sighting: Observation) -> bool:
        if (absence.outcome, sighting.outcome) != ("not-seen", "seen"):
            return False
        names = absence.platform_name, sighting.platform_name
        if names[0] and not (names[1] and self._vocabulary.same_individual(names[0], names[1])):
            return False
        seen = self._vocabulary.path(sighting.platform) if sighting.platform else ()
        return absence.platform is None or absence.platform in seen


def _differ(a: Observation, b: Observation, name: str) -> bool:
    one, other = getattr(a, name), getattr(b, name)
    return one is not None and other is not None and one != other


def _two_wordings_of_a_merge(context: Context) -> Iterator[Problem]:
    for located in context.records:
        beside = (located.record.foreign or {}).get(CONFLICTS)
        for field, other in beside.items() if isinstance(beside, dict) else ():
            ours = located.record.to_feature()
            here = {**ours["properties"], "geometry": ours["geometry"]}.get(field)
            what = f"a merge left two wordings: {_told(here)} stands here, the other side says {_told(other)}"
            yield located.problem("warning", field, what, "amend this field to the right one, which settles it")


def _told(value: object) -> str:
    return "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)


def _unknown_properties(context: Context) -> Iterator[Problem]:
    for located in context.records:
        for name in (*(located.record.foreign or ()), *(located.record.foreign_members or ())):
            if name == CONFLICTS:
                continue
            near = near_names(name, Observation.model_fields, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield located.problem("notice", name, f"is not a property resight knows; it is kept as it is{hint}")


def _residents_are_known(context: Context) -> Iterator[Problem]:
    for site in context.sites.values():
        for resident in site.residents:
            if resident.platform not in context.vocabulary.platforms:
                what = f"resident {resident.platform!r} is not a platform of {VOCABULARY_FILE}"
                yield Problem("error", what, REGISTER_FILE, None, site.id, "residents")


def _claims_on_sites(context: Context) -> Iterator[Problem]:
    for site in context.sites.values():
        for claim in site.claims:
            other = context.sites.get(claim.from_site)
            if other is None:
                yield Problem("warning", f"no site {claim.from_site!r}", REGISTER_FILE, None, site.id, "claims")
                continue
            yield Problem("notice", _claim_in_words(claim, site, other), REGISTER_FILE, None, site.id, "claims")


def _claim_in_words(claim: Claim, site: Site, other: Site) -> str:
    away_km = geodesy.distance_m(other.point, site.point) / 1000
    bearing = geodesy.bearing_deg(other.point, site.point)
    unsure_km = ((site.coordinate_uncertainty_m or 0) + (other.coordinate_uncertainty_m or 0)) / 1000
    wrong_distance = claim.distance_km is not None and (
        abs(claim.distance_km - away_km) > unsure_km + CLAIM_TOLERANCE * away_km
    )
    wrong_direction = claim.direction is not None and fold(claim.direction) not in _compass_points(bearing)
    verdict = "is contradicted by" if wrong_distance or wrong_direction else "fits"
    source = claim.source
    # What check says is shown in the report too.
    by = f" ({source.published_by})" if source and source.published_by and not source.confidential else ""
    return (
        f"the claim “{claim.text.rstrip('.')}”{by} {verdict} the positions on file: {site.name} lies {away_km:.1f} km "
        f"(±{unsure_km:.1f} km) {geodesy.compass(bearing)} of {other.name}, bearing {bearing:.0f}°, geodesic; "
        "kept as a claim, the site is not moved"
    )


def _compass_points(bearing: float) -> tuple[str, str]:
    """The nearest and the second nearest point of the compass: sources round to either."""
    nearest = round(bearing / 45) * 45
    return geodesy.compass(bearing), geodesy.compass(nearest + 45 if bearing > nearest else nearest - 45)


CHECKS = (
    names_are_known,
    individuals_fit_their_class,
    _positions_are_at_their_site,
    _image_time_fits_date,
    _sizes_fit_their_class,
    images_show_as_much,
    _nothing_is_logged_ahead_of_time,
    _relations_lead_somewhere,
    _same_thing_twice,
    _one_image_two_answers,
    _two_wordings_of_a_merge,
    _unknown_properties,
    _residents_are_known,
    _claims_on_sites,
)


def doubts(records: Iterable[Observation], sites: Mapping[str, Site], vocabulary: Vocabulary) -> list[Problem]:
    """What is doubtful in records just written, each taken alone."""
    located = [Located(record, "", None) for record in records]
    alone = (individuals_fit_their_class, _image_time_fits_date, images_show_as_much)
    return [problem for check in alone for problem in check(Context(located, sites, vocabulary))]


def run(context: Context) -> list[Problem]:
    """All problems that the checks find."""
    return [problem for check in CHECKS for problem in check(context)]
