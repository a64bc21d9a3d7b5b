"""What it stands on: data, methods."""
