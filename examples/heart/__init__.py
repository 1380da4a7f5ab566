"""The story that `make demo` plays: heart-disease data of four real hospitals."""
