"""Which sites first: criteria, score, reasons."""
