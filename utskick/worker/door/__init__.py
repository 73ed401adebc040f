"""The door in front of Prefect's server: who comes in, what they may do, and who is recorded.

Prefect's open edition has one login for all, answers pages of any origin unless asked not to, and
lets whoever is in run any command on a stock worker. So each request is met here first:

    who asks (`callers`)  →  may they (`allowed`)  →  what was typed (`typed`)  →  Prefect

What goes out gets headers that keep a page from sending anything elsewhere (`page_headers`).
"""
