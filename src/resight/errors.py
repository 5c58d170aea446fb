"""What can go wrong, in words for the person, with the exit status each kind carries."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

Level = Literal["error", "warning", "notice"]

#: Exit status of a command that did its work but found records or files that are not right.
PROBLEMS_FOUND = 1


class Problem(NamedTuple):
    """Something wrong, or worth knowing, in the logbook's files, as plain data.

    ``error``: the record or file cannot be used as it is; ``warning``: it is used, and is doubtful;
    ``notice``: nothing is wrong with the record, but a reader should know.
    """

    level: Level
    what: str
    file: str = ""
    line: int | None = None
    id: str = ""
    field: str = ""
    mend: str = ""

    def __str__(self) -> str:
        where = self.file + (f":{self.line}" if self.line else "")
        subject = " ".join(part for part in (self.id, self.field and f"[{self.field}]") if part)
        head = ": ".join(part for part in (where, subject) if part)
        text = f"{self.level}: {head}: {self.what}" if head else f"{self.level}: {self.what}"
        return f"{text} ({self.mend})" if self.mend else text


class ResightError(Exception):
    """The family: every error meant for the person at the keyboard."""

    exit_code = 3

    def __reduce__(self) -> tuple[object, ...]:
        """Its words are ready: one that comes from another process is not worded a second time."""
        return _again, (type(self), self.args, vars(self))


def _again(kind: type[ResightError], args: tuple[object, ...], held: dict[str, object]) -> ResightError:
    error = kind.__new__(kind, *args)
    vars(error).update(held)
    return error


class InvalidValue(ResightError):
    """A value the record does not allow; says field, value, what is allowed, and an example."""

    exit_code = 3

    def __init__(self, field: str, value: object, what: str, *, allowed: str = "", example: str = "") -> None:
        self.field = field
        self.value = value
        self.what = what
        text = f"{field}: {what}" if field else what
        if allowed:
            text += f"; allowed: {allowed}"
        if example:
            text += f"; for example {example}"
        super().__init__(text)


class InvalidRecord(ResightError):
    """A record with one or more values that are not allowed; one line each."""

    exit_code = 3

    def __init__(self, problems: Sequence[InvalidValue]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class UnknownName(InvalidValue):
    """A site, platform or other name nobody has registered; near names are offered."""

    exit_code = 3

    def __init__(self, field: str, value: str, *, near: Sequence[str], where: str, all_names: str = "") -> None:
        self.near = tuple(near)
        what = f"{value!r} is not known"
        what += f"; did you mean {' or '.join(near)}?" if near else ""
        super().__init__(field, value, what, allowed=f"a name listed by `{all_names}`" if all_names else "")
        self.args = (f"{self.args[0]} (new ones are added to {where})",)


class NotFound(ResightError):
    """No record has this id."""

    exit_code = 4

    def __init__(self, identifier: str, near: Sequence[str] = ()) -> None:
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `resight list` shows the ids"
        super().__init__(f"no record has the id {identifier!r}{hint}")


class DuplicateRecord(ResightError):
    """The same thing has been logged before."""

    exit_code = 5

    def __init__(self, existing: str) -> None:
        super().__init__(
            f"nothing written: this looks like {existing}, which is logged already; "
            f"`resight amend {existing} …` corrects that record, --anyway logs a second one"
        )
        self.existing = existing


class NoLogbook(ResightError):
    """The folder holds no logbook."""

    exit_code = 6

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"no logbook in {folder}: there is no seeds/sites.geojson and seeds/vocabulary.toml; "
            "`resight init DIR` makes one, --logbook DIR (or RESIGHT_LOGBOOK) names another folder"
        )


class UnreadableFile(ResightError):
    """A data file that could not be read whole, and is therefore never overwritten."""

    exit_code = 7


class CannotWrite(ResightError):
    """A folder or disk that does not take the file; nothing was changed."""

    exit_code = 8


class Unfinished(ResightError):
    """A part of long work could not be worked out, here or by a worker; nothing was written."""

    exit_code = 9
