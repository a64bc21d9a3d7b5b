"""The AZE planner's core: from site facts to rankings and exact scenarios, without any user interface."""

__version__ = "0.1.0"
