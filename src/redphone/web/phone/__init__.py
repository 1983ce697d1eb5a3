"""What telephone providers post of the desk's own calls and SMS, and of SMS that come in."""
