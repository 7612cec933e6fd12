"""The real-or-fake study: which of two pictures has the computer's colours? Knows no web framework.

protocol.py     the rules: plans, balanced sides, timing, exclusions' limits
privacy.py      random tokens, their keyed hash, the rate limiter
database.py     an address -> an engine, SQLite or PostgreSQL
schema.py       tables, views and migrations
statements.py   the SQL that must hold under attack
records.py      rows
store.py        studies, sessions, trials and answers
"""
