"""Farm-input supply: outlets and licences."""
