"""Agents: who answers on a line, one file each (``agents/*.toml``).

    agent.py     what stands in a file
    file.py      a file read, with the line of what is wrong in it
    check.py     what is wrong although each value is of its kind
    folder.py    all files, and what a save changes
    overlay.py   the settings and phrases of an agent's calls

The gateway reads the files and picks an agent for each call. What the workers need of it they find in Redis, under the
reference that every message of the call bears (``Head.agent``), so any worker serves any call and needs no file.
"""
