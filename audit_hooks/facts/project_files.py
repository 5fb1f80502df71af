"""What stands in a project beside its code: a README, owners, tests; and what stands at the top of its repository."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ..reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..reading.sources import Sources
    from .package import Package

_TESTING = ("def test", "_test(", "TestCase", "class Test")


def project_file(package: Package) -> Spot:
    """The file that makes a folder a project: what is missing has no place of its own."""
    usual = ("pyproject.toml", "setup.py", "setup.cfg")
    return Spot(next((name for name in (*usual, *package.names) if name in package.own_set), usual[0]))


def has(own: Iterable[str], repository: Sources, *stems: str, folders: tuple[str, ...] = ("",)) -> bool:
    """Whether there is a file of one of these names (`readme`), in upper case or not and with any ending, among a
    module's own or at the top of its repository; those in `folders` there (`.github/`) count as well.
    """
    here = [name.lower() for name in own if name.count("/") <= 1]
    for name in (*_near_top(repository), *here):
        folder, slash, file = name.rpartition("/")
        if folder + slash in folders and file.partition(".")[0] in stems:
            return True
    return False


@lru_cache(maxsize=1)
def _near_top(repository: Sources) -> tuple[str, ...]:
    """The files at the top of a repository and in the folders there, in lower case; once for all that it holds."""
    return tuple(name.lower() for name in repository.names if name.count("/") <= 1)


def tests(package: Package, above: Sources | None) -> Iterator[str]:
    """The texts of a module's tests and, where it is not the whole repository (`above`), of those at its top."""
    others = (name for name in package.own if name.endswith(("/tests.py", "_tests.py")))
    yield from filter(_holds_tests, (package.sources.glance(name) for name in (*package.tests, *others)))
    if above is not None:
        for files in (above.below("tests"), above.below("test")):
            yield from filter(_holds_tests, (files.glance(name) for name in files.names if name.endswith(".py")))


def _holds_tests(text: str) -> bool:
    return any(word in text for word in _TESTING)
