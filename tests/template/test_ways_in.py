"""Every way to the template: a path, a git address, a zip, replay, -f, cruft; and what is refused."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dmb.workspace.changes.init import init_local
from tests.support.paths import BIN, ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean clone of this repository as it stands in the working tree, uncommitted changes included."""
    folder = tmp_path_factory.mktemp("checkout") / "dagster-module-builder"
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


@pytest.fixture
def own_checkout(checkout: Path, tmp_path: Path) -> Path:
    """A clone to commit to."""
    folder = tmp_path / "own" / "dagster-module-builder"
    git(ROOT, "clone", "--quiet", str(checkout), str(folder))
    git(folder, "remote", "remove", "origin")
    return folder


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def commit(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "as it stands")
    return git(folder, "rev-parse", "HEAD").strip()


def run(*command: object, cwd: Path, exit_code: int = 0, stdin: str = "") -> str:
    words = [str(word) for word in command]
    done = subprocess.run(
        [str(BIN / words[0]), *words[1:]],
        cwd=cwd,
        text=True,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        env={**os.environ, "COLUMNS": "10000"},
    )
    assert done.returncode == exit_code, done.stdout
    return done.stdout


def cruft_state(project: Path) -> dict[str, object]:
    state: dict[str, object] = json.loads((project / ".cruft.json").read_text(encoding="utf-8"))
    return state


@pytest.mark.parametrize("way", ["relative", "dot", "absolute", "git+file", "zip"])
def test_each_address_gives_the_same_module(way: str, checkout: Path, tmp_path: Path) -> None:
    out, cwd = tmp_path / "out", tmp_path
    address: object = checkout
    if way == "relative":
        address = os.path.relpath(checkout, tmp_path)
    elif way == "dot":
        address, cwd = ".", checkout
    elif way == "git+file":
        address = f"git+file://{checkout}"
    elif way == "zip":
        address = tmp_path / "dagster-module-builder.zip"
        git(checkout, "archive", "--format=zip", "--prefix=dagster-module-builder/", f"--output={address}", "HEAD")
    printed = run("cookiecutter", address, "--no-input", "-o", out, cwd=cwd)
    project = out / "bar-one"
    assert str(project) in printed
    assert (project / "src" / "bar_one_dagster" / "definitions.py").is_file()
    if way == "zip":  # no commit is known
        assert not (project / ".cruft.json").exists()
        assert "cruft link https://github.com/org/dagster-module-builder" in printed
    else:
        assert cruft_state(project)["commit"] == git(checkout, "rev-parse", "HEAD").strip()
    assert git(checkout, "status", "--porcelain") == ""


def test_typed_answers_and_their_replay_give_the_same_module(checkout: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    typed = 'Foo Two\n\nIt\'s "quoted" \\ 🚀\nteam:ops\n4\n2\n2\n\n'
    run("cookiecutter", checkout, "-o", first, cwd=tmp_path, stdin=typed)
    run("cookiecutter", checkout, "-o", again, "--replay", cwd=tmp_path)
    manifest = tomllib.loads((first / "foo-two" / "pyproject.toml").read_text(encoding="utf-8"))
    assert manifest["project"]["description"] == 'It\'s "quoted" \\ 🚀'
    assert manifest["tool"]["dmb"]["governance"] == "standard"
    assert manifest["tool"]["dmb"]["database"] == "none"
    assert manifest["tool"]["dmb"]["code_location"] == "shared"
    same = subprocess.run(["diff", "-r", first, again], capture_output=True, text=True, check=False)
    assert same.stdout == ""


def test_overwriting_keeps_the_environment_file(checkout: Path, tmp_path: Path) -> None:
    run("cookiecutter", checkout, "--no-input", "-o", tmp_path, cwd=tmp_path)
    env = tmp_path / "bar-one" / ".env"
    env.write_text("MINE=1\n", encoding="utf-8")
    (tmp_path / "bar-one" / "README.md").write_text("gone", encoding="utf-8")
    run("cookiecutter", checkout, "--no-input", "-f", "-o", tmp_path, cwd=tmp_path)
    assert env.read_text(encoding="utf-8") == "MINE=1\n"
    assert (tmp_path / "bar-one" / "README.md").read_text(encoding="utf-8").startswith("# Bar One")


def test_a_dirty_checkout_makes_no_link_and_says_how_to_make_one(own_checkout: Path, tmp_path: Path) -> None:
    (own_checkout / "new-file").write_text("x", encoding="utf-8")
    printed = run("cookiecutter", own_checkout, "--no-input", "-o", tmp_path, cwd=tmp_path)
    assert not (tmp_path / "bar-one" / ".cruft.json").exists()
    assert "has uncommitted changes. To link it later: cruft link" in printed


def test_a_token_in_the_origins_address_is_not_written(own_checkout: Path, tmp_path: Path) -> None:
    git(own_checkout, "remote", "add", "origin", "https://user:s3cret@git.example/org/fork")
    printed = run("cookiecutter", own_checkout, "--no-input", "-o", tmp_path, cwd=tmp_path)
    assert cruft_state(tmp_path / "bar-one")["template"] == "https://git.example/org/fork"
    assert "s3cret" not in printed
    for file in (tmp_path / "bar-one").rglob("*"):
        assert file.is_dir() or b"s3cret" not in file.read_bytes()


@pytest.mark.parametrize("maker", ["cookiecutter", "cruft"])
def test_what_is_committed_of_the_answers_names_no_folder_of_this_machine(
    maker: str, checkout: Path, tmp_path: Path
) -> None:
    workspace, out = tmp_path / "workspace", tmp_path / "out"
    init_local(workspace, code_servers=False, install=False, dry_run=False, tell=print)
    out.mkdir()
    if maker == "cookiecutter":
        printed = run("cookiecutter", checkout, "--no-input", "-o", out, f"__workspace={workspace}", cwd=tmp_path)
    else:
        answers = json.dumps({"__workspace": str(workspace), "__system_packages": "pandoc"})
        printed = run(
            "cruft", "create", checkout, "--no-input", "--output-dir", out, "--extra-context", answers, cwd=tmp_path
        )
        assert "Note: pandoc adds" in printed
    project = out / "bar-one"
    for file in project.rglob("*"):
        assert file.is_dir() or bytes(tmp_path) not in file.read_bytes(), file
    context = cruft_state(project)["context"]
    assert isinstance(context, dict)
    assert "_notes" not in context["cookiecutter"]
    git(project, "init", "--quiet")
    commit(project)
    assert "up to date" in run("cruft", "check", cwd=project)
    run("cruft", "update", "--skip-apply-ask", cwd=project)
    assert git(project, "status", "--porcelain") == ""


@pytest.mark.parametrize("maker", ["cookiecutter", "cruft"])
def test_cruft_brings_what_changed_in_the_template_and_keeps_edits(
    maker: str, own_checkout: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    if maker == "cookiecutter":
        run("cookiecutter", own_checkout, "--no-input", "-o", out, "governance=standard", cwd=tmp_path)
    else:
        out.mkdir()
        answers = json.dumps({"governance": "standard"})
        run(
            "cruft", "create", own_checkout, "--no-input", "--output-dir", out, "--extra-context", answers, cwd=tmp_path
        )
    project = out / "bar-one"
    env = (project / ".env").read_bytes()
    git(project, "init", "--quiet")
    edited = project / "src" / "bar_one_dagster" / "defs" / "orders" / "jobs.py"
    edited.write_text(edited.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    commit(project)
    assert "up to date" in run("cruft", "check", cwd=project)

    template = own_checkout / "{{cookiecutter.module_slug}}"
    (template / "NEWS.md").write_text("{{ cookiecutter.module_slug }} prefers {{ new_function() }}\n", encoding="utf-8")
    code = own_checkout / "dmb" / "template" / "extension.py"
    text = code.read_text(encoding="utf-8")
    assert "dmb_version=__version__" in text
    code.write_text(
        text.replace("dmb_version=__version__", "new_function=lambda: 'a new function', dmb_version=__version__"),
        encoding="utf-8",
    )
    commit(own_checkout)
    run("cruft", "check", cwd=project, exit_code=1)
    run("cruft", "update", "--skip-apply-ask", cwd=project)
    assert (project / "NEWS.md").read_text(encoding="utf-8") == "bar-one prefers a new function\n"
    assert edited.read_text(encoding="utf-8").endswith("# mine\n")
    assert (project / ".env").read_bytes() == env
    assert not list(project.rglob("*.rej"))
    changed = git(project, "status", "--porcelain").split()
    assert set(changed[1::2]) == {"NEWS.md", ".cruft.json", ".pre-commit-config.yaml"}  # the hook moves along


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"module_slug": "../x"}, "cannot be the module's folder"),
        ({"module_slug": "con"}, "is reserved"),
        ({"module_name": "  "}, "the module's name is empty"),
        ({"owner": "me"}, "is not an owner that Dagster accepts"),
        ({"description": "a\nb"}, "U+000A"),
        ({"__grpc_port": "80"}, "is not a port"),
        ({"__python_version": "2.7"}, "is not a Python version"),
        ({"__workspace": "/nowhere"}, "not a workspace"),
    ],
)
def test_a_refused_answer_leaves_nothing_and_ends_with_the_command_that_goes_on(
    given: dict[str, str], sentence: str, checkout: Path, tmp_path: Path
) -> None:
    ((key, value),) = given.items()
    out = tmp_path / "out"
    answers = [f"module_name={given.get('module_name', 'Foo Two')}", "description=it's", f"{key}={value}"]
    printed = run("cookiecutter", checkout, "--no-input", "-o", out, *answers, cwd=tmp_path, exit_code=1)
    assert sentence in printed
    assert "Traceback" not in printed
    assert len(printed.strip().splitlines()) == 1
    assert not out.exists()
    assert list(tmp_path.iterdir()) == []

    command = shlex.split(printed.partition("To continue with the answers so far: ")[2])
    assert not any(word.startswith(f"{key}=") for word in command)
    run(*command, cwd=tmp_path)
    (project,) = out.iterdir()
    text = (project / "pyproject.toml").read_text(encoding="utf-8")
    assert key in {"description", "module_name"} or tomllib.loads(text)["project"]["description"] == "it's"


def test_a_refused_answer_at_its_own_prompt_asks_nothing_more(checkout: Path, tmp_path: Path) -> None:
    printed = run(
        "cookiecutter", checkout, "-o", tmp_path / "out", cwd=tmp_path, stdin="Foo Two\nFoo_Two\n", exit_code=1
    )
    assert "[2/" in printed
    assert "[3/" not in printed
    assert printed.rstrip().endswith(f"{checkout} -o {tmp_path / 'out'} 'module_name=Foo Two'")
    assert not (tmp_path / "out").exists()


def test_a_port_that_a_person_typed_and_that_is_taken_is_refused(checkout: Path, tmp_path: Path) -> None:
    run("cookiecutter", checkout, "--no-input", "-o", tmp_path, "__grpc_port=4321", cwd=tmp_path)
    second = ("cookiecutter", checkout, "--no-input", "-o", tmp_path, "module_name=Foo")
    printed = run(*second, "__grpc_port=4321", cwd=tmp_path, exit_code=1)
    assert "4321" in printed
    assert "bar-one" in printed
    assert not (tmp_path / "foo").exists()


def test_many_at_once_all_succeed_and_prefer_different_ports(checkout: Path, tmp_path: Path) -> None:
    command = [str(BIN / "cookiecutter"), str(checkout), "--no-input", "-o", str(tmp_path)]
    running = [
        subprocess.Popen([*command, f"module_name=M {number}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for number in range(4)
    ]
    printed = [process.communicate()[0].decode() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0, 0], printed
    ports = {
        tomllib.loads((tmp_path / f"m-{number}" / "pyproject.toml").read_text())["tool"]["dmb"]["ports"]["grpc"]
        for number in range(4)
    }
    assert len(ports) == 4


def test_only_what_cookiecutter_itself_brings_is_needed(checkout: Path, tmp_path: Path) -> None:
    """In an interpreter that refuses to import anything that cookiecutter does not depend on."""
    code = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'dagster', 'cruft', 'dmb', 'hatchling', 'hypothesis'}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from cookiecutter.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(checkout), "--no-input", "-o", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "bar-one" / "pyproject.toml").is_file()
