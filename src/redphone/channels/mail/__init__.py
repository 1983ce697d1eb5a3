"""Mail out: by SMTP, as plain text and HTML, threaded by the stream it belongs to."""
