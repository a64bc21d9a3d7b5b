"""Frames → columns: coverage, extinction, irreplaceability, threat. No files are known here."""
