"""What the machines can do in the days that are left, beside the area that is left."""
