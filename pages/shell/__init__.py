"""The one door between Streamlit and `aze_core`."""
