"""Each job beside its peers, in one run; ratios with their spread."""
