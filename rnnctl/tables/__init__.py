"""From files on disk to a table of typed columns, in the files' order. Knows no windows, splits and scaling."""
