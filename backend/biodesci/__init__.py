"""BioDeSci."""
