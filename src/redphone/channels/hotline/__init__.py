"""The hotline: the voice webhooks of Twilio, and of those who speak them too."""
