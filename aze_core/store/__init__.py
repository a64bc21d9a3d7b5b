"""The databases: the inventory (GeoPackage, never changed once built). No arithmetic here."""
