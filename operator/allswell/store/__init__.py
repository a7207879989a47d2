"""The checker's own SQLite file: samples, health and the outbox of reports.

What belongs together is committed together. The room does not judge a sample, does not send a
report, and never deletes a file that it cannot read: it sets it aside.
"""
