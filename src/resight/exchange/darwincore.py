"""Darwin Core occurrence rows (TDWG, https://dwc.tdwg.org/terms/) as CSV: presence, absence, effort, uncertainty.

A ship is no taxon, so that there is no scientific name; the terms are taken for what they say of an observation.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from resight import dates
from resight.exchange import flat
from resight.exchange.setting import Setting
from resight.observation import Observation
from resight.selection import Records
from resight.wording import numbered

#: What was examined by a machine, and what somebody saw; for a written report it is not known which.
_BASES = {
    "optical": "MachineObservation",
    "radar": "MachineObservation",
    "flight-tracking": "MachineObservation",
    "ground": "HumanObservation",
    "report": "Occurrence",
}
#: The terms, in the order of the columns.
TERMS = (
    *("occurrenceID", "basisOfRecord", "occurrenceStatus", "verbatimIdentification", "organismName", "individualCount"),
    *("behavior", "identificationRemarks", "occurrenceRemarks", "eventID", "eventDate", "verbatimEventDate"),
    *("eventTime", "samplingProtocol", "samplingEffort", "locationID", "locality", "countryCode"),
    *("decimalLatitude", "decimalLongitude", "geodeticDatum", "coordinateUncertaintyInMeters", "coordinatePrecision"),
    *("footprintWKT", "identifiedBy", "identificationVerificationStatus", "associatedReferences"),
    *("associatedOccurrences", "associatedMedia", "modified", "dataGeneralizations", "informationWithheld"),
    "dynamicProperties",
)
#: Fields that stand in a term of their own; the others are in ``dynamicProperties``.
_IN_TERMS = {
    *("id", "site", "date", "earliest", "latest", "outcome", "platform_name", "count", "activity", "visible"),
    *("location_uncertainty_m", "analyst", "status"),
}


def write(records: Records, path: Path, setting: Setting) -> tuple[str, ...]:
    """Write a row for each record that says present or absent; one that could not tell says neither."""
    fields = [name for name in flat.fields(records) if name not in _IN_TERMS]
    unclear = 0
    with setting.opened(path) as file:
        file.write(flat.csv_line(TERMS))
        for record in records:
            if record.outcome == "cannot-tell":
                unclear += 1
            else:
                file.write(flat.csv_line(_row(record, fields, setting)))
    if not unclear:
        return ()
    what = "Darwin Core knows present and absent"
    return (f"{what}: {numbered(unclear, 'record')} of looks that could not tell left out",)


def _row(record: Observation, fields: Sequence[str], setting: Setting) -> list[str]:
    site = setting.sites.get(record.site)
    point = flat.point(record)
    first, last = record.bounds
    rest = {name: value for name in fields if (value := flat.value(record, name)) not in (None, False)}
    looked_for = "anything" if record.outcome == "not-seen" else ""
    values: dict[str, Any] = {
        "occurrenceID": record.id,
        "basisOfRecord": _BASES[record.method],
        "occurrenceStatus": "present" if record.outcome == "seen" else "absent",
        "verbatimIdentification": setting.vocabulary.label(record.platform) if record.platform else looked_for,
        "organismName": record.platform_name,
        "individualCount": 0 if record.outcome == "not-seen" else record.count,
        "behavior": record.activity,
        "identificationRemarks": record.hedge and f"“{record.hedge}”, said of {record.hedge_on}",
        "occurrenceRemarks": record.visible,
        "eventID": f"{record.site}:{record.image_id}" if record.image_id else None,
        "eventDate": first.isoformat() if first == last else f"{first.isoformat()}/{last.isoformat()}",
        "verbatimEventDate": record.date,
        "eventTime": record.image_time and dates.utc_text(record.image_time).partition("T")[2],
        "samplingProtocol": record.method,
        "samplingEffort": _effort(record),
        "locationID": record.site,
        "locality": site.name if site else None,
        "countryCode": site.country if site else None,
        "footprintWKT": flat.place(record)[2],
        "identifiedBy": record.analyst,
        "identificationVerificationStatus": record.status,
        "associatedReferences": " | ".join(source.url for source in record.sources if source.url),
        "associatedOccurrences": " | ".join(f"{relation.how}: {relation.id}" for relation in record.relates),
        "associatedMedia": record.image_href if "://" in (record.image_href or "") else None,
        "modified": record.revised_at or record.logged_at,
        "dynamicProperties": orjson.dumps(rest, default=flat.text).decode() if rest else None,
        **setting.statements,
    }
    if record.geometry is not None:
        values |= {"geodeticDatum": "EPSG:4326", "coordinateUncertaintyInMeters": record.location_uncertainty_m}
        values["coordinatePrecision"] = setting.terms.grid_deg if setting.terms else None
    if point:
        values |= {"decimalLatitude": point[1], "decimalLongitude": point[0]}
    return [flat.text(values.get(name)) for name in TERMS]


def _effort(record: Observation) -> str:
    """How much looking stands behind a row, as far as it is known."""
    if not record.is_look:
        return ""
    if record.basis == "own":
        return "1 look, our own"
    return "1 look of all that the source states" if record.effort_stated else "1 look; how many more is not known"
