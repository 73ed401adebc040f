"""A stand-in for 1177 that costs next to nothing, so that what is measured is the caller.

The real services run on other machines; on two cores the local 1177 would take its share of the
caller's time. This one speaks the same contracts over SOAP, one form in each call, keeps
everything in memory, and keeps to their limits: twice asked is two forms. Everybody exists and is
well.
"""
