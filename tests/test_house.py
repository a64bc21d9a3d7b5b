"""The rules of the house that a machine can check."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = (".ci", ".streamlit", ".gitattributes", ".gitignore")


def files() -> Iterator[Path]:
    """Every file of the project; what tools leave beside it is not ours."""
    for folder, below, names in os.walk(ROOT):
        below[:] = [n for n in below if n in OURS or not (n.startswith(".") or n == "__pycache__")]
        yield from (Path(folder, name) for name in names if name in OURS or not name.startswith("."))


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout


def test_imports_run_with_the_river() -> None:
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command, "import-linter stands in requirements-dev.txt"
    done = subprocess.run(
        [command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout
    assert "0 kept" not in done.stdout


def test_the_core_leaves_streamlit_out() -> None:
    found = python(
        """
import importlib, pkgutil, sys
import aze_core
modules = [m.name for m in pkgutil.walk_packages(aze_core.__path__, "aze_core.") if "__main__" not in m.name]
for name in modules:
    importlib.import_module(name)
print(len(modules), sorted(name for name in sys.modules if name.split(".")[0] == "streamlit"))
"""
    )
    count, loaded = found.split(maxsplit=1)
    assert int(count) > 30
    assert loaded.strip() == "[]"


def imported(path: Path) -> set[str]:
    """Modules that a file imports, `from x import y` as x."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_the_frame_knows_only_streamlit_and_the_shell() -> None:
    others = {name for name in imported(ROOT / "app.py") if name.split(".")[0] not in sys.stdlib_module_names}
    assert others <= {"streamlit", "pages", "pages.shell"}


def test_pages_lie_in_rooms() -> None:
    """A page file directly in pages/ would make Streamlit build a navigation of its own."""
    assert [path.name for path in (ROOT / "pages").glob("*.py")] == ["__init__.py"]


INDEX = r"py(?:pi)\.org|python(?:hosted)\.org|npm(?:js)\.|registry\.npm|--(?:extra-)?index-url|--find[-]links"
MACHINE = r"/(?:work|root|Users)/|/home/\w|\b[A-Z]:\\Users"


@pytest.mark.parametrize("pattern", [INDEX, MACHINE], ids=["package index", "path of a machine"])
def test_no_file_names_a(pattern: str) -> None:
    found = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures and fonts
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in re.finditer(pattern, text)]
    assert found == []


def test_the_patterns_find_what_they_are_for() -> None:
    assert re.search(INDEX, "https://" + "py" + "pi.org" + "/simple")
    assert re.search(MACHINE, "see /" + "root/project")
    assert any(path.name == "settings.toml" for path in files())


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_documents_are_current() -> None:
    module = generator()
    assert set(module.DOCUMENTS) == {"data-dictionary.md", "cli.md"}
    for name, make in module.DOCUMENTS.items():
        written = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert written == make(), f"docs/{name} is outdated: run python docs/generate.py"


def test_generated_documents_hold_every_column_and_option() -> None:
    from aze_core.cli import parser
    from aze_core.domain.schema import TABLES

    module = generator()
    columns = module.data_dictionary()
    for table in TABLES.values():
        section = columns.split(f"\n## {table.name}\n")[1].split("\n## ")[0]
        assert section.count("\n| `") == len(table.columns)
        assert all(f"| `{column.name}` |" in section for column in table.columns)
    reference = module.cli_reference()
    commands = next(action.choices for action in parser()._actions if action.dest == "command")
    assert commands is not None
    for name, command in commands.items():  # type: ignore[attr-defined]
        section = reference.split(f"\n## python -m aze_core {name}\n")[1].split("\n## ")[0]
        options = [o for a in command._actions for o in a.option_strings if o not in ("-h", "--help")]
        assert all(f"`{option}" in section for option in options)
    assert "%(" not in reference
    assert str(ROOT) not in reference + columns
