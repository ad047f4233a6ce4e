"""On-the-spot inspections: campaigns and their draw, officers, visits, samples, findings."""
