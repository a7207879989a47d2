"""Keep responses and facts: in this process, in Redis, and on disk; refresh them once for all."""
