"""Doubts: questions that rules put to whoever keeps a record, and what came of them."""
