"""Debtors, debts and payments as values, with the rules that need no storage."""
