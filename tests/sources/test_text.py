"""Cells as text, and wrongly decoded text: what is certain, a suggestion, or no fault at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aze_core.sources.text import cell_text, readable, repair_text


@pytest.mark.parametrize(
    ("text", "codec"),
    [(text, "latin-1") for text in ("Ciénaga", "São João", "Äänekoski", "K’gari", "Đảo Phú Quốc", "鹿児島")]
    # Windows-1252 leaves some bytes of the others open
    + [(text, "cp1252") for text in ("Ciénaga", "São João", "Äänekoski", "K’gari")],
)
def test_utf_8_read_as_a_western_code_page_is_put_right(text: str, codec: str) -> None:
    once = text.encode().decode(codec)
    assert repair_text(once) == (text, True)
    assert repair_text(once.encode().decode(codec)) == (text, True)


@pytest.mark.parametrize(
    ("came", "likely"),
    [
        ("Ciénaga".encode("latin-1").decode("cp850"), "Ciénaga"),
        ("Ciénaga".encode("cp850").decode("cp1252"), "Ciénaga"),
        ("mañana".encode("latin-1").decode("cp850"), "mañana"),
        ("mañana".encode("cp850").decode("cp1252"), "mañana"),
        ("Ci\ufffdnaga", "Ci\ufffdnaga"),
        # two letters that a real text may hold side by side
        ("CITÉ»", "CIT\u027b"),
    ],
)
def test_what_only_looks_out_of_place_is_a_suggestion(came: str, likely: str) -> None:
    assert repair_text(came) == (likely, False)


@pytest.mark.parametrize(
    "text", ["", "Ash Hill", "Ciénaga", "Straße", "Île", "São", "山", "«CITÉ»", "Серра", "O’Brien", "5 °C"]
)
def test_sound_text_is_left_alone(text: str) -> None:
    assert repair_text(text) is None


def test_a_certain_step_stays_where_a_second_one_would_be_doubtful() -> None:
    assert repair_text("CITÉ»".encode().decode("cp1252")) == ("CITÉ»", True)


@given(st.text(max_size=30))
def test_any_text_has_an_answer(text: str) -> None:
    found = repair_text(text)
    assert found is None or isinstance(found[0], str)
    assert found is None or not text.isascii()


def test_cells_as_text() -> None:
    assert [cell_text(value) for value in (None, float("nan"), 7, "a\x00b", "<b>")] == [
        "",
        "",
        "7",
        "ab",
        "<b>",
    ]
    findings: list[tuple[object, ...]] = []
    texts = [readable(v, "c", lambda *f: findings.append(f)) for v in (" x ", " ", None, "SÃ£o", "CiÚnaga")]
    assert texts == ["x", None, None, "São", "CiÚnaga"]
    assert [finding[:2] for finding in findings] == [("repaired", "text_mended"), ("noted", "text_doubtful")]
    assert "perhaps Ciénaga" in str(findings[1][-1])
