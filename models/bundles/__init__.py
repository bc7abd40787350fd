"""The verified bundle: files, signature, golden rows, and the check before anything is parsed."""
