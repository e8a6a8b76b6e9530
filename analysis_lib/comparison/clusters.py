"""Which studies count as one cluster: the unit whose effect a model draws at random."""

from __future__ import annotations

from typing import Any


def clusters_of(study_ids: tuple[str, ...], overlaps: dict[str, Any]) -> dict[str, str]:
    """The cluster of each study: itself, or the first study of its ``one_cluster`` rule.

    Cohorts of one trial hold different patients of the same centres and
    protocol; as separate studies they would count the hospital twice.
    """
    clusters = {study: study for study in study_ids}
    for rule in overlaps["overlaps"]:
        if rule["rule"] == "one_cluster":
            together = [study for study in rule["studies"] if study in clusters]
            clusters.update(dict.fromkeys(together, together[0] if together else ""))
    return clusters
