"""Reading the workbook a coordinator has today. Reads and checks; the front's actions write."""
