"""What a project says that it needs: requirements as packaging tools read them, and the versions that they leave."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ..reading.edits import Edit
from ..reading.sources import Spot, spot_at
from .pyproject import setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..reading.sources import Sources

Version = tuple[int, ...]

MAIN = "the project"  # the place of what is installed with it
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock", "requirements.lock")
ENDLESS: Version = (10**6,)
_FORM = r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?\s*([^;()@#]*?)\s*\)?\s*(?:[;#].*)?"
_CLAUSE = r"(~=|===?|!=|<=|>=|<|>)\s*(\d{1,9}(?:\.\d{1,9})*)(\.\*)?"
_FILE = r"requirements[\w.-]*\.(txt|in)"
_INSTALLING = rf"(^|/)({_FILE}|constraints[^/]*\.txt|setup\.py|pyproject\.toml|Dockerfile[^/]*)$"
_PIN = r"(?<![\w.-])dagster\s*((?:[~=<>!]=\s*|[<>]\s*)\d[\d.]*(?:\s*,\s*[~=<>!]=?\s*\d[\d.*]*)*)"
_LONGEST = 500  # characters of a requirement


class Span(NamedTuple):
    """The versions from `low` up to, and without, `high`."""

    low: Version
    high: Version

    @property
    def open(self) -> bool:
        """Whether it has no end."""
        return self.high == ENDLESS

    def meets(self, other: Span) -> bool:
        """Whether a version lies in both."""
        return max(self.low, other.low) < min(self.high, other.high)


class Requirement(NamedTuple):
    """One requirement. `name` as an index writes it (`dagster-dbt`), `rest` the versions as they are written
    (`>=1.13,<1.14`), `place` the list that it stands in: MAIN, a group, an extra or a file.
    """

    name: str
    rest: str
    text: str
    place: str
    spot: Spot

    @property
    def span(self) -> Span | None:
        """The versions that it allows; None where they are written in no form that is known here."""
        return span(self.rest)


def span(text: str) -> Span | None:
    """The versions that `>=1.13,<1.14` allows, single ones that are left out (`!=`) not counted."""
    low: Version = (0,)
    high = ENDLESS
    for clause in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(_CLAUSE, clause)
        if not match or (match[3] and match[1] not in ("==", "!=")):
            return None
        given = tuple(map(int, match[2].split(".")))
        following = _next(given) if match[3] else _next((*given, 0, 0)[: max(3, len(given))])
        match match[1]:
            case "==" | "===":
                low, high = max(low, given), min(high, following)
            case "~=" if len(given) > 1:
                low, high = max(low, given), min(high, _next(given[:-1]))
            case ">=":
                low = max(low, given)
            case ">":
                low = max(low, following)
            case "<":
                high = min(high, given)
            case "<=":
                high = min(high, following)
            case "!=":
                pass
            case _:
                return None
    return Span(low, high)


def _next(version: Version) -> Version:
    return (*version[:-1], version[-1] + 1)


def requirements(files: Sources, names: Iterable[str]) -> list[Requirement]:
    """All that a project requires, whose own files have these names; its requirements*.txt count where its own list is
    nowhere else.
    """
    main = list(_of_pyproject(files))
    if any(item.place == MAIN for item in main) or isinstance(setting(files, "project", "dependencies"), list):
        return main
    if setup := list(_of_setup(files)):
        return main + setup
    return main + [item for name in names if re.fullmatch(_FILE, name) for item in _of_file(files, name)]


def dagster(required: Iterable[Requirement]) -> Span | None:
    """The versions of Dagster that a project may be installed with; None where it does not say."""
    for item in required:
        if item.name == "dagster" and (item.place == MAIN or item.place.startswith("requirements")):
            return item.span
    return None


def may_use(required: Sequence[Requirement], repository: Sources, version: Version) -> bool:
    """Whether a project may be installed with that version of Dagster or a later one. Where it does not say, what its
    repository installs elsewhere counts.
    """
    if not any(item.name == "dagster" and item.rest for item in required):
        spans = installed(repository)
        return not spans or any(allowed.high > version for allowed in spans)
    own = dagster(required)
    return own is None or own.high > version


def installed(repository: Sources) -> list[Span]:
    """What a repository says of Dagster's version anywhere: in an image, or for several projects at once."""
    texts = [repository.glance(name) for name in repository.names if re.search(_INSTALLING, name)]
    spans = [span(pin) for text in texts if "dagster" in text for pin in re.findall(_PIN, text)]
    return [allowed for allowed in spans if allowed]


def locked(*places: Sources) -> bool:
    """Whether a lock file in one of these folders says which versions are installed."""
    return any(files.has(name) for files in places for name in LOCKS)


def rewritten(files: Sources, item: Requirement, rest: str) -> Iterator[Edit]:
    """The edit that gives a requirement other versions; none where its text is not found."""
    text = files.text(item.spot.path) or ""
    at = files.offset(item.spot)
    if item.rest and text.startswith(item.text, at):
        start = at + item.text.index(item.rest)
        yield Edit(item.spot.path, start, start + len(item.rest), rest)


def _parsed(text: str, place: str, spot: Spot) -> Iterator[Requirement]:
    if len(text) <= _LONGEST and (match := re.fullmatch(_FORM, text)):
        yield Requirement(re.sub(r"[-_.]+", "-", match[1]).lower(), match[2], text, place, spot)


def _of_pyproject(files: Sources) -> Iterator[Requirement]:
    text = files.text("pyproject.toml") or ""
    lists: list[tuple[str, Any]] = [(MAIN, setting(files, "project", "dependencies"))]
    for keys, place in ((("project", "optional-dependencies"), "extra"), (("dependency-groups",), "group")):
        table = setting(files, *keys)
        lists += [(f"{place} {name}", items) for name, items in table.items()] if isinstance(table, dict) else []
    for place, items in lists:
        for item in items if isinstance(items, list) else ():
            if isinstance(item, str):
                at = next((at for quote in "\"'" if (at := text.find(f"{quote}{item}{quote}")) >= 0), -1)
                yield from _parsed(item, place, _spot(text, at + 1))
    poetry = setting(files, "tool", "poetry", "dependencies")
    for name, entry in poetry.items() if isinstance(poetry, dict) else ():
        version = entry.get("version", "*") if isinstance(entry, dict) else entry
        if isinstance(version, str):
            line = re.search(rf"""^[ \t]*["']?{re.escape(name)}["']?[ \t]*=""", text, re.MULTILINE)
            yield from _parsed(f"{name} {_of_poetry(version)}", MAIN, _spot(text, line.end() if line else 0))


def _of_poetry(version: str) -> str:
    """Its `^1.9`, `~1.9`, `1.9` and `*` as others write them; what is neither stays and is not understood."""
    match = re.fullmatch(r"([\^~]?)\s*(\d{1,9}(?:\.\d{1,9})*)", version.strip())
    if match is None:
        return "" if version.strip() == "*" else version
    if not match[1]:
        return f"=={match[2]}"
    given = tuple(map(int, match[2].split(".")))
    if match[1] == "^":
        kept = next((at for at, part in enumerate(given) if part), len(given) - 1) + 1
    else:
        kept = min(2, len(given))
    return f">={match[2]},<{'.'.join(map(str, _next(given[:kept])))}"


def _spot(text: str, at: int) -> Spot:
    return spot_at("pyproject.toml", text, at) if at else Spot("pyproject.toml")


def _of_file(files: Sources, name: str) -> Iterator[Requirement]:
    for number, line in enumerate((files.text(name) or "").split("\n"), 1):
        bare = line.partition(" --hash")[0].rstrip("\\").strip()
        yield from _parsed(bare, name, Spot(name, number, 1))


def _of_setup(files: Sources) -> Iterator[Requirement]:
    """The list that setup.py hands to `setup()` as it is written there."""
    text = files.text("setup.py") or ""
    if "install_requires" not in text:
        return
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    guarded = [inner for node in body if isinstance(node, ast.If) for inner in node.body]
    for node in [*body, *guarded]:
        for keyword in node.value.keywords if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else ():
            if keyword.arg == "install_requires" and isinstance(keyword.value, ast.List):
                for item in keyword.value.elts:
                    if isinstance(item, ast.Constant) and isinstance(item.value, str):
                        yield from _parsed(item.value, MAIN, Spot("setup.py", item.lineno, item.col_offset + 1))
