"""Which services and versions there are, and their compiled workbooks in memory."""
