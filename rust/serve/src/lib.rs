//! Requests in, bytes out. No PyO3, no workbook.
