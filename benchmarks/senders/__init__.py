"""Each way to send the same forms, as its users would write it; each runs in processes of its own.

All make the same calls with the same HTTP client. What starts and asks them is in `contenders`.
"""
