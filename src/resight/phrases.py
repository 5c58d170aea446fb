"""The fixed words of the map pages: what their script says by itself, and sentences without a value in them.

A sentence that is built around values stands where the values are known (``summary``, ``sitepage``, ``overview``), and
the words of a record in ``wording``.
"""

from __future__ import annotations

from resight.wording import NOT_STATED

#: The periods a page tells apart: the year under study, the years it is compared with, everything else.
PERIODS = ("now", "then", "other")

EFFORT_UNKNOWN = (
    "How often anyone looked is not known: images are published because they show something, "
    "and looks that found nothing are rarely published."
)
EFFORT_KNOWN = "Some looks here are our own, or of a source that states them all, so looks that found nothing count."
NO_COAST = "No coastline detail packaged for this place."
COAST_ACCURACY = "Coast from OpenStreetMap, good to about ±55 m: a harbour overview, not a berth."
OUTSIDE = "Plain grey: outside the packaged map; nothing is drawn there."
BEYOND = (
    "This map ends at 85° north and south. What lies nearer a pole is drawn on its edge, not where it is: "
    "its position stands in words."
)

ALL_SITES = "All sites"
SITE_PAGE = "Map and records"
REPORT = "Pattern similarity report"
ITS_REPORT = "Its part of the report"
IN_REPORT = "This site in the pattern similarity report"

#: Days without a look before the strip marks a gap: a stay of a fortnight would have gone unseen.
GAP_DAYS = 14
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
LOOKS_UNKNOWN = "how often anyone looked is not known"
LOOKS_KNOWN = f"hatched: more than {GAP_DAYS} days without a look on file"
SHIFT_CAUTION = "Some shift always fits a few sightings; the report says whether chance would do as well."
SHIFT_NOT_TRIED = "No best shift here: there are too many sightings to lay over each other while a page is built."

#: Fields of a record (see :class:`resight.wording.Wording`) that are columns of the page's table, where any has one.
COLUMNS = (
    "Activity",
    "Taken to mean",
    "Likelihood",
    "Analytic confidence",
    "Source’s own doubt",
    "Operator",
    "Count",
    "Berth",
    "Known by",
)
#: Fields that name other records: no words of this one to a search.
OF_OTHERS = ("Same stay as", "May be the same as")
#: What a record's glyph says, as a cell of the table.
KINDS = {
    **dict.fromkeys(PERIODS, "seen"),
    "nothing": "looked, found nothing",
    "absent": "reported absent over a period",
    "unclear": "could not tell",
    "background": "total or background",
}

#: Words under the sign of a look, where there is room for them.
CAPTIONS = {"nothing": "Looked, found nothing", "absent": "Reported absent", "unclear": "Could not tell"}
OTHER_YEARS = "Other years, and dates that cross a New Year"

#: Labels that the page script writes itself.
WORDS = {
    "records": "Records",
    "map": "Map",
    "legend": "How to read the map",
    "sites": "Sites",
    "about": "About this place",
    "why": "Why: the evidence in bits",
    "total": "Sum",
    "note": "Note",
    "sources": "Sources",
    "image_of": "Image on file",
    "no_source": "no source given",
    "withheld": "withheld: confidential",
    "close": "Close",
    "zoom_in": "Zoom in",
    "zoom_out": "Zoom out",
    "open_page": "Open the page of",
    "ways_on": "Beside this page",
    "data": "Data",
    "not_pinned": "The sources give no position for these, so they are listed here and not pinned.",
    "to_record": "Go to the record",
    "go_to": "Go to",
    "strip": "When: the years over each other",
    "strip_label": "Timeline; all of it stands in the table below as well. Records by year:",
    "strip_help": "A bar is as long as the date is vague, a tick is a look at an image. Arrow keys walk, Enter opens.",
    "not_drawn": "In the table but not drawn here, being of other years or across a New Year",
    "nothing_logged": "nothing logged",
    "on_file": "on file",
    "of": "of",
    "search": "Search",
    "tiles": "Show online map tiles",
    "to": "to",
    "ways": "Lay the years over each other",
    "range": "Days shown on map, strip and table",
    "from": "From",
    "until": "Until",
    "shown": "Shown",
    "whole": "Show the whole period",
    "whole_period": "the whole period",
    "table": "All records in a table",
    "column_when": "When",
    "column_what": "What",
    "column_result": "Result",
    "column_match": "Resembles or repeats",
    "column_position": "Position",
    "column_sources": "Sources",
    "column_record": "Record",
    "position_given": "on the map",
    "position_not_given": NOT_STATED,
    "show_on_map": "show on the map",
    "no_rows": "No record passes the filters.",
    "rows_shown": "records shown",
    "more_rows": "Show more rows; not shown yet",
    "more_records": "Show more records; not shown yet",
    "earlier_records": "Show earlier records; not shown yet",
    "records_here": "records here",
    "heap": "a hill as high as the day with the most records:",
    "more_in_table": "More, in the table below",
    "copy": "Copy for a spreadsheet",
    "copied": "Rows copied",
    "map_help": "The list below the map holds everything the map shows. Tab reaches the marks and the boxes of sites, "
    "arrow keys walk from mark to mark, Enter opens one.",
    # The instruments of the map.
    "map_keys": "While the map itself has the focus, arrow keys move it under a crosshair, plus and minus zoom.",
    "instruments": "Instruments of the map",
    "north_up": "North is up",
    "point_help": "Point at the map, or tap it, for coordinates.",
    "copy_place": "Copy coordinates",
    "place_copied": "Coordinates copied",
    "measure": "Measure",
    "measure_help": "Click the map, or press Enter to take the crosshair’s place. Backspace undoes, Escape ends.",
    "measure_undo": "Take last point back",
    "measure_clear": "Clear",
    "measure_first": "First point is set.",
    "measure_last": "Last leg",
    "measure_total": "In all",
    "bearing": "bearing",
}
