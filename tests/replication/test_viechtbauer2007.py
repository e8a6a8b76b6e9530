"""Viechtbauer W. Stat Med 2007;26:37-52: intervals of tau2, on nine trials of diuretics.

Table II, page 44 (trials of Collins 1985).
"""

from published import printed, studies

from analysis_lib.meta_analysis import pool


def test_estimates_of_tau2_of_table_ii():
    y, s = studies("collins1985b")
    assert pool(y, s, tau2_method="DL").tau2 == printed(0.230, digits=3)
    assert pool(y, s, tau2_method="REML").tau2 == printed(0.301, digits=3)


def test_q_profile_interval_of_table_ii():
    found = pool(*studies("collins1985b"))
    assert (found.tau2_low, found.tau2_high) == printed(0.072, 2.203, digits=3)
