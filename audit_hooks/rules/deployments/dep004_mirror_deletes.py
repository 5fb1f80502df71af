"""DEP004: a deployment that deletes what it replaces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...facts.deployment_files import lines, scripts
from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_COMMAND = r"(?:^|[\s;&|(])(?:/usr/bin/)?rsync\s([^;&|)]*)"
_SWITCHES = r"^\s*switches:\s*([^\n]*)"  # of the action that runs rsync
_KEEPS = ("backup", "link-dest", "release", "dry-run", "snapshot", "$(date", "timestamp")
_PAGES = ("docs", "site", "html", "public", "_build", "dist")


class MirrorDeletes(Rule):
    """A deployment leaves the version before it where one can go back to it."""

    code = "DEP004"
    title = "A mirror that deletes, and keeps nothing to go back to"
    severity = "warning"
    tier = "standard"
    confidence = "medium"
    kinds = ("module", "workspace", "repository")
    what = (
        "`rsync --delete` to another host in a script or a pipeline, with no `--backup`, no `--link-dest` and no "
        "folder of releases. Copies on the same machine and web pages are left out."
    )
    why = (
        "The running version goes while runs still use it, with all that only the host had (an `.env`, a DuckDB file, "
        "the storage of assets); when the new one does not load there is none to go back to."
    )
    remedy = (
        "copy to a fresh folder with --link-dest=../<the one before> and switch a link to it, or at least keep what "
        "goes: --backup --backup-dir=…; and --exclude what only the host has"
    )
    bad = (
        {"deploy.sh": "rsync -az --delete ./ deploy@bar.corp:/srv/bar/\n"},
        {
            ".github/workflows/deploy.yml": "jobs:\n  deploy:\n    steps:\n      - run: |\n          rsync -avz \\\n"
            '            --delete-after \\\n            src "$USER@$HOST:$FOLDER"\n'
        },
        {
            ".github/workflows/deploy.yml": "jobs:\n  deploy:\n    steps:\n      - uses: a/rsync-deployments@v7\n"
            "        with:\n          switches: -avzr --delete\n          remote_path: /srv/bar\n"
        },
    )
    good = (
        {"deploy.sh": "rsync -az --link-dest=../$OLD ./ deploy@bar.corp:/srv/bar/$NEW/\n"},
        {"deploy.sh": "rsync -az --delete --backup --backup-dir=../old ./ deploy@bar.corp:/srv/bar/\n"},
        {"deploy.sh": "rsync -az --delete ./ deploy@bar.corp:/srv/bar/releases/$NEW/\n"},
        {"build.sh": "rsync -a --delete src/ build/\n"},
        {"docs.sh": "rsync -a --delete site/ web@bar.corp:/var/www/bar/\n"},
        {"fetch.sh": "rsync -a --delete bar.corp:/srv/data/ data/\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each command whose words are written there."""
        for name in scripts(subject.own):
            text = subject.files.glance(name)
            if "--del" not in text or "rsync" not in text:
                continue
            for line in lines(text):
                match = re.search(_COMMAND, line.text) or re.search(_SWITCHES, line.text)
                if match and _loses(match[1].split(), mirrors="switches:" in match[0]):
                    message = "rsync deletes what it replaces, and nothing keeps the version before it"
                    yield self.diagnosis(Spot(name, line.number), "rsync --delete", message)


def _loses(words: list[str], *, mirrors: bool) -> bool:
    """Whether a command deletes on another host and keeps nothing. `mirrors`: its target is named elsewhere."""
    command = " ".join(words).lower()
    places = [word.strip("\"'") for word in words if not word.startswith("-")]
    if "--del" not in command or any(word in command for word in _KEEPS) or "-n" in words:
        return False
    if mirrors:
        return True
    pages = any(part in _PAGES for place in places[:-1] for part in place.split("/"))
    return len(places) > 1 and ":" in places[-1] and not pages
