"""Settings of all tests: property tests draw the same examples everywhere.

No deadline: how long an example takes depends on what else the machine does.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "review", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("review")
