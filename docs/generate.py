"""Writes docs/data-dictionary.md and docs/cli.md from the code: ``python docs/generate.py``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from aze_core.cli import parser  # noqa: E402
from aze_core.domain.schema import TABLES, dictionary  # noqa: E402

WRITTEN = "Written by `python docs/generate.py`; do not edit."


def table(header: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def data_dictionary() -> str:
    """The data dictionary as Markdown: a section for every table."""
    columns = dictionary()
    about = "The tables of an inventory, as files of `data/` and as tables of the database."
    lines = ["# Data dictionary", "", WRITTEN, "", f"{about} Empty cells are values that are not known."]
    for name, described in TABLES.items():
        rows = columns.loc[columns["table"] == name].drop(columns="table").astype(str).to_numpy().tolist()
        lines += ["", f"## {name}", "", f"{described.meaning}.", ""]
        lines.append("- Key: " + ", ".join(f"`{column}`" for column in described.key))
        for column, (other, target) in described.refers.items():
            lines.append(f"- `{column}` names a `{target}` of `{other}`")
        header = ["column", "type", "unit", "meaning", "expected"]
        lines += ["", *table(header, [[f"`{row[0]}`", *row[1:]] for row in rows])]
    return "\n".join(lines) + "\n"


def arguments(command: argparse.ArgumentParser) -> list[list[str]]:
    """Rows of a command's arguments: how each is written, and what it means."""
    rows = []
    for action in command._actions:
        if isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
            continue
        shown = action.metavar or ("|".join(action.choices) if action.choices else action.dest.upper())
        takes = "" if action.nargs == 0 else f" {shown}"
        written = ", ".join(f"{name}{takes}" for name in action.option_strings) or action.dest.upper()
        meaning = (action.help or "") % {**vars(action), "prog": command.prog}
        rows.append([f"`{written}`", meaning])
    return rows


def cli_reference() -> str:
    """The command line's reference as Markdown: a section for every command."""
    top = parser()
    commands = next(a for a in top._actions if isinstance(a, argparse._SubParsersAction))
    meanings = {action.dest: action.help or "" for action in commands._choices_actions}
    lines = ["# Command line", "", WRITTEN, "", top.description or ""]
    lines += ["", *table(["option", "meaning"], arguments(top))]
    for name, command in commands.choices.items():
        lines += ["", f"## {top.prog} {name}", "", meanings[name][:1].upper() + meanings[name][1:] + "."]
        lines += ["", *table(["option", "meaning"], arguments(command))]
    return "\n".join(lines) + "\n"


DOCUMENTS = {"data-dictionary.md": data_dictionary, "cli.md": cli_reference}


def main() -> None:
    """Write every generated document."""
    for name, make in DOCUMENTS.items():
        (HERE / name).write_text(make(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
