"""A caller as exact as Twilio, for trying a line, for tests and for benches.

    call.py --> client.py (sockets, HTTP) --> caller.py (sans-I/O) --> script.py   when the caller speaks
                                                                   --> playout.py  what Twilio has buffered
                                                                   --> wire.py     Twilio's messages
                                              record.py (what happened) --> score.py, timeline.py

Time is counted in samples of the line (8,000 a second) since the call began: whole numbers, in
which a byte of mu-law is a sample, so that nothing is rounded until it is shown.
"""
