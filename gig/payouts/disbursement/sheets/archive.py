"""Several files as one archive: equal files make equal bytes, on any machine."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import IO

_DATE = (1980, 1, 1, 0, 0, 0)


def pack(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A ZIP of the named files, stored as they are: what they would gain by packing is little."""
    kept = io.BytesIO()
    pack_into(kept, files)
    return kept.getvalue()


def pack_into(kept: IO[bytes], files: Iterable[tuple[str, bytes]]) -> None:
    """The same ZIP is in the open file."""
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
