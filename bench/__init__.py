"""What the desk can do, measured by `make bench`; how is written in docs/operate/bench.md."""
