"""The catalogue of system packages, and what each choice makes of an answer."""

from __future__ import annotations

import re

import pytest

from dmb import system_packages
from dmb.answers import problem_with
from dmb.system_packages import CATALOGUE, LARGE

DEBIAN_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")  # Debian policy, 5.6.1


@pytest.mark.parametrize("key", sorted(CATALOGUE))
def test_every_entry_can_be_handed_to_apt(key: str) -> None:
    program = CATALOGUE[key]
    assert all(DEBIAN_NAME.fullmatch(package) for package in program.debian)
    assert system_packages.problem(key) is None
    assert system_packages.debian_packages(key) == sorted(program.debian)


def test_packages_that_two_programs_need_are_installed_once() -> None:
    assert system_packages.debian_packages("ssh,sftp,ftp") == ["lftp", "openssh-client"]
    assert system_packages.debian_packages("") == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("", None),
        ("git", None),
        ("git, pdf", None),
        ("gti", "'gti' in the catalogue; did you mean git?"),
        ("imagemagik", "did you mean imagemagick?"),
        ("PDF", "did you mean pdf?"),
        ("poppler-utils", "did you mean pdf?"),
        ("xyzzy", "choose from: ssh, sftp"),
        ("git,git", "git is named twice"),
        ("git,", "'' in the catalogue"),
        ("git;rm -rf /", "no system package 'git;rm -rf /'"),
        ("$(id)", "no system package"),
    ],
)
def test_an_answer_is_checked_with_a_hint(answer: str, problem: str | None) -> None:
    found = problem_with("__system_packages", answer)
    assert found is None if problem is None else problem in (found or "")


def test_what_makes_an_image_large_is_said_with_something_lighter() -> None:
    (note,) = system_packages.notes("git,ffmpeg,imagemagick")
    assert str(CATALOGUE["ffmpeg"].megabytes) in note
    assert "imageio-ffmpeg" in note
    assert max(CATALOGUE[key].megabytes for key in ("git", "imagemagick")) <= LARGE < CATALOGUE["ffmpeg"].megabytes


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("", None),
        ("METABASE_URL", None),
        ("METABASE_URL,METABASE_KEY", None),
        ("metabase_url", "'metabase_url' is not a valid variable name"),
        ("A,A", "A is named twice"),
        ("A,", "'' is not a valid variable name"),
        ("A B", "'A B' is not a valid variable name"),
        ("$X", "'$X' is not a valid variable name"),
    ],
)
def test_variables_shared_by_all_are_names(answer: str, problem: str | None) -> None:
    found = problem_with("__requires", answer)
    assert found is None if problem is None else problem in (found or "")
