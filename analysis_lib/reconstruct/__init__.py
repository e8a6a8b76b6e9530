"""From what was printed to patients: curves and summaries."""
