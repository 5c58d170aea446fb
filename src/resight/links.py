"""What a map page may link to: the pages and the report that stand beside it in its folder, and nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

#: The overview's file name.
OVERVIEW = "index.html"
_TAKEN = re.compile(r"index|report-.*|con|prn|aux|nul|(?:com|lpt)[0-9]")


class Links(NamedTuple):
    """Relative addresses, as they are written into a page; without any the page stands alone."""

    #: Site id to the address of its page.
    pages: Mapping[str, str] = MappingProxyType({})
    overview: str | None = None
    report: str | None = None
    #: Ids of the sites that have a section of their own in that report.
    sections: frozenset[str] = frozenset()

    def report_on(self, site: str) -> str | None:
        """The report, at the section of a site where it has one."""
        return f"{self.report}#site-{site}" if self.report and site in self.sections else self.report


def page_name(site: str) -> str:
    """The file name of a site's page.

    A site whose id is the name of another page or a device of Windows stands apart: no id has an underscore.
    """
    return f"site_{site}.html" if _TAKEN.fullmatch(site) else f"{site}.html"


def beside(folder: Path, sites: Iterable[str], report: str, *, written: Iterable[str]) -> Links:
    """What may be linked from a page in a folder.

    Args:
        folder: where the page is written to.
        sites: ids of all sites of the register.
        report: file name of the report over the years of the page.
        written: ids of the sites whose pages are written along with this one, and so will be there.
    """
    will_be = set(written)
    names = {site: page_name(site) for site in sites}
    # This isfile() answers no where the folder may not even be asked; that of pathlib raises.
    pages = {
        site: name
        for site, name in names.items()
        if site in will_be or os.path.isfile(folder / name)  # noqa: PTH113
    }
    try:
        text = (folder / report).read_text("utf-8", errors="replace")
    except OSError:
        return Links(pages, OVERVIEW)
    # Whatever the report on disk was made from: only the sections that it has.
    return Links(pages, OVERVIEW, report, frozenset(re.findall(r'\sid="site-([^"]+)"', text)))
