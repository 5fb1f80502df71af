"""Invariants of what goes into any `.env` and any Dockerfile: generated ones, and the corpus with typing errors."""

from __future__ import annotations

import io
from typing import Any

import dotenv
from hypothesis import given, settings
from hypothesis import strategies as st

from dmb.errors import DmbError
from dmb.formats import dockerfile, envfile
from tests.support.corpus import dockerfiles, env_files

OWNERS = ("m1", "bar-two", "z3")
ENV_LINES = (
    "{key}={number}",
    "export {key}='x # {number}' # note",
    '  {key} = "a\\nb"',
    '{key}="-----BEGIN-----{eol}# END: m1{eol}-----"',
    "{key}='{eol}# BEGIN: m1{eol}'",
    "{key}=${{HOME}}/x",
    "{key}=",
    "{key}",
    "# it's a note",
    "",
    "   ",
    "# BEGIN: other{eol}{key}=1{eol}# END: other",
    "#BEGINNING: of it",
)
DOCKER_LINES = (
    "FROM p:{number}",
    "from p:1 as base{number}",
    "FROM --platform=linux/amd64 p:1 AS s{number}",
    "USER me",
    "user 1000:1000",
    "USER root",
    "RUN a && \\{eol}    # note{eol}{eol}    b",
    "RUN <<EOF{eol}USER nobody{eol}# END: dmb{eol}EOF",
    "COPY <<-'E' <<F /d/{eol}# BEGIN: dmb{eol}E{eol}FROM x{eol}F",
    'CMD ["dagster", "dev"]',
    "HEALTHCHECK CMD curl x || exit 1",
    "ARG A={number}",
    "# note",
    "",
)


@st.composite
def texts(draw: Any, lines: tuple[str, ...], first: str = "") -> str:
    """Lines of one style of line ends, with or without a byte order mark and a final newline."""
    eol = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    chosen = draw(st.lists(st.sampled_from(lines), max_size=7))
    filled = [line.format(key=f"K{number}", number=number, eol=eol) for number, line in enumerate(chosen)]
    ends = draw(st.sampled_from(["", eol, eol * 2]))
    return str(draw(st.sampled_from(["", "\ufeff"])) + eol.join([first, *filled] if first else filled) + ends)


def read(text: str) -> dict[str, str | None]:
    return dict(dotenv.dotenv_values(stream=io.StringIO(text.removeprefix("\ufeff")), interpolate=False))


def variables(owner: str, version: int) -> dict[str, str]:
    prefix = owner.replace("-", "_").upper()
    return {f"{prefix}_PORT": str(4000 + version), **({f"{prefix}_PASSWORD": "a b#c"} if version % 2 else {})}


def body(owner: str, version: int) -> str:
    return "".join(f"{envfile.line(key, value)}\n" for key, value in variables(owner, version).items())


@settings(deadline=None)
@given(texts(ENV_LINES), st.data())
def test_any_changes_of_any_env_file(original: str, data: st.DataObject) -> None:
    try:
        there = read(original)
        envfile.assignments(original, ".env")
    except DmbError:
        return  # two blocks of one owner
    text = original
    wanted: dict[str, int] = {}
    for owner in data.draw(st.lists(st.sampled_from(OWNERS), max_size=6)):
        wanted[owner] = data.draw(st.integers(0, 2))
        text = envfile.put(text, owner, body(owner, wanted[owner]), ".env")
        assert envfile.put(text, owner, body(owner, wanted[owner]), ".env") == text
        ours = {key: value for one, version in wanted.items() for key, value in variables(one, version).items()}
        assert read(text) == there | ours
        assert {one.key: one.value for one in envfile.assignments(text, ".env") if one.owner in OWNERS} == ours
    edited = "MINE=1\n" if data.draw(st.booleans()) and original.endswith("\n") and "\r" not in original else ""
    text += edited
    for owner in data.draw(st.permutations(OWNERS)):
        text = envfile.drop(text, owner, ".env")
    assert text == original + edited


@settings(deadline=None)
@given(texts(DOCKER_LINES, first="FROM p"), st.data())
def test_any_changes_of_any_dockerfile(original: str, data: st.DataObject) -> None:
    def words(text: str) -> list[tuple[str, str]]:
        return [(one.word, " ".join(one.rest.split())) for one in dockerfile.instructions(text, "f")]

    before = words(original)
    text = original
    for version in data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=4)):
        body = f"RUN install {version} \\\n    all\n"
        text = dockerfile.put(text, "dmb", body, "f")
        assert dockerfile.put(text, "dmb", body, "f") == text
        user = dockerfile_user(before)
        ours = ("RUN", f"install {version} all")
        assert words(text) == before + ([("USER", "0"), ours, ("USER", user)] if user else [ours])
    edited = "USER you\n" if original.endswith("\n") and "\r" not in original and data.draw(st.booleans()) else ""
    assert dockerfile.drop(text + edited, "dmb", "f") == original + edited


def dockerfile_user(words: list[tuple[str, str]]) -> str:
    """The user of the last stage at its end, as Docker has it: "" where it is root."""
    users: dict[str, str] = {}
    name = user = ""
    for word, rest in words:
        if word == "FROM":
            image, *alias = [one for one in rest.split() if not one.startswith("--") and one.upper() != "AS"]
            user, name = users.get(image.lower(), ""), (alias or [""])[0].lower()
        elif word == "USER":
            user = "" if rest in ("root", "0") else rest
        users[name] = user
    return user


PIECES = (*" \t\n\r#='\"\\$<{}A1\u2028\ufeff", "\n\n", "# BEGIN: m1", "# END: m1\n", "\n# BEGIN: x\n", "<<EOF", " \\\n")


def mistyped(text: str, data: st.DataObject) -> str:
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 4)))
        text = text[:start] + data.draw(st.sampled_from(PIECES) | st.just("")) + text[end:]
    return text


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(env_files.SHAPES)), st.data())
def test_typing_errors_in_env_files_are_lived_with_or_refused(name: str, data: st.DataObject) -> None:
    text = mistyped(env_files.SHAPES[name], data)
    try:
        new = envfile.put(text, "new", "NEW_PORT=1\n", ".env")
    except DmbError:
        return
    assert envfile.put(new, "new", "NEW_PORT=1\n", ".env") == new
    assert read(new) == read(text) | {"NEW_PORT": "1"}
    assert envfile.drop(new, "new", ".env") == text


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(dockerfiles.SHAPES)), st.data())
def test_typing_errors_in_dockerfiles_are_lived_with_or_refused(name: str, data: st.DataObject) -> None:
    text = mistyped(dockerfiles.SHAPES[name][0], data)
    try:
        new = dockerfile.put(text, "dmb", "RUN a\n", "f")
    except DmbError:
        return
    assert dockerfile.put(new, "dmb", "RUN a\n", "f") == new
    if "dmb" not in [block.owner for block in dockerfile.blocks(text, "f")]:
        assert dockerfile.drop(new, "dmb", "f") == text


def test_two_byte_order_marks_are_a_line() -> None:
    text = "\ufeff\ufeff"
    new = envfile.put(text, "m1", "M1_PORT=1\n", ".env")
    assert read(new)["M1_PORT"] == "1"
    assert envfile.drop(new, "m1", ".env") == text
