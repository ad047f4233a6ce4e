"""Bulletins: text whose every figure is a fact; frozen when issued."""
