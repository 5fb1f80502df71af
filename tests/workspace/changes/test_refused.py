"""What `add` refuses in a workspace of containers: with place, cause and remedy, and with not one byte changed."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from dmb.cli import main
from tests.support.command import Dmb
from tests.support.modules import isolated, shared
from tests.support.workspaces import own

HALF = "    environment:\n      POSTGRES_DB: dagster\n"
COMPOSE, YAML, IMAGE = "docker-compose.yml", "home/workspace.yaml", "Dockerfile"
ADOPT = "dmb workspace adopt"


class Case(NamedTuple):
    """`old` in `file` is made `new`, or `new` appended; the text of the line ("": none), words of cause and remedy."""

    file: str
    old: str
    new: str
    shown: str
    cause: str
    remedy: str = " "
    piece: tuple[str, str] = ("", "")  # an edit to the module's own Compose file


CASES = {
    "broken YAML": Case(COMPOSE, "", "x: [\n", "x: [", "not valid YAML"),
    "a tab": Case(
        COMPOSE,
        "    image: postgres",
        "\timage: postgres",
        "\timage: postgres:${DAGSTER_POSTGRES_VERSION:-17}",
        "not valid YAML",
    ),
    "a key twice": Case(COMPOSE, "", "services: {}\n", "services: {}", "`services` appears twice"),
    "a key twice in a service": Case(
        COMPOSE,
        "    image: pos",
        "    image: a\n    image: pos",
        "    image: postgres:${DAGSTER_POSTGRES_VERSION:-17}",
        "appears twice",
    ),
    "several documents": Case(COMPOSE, "", "---\na: 1\n", "---", "several YAML documents", "one document"),
    "several documents in workspace.yaml": Case(YAML, "", "---\na: 1\n", "---", "several YAML documents"),
    "an alias at the spot": Case(
        COMPOSE,
        "services:\n",
        "x-s: &s\n  a: {image: x}\nservices: *s\nold:\n",
        "services: *s",
        "is an alias",
        "Replace it with a copy",
    ),
    "an anchor at the spot": Case(
        YAML,
        "load_from: []\n",
        "load_from: &a\n- python_file: a.py\nx: *a\n",
        "load_from: &a",
        "every use of *a",
        "Replace *a with copies",
    ),
    "a service": Case(
        COMPOSE,
        "services:\n",
        "services:\n  bar-one:\n    image: x\n",
        "  bar-one:",
        "`bar-one` is already here",
        ADOPT,
    ),
    "a volume": Case(
        COMPOSE, "\nvolumes:\n", "\nvolumes:\n  bar-one-db:\n", "  bar-one-db:", "`bar-one-db` is already here", ADOPT
    ),
    "a volume's own name": Case(
        COMPOSE,
        "\nvolumes:\n",
        "\nvolumes:\n  other:\n    name: both\n",
        "  other:",
        "other already has the name both",
        ADOPT,
        ("volumes:\n  bar-one-db:\n", "volumes:\n  bar-one-db:\n    name: both\n"),
    ),
    "a container name": Case(
        COMPOSE,
        "    image: postgres",
        "    container_name: x\n    image: postgres",
        "  dagster-postgresql:",
        "dagster-postgresql already has the container name x",
        ADOPT,
        ("    image: postgres", "    container_name: x\n    image: postgres"),
    ),
    "a published port": Case(
        COMPOSE,
        "services:\n",
        "services:\n  other:\n    image: x\n    ports: ['5433:5432']\n",
        "  other:",
        "other already has the port 5433",
        ADOPT,
        ("127.0.0.1:${BAR_ONE_DB_PORT:?port}", "5433"),
    ),
    "a code location": Case(
        YAML,
        "load_from: []\n",
        "load_from:\n- grpc_server: {host: x, port: 4000, location_name: bar-one}\n",
        "- grpc_server: {host: x, port: 4000, location_name: bar-one}",
        "the code location bar-one already exists",
        ADOPT,
    ),
    "a variable": Case(
        ".env",
        "",
        "export BAR_ONE_DB_PASSWORD=x\n",
        "export BAR_ONE_DB_PASSWORD=x",
        "BAR_ONE_DB_PASSWORD is already set here",
        ADOPT,
    ),
    "an open quote": Case(".env", "", "A='x\n", "A='x", "the quote of A is not closed", "Close it"),
    "no UTF-8": Case(".env", "", "A=\udcff\n", "A=\udcff", "not UTF-8", "Save the file as UTF-8"),
    "a beginning without an end": Case(
        COMPOSE, "services:\n", "services:\n  # BEGIN: z\n", "  # BEGIN: z", "has no `# END: z`"
    ),
    "an end without a beginning": Case(
        COMPOSE, "services:\n", "services:\n  # END: z\n", "  # END: z", "has no `# BEGIN: z`"
    ),
    "markers that cross": Case(
        COMPOSE,
        "services:\n",
        "services:\n  # BEGIN: a\n  # BEGIN: b\n  # END: a\n  # END: b\n",
        "  # BEGIN: a",
        "no `# END: a`",
    ),
    "markers that wrap half an entry": Case(
        COMPOSE, HALF, f"    # BEGIN: z\n{HALF}    # END: z\n", "    # BEGIN: z", "do not wrap whole entries"
    ),
    "a damaged block in .env": Case(".env", "", "# BEGIN: z\nA=1\n", "# BEGIN: z", "has no `# END: z`"),
    "an open heredoc": Case(IMAGE, "", "RUN <<EOF\necho\n", "RUN <<EOF", "heredoc EOF is not closed", "Complete it"),
    "an open line": Case(IMAGE, "", "RUN a \\\n", "RUN a \\", "continues past the end", "Complete it"),
    "a damaged block in the Dockerfile": Case(
        IMAGE, "", "# BEGIN: dmb\nRUN a\n", "# BEGIN: dmb", "has no `# END: dmb`"
    ),
    "no stage": Case(IMAGE, "FROM", "LABEL a=", "", "no stage (FROM)"),
    "a scalar for services": Case(
        COMPOSE, "services:\n", "services: 1\nx:\n", "services: 1", "expected a mapping here"
    ),
    "a list for services": Case(
        COMPOSE, "services:\n", "services: [a]\nx:\n", "services: [a]", "expected a mapping here"
    ),
    "a mapping for load_from": Case(
        YAML, "load_from: []", "load_from: {a: b}", "load_from: {a: b}", "expected a list here"
    ),
    "a list for workspace.yaml": Case(YAML, "load_from: []", "- a", "- a", "expected a mapping here"),
    "ports that are none": Case(
        COMPOSE, "    image: pos", "    ports: 7\n    image: pos", "    ports: 7", "`ports` is not a list"
    ),
    "a broken dagster.yaml": Case("home/dagster.yaml", "", "x: [\n", "x: [", "not valid YAML"),
}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of containers, to be copied."""
    root = tmp_path_factory.mktemp("fresh") / "ws"
    with pytest.raises(SystemExit):
        main(["workspace", "init", str(root), "--runtime", "docker", "--run-launcher", "docker"])
    return root


@pytest.mark.parametrize("name", CASES)
def test_refused(dmb: Dmb, tmp_path: Path, fresh: Path, name: str) -> None:
    case = CASES[name]
    root = shutil.copytree(fresh, tmp_path / "ws")
    path = root / case.file
    text = path.read_text()
    assert case.old in text
    text = text.replace(case.old, case.new) if case.old else text + case.new
    text = (
        text.replace("x-dagster: &dagster", "x-x: &x [dagster-postgresql]\nx-dagster: &dagster")
        if "*x" in text
        else text
    )
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    module = shared(tmp_path, "alpha") if case.file == IMAGE else isolated(tmp_path)
    if case.piece[0]:
        piece = module / "workspace" / "local" / "docker-compose.yml"
        piece.write_text(piece.read_text().replace(*case.piece))
    before = own(root)
    done = dmb("workspace", "add", module, "--workspace", root)
    assert (done.code, done.out) == (2, ""), done.err
    place, _, rest = done.err.removeprefix("Error: ").partition(": ")
    cause, _, remedy = rest.partition("\n  -> ")
    line = int(re.findall(r":(\d+)$", place)[0]) if case.shown else 0
    assert place == f"{path}:{line}" if line else place == str(path)
    shown = text.splitlines()[line - 1] if line else ""
    assert case.cause in cause, done.err
    assert case.remedy in remedy, done.err
    assert shown == case.shown, line
    assert own(root) == before


@contextlib.contextmanager
def plain_user(root: Path) -> Iterator[None]:
    """Be a user who owns the workspace and has no rights beyond that, where the tests run as root."""
    if os.geteuid():
        yield
        return
    nobody = pwd.getpwnam("nobody")
    for path in (root, *root.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    os.seteuid(nobody.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("locked", [COMPOSE, YAML, "home", ".env", ".dmb", "."])
def test_what_cannot_be_written_is_refused(dmb: Dmb, fresh: Path, tmp_path: Path, locked: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        module = isolated(Path(folder))
        root = shutil.copytree(fresh, Path(folder) / "ws")
        # Also loads all that is imported late: a plain user may not read this Python's files.
        assert dmb("workspace", "add", module, "--workspace", root, "--dry-run").code == 0
        before = own(root)
        mode = (root / locked).stat().st_mode
        with plain_user(root):
            (root / locked).chmod(0o500 if (root / locked).is_dir() else 0o400)
            done = dmb("workspace", "add", module, "--workspace", root)
            (root / locked).chmod(mode)
        assert (done.code, str(root) in done.err, "\n  -> " in done.err) == (2, True, True), done
        assert own(root) == before
