"""What if these sites were protected: problem, exact solution, scoreboard."""

from aze_core.scenarios.problem import solve
from aze_core.scenarios.scenario import Scenario
from aze_core.scenarios.solution import Solution

__all__ = ["Scenario", "Solution", "solve"]
