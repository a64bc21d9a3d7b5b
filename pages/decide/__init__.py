"""What to do: priorities, scenarios."""
