"""The read doors. Each takes who is asking, and gives back only what they may see.

A view asks nothing of the tables itself: who may see what is decided here, once.
"""
