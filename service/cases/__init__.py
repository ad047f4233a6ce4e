"""Cases: from a lead on a piece of land to its end."""
