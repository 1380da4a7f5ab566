"""What the events of each contract change in the derived tables: a file for each contract."""
