"""Periods and statements."""
