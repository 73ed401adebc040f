"""The staff pages in a real browser, with the whole installation behind them.

The truth is read from the local 1177 and the mailbox, never from our own pages alone.
"""
