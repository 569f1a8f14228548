"""The clock kit: jobs that features register, ticks that happen once, one leader among many processes."""

from gig.scheduler import models  # noqa: F401  (its tables are there wherever jobs are)
from gig.scheduler.jobs import Job, jobs_of, register

__all__ = ["Job", "jobs_of", "register"]
