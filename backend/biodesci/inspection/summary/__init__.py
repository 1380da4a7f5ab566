"""What a card may tell of a table, computed while its batches stream by.

    table.py      a table: feeds its columns, and asks the airlock what may be told
    column.py     a column: how often each value stands there, or fine cells of numbers
    coded.py      values that are counted one by one, and the code of each
    cells.py      the fine cells, of which a histogram's bins are made
    texts.py      what texts stand for: numbers, dates, nothing, members of a closed list
    people.py     how many people a cell is of, where a person has several rows

Memory is bounded: by how many values are counted one by one, by the number of fine cells, and by the number
of cells beyond which people are sampled. Nothing is written to disk.
"""

from biodesci.inspection.summary.table import Summary, TableSummary

__all__ = ["Summary", "TableSummary"]
