"""Plans of imports: frozen, checked, and the same after a trip through JSON."""

from __future__ import annotations

import json

import pytest

from aze_core.build.plan import ImportPlan, Input
from aze_core.domain.errors import SettingError
from aze_core.locale import explain

FULL = ImportPlan(
    (
        Input("kba.zip", "sites", list_type="national_list", country="PER", replaces=True),
        Input(
            "list.xlsx",
            "trigger_species",
            sheet="2026",
            mapping={"site_id": "Code", "species_names": ["S1", "S2"]},
            missing_share=0.97,
            share_scale="percent",
            corrects=("in-1:3",),
        ),
        Input("costs.csv", "national", about={"Cost": ["unit=USD", "year=2020"]}),
    ),
    name="Peru",
    as_of="2026-03",
)


def test_a_plan_survives_json_and_is_hashable() -> None:
    again = ImportPlan.from_dict(json.loads(json.dumps(FULL.to_dict())))
    assert again == FULL
    assert hash(again) == hash(FULL)
    assert again.inputs[1].columns == {"site_id": "Code", "species_names": ["S1", "S2"]}
    assert again.inputs[2].details == {"Cost": {"unit": "USD", "year": "2020"}}
    assert again.inputs[0].name == "kba.zip"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "has no name"),
        ({"as_of": ""}, "the date that the list describes"),
        ({"as_of": "March"}, "“March” is no date"),
        ({"as_of": "2026-13"}, "“2026-13” is no date"),
        ({"inputs": []}, "No file was given"),
        ({"list_type": "mine"}, "global_aze, national_list"),
        ({"inputs": [{"path": "x", "kind": "wdpa"}]}, "is no kind here"),
        ({"inputs": [{"path": "x", "kind": "national", "missing_share": 2}]}, "from 0 to 1"),
        ({"inputs": [{"path": "x", "kind": "national", "mapping": {"a": 1}}]}, "an object of texts"),
        ({"inputs": [{"path": "x", "kind": "national", "colour": 1}]}, "is not a setting here"),
        ({"inputs": [{"path": "x", "kind": "sites", "country": "Peru"}]}, "an ISO 3166 code"),
    ],
)
def test_what_cannot_be_planned_is_a_sentence(change: dict[str, object], words: str) -> None:
    with pytest.raises(SettingError) as caught:
        ImportPlan.from_dict({**FULL.to_dict(), **change})
    assert words in explain(caught.value)
