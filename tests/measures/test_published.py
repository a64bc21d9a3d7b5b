"""The published timeline: a share is shown only where one was published or follows from published counts."""

import pytest

from aze_core.measures.published import timeline


def test_shipped_figures(shipped):
    found = timeline(shipped.figures)
    assert found.loc[2005, "share_unprotected"] == pytest.approx((595 - 203 - 87) / 595)
    assert found.loc[2010, "share_unprotected"] == 0.51
    assert found.loc[2018, ["sites", "share_unprotected"]].tolist() == [853, 0.43]
    assert found["derived"].to_dict() == {y: y == 2005 for y in found.index}


def test_a_share_never_borrows_another_year(shipped):
    found = timeline(shipped.figures)
    assert found["sites"].isna().to_dict()[2021]
    assert found.loc[[2019, 2024], "share_unprotected"].isna().all()
