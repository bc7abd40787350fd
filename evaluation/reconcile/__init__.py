"""Old source against new source: every indicator from two stores side by side, with the difference and its reason."""
