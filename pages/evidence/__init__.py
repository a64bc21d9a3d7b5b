"""What is known: overview, one site."""
