"""The collector: where checkers report, and the one place that writes what they say.

It takes hellos, beats and envelopes over HTTP, decides who may say what, keeps beats and the last
24 hours of latency in memory, and writes changes, roll-ups and overlays to the central database.
It refuses to believe a body about whose monitor it is: that follows from the sender's token alone.
"""
