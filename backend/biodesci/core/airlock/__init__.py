"""The airlock: what may be told of people's data, as rules with names and sources.

Everything here is pure, and knows neither cards nor questions: a card's statistics and a compute visit's
answer go through the same functions. `rules.VERSION` changes whenever one of them answers otherwise.

    rules.py         the rules by name, with source and threshold
    counts.py        cells: threshold, complementary suppression, rounding
    moments.py       mean and standard deviation, and what dominates a sum
    quantiles.py     quantiles with enough people on each side
    differencing.py  what two releases tell together
"""
