"""In which order rules are asked, and what they are handed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from audit_hooks.judging.engine import in_order, judge, waits_for
from audit_hooks.judging.findings import Diagnosis
from audit_hooks.judging.rule import Rule
from audit_hooks.judging.statements import StatementRule
from audit_hooks.judging.subject import Subject
from audit_hooks.reading.sources import Spot
from audit_hooks.rules import every
from tests.support.trees import module


class Telling(Rule):
    """A rule that tells of what it is made for."""

    title = what = why = remedy = "x"
    bad = good = ()
    objects: ClassVar[tuple[str, ...]] = ()

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        yield from (self.diagnosis(Spot("a.py"), name, "x") for name in self.objects)


def rule(code: str, *objects: str, **more: object) -> type[Rule]:
    return type(code, (Telling,), {"code": code, "objects": objects, **more})


def test_rules_come_after_those_that_they_wait_for_whatever_their_codes() -> None:
    rules = [
        rule("ZZZ001"),
        rule("AAA001", requires=("ZZZ002", "BBB001")),
        rule("ZZZ002", gives_way_to=("ZZZ003",)),
        rule("BBB001", gives_way_to=("ZZZ003", "GONE01")),
        rule("ZZZ003"),
        rule("AAA002", last=True),
    ]
    for some in (rules, rules[::-1]):
        order = [one.code for one in in_order(some)]
        assert sorted(order) == sorted(one.code for one in rules)
        assert order[-1] == "AAA002"
        for first, then in (("ZZZ002", "AAA001"), ("BBB001", "AAA001"), ("ZZZ003", "ZZZ002"), ("ZZZ003", "BBB001")):
            assert order.index(first) < order.index(then)


def test_rules_that_wait_for_each_other_are_refused() -> None:
    rules = [rule("AAA001", requires=("BBB001",)), rule("BBB001", gives_way_to=("AAA001",))]
    with pytest.raises(ValueError, match="AAA001, BBB001, AAA001"):
        in_order(rules)


def test_the_rules_that_there_are_can_be_put_in_order() -> None:
    codes = [one.code for one in in_order(reversed(every()))]
    assert sorted(codes) == [one.code for one in sorted(every(), key=lambda one: one.code)]
    for one in every():
        assert all(codes.index(code) < codes.index(one.code) for code in waits_for(one))
        if not (one.last or issubclass(one, StatementRule)):
            assert not any(other.last for other in every() if other.code in waits_for(one))
    assert codes[-1] == "GOV006"


def test_a_rule_is_not_asked_where_one_that_it_requires_found_something(tmp_path: Path) -> None:
    subject = module(tmp_path, {"a.py": ""})
    first, then = rule("ZZZ001", "a"), rule("AAA001", "b", requires=("ZZZ001",))
    assert [finding.rule for finding in judge(subject, [then, first])] == ["ZZZ001"]
    assert [finding.rule for finding in judge(subject, [then, rule("ZZZ001")])] == ["AAA001"]


def test_an_object_is_not_told_of_again_by_a_rule_that_gives_way(tmp_path: Path) -> None:
    subject = module(tmp_path, {"a.py": ""})
    rules = [rule("AAA001", "a", "b", gives_way_to=("ZZZ001",)), rule("ZZZ001", "b", "c")]
    assert sorted((finding.rule, finding.subject) for finding in judge(subject, rules)) == [
        ("AAA001", "a"),
        ("ZZZ001", "b"),
        ("ZZZ001", "c"),
    ]
