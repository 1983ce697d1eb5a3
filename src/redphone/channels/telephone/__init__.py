"""Calls and SMS over a REST API like Twilio's, with a second provider to go to."""
