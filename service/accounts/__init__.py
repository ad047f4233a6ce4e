"""Accounts: who may do what, where; sessions; the policy."""
