"""Is it good, is it fair, can it be checked.  Publishes files; the service only shows them."""
