"""From parts to what is published: figures with intervals, protected lines, the report, its page and its table."""
