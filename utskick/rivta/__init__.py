"""The national wire format (RIV-TA, SOAP 1.1, Basic Profile 2.1), as bytes and plain values.

For whoever calls and for whoever answers. Nothing here reads or writes a network.
"""
