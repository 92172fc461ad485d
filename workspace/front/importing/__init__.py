"""Reading the workbook a coordinator has today. Reads and checks; what it comes to is written by the front's actions."""
