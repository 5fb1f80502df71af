"""What a project says that it needs: requirements as packaging tools read them, and the versions that they leave."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ..judging.rule import Edit
from ..reading.sources import Spot, spot_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..judging.subject import Subject

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
        told = re.fullmatch(_CLAUSE, clause)
        if not told or (told[3] and told[1] not in ("==", "!=")):
            return None
        given = tuple(map(int, told[2].split(".")))
        following = _next(given) if told[3] else _next((*given, 0, 0)[: max(3, len(given))])
        match told[1]:
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


def requirements(subject: Subject) -> list[Requirement]:
    """All that a project requires; its requirements*.txt count where its own list is nowhere else."""
    found = list(_of_pyproject(subject))
    if any(one.place == MAIN for one in found) or isinstance(subject.setting("project", "dependencies"), list):
        return found
    if setup := list(_of_setup(subject)):
        return found + setup
    return found + [one for name in subject.own if re.fullmatch(_FILE, name) for one in _of_file(subject, name)]


def dagster(subject: Subject) -> Span | None:
    """The versions of Dagster that a project may be installed with; None where it does not say."""
    for one in subject.requirements:
        if one.name == "dagster" and (one.place == MAIN or one.place.startswith("requirements")):
            return one.span
    return None


def may_use(subject: Subject, version: Version) -> bool:
    """Whether a project may be installed with that version of Dagster or a later one. Where it does not say, what its
    repository installs elsewhere counts.
    """
    told = dagster(subject)
    if not any(one.name == "dagster" and one.rest for one in subject.requirements):
        spans = installed(subject)
        return not spans or any(one.high > version for one in spans)
    return told is None or told.high > version


def installed(subject: Subject) -> list[Span]:
    """What the repository says of Dagster's version anywhere: in an image, or for several projects at once."""
    files = subject.repository
    texts = [files.glance(name) for name in files.names if re.search(_INSTALLING, name)]
    found = [span(pin) for text in texts if "dagster" in text for pin in re.findall(_PIN, text)]
    return [one for one in found if one]


def locked(subject: Subject) -> bool:
    """Whether a lock file says which versions are installed."""
    return any(files.has(name) for files in (subject.files, subject.repository) for name in LOCKS)


def rewritten(subject: Subject, one: Requirement, rest: str) -> Iterator[Edit]:
    """The edit that gives a requirement other versions; none where its text is not found."""
    text = subject.files.text(one.spot.path) or ""
    at = subject.files.offset(one.spot)
    if one.rest and text.startswith(one.text, at):
        start = at + one.text.index(one.rest)
        yield Edit(one.spot.path, start, start + len(one.rest), rest)


def _parsed(text: str, place: str, spot: Spot) -> Iterator[Requirement]:
    if len(text) <= _LONGEST and (told := re.fullmatch(_FORM, text)):
        yield Requirement(re.sub(r"[-_.]+", "-", told[1]).lower(), told[2], text, place, spot)


def _of_pyproject(subject: Subject) -> Iterator[Requirement]:
    text = subject.files.text("pyproject.toml") or ""
    lists: list[tuple[str, Any]] = [(MAIN, subject.setting("project", "dependencies"))]
    for keys, place in ((("project", "optional-dependencies"), "extra"), (("dependency-groups",), "group")):
        table = subject.setting(*keys)
        lists += [(f"{place} {name}", one) for name, one in table.items()] if isinstance(table, dict) else []
    for place, items in lists:
        for item in items if isinstance(items, list) else ():
            if isinstance(item, str):
                at = next((at for quote in "\"'" if (at := text.find(f"{quote}{item}{quote}")) >= 0), -1)
                yield from _parsed(item, place, _spot(text, at + 1))
    poetry = subject.setting("tool", "poetry", "dependencies")
    for name, told in poetry.items() if isinstance(poetry, dict) else ():
        version = told.get("version", "*") if isinstance(told, dict) else told
        if isinstance(version, str):
            line = re.search(rf"""^[ \t]*["']?{re.escape(name)}["']?[ \t]*=""", text, re.MULTILINE)
            yield from _parsed(f"{name} {_of_poetry(version)}", MAIN, _spot(text, line.end() if line else 0))


def _of_poetry(version: str) -> str:
    """Its `^1.9`, `~1.9`, `1.9` and `*` as others write them; what is neither stays and is not understood."""
    told = re.fullmatch(r"([\^~]?)\s*(\d{1,9}(?:\.\d{1,9})*)", version.strip())
    if told is None:
        return "" if version.strip() == "*" else version
    if not told[1]:
        return f"=={told[2]}"
    given = tuple(map(int, told[2].split(".")))
    if told[1] == "^":
        kept = next((at for at, part in enumerate(given) if part), len(given) - 1) + 1
    else:
        kept = min(2, len(given))
    return f">={told[2]},<{'.'.join(map(str, _next(given[:kept])))}"


def _spot(text: str, at: int) -> Spot:
    return spot_at("pyproject.toml", text, at) if at else Spot("pyproject.toml")


def _of_file(subject: Subject, name: str) -> Iterator[Requirement]:
    for number, line in enumerate((subject.files.text(name) or "").split("\n"), 1):
        bare = line.partition(" --hash")[0].rstrip("\\").strip()
        yield from _parsed(bare, name, Spot(name, number, 1))


def _of_setup(subject: Subject) -> Iterator[Requirement]:
    """The list that setup.py hands to `setup()` as it is written there."""
    text = subject.files.text("setup.py") or ""
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
