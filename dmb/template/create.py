"""Make a module in this process: as `cookiecutter` does, but without an interpreter for each hook."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from cookiecutter.config import get_user_config
from cookiecutter.exceptions import CookiecutterException
from cookiecutter.generate import generate_context, generate_files
from cookiecutter.prompt import prompt_for_config
from cookiecutter.utils import create_env_with_context

from ..answers import QUESTIONS
from ..errors import DmbError
from .finish import Made, finish

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def create(given: Mapping[str, str], *, output_dir: Path, no_input: bool) -> Made:
    """Make a module from the template that this dmb carries; ask for what `given` lacks unless `no_input`.

    `given` maps keys of `answers.QUESTIONS` to checked values. Raises DmbError, with nothing left on disk, for an
    answer that is refused, a folder that already exists and a folder that cannot be written.
    """
    with _template() as root, _on_path(root):
        try:
            context = generate_context(
                str(root / "cookiecutter.json"), get_user_config()["default_context"], dict(given)
            )
            answers = context["cookiecutter"] = prompt_for_config(context, no_input)
            slug = answers["module_slug"]
            if (output_dir / slug).exists():
                raise DmbError(
                    f"{slug} already exists",
                    place=str(output_dir / slug),
                    remedy="choose another name, or another folder with --output-dir",
                )
            answers |= {"_template": str(root), "_output_dir": str(output_dir.resolve()), "_repo_dir": str(root)}
            environment = create_env_with_context(context)
            environment.globals["settle"](answers)
            made_here = not output_dir.exists()
            try:
                project = Path(generate_files(str(root), context, str(output_dir), accept_hooks=False))
                return finish(environment.globals["plan"](answers), project)
            except BaseException:
                shutil.rmtree(output_dir if made_here else output_dir / slug, ignore_errors=True)
                raise
        except CookiecutterException as error:
            raise _refusal(error) from error
        except OSError as error:
            raise DmbError(
                f"the module cannot be written ({error.strerror})",
                place=str(error.filename or output_dir),
                remedy="fix that, or choose another folder with --output-dir",
            ) from error


def repeat_command(given: Mapping[str, str]) -> str:
    """The `dmb new` command line that gives these answers, ready for a shell."""
    words = ["dmb", "new", *([given["module_name"]] if "module_name" in given else [])]
    for key, value in given.items():
        if key != "module_name":
            words += ["--set", f"{QUESTIONS[key].option}={value}"]
    return shlex.join(words)


def _refusal(error: CookiecutterException) -> DmbError:
    # By attribute: the class may come from the template's own copy of this package.
    sentence, so_far = getattr(error, "sentence", None), getattr(error, "given", None)
    if sentence is None or so_far is None:
        return DmbError(str(error), remedy="run it again; if it fails again, report it with the command and this text")
    return DmbError(sentence, remedy=f"to continue with the answers so far: {repeat_command(so_far)}")


@contextlib.contextmanager
def _template() -> Iterator[Path]:
    """The template's folder: the checkout around this package, else the wheel's bundle, unpacked for now."""
    package = Path(__file__).resolve().parents[1]
    if (package.parent / "cookiecutter.json").is_file():
        yield package.parent
        return
    with tempfile.TemporaryDirectory(prefix="dmb-template-") as folder:
        with zipfile.ZipFile(package / "template.zip") as bundle:
            bundle.extractall(folder)
        yield Path(folder).resolve()


@contextlib.contextmanager
def _on_path(root: Path) -> Iterator[None]:
    """As cookiecutter does, so that the template's extension can be imported."""
    sys.path.append(str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))
