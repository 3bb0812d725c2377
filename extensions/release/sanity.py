# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`ansible-test sanity` over a copy of the collection as it is built: `python -m extensions.release.sanity [TEST …]`. 0 findings, and no list of
findings to pass over.

ansible-test makes an environment for each of its tests, from PyPI, under build/sanity; the first run takes minutes longer than those that follow.
It would fetch pip from a place of its own, so pip is put where it looks first.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from extensions.release.tree import BIN, ROOT, build, lay_out

HOME = ROOT / "build" / "sanity"
# What ansible-test has for collections on ansible-core 2.19.
TESTS = ("action-plugin-docs", "ansible-doc", "changelog", "compile", "empty-init", "ignores", "import", "line-endings", "no-assert",
         "no-get-exception", "no-illegal-filenames", "no-smart-quotes", "pep8", "pylint", "replace-urlopen", "runtime-metadata", "shebang",
         "symlinks", "use-argspec-type-path", "use-compat-six", "validate-modules", "yamllint")
NOT_RUN = {
    "pslint": "reads PowerShell, of which the collection has none, and wants pwsh, which Debian does not have",
    "shellcheck": "reads *.sh, of which the collection has none",
}
PIP = re.compile(r"pip='([\d.]+)'")
# Runs a wheel's pip as get-pip.py would; that one's own options are about what else to install.
BOOTSTRAP = '''import runpy
import sys
sys.path.insert(0, {wheel!r})
sys.argv = ["pip", "install", *(word for word in sys.argv[1:] if not word.startswith("--no-"))]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
'''


def put_pip(home: Path) -> None:
    """Where ansible-test looks for what brings pip into an empty environment, lay a script that takes it from PyPI's own wheel."""
    import ansible_test

    said = (Path(next(iter(ansible_test.__path__))) / "_internal" / "python_requirements.py").read_text(encoding="utf-8")
    if not (wanted := PIP.search(said)):
        return                  # it goes its own way
    version, cache = wanted[1], home / ".ansible" / "test" / "cache"
    script, wheel = cache / f"get_pip_{version.replace('.', '_')}.py", cache / f"pip-{version}-py3-none-any.whl"
    cache.mkdir(parents=True, exist_ok=True)
    if not wheel.exists():
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", cache, f"pip=={version}"], check=True)
    script.write_text(BOOTSTRAP.format(wheel=str(wheel)), encoding="utf-8")


def main() -> int:
    """Build, lay out, test; ansible-test's own exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tests", nargs="*", metavar="TEST", help=f"only these of {', '.join(TESTS)}")
    asked = parser.parse_args().tests or TESTS
    put_pip(HOME)
    with tempfile.TemporaryDirectory(prefix="sanity.") as scratch:
        place = lay_out(build(Path(scratch)), Path(scratch))
        subprocess.run(["git", "init", "--quiet", place], check=True)
        command = [BIN / "ansible-test", "sanity", "--requirements", "--python", f"{sys.version_info[0]}.{sys.version_info[1]}", "--color", "no",
                   *(word for test in asked for word in ("--test", test))]
        environment = {**os.environ, "HOME": str(HOME), "PATH": f"{BIN}:{os.environ['PATH']}"}
        code = subprocess.run(command, cwd=place, env=environment, check=False, stdin=subprocess.DEVNULL).returncode
    for name, why in NOT_RUN.items():
        print(f"not run: {name}, which {why}")
    print(f"ansible-test sanity: {len(asked)} tests, {'0 findings' if code == 0 else 'findings above'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
