"""Pure building blocks: no input or output, no clock, no network."""
