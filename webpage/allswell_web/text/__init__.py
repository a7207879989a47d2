"""Write texts: languages, labels, times, Markdown; make texts of others safe."""
