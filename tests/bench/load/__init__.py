"""Calls at load: what they cost a gateway, what their callers notice, and what a bare loop on the same machine does."""
