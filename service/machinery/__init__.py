"""Farm machinery: machines, repairs, capacity, trainings."""
