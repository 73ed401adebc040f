"""Starting the senders with the servers that they need, asking them to send, killing them."""
