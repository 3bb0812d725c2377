# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The reference: a page for each module, role, filter and lookup, from what these say of themselves. `python -m extensions.reference.pages` writes
them into docs/reference/, and a test holds that what lies there is what this makes.

antsibull-docs would do as well. It writes no Markdown: its other form is called experimental, is HTML within reStructuredText and five times as long,
and tells readers to install from where this collection is not. It would also bring thirty packages for what is two hundred lines here.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
WHERE = ROOT / "docs" / "reference"
COLLECTION = "multicloud.dr."
PARTS = re.compile(r'^(DOCUMENTATION|EXAMPLES|RETURN) = r?"""(.*?)"""', re.MULTILINE | re.DOTALL)
FRAGMENT = re.compile(r'^    ([A-Z]+) = r?"""(.*?)"""', re.MULTILINE | re.DOTALL)
MARKUP = re.compile(r"\b(RV|[BCEIMOPV])\(((?:\\.|[^()\\]|\([^()]*\))*)\)|\bL\(([^,()]+), *([^()]+)\)|\bU\(([^()]+)\)")
MADE = "<!-- Made by `make docs` from {source}; edit there. -->\n"
KEYS = frozenset({"description", "type", "required", "default", "choices", "elements", "suboptions", "options", "contains", "returned", "sample",
                  "no_log", "aliases", "version_added"})


class Unsound(ValueError):
    """A page cannot be made of what was said. An option has a key that none has, as where a sentence with a comma was not quoted."""


def said(text: Any, up: str = "") -> str:
    """A description in Markdown, on one line. up: how the page gets to docs/reference/."""
    whole = " ".join(str(part) for part in text) if isinstance(text, list) else str(text)

    def one(found: re.Match[str]) -> str:
        kind, inner, title, address, bare = found.groups()
        if kind is None:
            return f"[{title}]({address})" if title else f"<{bare}>"
        plain = inner.replace("\\", "")
        if kind == "M" and plain.startswith(COLLECTION):
            name = plain.removeprefix(COLLECTION)
            return f"[`{name}`]({up}modules/{name}.md)" if (ROOT / "plugins/modules" / f"{name}.py").exists() else f"`{name}`"
        return {"I": f"*{plain}*", "B": f"**{plain}**"}.get(kind, f"`{plain}`")

    return " ".join(MARKUP.sub(one, whole).split())


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def value(given: Any) -> str:
    """As somebody would write it into an inventory."""
    return f"`{json.dumps(given, ensure_ascii=False)}`"


def leaves(options: Mapping[str, Any] | None, below: str, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(path, option) all the way down."""
    for name, option in (options or {}).items():
        if unknown := set(option) - KEYS:
            raise Unsound(f"{path}{name}: {', '.join(map(str, sorted(unknown, key=str)))}")
        yield path + name, option
        listed = "[]" if option.get("elements") == "dict" else ""
        yield from leaves(option.get(below), below, f"{path}{name}{listed}.")


def kind(option: Mapping[str, Any]) -> str:
    return f"list of {option['elements']}" if option.get("type") == "list" and option.get("elements") else str(option.get("type", "str"))


def options_table(options: Mapping[str, Any] | None, below: str, up: str) -> list[str]:
    rows = []
    for path, option in leaves(options, below):
        given = "**required**" if option.get("required") else value(option["default"]) if "default" in option else ""
        words = said(option["description"], up)
        if option.get("choices"):
            words += f" One of {', '.join(value(each) for each in option['choices'])}."
        if option.get("no_log"):
            words += " *Secret.*"
        rows.append(f"| `{path}` | {kind(option)} | {cell(given)} | {cell(words)} |")
    return ["| Name | Type | Default | Is |", "|---|---|---|---|", *rows] if rows else ["None."]


def returns_table(returned: Mapping[str, Any] | None, up: str) -> list[str]:
    rows = [f"| `{path}` | {kind(each)} | {cell(said(each.get('returned', ''), up))} | {cell(said(each['description'], up))} |"
            for path, each in leaves(returned, "contains")]
    return ["| Name | Type | When | Is |", "|---|---|---|---|", *rows] if rows else ["Nothing of its own."]


def bullets(description: Any, up: str) -> list[str]:
    return [f"- {said(each, up)}" for each in (description if isinstance(description, list) else [description])]


@cache
def fragments() -> dict[str, Mapping[str, Any]]:
    """What several modules have in common, by the name they give: {"multicloud.dr.nhn.state": its options}."""
    found = {}
    for path in sorted((ROOT / "plugins/doc_fragments").glob("*.py")):
        for name, text in FRAGMENT.findall(path.read_text(encoding="utf-8")):
            suffix = "" if name == "DOCUMENTATION" else f".{name.lower()}"
            found[f"{COLLECTION}{path.stem}{suffix}"] = yaml.safe_load(text).get("options") or {}
    return found


def spoken(path: Path) -> dict[str, str]:
    return dict(PARTS.findall(path.read_text(encoding="utf-8")))


def plugin_page(path: Path, noun: str) -> str:
    """A page of a module, filter or lookup."""
    told, up = spoken(path), "../"
    about = yaml.safe_load(told["DOCUMENTATION"])
    name = about.get("module") or about["name"]
    lines = [f"# {name}", "", MADE.format(source=path.relative_to(ROOT))]
    lines += [f"{said(about['short_description'], up)}. A {noun}: `{COLLECTION}{name}`.", ""]
    lines += [*bullets(about["description"], up), ""]
    if about.get("requirements"):
        lines += [f"Needs: {', '.join(said(each) for each in about['requirements'])}.", ""]
    lines += ["## Options", "", *options_table(about.get("options"), "suboptions", up), ""]
    common = about.get("extends_documentation_fragment") or []
    for each in [common] if isinstance(common, str) else common:
        ours = each in fragments()
        lines += [f"And those of [`{each}`](../fragments.md#{anchor(each)})." if ours else f"And those of the fragment `{each}`.", ""]
    for each, attribute in (about.get("attributes") or {}).items():
        lines += [f"`{each}`: {attribute['support']}. {said(attribute['description'], up)}", ""]
    lines += [f"- {said(each, up)}" for each in about.get("notes") or []] + ([""] if about.get("notes") else [])
    lines += ["## Returns", "", *returns_table(yaml.safe_load(told["RETURN"]), up), ""]
    lines += ["## Examples", "", "```yaml", told["EXAMPLES"].strip("\n"), "```", ""]
    return "\n".join(lines)


def anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower())


def fragments_page() -> str:
    lines = ["# What several modules have in common", "", MADE.format(source="plugins/doc_fragments"), ""]
    for name, options in fragments().items():
        lines += [f"## {name}", "", *options_table(options, "suboptions", ""), ""]
    return "\n".join(lines)


def role_page(path: Path) -> str:
    """A page of a role, entry point by entry point."""
    name, up = path.parents[1].name, "../"
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
    lines = [f"# Role {name}", "", MADE.format(source=path.relative_to(ROOT)), ""]
    for entry, spec in sorted(entries.items(), key=lambda each: each[0] != "main"):
        lines += [f"## {entry}", "", f"{said(spec['short_description'], up)}.", ""]
        lines += [*bullets(spec["description"], up), ""] if spec.get("description") else []
        lines += [*options_table(spec.get("options"), "options", up), ""]
    return "\n".join(lines)


def index(pages: Mapping[str, str]) -> str:
    """Everything with its sentence, by kind."""
    lines = ["# Reference", "", MADE.format(source="documentation of modules and argument specs of roles"),
             "Options and values, as modules and roles say them themselves. Whoever has Ansible at hand asks `ansible-doc multicloud.dr.NAME`,",
             "and for a role `ansible-doc -t role multicloud.dr.NAME`. What [several modules have in common](fragments.md) stands by itself.", ""]
    for folder, title in (("roles", "Roles"), ("modules", "Modules"), ("filters", "Filters"), ("lookups", "Lookups")):
        lines += [f"## {title}", "", "| | |", "|---|---|"]
        for page, text in pages.items():
            if page.startswith(f"{folder}/"):
                stem = Path(page).stem
                sentence = next(line for line in text.splitlines()[1:] if line and not line.startswith(("<!--", "#")))
                lines.append(f"| [`{stem}`]({page}) | {cell(re.sub(r' A (module|filter|lookup): .*', '', sentence).replace('../', ''))} |")
        lines.append("")
    return "\n".join(lines)


def made() -> dict[str, str]:
    """{path below docs/reference/: text} of every page."""
    found = {f"roles/{path.parents[1].name}.md": role_page(path) for path in sorted(ROOT.glob("roles/*/meta/argument_specs.yml"))}
    for folder, noun in (("modules", "module"), ("filter", "filter"), ("lookup", "lookup")):
        for path in sorted((ROOT / "plugins" / folder).glob("*.py")):
            if "DOCUMENTATION" in spoken(path):
                text = plugin_page(path, noun)
                found[f"{noun}s/{text.splitlines()[0].removeprefix('# ')}.md"] = text
    return {**found, "fragments.md": fragments_page(), "README.md": index(found)}


def main() -> None:
    """Write them all; what is of nobody any more goes."""
    pages = made()
    shutil.rmtree(WHERE, ignore_errors=True)
    for name, text in pages.items():
        path = WHERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"{len(pages)} pages in {WHERE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
