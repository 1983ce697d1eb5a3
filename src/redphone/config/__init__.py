"""What is set up: settings, routes, servers, start-up checks, the embedded database."""
