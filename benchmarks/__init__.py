"""What speed is measured with: contenders side by side in one run, as ratios."""
