"""The frame: page settings, the shared filters, the navigation. No logic lives here."""

from pathlib import Path

import streamlit as st

from pages.shell import filters, frame, link

HERE = Path(__file__).parent

st.set_page_config(page_title=frame.title(), page_icon=str(HERE / "static" / "favicon.png"), layout="wide")
frame.style()
page, name = frame.navigation(HERE / "pages")
inventory = frame.inventory()
if inventory is not None:
    link.open_link(inventory, name)
    frame.notices()
    filters.bar(inventory)
    page.run()
    link.write_link(name)
    frame.foot(inventory)
