"""Raw file → tidy, checked frame. No analysis happens here."""
