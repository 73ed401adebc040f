"""Everything that differs between installations, and the demo region."""
