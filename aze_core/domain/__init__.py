"""The words of the planner: errors, schema, model and settings. Everything else stands on these."""
