"""Files that leave the planner: each carries the inventory's version and its notice."""
