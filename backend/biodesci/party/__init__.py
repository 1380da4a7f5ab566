"""One party's home folder: private files, and the keys in them."""
