"""What staff, operators and the clock can do: one module for each verb of the manual."""
