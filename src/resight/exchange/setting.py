"""What every writer of a foreign format is told beside the records: the register, the words, the year, the terms."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

from resight.observation import Site
from resight.public import Terms
from resight.vocabulary import Vocabulary


class Setting(NamedTuple):
    """What a file is written with."""

    #: The name by which the format was asked for, where a module writes more than one (``csv`` or ``tsv``).
    form: str
    sites: Mapping[str, Site]
    vocabulary: Vocabulary
    #: The year under study: the folders of a KML file are named by it.
    year: int
    #: SHA-256 of records, register and vocabulary, as on a page; empty for a format that has no place for it.
    digest: str = ""
    #: On what terms the records are shown to the public; None when they are not.
    terms: Terms | None = None
    #: For a spreadsheet: text that it would run as a formula has an apostrophe before it.
    is_safe: bool = False
    #: What the records are called, as the file is.
    name: str = "records"
    #: Where the bytes of a format of text go as they are made, instead of into a file.
    screen: IO[bytes] | None = None

    @contextlib.contextmanager
    def opened(self, path: Path) -> Iterator[IO[bytes]]:
        """The file to be written, or the screen where there is one."""
        if self.screen is not None:
            yield self.screen
            return
        with path.open("wb") as file:
            yield file

    @property
    def statements(self) -> dict[str, str]:
        """What a public file says of itself, under the names that Darwin Core gives; empty when it is not public."""
        if self.terms is None:
            return {}
        return {"dataGeneralizations": self.terms.generalizations, "informationWithheld": self.terms.withheld}
