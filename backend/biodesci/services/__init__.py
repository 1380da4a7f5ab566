"""One file per verb; each takes its clients as arguments and reads no configuration."""
