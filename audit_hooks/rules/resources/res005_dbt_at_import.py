"""RES005: dbt's project is read whenever a file is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.import_time import dbt_parses, unconditional
from ...judging.rule import CodeRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_HEAD = (
    "from pathlib import Path\n\nimport dagster as dg\nfrom dagster_dbt import DbtCliResource, DbtProject\n\n"
    'FOLDER = Path(__file__).parent / "dbt"\n'
)


class DbtAtImport(CodeRule):
    """dbt's manifest is made when the image is built."""

    code = "RES005"
    title = "dbt run at import"
    severity = "warning"
    tier = "standard"
    what = (
        'At module level and below no `if`, in a file that Dagster loads: `DbtCliResource(…).cli(["parse"])`, '
        "`dbtRunner().invoke(…)`, the program `dbt`, or `DbtProject(…).preparer.prepare(…)`."
    )
    why = (
        "A parse takes seconds to minutes, and is done again by the code server, by every run and by every step's "
        "process. Where it fails or writes to a folder that is read only, nothing of the code location loads."
    )
    remedy = "use DbtProject with prepare_if_dev(), and run `dagster-dbt project prepare-and-package` for the image"
    mentions = ("dbt",)
    bad = (
        {
            "defs.py": _HEAD
            + 'dbt = DbtCliResource(project_dir=FOLDER)\nparsed = dbt.cli(["--quiet", "parse"]).wait()\n'
        },
        {"defs.py": _HEAD + 'import subprocess\n\nsubprocess.run(["dbt", "parse", "--project-dir", FOLDER])\n'},
        {"defs.py": _HEAD + "project = DbtProject(FOLDER)\nproject.preparer.prepare(project)\n"},
    )
    good = (
        {"defs.py": _HEAD + "project = DbtProject(FOLDER)\nproject.prepare_if_dev()\n"},
        {
            "defs.py": _HEAD + "import os\n\ndbt = DbtCliResource(project_dir=FOLDER)\n"
            'if os.getenv("DAGSTER_DBT_PARSE_PROJECT_ON_LOAD"):\n    dbt.cli(["parse"]).wait()\n'
        },
        {
            "defs.py": _HEAD + "@dg.asset\ndef models(dbt: DbtCliResource):\n"
            '    DbtCliResource(project_dir=FOLDER).cli(["build"]).wait()\n'
        },
        {"defs.py": _HEAD + 'command = find().cli(["parse"])\n'},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each call that runs at import."""
        for call in dbt_parses(code):
            if unconditional(code, call) and subject.package.imports_dagster(code):
                yield self.diagnosis(code.spot(call), "dbt", "dbt runs whenever this file is imported")
