"""Figures that take longer than a test, each with one command."""
