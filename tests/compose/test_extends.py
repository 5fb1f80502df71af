"""What a service takes over through `extends` is what the real Compose makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmb.compose.service import environment, mounts, networks
from dmb.compose.services import services
from dmb.formats.yamlsplice import YamlFile
from tests.support.containers import compose

BASE = "image: x:1\n    command: dagster-webserver\n    environment: {environment}\n    networks: {networks}\n"
FORMS = {
    "mappings": ("{A: a, B: b}", "{n: , m: }"),
    "lists": ("[A=a, B=b]", "[n, m]"),
}


@pytest.mark.parametrize("base", FORMS)
@pytest.mark.parametrize("own", FORMS)
@pytest.mark.parametrize("where", ["beside", "in another file", "twice"])
def test_it_is_what_compose_makes_of_it(tmp_path: Path, base: str, own: str, where: str) -> None:
    given, joined = FORMS[base]
    text = BASE.format(environment=given, networks=joined) + "    volumes: ['va:/v']\n    depends_on: [z]\n"
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "base.yml").write_text(f"services:\n  base:\n    {text}  again: {{extends: base}}\n")
    told = {
        "beside": "base",
        "in another file": "{file: far/base.yml, service: base}",
        "twice": "{file: far/base.yml, service: again}",
    }
    given, joined = FORMS[own]
    given, joined = given.replace("B", "C"), joined.replace("m", "k")
    file = tmp_path / "docker-compose.yml"
    file.write_text(
        f"services:\n  base:\n    {text}  z: {{image: 'z:1'}}\n  one:\n    extends: {told[where]}\n"
        f"    environment: {given}\n    networks: {joined}\n    volumes: ['wa:/w']\n"
        "networks: {n: , m: , k: }\nvolumes: {va: , wa: }\n"
    )
    real = compose(tmp_path)["services"]["one"]
    mine = services(YamlFile(file.read_text(), str(file)))["one"]
    assert mine.role == "webserver"
    assert environment(mine) == real["environment"] == {"A": "a", "B": "b", "C": "b"}
    assert {*networks(mine)} == {*real["networks"]}
    assert {*mounts(mine)} == {(each["source"], each["target"]) for each in real["volumes"]}


@pytest.mark.parametrize(
    "extends",
    ["nothing", "one", "{service: base, file: gone.yml}", "{service: base, file: '${WHERE}/a.yml'}", "[a]", "3"],
)
def test_what_cannot_be_seen_is_left_out(tmp_path: Path, extends: str) -> None:
    file = tmp_path / "docker-compose.yml"
    file.write_text(f"services:\n  one:\n    image: x\n    extends: {extends}\n")
    assert services(YamlFile(file.read_text(), str(file)))["one"].node.get("image").text == "x"
