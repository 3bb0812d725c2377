# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A credentials file as AWS's tools read it: one pair of keys for each profile. The only place where a secret key may end up, mode 0600."""

from __future__ import annotations

import configparser
import os
import tempfile
from pathlib import Path

from ..faults import Fault

ROOM = 4096                     # bytes that a profile never takes
ACCESS, SECRET = "aws_access_key_id", "aws_secret_access_key"


class CredentialsFile:
    """One profile of one file. Other profiles stay; comments do not, as everywhere where such files are rewritten."""

    def __init__(self, path: str, profile: str) -> None:
        self.path, self.profile = Path(path), profile

    def held(self) -> tuple[str, str]:
        """(access key, secret key), "" for what is not there. Raises Fault on a file that is something else."""
        parser = self._parsed()
        return parser.get(self.profile, ACCESS, fallback=""), parser.get(self.profile, SECRET, fallback="")

    def private(self) -> bool:
        """Whether nobody else may read it."""
        return self.path.exists() and self.path.stat().st_mode & 0o077 == 0

    def write(self, access: str, secret: str) -> None:
        """Put the pair there."""
        parser = self._parsed()
        parser[self.profile] = {**(dict(parser.items(self.profile)) if parser.has_section(self.profile) else {}), ACCESS: access, SECRET: secret}
        self._replace(parser)

    def try_out(self) -> None:
        """Raise Fault when a pair could not be written: whoever asks for one finds out before there is one. A file as large is written beside it, and
        removed."""
        name = ""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(" " * (ROOM + (self.path.stat().st_size if self.path.exists() else 0)))
        except OSError as error:
            raise Fault("write", f"credentials_file {self.path}", left=f"{error.strerror}. No credential was asked for.",
                        then="Mend that and run again.") from None
        finally:
            if name:
                os.unlink(name)

    def forget(self) -> None:
        """Remove the profile, and the file when it was the last one."""
        parser = self._parsed()
        if parser.remove_section(self.profile):
            if parser.sections():
                self._replace(parser)
            else:
                self.path.unlink()

    def _parsed(self) -> configparser.RawConfigParser:
        parser = configparser.RawConfigParser(default_section="")       # AWS's [default] is a profile like any other
        try:
            parser.read_string(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            pass
        except (configparser.Error, UnicodeDecodeError, OSError) as error:
            # The error's own words may quote a line, and a line may be a secret.
            raise Fault("read", f"credentials_file {self.path}", left=f"It is not a credentials file ({type(error).__name__}); it was not touched.",
                        then="Name another file, or remove this one.") from None
        return parser

    def _replace(self, parser: configparser.RawConfigParser) -> None:
        """Whole or not at all; mkstemp makes it 0600."""
        name = ""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                parser.write(out)
            os.replace(name, self.path)
        except OSError as error:
            if name:
                Path(name).unlink(missing_ok=True)
            raise Fault("write", f"credentials_file {self.path}", left=f"{error.strerror}. The credential itself is there.",
                        then="Mend that and run again: it is read from the service anew.") from None
