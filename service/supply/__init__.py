"""Farm-input supply: outlets and licences, stock, adequacy, prices."""
