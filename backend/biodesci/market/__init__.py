"""The data market: publishing, offers, purchases, licences, custody of keys, visas."""
