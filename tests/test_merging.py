"""The merging rule on plain values: what is fast is what the rule says, read to the letter."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from resight.merging import Absences, Path, Sighting, merge

PATHS: list[Path] = [(), ("ship",), ("ship", "landing-ship"), ("ship", "tanker"), ("aircraft",)]
GAP = 3


@st.composite
def sightings(draw: st.DrawFn) -> list[Sighting]:
    """Sightings of one site, close enough together to be held against each other, in order."""
    found = []
    # Ids do not follow the days.
    for identifier in draw(st.lists(st.sampled_from("abcdefghijklmnopqrst"), unique=True, max_size=14)):
        first = 1000 + draw(st.integers(0, 9))
        found.append(
            Sighting(
                identifier,
                first,
                first + draw(st.sampled_from([0, 0, 0, 1, 2, 6, 30])),
                draw(st.sampled_from(PATHS)),
                draw(st.sampled_from([None, None, "oslyabya", "peresvet"])),
                draw(st.sampled_from([None, None, None, "north", "south"])),
                draw(st.sampled_from([None, None, None, 100.0, 105.0, 130.0])),
                draw(st.sampled_from([1, 2, 3, 4, 5, identifier, identifier])),
                frozenset(draw(st.sampled_from(["", "", "", "a", "b", "c"]))),
            )
        )
    return sorted(found, key=lambda one: (one.first, one.last, one.id))


absences = st.lists(
    st.builds(
        lambda path, name, first, wide: (path, name, first, first + wide),
        st.sampled_from(PATHS),
        st.sampled_from([None, None, "oslyabya"]),
        st.integers(1000, 1009),
        st.sampled_from([0, 0, 1]),
    ),
    max_size=4,
)


def to_the_letter(found: list[Sighting], looks: list[tuple[Path, str | None, int, int]]) -> list[int]:
    """The episodes as lists of their sightings, each sighting held against every one of them."""
    episodes: list[list[Sighting]] = []
    numbers = []
    for one in found:
        fits = [episode for episode in episodes if joins(one, episode, looks)]
        if fits:
            nearest = min(fits, key=lambda episode: (-episode[-1].first, episode[0].id))
            nearest.append(one)
        else:
            nearest = [one]
            episodes.append(nearest)
        numbers.append(next(number for number, episode in enumerate(episodes) if episode is nearest))
    return numbers


def joins(one: Sighting, episode: list[Sighting], looks: list[tuple[Path, str | None, int, int]]) -> bool:
    path = max([other.path for other in episode] + [one.path], key=len)
    names = {other.individual for other in [*episode, one]} - {None}
    berths = {other.berth for other in [*episode, one]} - {None}
    lengths = [other.length_m for other in episode if other.length_m]
    last = episode[-1]
    return (
        max(one.last - last.first, last.last - one.first) <= GAP
        and all(path[: len(other.path)] == other.path for other in [*episode, one])
        and len(names) <= 1
        and len(berths) <= 1
        and not any(one.length_m and abs(one.length_m - m) > 0.1 * max(one.length_m, m) for m in lengths)
        and (
            all(other.look != one.look for other in episode)
            or any(one.id in other.same_event or other.id in one.same_event for other in episode)
        )
        and not any(
            path[: len(wanted)] == wanted and name in {None, *names} and last.last < first and until < one.first
            for wanted, name, first, until in looks
        )
    )


@settings(deadline=None, max_examples=500)
@given(sightings(), absences)
def test_sightings_are_merged_as_the_rule_says(
    found: list[Sighting], looks: list[tuple[Path, str | None, int, int]]
) -> None:
    assert merge(found, Absences(looks), GAP) == to_the_letter(found, looks)


def test_of_those_seen_last_on_one_image_the_lowest_first_id_takes_it() -> None:
    # z goes on as b; c stands on the same image as b, so it is another; d may be either.
    days = {"z": (1000, "one"), "b": (1001, "two"), "c": (1001, "two"), "d": (1002, "three")}
    found = [Sighting(name, day, day, ("ship",), look=look) for name, (day, look) in days.items()]
    assert merge(found, Absences()) == to_the_letter(found, []) == [0, 0, 1, 1]
