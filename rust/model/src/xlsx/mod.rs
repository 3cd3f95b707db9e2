//! The xlsx package: open it, find the parts, read each into `Workbook`. No cell meaning, no formula parsing.
