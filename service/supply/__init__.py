"""Farm-input supply: outlets, licences, products, stock and prices."""
