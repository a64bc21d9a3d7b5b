"""Pages: each reads state, calls the core and draws; a page computes nothing."""
