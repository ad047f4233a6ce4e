"""Signals on land: tips with a sealed informant, patrols, monitoring patches, enforcement."""
