"""Agronomy: the weather, the water behind the dams, the pests in the fields."""
