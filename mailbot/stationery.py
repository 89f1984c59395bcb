"""Where template files lie, and what stands in them.

Owns the search: our own folder comes with the program, in an installed package or in a checkout; an issuer's folder
shadows it file by file. What the templates mean is for `mail` and the pages.
"""

from __future__ import annotations

from pathlib import Path

from mailbot.errors import ConfigError

_PACKAGE = Path(__file__).parent
SUFFIX = ".j2"


def ours() -> Path:
    """Return the folder that came with the program; raises `ConfigError` where the installation is incomplete."""
    for folder in (_PACKAGE / "templates", _PACKAGE.parent / "templates"):
        if (folder / "mail").is_dir():
            return folder
    raise ConfigError(f"the templates that belong to mailbot are missing beside {_PACKAGE}; install it again")


def load(area: str, theirs: Path | None = None) -> dict[str, str]:
    """Read the templates of an area (`mail`), by file name in their order.

    `theirs` is the issuer's folder with the same areas in it, or `None`. Raises `ConfigError` for a folder that is
    not there, for a file that is not UTF-8, and for one of theirs that shadows nothing (a slip in its name).
    """
    found = _read(ours() / area)
    if theirs is not None:
        if not theirs.is_dir():
            raise ConfigError(f"templates_dir {theirs} is no folder")
        shadows = _read(theirs / area)
        for name in sorted(shadows.keys() - found.keys()):
            raise ConfigError(
                f"{theirs / area / name}: there is no template of this name; there are: {', '.join(found)}"
            )
        found |= shadows
    return found


def _read(folder: Path) -> dict[str, str]:
    return {path.name: _text(path) for path in sorted(folder.glob(f"*{SUFFIX}"))}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text ({error})") from error
