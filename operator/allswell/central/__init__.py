"""Keep the central database: schema, migrations, writer, reader.

It holds changes of state and one row per monitor and day, never a raw result. The room computes no
state and no percentage: it stores and returns the facts that ``domain`` computes them from. No
other room imports SQLAlchemy.
"""
