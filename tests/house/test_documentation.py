# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `ansible-doc` shows of every module: it renders, describes every option and return value, and its examples are tasks the module takes."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

ROOT = Path(__file__).parents[2]
COLLECTION = "multicloud.dr."
NAMES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
RULES = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")
# What tells in which unit a number is: in the name of the option, or in its description.
UNIT = re.compile(r"seconds|minutes|hours|days|gb\b|gigabytes|bytes|percent|port|how many|how often|number|count|rows|times|weight|threads|fewest"
                  r"|\bmost\b|threshold|position|multiple|_id\b", re.IGNORECASE)
TEMPLATE = re.compile(r"^\{\{.*\}\}$", re.DOTALL)


class Caught(Exception):
    """Carries what a module hands to AnsibleModule out of main()."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What ansible-doc tells a machine, by module; one call for all, as each takes long."""
    home = tmp_path_factory.mktemp("home")
    done = ansible_doc(home, "--json")
    return {name.removeprefix(COLLECTION): told for name, told in json.loads(done).items()}


def ansible_doc(home: Path, *arguments: str) -> str:
    """Its output for every module. Fails when it warns of anything."""
    command = [str(Path(sys.executable).parent / "ansible-doc"), "-t", "module", *arguments, *(COLLECTION + name for name in NAMES)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=180,
                          env={**os.environ, "HOME": str(home), "ANSIBLE_NOCOLOR": "1", "COLUMNS": "150"})
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr
    return done.stdout


def test_every_page_renders(tmp_path: Path) -> None:
    pages = ansible_doc(tmp_path)
    for name in NAMES:
        assert f"{COLLECTION}{name}" in pages
    assert not re.search(r"\b[OVEM]\([^)]*\)|RV\(", pages), "markup that was not understood"


def leaves(options: dict[str, Any], below: str, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, option) all the way down."""
    for name, option in options.items():
        yield path + name, option
        yield from leaves(option.get(below) or {}, below, f"{path}{name}.")


@pytest.mark.parametrize("name", NAMES)
def test_every_option_says_what_it_is_and_in_which_unit(name: str, shown: dict[str, Any]) -> None:
    for path, option in leaves(shown[name]["doc"].get("options") or {}, "suboptions"):
        said = " ".join(option["description"]) if isinstance(option["description"], list) else option["description"]
        assert said.strip() and option.get("type"), path
        if option["type"] in ("int", "float"):
            assert UNIT.search(f"{path} {said}"), f"{path}: in which unit?"


@pytest.mark.parametrize("name", NAMES)
def test_every_return_value_says_what_it_is_and_those_of_nhn_modules_with_an_example(name: str, shown: dict[str, Any]) -> None:
    returned = shown[name]["return"]
    assert returned
    for path, value in leaves(returned, "contains"):
        assert value.get("description") and value.get("type"), path
        assert "." in path or value.get("returned"), path
        assert "sample" in value or value.get("contains") or not name.startswith("nhn_"), f"{path}: no example"


@pytest.mark.parametrize("name", NAMES)
def test_the_options_are_those_the_module_takes(name: str, shown: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    taken = {path for path, _ in leaves(spec_of(name, monkeypatch)["argument_spec"], "options")}
    documented = {path for path, _ in leaves(shown[name]["doc"].get("options") or {}, "suboptions")}
    assert documented == taken


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_tasks_that_the_module_takes(name: str, shown: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = yaml.safe_load(shown[name]["examples"])
    assert isinstance(tasks, list) and all(task.get("name") for task in tasks)
    mine = [task[COLLECTION + name] or {} for task in tasks if COLLECTION + name in task]
    assert mine, "no example of the module itself"
    spec = spec_of(name, monkeypatch)
    judge = ArgumentSpecValidator(spec["argument_spec"], **{rule: spec[rule] for rule in RULES if spec.get(rule)})
    for given in mine:
        judged = judge.validate({key: said(value, spec["argument_spec"].get(key, {})) for key, value in given.items()})
        assert not judged.error_messages, judged.error_messages


def spec_of(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the module's main() hands to AnsibleModule, by keyword."""
    module = importlib.import_module(f"ansible_collections.multicloud.dr.plugins.modules.{name}")

    def catch(self: AnsibleModule, argument_spec: dict[str, Any], **more: Any) -> None:
        raise Caught({"argument_spec": argument_spec, **more})

    monkeypatch.setattr(AnsibleModule, "__init__", catch)
    with pytest.raises(Caught) as caught:
        module.main()
    return caught.value.args[0]


def said(value: Any, option: dict[str, Any]) -> Any:
    """A value of an example as it would be once its templates are filled in."""
    if isinstance(value, str) and TEMPLATE.match(value.strip()):
        return stand_in(option)
    if isinstance(value, dict):
        return {key: said(each, (option.get("options") or {}).get(key, {})) for key, each in value.items()}
    if isinstance(value, list):
        return [said(each, {**option, "type": option.get("elements", "raw")}) for each in value]
    return value


def stand_in(option: dict[str, Any]) -> Any:
    """Something that an option takes."""
    if option.get("choices"):
        return option["choices"][0]
    if option.get("type") == "dict":
        return {name: stand_in(each) for name, each in (option.get("options") or {}).items() if each.get("required")}
    return {"int": 1, "float": 1.0, "bool": True, "list": []}.get(option.get("type", "str"), "x")


def test_a_figure_of_the_switch_that_is_described_is_there_or_said_to_be_missing() -> None:
    page = (ROOT / "docs" / "figures" / "README.md").read_text(encoding="utf-8")
    rows = [line.split(" | ")[0] for line in page.split("\n## The switch")[1].split("\n## ")[0].splitlines() if line.startswith("| `")]
    said = {name for row in rows if row.endswith(" missing") for name in re.findall(r"`(\w+)`", row)}
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert told - said <= set(json.loads((ROOT / "docs" / "figures" / "switch.json").read_text(encoding="utf-8"))["figures"])


# What was promised of each figure of the data: at most, or at least.
MOST = {"find_flipped_10m_seconds": 20, "repair_flipped_seconds": 1, "growth_10m_over_1m": 11, "peak_mb_10m": 150, "beat_delay_p99_seconds": 0.5,
        "burst_lag_seconds": 2, "gate_cost_percent": 15, "renewal_wait_max_seconds": 0.05, "roundtrip_wrong_repairs": 0}
LEAST = {"copy_1m_vs_mysqldump": 1.3, "copy_1m_vs_myloader": 1, "compare_1m_vs_pt_table_sync": 5, "compare_rows_per_second": 500_000,
         "roundtrip_tables": 2000}


def test_every_figure_of_the_data_is_there_and_good_or_said_to_be_missed() -> None:
    """And what is said to be missed is: a figure that has come to be good is taken from the list."""
    page = (ROOT / "docs" / "figures" / "README.md").read_text(encoding="utf-8").split("\n## The data")[1].split("\n## ")[0]
    figures = json.loads((ROOT / "docs" / "figures" / "db.json").read_text(encoding="utf-8"))["figures"]
    described, missed, _near = (re.findall(r"^\| (`.*?) \|", part, re.M) for part in re.split(r"^\| (?:Missed|Near the goal) \|", page, flags=re.M))
    said = {name for row in missed for name in re.findall(r"`(\w+)`", row)}
    bad = {name for name, limit in MOST.items() if figures.get(name, limit + 1) > limit} | {
        name for name, limit in LEAST.items() if figures.get(name, limit - 1) < limit}
    told = {name for row in described for name in re.findall(r"`(\w+)`", row)}
    assert bad <= said and {*MOST, *LEAST} <= told | {name for name in figures if name.endswith("_vs_myloader")}
    assert told - said <= {*figures}, "described, not there, and not said to be missing"
    assert said <= bad | (told - {*figures}), "it is there and good"


def test_make_bench_measures_every_figure_that_a_benchmark_leaves() -> None:
    """The page of figures and the README say that it does."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").split("\nbench:")[1].split("\n\n")[0]
    leave = {path.relative_to(ROOT / "bench").parts[0].removesuffix(".py") for path in (ROOT / "bench").rglob("*.py")
             if re.search(r"\brecord\(['\"]", path.read_text(encoding="utf-8"))}
    assert leave and leave <= set(re.findall(r"-m bench\.(\w+)", recipe))
