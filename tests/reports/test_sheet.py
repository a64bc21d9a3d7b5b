"""The printed comparison: everything on it, nothing beyond its edges, and text is never markup."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aze_core.reports import sheet

HOSTILE = [
    '#panic("x") $x^2$ *b* _i_ <label> \\ `raw` @ref // c',
    "الحياة البرية",
    "中国四川大熊猫栖息地",
    "x" * 300,
    "</text><script>",
    "[a] #let a = 1",
    "- item = head ~ -- 'quoted' \"twice\"",
]
WORDS = {word: f"w-{word}" for word in sheet._WORDS}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><text x="9" y="20">A</text></svg>'
PPI = 30


def content(plans: int = 2, sites: int = 5, names: list[str] | None = None) -> dict[str, Any]:
    """A sheet; every text of it is one of the names."""
    said = names or ["Cerro Azul"]
    letters = "ABCD"[:plans]

    def name(i: int) -> str:
        return said[i % len(said)]

    return {
        "title": name(0),
        "answer": name(1),
        "stamp": name(2),
        "warning": name(3),
        "plans": [
            {"letter": x, "name": name(i), "sentence": name(i + 1), "facts": [(name(i + 2), name(i + 3))]}
            for i, x in enumerate(letters)
        ],
        "measures": [
            {
                "label": name(i),
                "unit": "km²",
                "today": "0",
                "values": {x: f"{i}{x}" for x in letters},
                "best": [letters[0]],
            }
            for i in range(8)
        ],
        "sites": [{"name": name(i), "country": name(i + 1), "letters": list(letters)} for i in range(sites)],
        "map_svg": SVG,
        "map_caption": name(4),
        "ledger": [{"letter": x, "n": 3, "species": [name(5), name(6)]} for x in letters],
        "notes": [name(0)],
        "words": WORDS,
    }


def pages(made: dict[str, Any]) -> list[Image.Image]:
    found = sheet._made(made, format="png", ppi=PPI)
    return [Image.open(io.BytesIO(x)).convert("RGB") for x in (found if isinstance(found, list) else [found])]


def found_in(made: dict[str, Any], element: str) -> list[list[str]]:
    """Texts inside each element of a kind, in the order of the sheet."""
    inputs = {"content": json.dumps(sheet._checked(made))}
    elements = json.loads(typst.query(sheet._TEMPLATE.read_bytes(), element, sys_inputs=inputs))

    def texts(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["text"]] if node.get("func") == "text" else []
            return own + [t for key, inner in node.items() if key != "supplement" for t in texts(inner)]
        return [t for inner in node for t in texts(inner)] if isinstance(node, list) else []

    return [texts(each) for each in elements]


def joined(text: str) -> str:
    return text.replace("\u200b", "")


def test_it_is_a_tagged_pdf_with_title_and_language_and_the_same_every_time() -> None:
    made = content() | {"title": "Which plan", "language": "fr-CH"}
    pdf = sheet.comparison_sheet(made)
    assert pdf.startswith(b"%PDF-")
    for part in (b"/StructTreeRoot", b"/Lang(fr)", b"Which plan"):
        assert part in pdf.replace(b"/Lang (", b"/Lang(")
    assert sheet.comparison_sheet(made) == pdf
    # the standard for accessible files refuses pictures without words, and headings out of order
    assert sheet._made(made, pdf_standards="ua-1").startswith(b"%PDF-")


def test_few_sites_stay_on_one_page_of_a3() -> None:
    (page,) = pages(content(4, 10))
    width, height = (round(mm / 25.4 * PPI) for mm in (420, 297))
    assert abs(page.width - width) <= 1
    assert abs(page.height - height) <= 1


@pytest.mark.parametrize("names", [None, HOSTILE], ids=["plain", "hostile"])
def test_four_plans_of_many_sites_stay_between_the_margins(names: list[str] | None) -> None:
    found = pages(content(4, 2 * 200, names))
    assert len(found) > 3
    margin = int(13 / 25.4 * PPI)
    for page in found:
        white = Image.new("RGB", (margin, page.height), "white").tobytes()
        assert page.crop((0, 0, margin, page.height)).tobytes() == white
        assert page.crop((page.width - margin, 0, page.width, page.height)).tobytes() == white
        assert {r == g == b for _, (r, g, b) in page.getcolors(2**24)} == {True}


def test_heads_are_repeated_and_rows_go_on() -> None:
    made = content(4, 400)
    for number, site in enumerate(made["sites"]):
        site["name"] = f"Site {number}"
    third, fourth = pages(made)[2:4]
    mm = PPI / 25.4
    heads, rows = ((0, 0, third.width, round(17 * mm)), (0, round(17 * mm), third.width, round(60 * mm)))
    assert third.crop(heads).tobytes() == fourth.crop(heads).tobytes()
    assert min(third.crop(heads).convert("L").tobytes()) < 128
    assert third.crop(rows).tobytes() != fourth.crop(rows).tobytes()


def test_everything_is_on_the_sheet() -> None:
    made = content(3, 2)
    made["sites"][1]["letters"] = ["B"]
    headings = found_in(made, "heading")
    assert [h[-1] for h in headings] == [
        "Cerro Azul",
        *["Cerro Azul"] * 3,
        "w-measures",
        "w-notes",
        "w-ledger",
        "w-sites",
    ]
    *facts, measures, sites = found_in(made, "table")
    assert facts == [["Cerro Azul"] * 2] * 3
    assert measures[:6] == ["w-measure", "w-unit", "w-today", "A", "B", "C"]
    assert measures[6:12] == ["Cerro Azul", "km²", "0", "0A", "0B", "0C"]
    assert sites == ["w-site", "w-country", *"ABC", *["Cerro Azul"] * 2, *"ABC", *["Cerro Azul"] * 2, "B"]
    paragraphs = [" ".join(x) for x in found_in(made, "par")]
    assert sum("Cerro Azul; Cerro Azul" in x and " …" in x for x in paragraphs) == 3


def test_an_empty_ledger_says_so_and_a_map_may_be_missing() -> None:
    made = content(1, 1) | {"map_svg": None, "warning": "", "notes": []}
    made["ledger"] = [{"letter": "A", "n": 0, "species": []}]
    assert any("w-nothing" in x for x in found_in(made, "par"))
    assert sheet.comparison_sheet(made).startswith(b"%PDF-")
    assert found_in(made, "image") == []


@settings(max_examples=8, deadline=None)
@given(st.lists(st.text(min_size=1), min_size=1, max_size=7))
def test_any_text_is_only_text(names: list[str]) -> None:
    """What the sheet holds is the text itself, but for control characters and spaces at its ends."""
    made = content(1, len(names), names)
    sites = [joined(x) for x in found_in(made, "table")[-1]]
    expected = ["w-site", "w-country", "A"]
    for i in range(len(names)):
        expected += [*(joined(sheet._plain(names[j % len(names)])) for j in (i, i + 1)), "A"]
    assert sites == expected


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_is_printed_as_it_was_written(text: str) -> None:
    made = content(1, 1, [text])
    assert [joined(x) for x in found_in(made, "heading")[0]] == [text]
    assert joined("".join(found_in(made, "table")[-1])).count(text) == 2


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (" a\n\tb ", "a b"),
        ("a\x00\ud800b", "ab"),
        ("a\u202eb", "ab"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("x" * 22, "x" * 22),
        ("x" * 25, "\u200b".join(["x" * 12, "x" * 12, "x"])),
        ([3, None, ("a\nb",)], [3, None, ["a b"]]),
    ],
)
def test_text_is_cleaned(raw: Any, clean: Any) -> None:
    assert sheet._plain(raw) == clean


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"plans": []}, "letters"),
        ({"plans": content(1)["plans"] * 2}, "letters"),
        ({"words": {}}, "nothing"),
        ({"measures": [{"label": "Area", "unit": "", "today": "", "values": {"A": ""}, "best": []}]}, "Area"),
    ],
)
def test_what_cannot_be_printed_is_refused(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        sheet.comparison_sheet(content() | change)


LINKED = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><image href="{}" width="9"/></svg>'
ICON = Path(__file__).parents[2] / "static" / "favicon.png"


@pytest.mark.parametrize(
    "svg",
    ["#none", *map(LINKED.format, ("http://localhost:9/x.png", ICON.as_uri(), "static/favicon.png"))],
)
def test_a_map_that_is_no_picture_or_reaches_out_is_refused(
    svg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ICON.parents[1])
    with pytest.raises(typst.TypstError):
        sheet.comparison_sheet(content() | {"map_svg": svg})


@pytest.mark.parametrize("key", ["title", "warning", "sites", "map_svg", "words"])
def test_every_key_is_asked_for(key: str) -> None:
    with pytest.raises(ValueError, match=key):
        sheet.comparison_sheet({k: v for k, v in content().items() if k != key})
