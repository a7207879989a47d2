"""Judge checkers' pods, and roll changes of the installation out a few pods at a time."""
