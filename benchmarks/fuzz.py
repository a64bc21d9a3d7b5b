"""Feeds damaged and hostile files to the import: each must become a version or a sentence, nothing else.

    .venv/bin/python benchmarks/fuzz.py --seconds 3600

The files of data/training are the seeds. Every attempt damages one of them (bytes, members of archives,
cells, coordinates), looks at it and imports it. An exception that is no sentence, an attempt that takes too
long, or a store that is not as it was, ends the run with the file kept for inspection.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from aze_core.build.intake import import_files  # noqa: E402
from aze_core.build.plan import KINDS, ImportPlan, Input  # noqa: E402
from aze_core.build.recognise import look  # noqa: E402
from aze_core.domain.errors import AzeError  # noqa: E402
from aze_core.locale import explain  # noqa: E402
from aze_core.sources.boundaries import read_boundaries  # noqa: E402
from aze_core.store import folder  # noqa: E402

TRAINING = folder.DATA / "training"
SEEDS = (
    "KBAsGlobal_2026_March_01_training.zip",
    "training_trigger_species.xlsx",
    "training_trigger_species_wide.csv",
    "training_red_list.zip",
    "training_costs.csv",
    "training_national.xlsx",
    "training_territories.geojson",
    "training_boundaries.geojson",
)
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)
ODD_CELLS = (
    "",
    " ",
    "nan",
    "-inf",
    "1e309",
    "1e-400",
    "-0",
    "0x10",
    "1,234",
    "1.234.567,8",
    "=1+1",
    "@cmd",
    "+1",
    "<script>x</script>",
    "[x](y)",
    ":red[z]",
    "\u202eabc",
    "a\u0000b",
    "𝔊rus",
    "é" * 300,
    "x" * 60_000,
    '"',
    "';--",
    "../../x",
    "2026-13-45",
    ">95%",
    "999999999999999999999",
    "CR",
    "true",
)
ODD_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e400", "1e-320", "null", "180.0000001", "-540", "[]", '"x"')
SLOWEST_S = 30

Mutation = Callable[[random.Random, bytes], bytes]


def flipped(chance: random.Random, raw: bytes) -> bytes:
    """Some bytes replaced."""
    made = bytearray(raw)
    for _ in range(chance.choice((1, 3, 20, 200))):
        if made:
            made[chance.randrange(len(made))] = chance.randrange(256)
    return bytes(made)


def cut(chance: random.Random, raw: bytes) -> bytes:
    """The beginning alone."""
    return raw[: chance.randrange(len(raw) + 1)]


def doubled(chance: random.Random, raw: bytes) -> bytes:
    """A stretch repeated."""
    start = chance.randrange(max(1, len(raw)))
    stretch = raw[start : start + chance.randrange(1, 2000)]
    return raw[:start] + stretch * chance.choice((2, 10, 50)) + raw[start:]


def spliced(chance: random.Random, raw: bytes) -> bytes:
    """A stretch of another seed within."""
    other = (TRAINING / chance.choice(SEEDS)).read_bytes()
    start, at = chance.randrange(max(1, len(other))), chance.randrange(max(1, len(raw)))
    return raw[:at] + other[start : start + 3000] + raw[at:]


def with_odd_cells(chance: random.Random, raw: bytes) -> bytes:
    """Some cells of a table replaced by what cells should not hold."""
    text = raw.decode("utf-8", "surrogateescape")
    sign = ";" if text.count(";") > text.count(",") else ","
    lines = [line.split(sign) for line in text.split("\n")]
    for _ in range(chance.choice((1, 5, 50))):
        line = chance.choice(lines)
        line[chance.randrange(len(line))] = chance.choice(ODD_CELLS)
    return "\n".join(sign.join(line) for line in lines).encode("utf-8", "surrogateescape")


def with_odd_numbers(chance: random.Random, raw: bytes) -> bytes:
    """Some numbers of a JSON text replaced."""
    text = raw.decode("utf-8", "replace")
    places = [found.span() for found in re.finditer(r"-?\d+\.\d+", text)]
    for start, end in sorted(
        chance.sample(places, min(len(places), chance.choice((1, 5, 40)))), reverse=True
    ):
        text = text[:start] + chance.choice(ODD_NUMBERS) + text[end:]
    return text.encode()


def with_odd_values(chance: random.Random, raw: bytes) -> bytes:
    """Parts of a JSON document replaced by other kinds of values."""
    try:
        content = json.loads(raw)
    except ValueError:
        return raw
    odd: tuple[Any, ...] = (None, [], {}, "x", -1, True, [[[]]], {"type": "Point"}, [[1, 2]])

    def spoil(node: Any) -> Any:
        if chance.random() < 0.01:
            return chance.choice(odd)
        if isinstance(node, dict):
            return {key: spoil(item) for key, item in node.items()}
        return [spoil(item) for item in node] if isinstance(node, list) else node

    return json.dumps(spoil(content)).encode()


def repacked(chance: random.Random, raw: bytes) -> bytes:
    """A zip whose members were damaged, renamed or left out, and which is itself in order."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            content, name = old.read(member), member.filename
            dice = chance.random()
            if dice < 0.05:
                continue
            if dice < 0.1:
                name = chance.choice(
                    ("../" + name, name.upper(), name + "x", "a/" * 30 + name, "\u202e" + name)
                )
            if chance.random() < 0.4:
                kind = mutations_of(name)
                with contextlib.suppress(*UNREADABLE):
                    content = chance.choice(kind)(chance, content)
            new.writestr(name, content)
    return out.getvalue()


def mutations_of(name: str) -> list[Mutation]:
    """What can be done to a file of this name."""
    ending = Path(name).suffix.lower()
    kinds: list[Mutation] = [flipped, cut, doubled, spliced]
    if ending == ".csv":
        kinds += [with_odd_cells] * 6
    if ending in (".geojson", ".json"):
        kinds += [with_odd_numbers] * 3 + [with_odd_values] * 3
    if ending in (".zip", ".xlsx"):
        kinds += [repacked] * 8
    return kinds


class Slow(Exception):
    """An attempt took too long."""


def too_slow(*_: object) -> None:
    """What the alarm does."""
    raise Slow


def attempt(path: Path, store: Path, base: str, chance: random.Random) -> str:
    """Look at a file and import it; what became of it."""
    if "boundaries" in path.name and chance.random() < 0.5:
        read_boundaries(path)
        return "read"
    kind = chance.choice(("", "", "", *KINDS))
    looks = [one for one in look(path, kind) if one.kind]
    if not looks:
        return "left out"
    inputs = tuple(Input(str(path), one.kind, sheet=one.sheet) for one in looks)
    plan = ImportPlan(inputs, "Fuzz", as_of="2026", base=base if chance.random() < 0.7 else "")
    import_files(plan, store)
    return "imported"


def main() -> int:
    """Run for a while; 0 when nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0, help="of the first attempt; each further one adds 1")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failure"), help="where a failure is kept")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    ended = time.monotonic() + given.seconds
    seen: Counter[str] = Counter()
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, too_slow)
    with tempfile.TemporaryDirectory(prefix="aze-fuzz-") as place:
        store, work = Path(place) / "store", Path(place) / "work"
        work.mkdir()
        first = [Input(str(TRAINING / SEEDS[0]), "sites"), Input(str(TRAINING / SEEDS[1]), "trigger_species")]
        plan = ImportPlan((first[0], first[1]), "Base", as_of="2026")
        base = import_files(plan, store)
        raw = base.path.read_bytes()
        number = given.seed
        while time.monotonic() < ended:
            chance = random.Random(number)
            name = chance.choice(SEEDS)
            path = work / name
            content = (TRAINING / name).read_bytes()
            for _ in range(chance.choice((1, 1, 2))):
                with contextlib.suppress(*UNREADABLE):  # the first damage may leave no archive to repack
                    content = chance.choice(mutations_of(name))(chance, content)
            path.write_bytes(content)
            if hasattr(signal, "SIGALRM"):
                signal.alarm(SLOWEST_S)
            try:
                outcome = attempt(path, store, base.path.stem, chance)
            except AzeError as error:
                explain(error)  # every error has its words
                outcome = f"refused: {error.message_id}"
            except BaseException:
                given.keep.mkdir(exist_ok=True)
                shutil.copy(path, given.keep / f"{number}-{name}")
                traceback.print_exc()
                print(f"attempt {number} on {name}: the file is kept in {given.keep}")
                return 1
            finally:
                if hasattr(signal, "SIGALRM"):
                    signal.alarm(0)
            if base.path.read_bytes() != raw:
                print(f"attempt {number} on {name} changed the base")
                return 1
            seen[outcome] += 1
            number += 1
            for other in (store / "inventories").glob("*"):
                if other != base.path:
                    shutil.rmtree(other) if other.is_dir() else other.unlink()
            shutil.rmtree(store / "red_lists", ignore_errors=True)
    print(f"{number - given.seed} attempts")
    for outcome, n in seen.most_common():
        print(f"{n:7} {outcome}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
