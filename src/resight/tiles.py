"""Online tiles that a reader may switch on: the address they are fetched by, checked, and who is asked."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from resight.errors import InvalidValue

PLACES = ("{z}", "{x}", "{y}")
EXAMPLE = "https://tiles.example.org/{z}/{x}/{y}.png"


class Tiles(NamedTuple):
    """Where tiles come from."""

    #: Address of a tile, with {z}, {x} and {y} once each.
    template: str
    #: The host that is asked, with its port if one is given.
    host: str


def parse(template: str) -> Tiles:
    """A template, when a page can name exactly the one host that it asks.

    Raises:
        InvalidValue: says what is wrong with it.
    """

    def refuse(what: str) -> InvalidValue:
        return InvalidValue(
            "--tiles", template, what, allowed="an https address with {z}, {x} and {y} once each", example=EXAMPLE
        )

    if not re.fullmatch(r"[A-Za-z0-9\-._~:/?@!$&()*+,=%{}\[\]]+", template):
        raise refuse(f"{template!r} has a character that an address may not have")
    try:
        address = urlsplit(template)
        port = address.port
    except ValueError:
        raise refuse(f"{template!r} is no address") from None
    if address.scheme != "https":
        raise refuse(f"{template!r} does not begin with https://")
    # One host, spelled out: with {s} for its first part, or a name and password, the page's policy could not name it.
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", address.hostname or "") or "@" in address.netloc:
        raise refuse(f"{address.netloc!r} is not one host")
    after = template.removeprefix(f"https://{address.netloc}")
    missing = [place for place in PLACES if after.count(place) != 1]
    if missing:
        raise refuse(f"{', '.join(missing)} must stand in {template!r} once, after the host")
    if re.search(r"[{}]", re.sub(r"\{[zxy]\}", "", after)):
        raise refuse(f"{template!r} has braces around something else than z, x and y")
    return Tiles(template, f"{address.hostname}:{port}" if port else str(address.hostname))
