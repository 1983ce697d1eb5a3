"""JSON for programs, at /api/v1/: reports in, cases and incidents out, and the people's verbs.

A program speaks for the person whose token it holds, and may see and do what they may.
"""
