"""The screening: signals, rules and land become verdicts; verdicts open leads, and no more."""
