"""DEP003: a deployment to whoever answers."""

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

_HINTS = ("stricthostkeychecking", "host_key_checking")
_OFF = (
    r"(StrictHostKeyChecking)[\"'\s=:]+(no|off|false)\b"
    r"|\b((?:ANSIBLE_)?HOST_KEY_CHECKING)\s*[=:]\s*[\"']?(false|no|off|0)\b"
)
_HERE = r"(^|[\s@\"'])(localhost|127\.0\.0\.1)($|[\s:\"'])"


class HostNotChecked(Rule):
    """A deployment knows the host that it talks to."""

    code = "DEP003"
    title = "A host's key that is not checked"
    kinds = ("module", "workspace", "repository")
    what = (
        "`StrictHostKeyChecking=no` for ssh, scp, rsync or git, or `host_key_checking = False` for Ansible, in "
        "scripts, pipelines, Makefiles and configurations. Connections to this machine itself are left out."
    )
    why = "Whoever is in between answers as the host, reads the code and the secrets, and says that all went well."
    remedy = (
        "put the host's key where CI keeps its secrets, write it to ~/.ssh/known_hosts, and take the option out; "
        "accept-new for a host that is met for the first time"
    )
    bad = (
        {"deploy.sh": "#!/bin/sh\nssh -o StrictHostKeyChecking=no deploy@bar.corp 'systemctl restart bar'\n"},
        {
            ".github/workflows/deploy.yml": "jobs:\n  deploy:\n    steps:\n      - run: |\n"
            "          scp -o 'StrictHostKeyChecking no' \\\n            -o UserKnownHostsFile=/dev/null a bar:b\n"
        },
        {"Makefile": "deploy:\n\trsync -e 'ssh -oStrictHostKeyChecking=no' src/ bar:/srv/bar\n"},
        {"ansible.cfg": "[defaults]\nhost_key_checking = False\n"},
        {"tunnel.sh": "autossh -L 6379:localhost:6379 -o 'StrictHostKeyChecking=no' root@bar.corp\n"},
        {".ssh/config": "Host bar\n  StrictHostKeyChecking no\n"},
        {"deploy/prod/vars.yml": "ansible_ssh_common_args: '-o StrictHostKeyChecking=no'\n"},
    )
    good = (
        {"deploy.sh": "ssh -o StrictHostKeyChecking=accept-new deploy@bar.corp true\n"},
        {"deploy.sh": "# never StrictHostKeyChecking=no\nssh -o StrictHostKeyChecking=yes bar true\n"},
        {"test.sh": "ssh -p 2222 -o StrictHostKeyChecking=no root@localhost true\n"},
        {"ansible.cfg": "[defaults]\nhost_key_checking = True\n"},
        {"docs/deploy.sh": "ssh -o StrictHostKeyChecking=no bar true\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """One finding a line, those that it goes on in included."""
        for name in scripts(subject.own):
            text = subject.files.glance(name)
            for line in lines(text) if any(hint in text.lower() for hint in _HINTS) else ():
                match = re.search(_OFF, line.text, re.IGNORECASE)
                if match and not re.search(_HERE, line.text):
                    message = f"{match[1] or match[3]} is {match[2] or match[4]}: any host may answer"
                    yield self.diagnosis(Spot(name, line.number), match[1] or match[3], message)
