# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables that this library leaves on a target for its own work. No part of what is compared: no site's rows are in them. Pure."""

from __future__ import annotations

SCHEMA = "dr"
PREFIX = "sync_"            # of checkpoints (checkpoint)
ALIGNING = "dr.aligning"    # of alignments that are (mysql.unfinished)
MARKER = "_seeding"         # of copies that are under way, in the schema that is copied first (seeding)


def is_ours(label: str) -> bool:
    """Is "schema.table" a checkpoint, or the mark of a copy or alignment, perhaps of one that was killed? They are on one server only."""
    schema, _dot, name = label.partition(".")
    return name == MARKER or label == ALIGNING or (schema == SCHEMA and name.startswith(PREFIX))
