"""Cache responses and facts: in this process, in Redis, and on disk; refresh each once for all."""
