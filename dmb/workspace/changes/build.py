"""Build the images of a workspace of containers, and name them in `.env`.

The builder itself tells what changed: it takes a third of a second where nothing did, and knows all that goes in. An
image of a module is named after its content, by the module's variable: what runs keeps its image until it is replaced,
and only services whose image changed are.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...answers import prefix_from
from ...compose.service import role
from ...errors import DmbError, NothingToWorkOn
from ...formats import envfile, marked_blocks, toml
from ...module import Module
from ..runtimes import builder, engine
from ..runtimes.builder import Recipe, Step
from ..state.registry import fingerprints
from ..state.session import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ...layout import Layout
    from ...transaction.transaction import Change
    from ..runtimes.builder import Builder
    from ..state.session import Session

WORKSPACE = "workspace"  # what its own image is called in messages
LONGEST = 3600.0  # seconds that one command may take
SHOWN = 20  # lines of a build that failed
SILENT = 2.0  # seconds until it is said what takes so long
TOGETHER = 4  # builds at a time

_UNDERSTOOD = {"context", "dockerfile", "args", "target", "additional_contexts"}  # of `build:`; Compose does the rest
_REGISTRY = re.compile(r"(?:localhost|[^/]*[.:][^/]*)/|[^@]*@")  # a name with the host of a registry, or a digest
_NO_TAG = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Image:
    """One image that services run from, under `name`. `modules` are those whose code it has.

    `variable` of the module's block in `.env` says that name; "" where it is fixed. Without a `recipe` Compose builds
    it for `service`, and where there is none either, `obstacle` says why it is not built here.
    """

    subject: str
    modules: tuple[str, ...]
    name: str
    recipe: Recipe | None = None
    service: str = ""
    variable: str = ""
    version: str = ""
    obstacle: str = ""


@dataclass(frozen=True)
class Result:
    """What became of an image: `status` is built, unchanged, skipped or failed. `log` says why it failed."""

    image: Image
    status: str
    name: str
    seconds: float = 0.0
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class Built:
    """What `build` did. With `dry_run` there are no results, and `commands` are what would be run."""

    layout: Layout
    results: tuple[Result, ...]
    changes: tuple[Change, ...]
    commands: tuple[Step, ...]
    notes: tuple[str, ...]


def build(
    layout: Layout,
    names: Sequence[str] = (),
    *,
    dry_run: bool = False,
    cache: bool = True,
    starting: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Built:
    """Build the images of the modules `names`, or all; what failed is in the results.

    With `starting`, of the modules' own images only those that are missing. Raises DmbError where this is no workspace
    of containers or nothing here can build, NothingToWorkOn for a name that no module has.
    """
    with open_workspace(layout) as session:
        _refuse_local(session)
        chosen, notes = _images(session, session.checked(names)), session.notes
    before = {image.name: engine.inspect_image(image.name) for image in chosen}
    if starting:
        chosen = [image for image in chosen if not image.variable or not before[image.name]]
    try:
        ours = builder.choose() if any(image.recipe for image in chosen) else None
    except DmbError as error:
        if not starting or not all(before[image.name] for image in chosen):
            raise
        return Built(layout, (), (), (), (*notes, f"The images stay as they are: {error.cause}"))
    if dry_run:
        commands = [step for image in chosen for step in _steps(layout, image, ours, cache=cache)]
        return Built(layout, (), (), tuple(commands), notes)
    ids = {name: str(image["Id"]) if image else "" for name, image in before.items()}
    results = _all_built(layout, chosen, ours, ids, cache=cache, tell=tell)
    renamed = [result for result in results if result.status == "built" and result.name != result.image.name]
    changes = _name_in_env(layout, renamed) if renamed else ()
    return Built(layout, tuple(results), changes, (), notes)


def _refuse_local(session: Session) -> None:
    if session.registry.runtime != "docker":
        raise DmbError(
            "this workspace runs without containers, so there is no image to build",
            place=str(session.files.layout.root),
            remedy="start it: dmb workspace up; or make one of containers: dmb workspace init DIR --runtime docker",
        )


def _images(session: Session, names: Sequence[str]) -> list[Image]:
    """The images that are meant: those with code of the modules `names`, or all."""
    config = engine.project(session.files.layout)
    images = [*_of_compose(session, config), *_of_modules(session, config)]
    if not names:
        return images
    for name in names:
        if not any(name in image.modules for image in images):
            raise NothingToWorkOn(
                f"no image of {name} is built here: neither its block of .env nor the Compose file says which",
                place=str(session.files.layout.compose),
                remedy="build it where its `image:` comes from",
            )
    return [image for image in images if not set(names).isdisjoint(image.modules)]


def _of_compose(session: Session, config: dict[str, Any]) -> Iterator[Image]:
    """The images that the Compose file builds: the workspace's own with the modules that share it, and others'."""
    compose = session.files.yaml(session.files.layout.compose)
    owners = {entry.key: entry.owner for entry in compose.entries(("services",)) if entry.owner}
    seen = set()
    for service, node in config["services"].items():
        name = engine.image_of(config, service)
        if not node.get("build") or name in seen:
            continue
        seen.add(name)
        made, owner = node["build"], owners.get(service)
        contexts = made.get("additional_contexts") or {}
        modules = [module for module in session.registry.modules if module == owner or module in contexts]
        runs = " ".join(node.get("command") or ())
        platform = role(service, runs, name) in ("webserver", "daemon")
        subject = owner or (WORKSPACE if platform else service)
        context = Path(made.get("context") or "")
        local = context.is_absolute() and all(Path(folder).is_absolute() for folder in contexts.values())
        recipe = None
        if local and made.keys() <= _UNDERSTOOD:
            recipe = Recipe(
                context,
                context / (made.get("dockerfile") or "Dockerfile"),
                made.get("args") or {},
                made.get("target") or "",
                {module: Path(folder) for module, folder in contexts.items()},
            )
        yield Image(subject, tuple(modules), name, recipe, service)


def _of_modules(session: Session, config: dict[str, Any]) -> Iterator[Image]:
    """The images that modules' own folders build, under the names that their blocks of `.env` have."""
    own = {(assignment.owner, assignment.key): assignment.value for assignment in session.files.variables()}
    built = {engine.image_of(config, name) for name, node in config["services"].items() if node.get("build")}
    for name, entry in session.registry.modules.items():
        folder = Path(entry.path)
        available = bool(entry.path) and folder.is_dir()
        module = Module.read(folder) if available else None
        variable = f"{module.prefix if module else prefix_from(name)}_IMAGE"
        image = own.get((name, variable))
        if not image or image in built:
            continue
        obstacle = ""
        if _REGISTRY.match(image):
            obstacle = f"{image} comes from elsewhere"
        elif not available:
            obstacle = f"the folder of {name} is not on this host: {entry.path or 'it is not known'}"
        elif not (folder / "Dockerfile").is_file():
            obstacle = f"there is no Dockerfile in {folder}"
        if obstacle:
            yield Image(name, (name,), image, variable=variable, obstacle=obstacle)
            continue
        version = _version(folder / "pyproject.toml")
        recipe = Recipe(folder, folder / "Dockerfile", {"VERSION": version} if version else {})
        yield Image(name, (name,), image, recipe, variable=variable, version=version)


def _version(file: Path) -> str:
    """The version that a pyproject.toml says; "" where something else decides it."""
    project = toml.document(marked_blocks.read(file), str(file)).get("project")
    version = project.get("version") if isinstance(project, dict) else None
    return version if isinstance(version, str) else ""


def _repository(name: str) -> str:
    """The name of an image without its tag."""
    path, _, last = name.rpartition("/")
    return f"{path}/{last.partition(':')[0]}" if path else last.partition(":")[0]


def _tag(image: Image) -> str:
    """What an image is called when it is built: for one that a variable names, that is the newest of them."""
    return f"{_repository(image.name)}:latest" if image.variable else image.name


def _steps(layout: Layout, image: Image, ours: Builder | None, *, cache: bool) -> Iterator[Step]:
    if image.recipe and ours:
        yield from ours.steps(image.recipe, _tag(image), cache=cache)
    elif image.service:
        yield Step(engine.compose(layout, "build", *(() if cache else ("--no-cache",)), image.service))


def _all_built(
    layout: Layout,
    images: Sequence[Image],
    ours: Builder | None,
    ids: dict[str, str],
    *,
    cache: bool,
    tell: Callable[[str], None],
) -> list[Result]:
    """Build several at a time; what takes long is told on the way."""
    running: list[subprocess.Popen[bytes]] = []
    results: dict[str, Result] = {}
    with ThreadPoolExecutor(TOGETHER) as pool:
        try:
            waiting = {
                pool.submit(_built, layout, image, ours, ids[image.name], cache=cache, running=running): image
                for image in images
            }
            done, rest = wait(waiting, SILENT)
            if rest:
                tell(f"Building {', '.join(image.subject for future, image in waiting.items() if future in rest)} …")
            while True:
                for future in done:
                    result = future.result()
                    results[result.image.name] = result
                    if result.seconds > SILENT:
                        tell(f"{result.image.subject}: {result.status} after {result.seconds:.0f} s")
                if not rest:
                    break
                done, rest = wait(rest, return_when=FIRST_COMPLETED)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in running:
                process.terminate()
            raise
    return [results[image.name] for image in images]


def _built(
    layout: Layout,
    image: Image,
    ours: Builder | None,
    before: str,
    *,
    cache: bool,
    running: list[subprocess.Popen[bytes]],
) -> Result:
    """Build one image. `before` is the id of the one that has its name now, "" for none."""
    if image.obstacle:
        missing = not before and not _REGISTRY.match(image.name)
        return Result(image, "failed" if missing else "skipped", image.name, log=(image.obstacle,))
    start = time.monotonic()
    try:
        for step in _steps(layout, image, ours, cache=cache):
            output = _run(step, layout, ours, running)
            if output is not None:
                return Result(image, "failed", image.name, time.monotonic() - start, _last_lines(output))
        made = engine.inspect_image(_tag(image))
        if made is None:
            return Result(image, "failed", image.name, log=(f"the builder made no image {_tag(image)}",))
        name, digest = image.name, str(made["Id"])
        if image.variable and digest != before:
            name = f"{_repository(name)}:{_content_tag(image.version, digest)}"
            tagging = Step((ours.docker if ours else "docker", "image", "tag", _tag(image), name))
            if (output := _run(tagging, layout, ours, running)) is not None:
                return Result(image, "failed", image.name, log=_last_lines(output))
    except DmbError as error:
        return Result(image, "failed", image.name, time.monotonic() - start, tuple(str(error).splitlines()))
    return Result(image, "unchanged" if digest == before else "built", name, time.monotonic() - start)


def _content_tag(version: str, digest: str) -> str:
    """The tag of an image: the version and the beginning of its id."""
    content = digest.rpartition(":")[2][:12]
    return "-".join(part for part in (_NO_TAG.sub("-", version), content) if part)


def _run(step: Step, layout: Layout, ours: Builder | None, running: list[subprocess.Popen[bytes]]) -> str | None:
    """Run one command: None where it ends well, else what it printed."""
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                step.words,
                cwd=layout.root,
                env=ours.environment if ours else None,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            return f"{step.words[0]} cannot be run: {error.strerror}"
        running.append(process)
        try:
            process.communicate(step.stdin.encode(), timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return f"it was stopped after {LONGEST:.0f} s"
        if process.returncode == 0:
            return None
        output.seek(0)
        return output.read().decode(errors="replace")


def _last_lines(output: str) -> tuple[str, ...]:
    return tuple(line.rstrip() for line in output.splitlines() if line.strip())[-SHOWN:]


def _name_in_env(layout: Layout, results: Sequence[Result]) -> tuple[Change, ...]:
    """Write the names of new images into their modules' blocks: all in one change."""
    with open_workspace(layout) as session:
        env, text = str(layout.env), session.files.text(layout.env)
        modules = [session.checked(result.image.modules)[0] for result in results]
        for module, result in zip(modules, results, strict=True):
            lines = {result.image.variable: envfile.line(result.image.variable, result.name)}
            text, _ = envfile.replaced(text, module, lines, env)
        session.tx.write(layout.env, marked_blocks.encode(text), mode=0o600)
        digests, name = fingerprints(envfile.blocks(text, env), set(modules)), layout.name_of(layout.env)
        entries = session.registry.modules
        changed = {module: entries[module].with_block(name, digests[module]) for module in modules}
        return session.finish(session.registry.with_modules(changed), commit=True)
