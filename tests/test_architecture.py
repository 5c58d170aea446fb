"""The module table of the design, held against the imports: which way they point, who may use what, what is pure."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import resight

SOURCE = Path(resight.__file__).parent
#: A module imports only modules that stand before it, at module level, in functions and for types.
ORDER = (
    "errors",
    "rubbish",
    "engine",
    "dates",
    "vocabulary",
    "observation",
    "screening",
    "naming",
    "flatmap",
    "geodesy",
    "measure",
    "merging",
    "dimensions",
    "merge",
    "checks",
    "featurefile",
    "index",
    "bulkfile",
    "bulktwins",
    "bulkchecks",
    "selection",
    "journal",
    "featuretext",
    "custody",
    "stamps",
    "mergefiles",
    "images",
    "datafiles",
    "repairs",
    "bygone",
    "logbook",
    "public",
    "episodes",
    "evidence",
    "weights",
    "linkage",
    "comparison",
    "wording",
    "changes",
    "answer",
    "frame",
    "compared",
    "outcomes",
    "excerpt",
    "bulk",
    "hindsight",
    "synthetic",
    "rates",
    "pattern",
    "chance",
    "flags",
    "raster",
    "previews",
    "imagery",
    "basemap",
    "tiles",
    "columns",
    "links",
    "phrases",
    "telling",
    "strip",
    "summary",
    "study",
    "thinning",
    "studies",
    "pagedata",
    "sitepage",
    "overview",
    "pictures",
    "additions",
    "webpage",
    "maps",
    "figures",
    "scale",
    "listing",
    "bulletin",
    "case",
    "effort",
    "firsts",
    "likeness",
    "trial",
    "account",
    "aside",
    "drawing",
    "album",
    "method",
    "bottomline",
    "section",
    "ledger",
    "findings",
    "tallies",
    "survey",
    "report",
    "roll",
    "exchange.table",
    "exchange.setting",
    "exchange.flat",
    "exchange.foreign",
    "exchange.zipped",
    "exchange.moments",
    "exchange.places",
    "exchange.own",
    "exchange.header",
    "exchange.delimited",
    "exchange.geojson",
    "exchange.kml",
    "drawn",
    "exchange.geopackage",
    "exchange.geoparquet",
    "exchange.stac",
    "exchange.timemap",
    "exchange.atlos",
    "exchange.osintgeo",
    "exchange.xlsx",
    "exchange.darwincore",
    "exchange.formats",
    "exchange.footprints",
    "exchange.headings",
    "exchange.mapping",
    "exchange.cells",
    "exchange.intake",
    "exchange.bulkintake",
    "exchange.rejected",
    "rivals",
    "bench",
    "terminal",
    "shell",
    "commands.fields",
    "commands.years",
    "commands.pages",
    "commands.founding",
    "commands.recording",
    "commands.amending",
    "commands.listing",
    "commands.naming",
    "commands.checking",
    "commands.mapping",
    "commands.surveying",
    "commands.reporting",
    "commands.explaining",
    "commands.importing",
    "commands.exporting",
    "commands.attaching",
    "commands.merging",
    "commands.custody",
    "commands.benching",
    "cli",
)
#: What points the other way on purpose, with the reason.
UPWARD = {
    ("geodesy", "episodes"): "the type of what same_place compares",
    ("answer", "hindsight"): "a large baseline is held as numbers; what loads them waits until there is one",
    ("logbook", "frame"): "Logbook.frame() is a public convenience; the import waits until it is called",
    ("public", "frame"): "as Logbook.frame()",
}
#: Libraries that have one home, or few; what is only needed for types is not counted.
HOMES = {
    "folium": {"additions", "maps", "rivals"},
    "branca": {"additions", "maps", "webpage"},
    "geopandas": {"bulk", "compared", "exchange.geoparquet", "frame", "rivals", "synthetic"},
    "pandas": {"bench", "bulk", "compared", "frame", "rivals", "screening", "synthetic", "tallies"},
    "scipy": {"flags", "geodesy", "linkage", "pattern", "rates"},
    "numpy": {
        "bulk",
        "bulkchecks",
        "bulkfile",
        "bulktwins",
        "chance",
        "compared",
        "comparison",
        "excerpt",
        "exchange.bulkintake",
        "exchange.delimited",
        "exchange.geopackage",
        "exchange.geoparquet",
        "featuretext",
        "frame",
        "geodesy",
        "hindsight",
        "linkage",
        "outcomes",
        "pattern",
        "raster",
        "roll",
        "screening",
        "selection",
        "studies",
        "summary",
        "survey",
        "thinning",
        "synthetic",
        "tallies",
        "weights",
    },
    "shapely": {
        "bulkchecks",
        "bulkfile",
        "columns",
        "compared",
        "exchange.bulkintake",
        "exchange.flat",
        "exchange.footprints",
        "exchange.geopackage",
        "exchange.geoparquet",
        "exchange.places",
        "flatmap",
        "frame",
        "measure",
        "roll",
    },
    "pyproj": {"drawn", "exchange.places", "geodesy"},
    "pyogrio": {"exchange.geopackage"},
    "pyarrow": {
        "bulkchecks",
        "bulkfile",
        "bulktwins",
        "exchange.bulkintake",
        "exchange.delimited",
        "exchange.flat",
        "exchange.geoparquet",
        "featuretext",
        "roll",
        "selection",
    },
    "openpyxl": {"exchange.xlsx"},
    "jinja2": {"report"},
    "PIL": {"imagery", "previews"},
    "rasterio": {"raster"},
    "pydantic": {"observation"},
    "filelock": {"logbook"},
    "rfc8785": {"journal", "logbook"},
    "orjson": {
        "bulkchecks",
        "bulkfile",
        "bulktwins",
        "bygone",
        "custody",
        "exchange.darwincore",
        "exchange.flat",
        "exchange.foreign",
        "exchange.geojson",
        "exchange.intake",
        "exchange.places",
        "exchange.rejected",
        "exchange.stac",
        "exchange.timemap",
        "featurefile",
        "featuretext",
        "hindsight",
        "index",
        "journal",
        "logbook",
        "mergefiles",
        "terminal",
        "webpage",
    },
    "rich": {"terminal"},
    "threadpoolctl": {"linkage"},
    "dask": {"engine"},
    "distributed": {"engine"},
    "click": {
        "commands.amending",
        "commands.attaching",
        "commands.benching",
        "commands.checking",
        "commands.custody",
        "commands.explaining",
        "commands.exporting",
        "commands.fields",
        "commands.founding",
        "commands.importing",
        "commands.listing",
        "commands.mapping",
        "commands.merging",
        "commands.naming",
        "commands.recording",
        "commands.reporting",
        "commands.years",
        "shell",
        "terminal",
    },
}
#: Modules that are calculation only: no file, no clock.
PURE = (
    "errors",
    "dates",
    "vocabulary",
    "observation",
    "screening",
    "naming",
    "flatmap",
    "geodesy",
    "measure",
    "merging",
    "dimensions",
    "merge",
    "checks",
    "custody",
    "episodes",
    "evidence",
    "weights",
    "linkage",
    "comparison",
    "rates",
    "pattern",
    "chance",
    "flags",
    "wording",
    "changes",
    "columns",
    "telling",
    "strip",
    "pictures",
    "figures",
    "scale",
    "listing",
    "bulletin",
    "case",
    "effort",
    "firsts",
    "likeness",
    "trial",
    "account",
    "aside",
    "drawing",
    "album",
    "method",
    "bottomline",
    "section",
    "ledger",
    "findings",
    "survey",
    "exchange.table",
    "exchange.header",
    "exchange.headings",
    "exchange.mapping",
    "exchange.cells",
    "exchange.intake",
)
#: Modules loaded by every quick command, which import nothing heavy when they are loaded.
LIGHT = (
    "errors",
    "dates",
    "vocabulary",
    "observation",
    "flatmap",
    "geodesy",
    "measure",
    "drawn",
    "merging",
    "dimensions",
    "merge",
    "checks",
    "featurefile",
    "index",
    "bulkfile",
    "journal",
    "custody",
    "stamps",
    "images",
    "datafiles",
    "repairs",
    "bygone",
    "logbook",
    "episodes",
)
HEAVY = {"geopandas", "folium", "branca", "matplotlib", "scipy", "numpy", "pandas", "shapely", "rasterio", "PIL"}


class Import(NamedTuple):
    """One import statement: the dotted name, and where it stands."""

    name: str
    line: int
    #: Under ``if TYPE_CHECKING``.
    for_types: bool
    #: In the body of a function.
    late: bool

    @property
    def ours(self) -> str | None:
        """Which of our modules it is, if it is one."""
        package, *parts = self.name.split(".")
        names = (".".join(parts[:2]), *parts[:1])
        return next((name for name in names if name in ORDER), None) if package == "resight" else None

    @property
    def library(self) -> str:
        return self.name.partition(".")[0]


def source_of(module: str) -> bytes:
    return (SOURCE / f"{module.replace('.', '/')}.py").read_bytes()


def imports(module: str) -> list[Import]:
    return list(_walk(ast.parse(source_of(module)), for_types=False, late=False))


def _walk(node: ast.AST, *, for_types: bool, late: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, node.lineno, for_types, late)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        for alias in node.names:
            yield Import(f"{node.module}.{alias.name}", node.lineno, for_types, late)
    elif isinstance(node, ast.If) and ast.unparse(node.test).removeprefix("typing.") == "TYPE_CHECKING":
        for child in node.body:
            yield from _walk(child, for_types=True, late=late)
        for alternative in node.orelse:
            yield from _walk(alternative, for_types=for_types, late=late)
    else:
        within = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for part in ast.iter_child_nodes(node):
            yield from _walk(part, for_types=for_types, late=within)


def test_the_walk_finds_imports_wherever_they_stand() -> None:
    source = """
import a.b
if TYPE_CHECKING:
    from c import d
else:
    import e
def f():
    if x:
        from g import h, i
"""
    assert list(_walk(ast.parse(source), for_types=False, late=False)) == [
        Import("a.b", 2, False, False),
        Import("c.d", 4, True, False),
        Import("e", 6, False, False),
        Import("g.h", 9, False, True),
        Import("g.i", 9, False, True),
    ]


def test_every_module_stands_in_the_table() -> None:
    found = {".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in SOURCE.rglob("*.py")}
    assert {name for name in found if not name.endswith("__init__")} == set(ORDER)


@pytest.mark.parametrize("module", ORDER)
def test_imports_point_one_way(module: str) -> None:
    before = ORDER[: ORDER.index(module)]
    wrong = {
        f"{module}.py:{found.line} imports {found.ours}"
        for found in imports(module)
        if found.ours and found.ours not in before and (module, found.ours) not in UPWARD
    }
    assert wrong == set()


@pytest.mark.parametrize(("module", "imported"), UPWARD, ids="-".join)
def test_what_points_the_other_way_is_never_loaded_with_its_module(module: str, imported: str) -> None:
    found = [item for item in imports(module) if item.ours == imported]
    assert found, "the exception is not needed any more: take it out of the table"
    assert all(item.for_types or item.late for item in found)


def test_dates_and_errors_stand_on_nothing_of_ours() -> None:
    assert [found for name in ("dates", "errors") for found in imports(name) if found.ours] == []


def test_nothing_imports_the_command_line() -> None:
    assert [name for name in ORDER for found in imports(name) if found.ours == "cli"] == []
    shell = {name for name in ORDER for found in imports(name) if found.ours == "shell"}
    assert {name for name in shell if not name.startswith("commands.")} == {"cli"}


FORMATS = [name for name in ORDER if name.startswith("exchange.")]


def test_exchange_knows_neither_maps_nor_report() -> None:
    wrong = OF_THE_MAPS | OF_THE_REPORT | {"report"}
    assert [(name, found.ours) for name in FORMATS for found in imports(name) if found.ours in wrong] == []


#: What the report is made of; no other module needs it.
OF_THE_REPORT = {
    "figures",
    "listing",
    "bulletin",
    "case",
    "effort",
    "firsts",
    "likeness",
    "trial",
    "account",
    "aside",
    "drawing",
    "album",
    "method",
    "bottomline",
    "section",
    "ledger",
    "findings",
    "tallies",
    "survey",
    "report",
    "roll",
}


#: What only the map pages are made of.
OF_THE_MAPS = {
    "additions",
    "basemap",
    "columns",
    "links",
    "maps",
    "overview",
    "pagedata",
    "phrases",
    "sitepage",
    "strip",
    "study",
    "summary",
    "telling",
    "tiles",
    "webpage",
    "pictures",
}


def test_maps_and_report_do_not_know_each_other() -> None:
    assert [(name, found.ours) for name in ORDER for found in imports(name)
            if found.ours in OF_THE_REPORT and name not in OF_THE_REPORT
            and name not in ("commands.reporting", "commands.surveying")] == []  # fmt: skip
    assert [(name, found.ours) for name in OF_THE_REPORT for found in imports(name)
            if found.ours in OF_THE_MAPS] == []  # fmt: skip


def test_the_report_only_lays_out_what_was_decided_before() -> None:
    """Another format must not need a second decision: the renderers see findings and the columns of their rows."""
    assert {found.ours for found in imports("report") if found.ours} == {"findings", "ledger", "survey"}


def test_the_evidence_is_scored_without_frame_or_place() -> None:
    """Place agreement is an argument, so that `log` and `report` never disagree about it."""
    assert {"frame", "geodesy", "logbook"}.isdisjoint({found.ours for found in imports("evidence")})


@pytest.mark.parametrize("library", HOMES)
def test_a_heavy_library_has_its_home(library: str) -> None:
    users = {name for name in ORDER for found in imports(name) if found.library == library and not found.for_types}
    assert users <= HOMES[library]
    assert users, "nobody uses it any more: take it out of the table"


@pytest.mark.parametrize("module", LIGHT)
def test_a_module_of_a_quick_command_loads_nothing_heavy(module: str) -> None:
    loaded = {found.library for found in imports(module) if not (found.for_types or found.late)}
    assert loaded & HEAVY == set()


COMMANDS = ["cli", "shell", *(name for name in ORDER if name.startswith("commands."))]


@pytest.mark.parametrize("module", COMMANDS)
def test_the_command_line_loads_nothing_but_click_and_the_errors(module: str) -> None:
    loaded = [found for found in imports(module) if not (found.for_types or found.late)]
    assert {found.ours for found in loaded if found.ours} <= {"errors", *COMMANDS}
    assert {found.library for found in loaded} - set(sys.stdlib_module_names) - {"__future__"} <= {"click", "resight"}


@pytest.mark.parametrize("module", PURE)
def test_the_pure_middle_opens_no_file_and_reads_no_clock(module: str) -> None:
    forbidden_calls = {"open", "input", "print", "exec", "eval"}
    forbidden_ends = {
        "now",
        "today",
        "utcnow",
        "time",
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "getenv",
    }
    forbidden_libraries = {
        "pathlib",
        "os",
        "io",
        "shutil",
        "tempfile",
        "time",
        "socket",
        "urllib",
        "subprocess",
        "random",
    }
    found = {f"{module}.py:{i.line} imports {i.library}" for i in imports(module) if i.library in forbidden_libraries}
    for node in ast.walk(ast.parse(source_of(module))):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in forbidden_calls:
            found.add(f"{module}.py:{node.lineno} calls {called.id}")
        if isinstance(called, ast.Attribute) and called.attr in forbidden_ends:
            found.add(f"{module}.py:{node.lineno} calls {ast.unparse(called)}")
    assert found == set()


@pytest.mark.parametrize("module", ORDER)
def test_the_first_sentence_says_what_the_module_is(module: str) -> None:
    text = ast.get_docstring(ast.parse(source_of(module)))
    assert text is not None
    assert "." in text.partition("\n\n")[0]


# --- the public face


def test_the_public_names_are_these() -> None:
    assert resight.__all__ == [
        "Logbook",
        "Observation",
        "Problem",
        "ResightError",
        "Site",
        "Source",
        "Vocabulary",
        "__version__",
    ]
    assert all(getattr(resight, name) is not None for name in resight.__all__)


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Sighting'"):
        _ = resight.Sighting


def loaded_by(statement: str) -> set[str]:
    """The top-level packages and our own modules that a fresh interpreter has loaded after the statement."""
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    names = done.stdout.split()
    return {name.partition(".")[0] for name in names} | {name for name in names if name.startswith("resight.")}


def test_importing_the_package_alone_loads_nothing_else() -> None:
    loaded = loaded_by("import resight")
    assert {name for name in loaded if name.startswith("resight.")} == set()
    assert loaded & {"pydantic", "orjson", "click", "filelock", *HEAVY} == set()


def test_the_logbook_is_loaded_without_a_heavy_library() -> None:
    assert loaded_by("from resight import Logbook") & HEAVY == set()


def test_the_errors_are_loaded_without_pydantic() -> None:
    assert "pydantic" not in loaded_by("from resight import Problem, ResightError")
