"""Henmi M, Copas JB. Stat Med 2010;29:2969-2983: P6 acupoint stimulation, 16 trials (Lee 2004)."""

from published import printed, studies

from analysis_lib.meta_analysis import pool


def test_dersimonian_laird_of_page_2978():
    found = pool(*studies("lee2004"), tau2_method="DL", interval="wald")
    assert found.tau2 == printed(0.333, digits=3)
    assert (found.estimate, found.low, found.high) == printed(-0.679, -1.066, -0.291, digits=3)
