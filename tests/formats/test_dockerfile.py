"""One block at the end of the last stage of any Dockerfile, run as root, and out again without a trace."""

from __future__ import annotations

import pytest

from dmb.errors import DmbError
from dmb.formats import dockerfile
from dmb.formats.dockerfile_sections import put_sections, sections
from tests.support.corpus.dockerfiles import REFUSED, SHAPES

BODY = "COPY requirements /tmp/dmb\nRUN pip install --no-cache-dir \\\n    -r /tmp/dmb\n"


def words(text: str) -> list[tuple[str, str]]:
    return [(one.word, " ".join(one.rest.split())) for one in dockerfile.instructions(text, "Dockerfile")]


@pytest.mark.parametrize(("text", "user"), SHAPES.values(), ids=SHAPES)
def test_the_instructions_run_as_root_at_the_end(text: str, user: str) -> None:
    new = dockerfile.put(text, "dmb", BODY, "Dockerfile")
    ours = [("COPY", "requirements /tmp/dmb"), ("RUN", "pip install --no-cache-dir -r /tmp/dmb")]
    assert words(new) == words(text) + ([("USER", "0"), *ours, ("USER", user)] if user else ours)


@pytest.mark.parametrize(("text", "user"), SHAPES.values(), ids=SHAPES)
def test_removing_restores_every_byte(text: str, user: str) -> None:
    new = dockerfile.put(text, "dmb", BODY, "Dockerfile")
    assert dockerfile.put(new, "dmb", BODY, "Dockerfile") == new
    changed = dockerfile.put(new, "dmb", "RUN true\n", "Dockerfile")
    assert words(changed)[: len(words(text))] == words(text)
    assert ("USER", user) in words(changed) or not user
    assert dockerfile.put(changed, "dmb", BODY, "Dockerfile") == new
    assert dockerfile.drop(new, "dmb", "Dockerfile") == text
    assert dockerfile.drop(text, "dmb", "Dockerfile") == text


@pytest.mark.parametrize(("text", "user"), SHAPES.values(), ids=SHAPES)
def test_sections_of_modules_come_and_go(text: str, user: str) -> None:
    one = put_sections(text, {"m1": "RUN a\n"}, "Dockerfile")
    both = put_sections(one, {"bar-two": "RUN b\n"}, "Dockerfile")
    assert [(block.owner, block.body) for block in sections(both, "Dockerfile")] == [
        ("m1", "RUN a\n"),
        ("bar-two", "RUN b\n"),
    ]
    runs = [("RUN", "a"), ("RUN", "b")]
    assert words(both) == words(text) + ([("USER", "0"), *runs, ("USER", user)] if user else runs)
    assert put_sections(both, {"bar-two": ""}, "Dockerfile") == one
    assert put_sections(both, {"bar-two": "", "m1": ""}, "Dockerfile") == text


def test_what_people_add_below_stays() -> None:
    new = dockerfile.put("FROM p\nUSER me\n", "dmb", "RUN a\n", "Dockerfile") + "USER you\nRUN b\n"
    again = dockerfile.put(new, "dmb", "RUN c\n", "Dockerfile")
    assert words(again)[2:] == [("USER", "0"), ("RUN", "c"), ("USER", "me"), ("USER", "you"), ("RUN", "b")]
    assert dockerfile.drop(again, "dmb", "Dockerfile") == "FROM p\nUSER me\nUSER you\nRUN b\n"


@pytest.mark.parametrize(("text", "line", "cause"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_with_its_line(text: str, line: int, cause: str) -> None:
    with pytest.raises(DmbError) as caught:
        dockerfile.put(text, "dmb", BODY, "Dockerfile")
    assert cause in caught.value.cause
    assert caught.value.place in (f"Dockerfile:{line}", "Dockerfile")


@pytest.mark.parametrize("body", ["RUN a \\\n", "RUN <<E\n", "# BEGIN: x\nRUN a\n"])
def test_a_body_that_is_not_complete_is_refused(body: str) -> None:
    with pytest.raises(DmbError):
        dockerfile.put("FROM p\n", "dmb", body, "Dockerfile")
