"""What lies between the application and the terminal: text made safe, and keys kept in order."""
