"""What if these sites were protected: problem, exact solution, scoreboard."""

from aze_core.scenarios.problem import Scenario, Solution, solve

__all__ = ["Scenario", "Solution", "solve"]
