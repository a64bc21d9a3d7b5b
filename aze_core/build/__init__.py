"""Files → inventory versions: the shipped facts, and what users bring."""

from aze_core.build.shipped import BuildReport, Progress, build, ensure, outdated

__all__ = ["BuildReport", "Progress", "build", "ensure", "outdated"]
