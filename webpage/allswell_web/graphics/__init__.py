"""Draw bars, charts and icons as SVG, and write style sheets."""
