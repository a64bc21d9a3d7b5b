"""Drawing layer: frames in, Altair charts or pydeck decks out.

Nothing here computes more than positions on the paper, and nothing here holds a word that a
reader sees: labels, titles and tooltip heads come from the caller.
"""
